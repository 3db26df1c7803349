//! minijinja set up as Ansible sets up Jinja, for one set of delimiters.

use super::{
    Compat, filters, functions,
    guard::Insertions,
    includes, literal, methods,
    output::{self, Emitted},
    source::{self, Form, Gives, Source},
    tests,
};
use crate::{controller::Controller, task::TemplateOptions, value::Value, vars::Scope};
use minijinja::{
    AutoEscape, Environment, Error, UndefinedBehavior,
    machinery::{ast::Stmt, parse},
    syntax::SyntaxConfig,
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

/// Texts that were read, by text and form.
type Sources = HashMap<(Arc<str>, Form), Arc<Source>>;

/// An environment, what it reads and what it has read.
pub(super) struct Dialect {
    environment: Environment<'static>,
    syntax: SyntaxConfig,
    /// Texts that were read, by text and form.
    sources: RwLock<Sources>,
    /// Templates that the environment has yet to fetch, by name.
    fresh: Arc<Mutex<HashMap<String, String>>>,
}

impl Dialect {
    /// The dialect of strings in playbooks.
    pub fn standard(controller: &Arc<dyn Controller>) -> Self {
        Self::with(
            SyntaxConfig::builder()
                .trim_blocks(true)
                .build()
                .unwrap_or_default(),
            controller,
        )
    }

    /// The dialect of a template file.
    ///
    /// # Errors
    /// When the delimiters cannot be told apart.
    pub fn new(options: &TemplateOptions, controller: &Arc<dyn Controller>) -> Result<Self, Error> {
        let own = |pair: &(String, String)| (pair.0.clone(), pair.1.clone());
        let (block, variable, comment) = (
            own(&options.block),
            own(&options.variable),
            own(&options.comment),
        );
        let syntax = SyntaxConfig::builder()
            .block_delimiters(block.0, block.1)
            .variable_delimiters(variable.0, variable.1)
            .comment_delimiters(comment.0, comment.1)
            .trim_blocks(options.trim_blocks)
            .lstrip_blocks(options.lstrip_blocks)
            .build()?;
        Ok(Self::with(syntax, controller))
    }

    fn with(syntax: SyntaxConfig, controller: &Arc<dyn Controller>) -> Self {
        let fresh: Arc<Mutex<HashMap<String, String>>> = Arc::default();
        let mut environment = Environment::empty();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_debug(false);
        environment.set_auto_reload(false);
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        environment.set_formatter(output::format);
        environment.set_unknown_method_callback(methods::call);
        environment.set_syntax(syntax.clone());
        let (waiting, reader, delimiters) = (fresh.clone(), controller.clone(), syntax.clone());
        environment.set_loader(move |name| {
            // Two threads may fetch a new template at once: it is handed out as often as it is asked for.
            let handed = waiting
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .get(name)
                .cloned();
            Ok(handed.or_else(|| includes::read(&*reader, name, &delimiters)))
        });
        let finder = controller.clone();
        environment.set_path_join_callback(move |name, _| includes::resolve(&*finder, name));
        filters::register(&mut environment);
        tests::register(&mut environment);
        functions::register(&mut environment);
        Self {
            environment,
            syntax,
            sources: RwLock::default(),
            fresh,
        }
    }

    /// The compiled form of a text.
    pub fn source(&self, text: &Arc<str>, form: Form) -> Result<Arc<Source>, Error> {
        let key = (text.clone(), form);
        if let Some(known) = self
            .sources
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&key)
        {
            return Ok(known.clone());
        }
        let (gives, template) = source::read(text, form, &self.syntax)?;
        let mut sources = self.sources.write().unwrap_or_else(PoisonError::into_inner);
        let letter = match gives {
            Gives::Value => output::VALUE,
            Gives::Text => output::TEXT,
        };
        let name = format!("{letter}{}", sources.len());
        self.fresh
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name.clone(), template);
        let newlines = text.len() - text.trim_end_matches('\n').len();
        let source = Arc::new(Source {
            name,
            gives,
            newlines,
        });
        Ok(sources.entry(key).or_insert(source).clone())
    }

    /// Renders a compiled text in a scope.
    pub fn run(&self, source: &Source, scope: &Scope, compat: Compat) -> Result<Value, Error> {
        let template = self.environment.get_template(&source.name)?;
        let context = Value::from_dyn_object(scope.0.clone());
        if source.gives == Gives::Value {
            template.render(context)?;
            let value = output::take_value();
            // minijinja drops a line end at the end; text gets all of them back
            return Ok(match value.as_str() {
                Some(text) if source.newlines > 0 => {
                    Value::from(text.to_owned() + &"\n".repeat(source.newlines))
                }
                // What an `if` without `else` leaves out was an empty text once.
                _ if value.is_undefined() && compat == Compat::V2_18 => Value::from(""),
                _ => value,
            });
        }
        let emitted = Emitted::begin();
        let mut text = template.render(context)?;
        if let Some(value) = emitted.only(&text, compat) {
            return Ok(value);
        }
        if compat == Compat::V2_18
            && let Some(value) = literal::read(&text)
        {
            return Ok(value);
        }
        let kept = text.len() - text.trim_end_matches('\n').len();
        text.extend(std::iter::repeat_n(
            '\n',
            source.newlines.saturating_sub(kept),
        ));
        Ok(Value::from(text))
    }

    /// What has been put into a template's text.
    pub fn insertions(&self, template: &str) -> Insertions {
        self.parse(template)
            .map(|stmt| Insertions::of(&stmt))
            .unwrap_or_default()
    }

    /// Reads a template's syntax.
    pub fn parse<'s>(&self, template: &'s str) -> Result<Stmt<'s>, Error> {
        parse(template, "template", self.syntax.clone())
    }
}
