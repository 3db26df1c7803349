//! The engine: one for a run, shared by everything that renders.

use super::{
    TemplateError, filters, finish,
    guard::Insertions,
    output::{self, Emitted},
    source::{self, Form, Gives, Source},
    tests,
};
use crate::{
    controller::Controller, diagnostic::Diagnostic, node::Span, value::Value, vars::Scope,
};
use minijinja::{Environment, Error, UndefinedBehavior, syntax::SyntaxConfig};
use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

/// Which dialect of Ansible's is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compat {
    /// As ansible-core up to 2.18: conditions may give anything, and count as Python counts.
    V2_18,
    /// As ansible-core from 2.19: conditions have to give a boolean.
    #[default]
    V2_19,
}

/// Decrypts the text of a `!vault` value.
pub type Decrypt = dyn Fn(&str) -> Result<String, Diagnostic> + Send + Sync;

/// Compiles and renders templates; one for a run.
pub struct Engine {
    /// The dialect.
    pub compat: Compat,
    /// What lookups reach.
    pub controller: Arc<dyn Controller>,
    decrypt: Option<Box<Decrypt>>,
    environment: Environment<'static>,
    syntax: SyntaxConfig,
    /// Texts that were read, by text and form.
    sources: RwLock<HashMap<(Arc<str>, Form), Arc<Source>>>,
    /// Templates that minijinja has yet to fetch, by name.
    fresh: Arc<Mutex<HashMap<String, String>>>,
    warnings: Mutex<Vec<Diagnostic>>,
}

impl Engine {
    /// An engine that speaks a dialect and reaches a controller.
    pub fn new(compat: Compat, controller: Arc<dyn Controller>) -> Self {
        let fresh: Arc<Mutex<HashMap<String, String>>> = Arc::default();
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_debug(false);
        environment.set_auto_reload(false);
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        environment.set_formatter(output::format);
        environment
            .set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        let syntax = SyntaxConfig::builder()
            .trim_blocks(true)
            .build()
            .unwrap_or_default();
        environment.set_syntax(syntax.clone());
        let waiting = fresh.clone();
        environment.set_loader(move |name| {
            Ok(waiting
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .remove(name))
        });
        filters::register(&mut environment);
        tests::register(&mut environment);
        Self {
            compat,
            controller,
            decrypt: None,
            environment,
            syntax,
            sources: RwLock::default(),
            fresh,
            warnings: Mutex::default(),
        }
    }

    /// The same engine, able to decrypt `!vault` values.
    #[must_use]
    pub fn with_decrypt(
        mut self,
        decrypt: impl Fn(&str) -> Result<String, Diagnostic> + Send + Sync + 'static,
    ) -> Self {
        self.decrypt = Some(Box::new(decrypt));
        self
    }

    /// Takes the warnings that were collected, each said once.
    pub fn take_warnings(&self) -> Vec<Diagnostic> {
        std::mem::take(&mut self.warnings.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Collects a warning, unless it was said already.
    pub(super) fn warn(&self, warning: Diagnostic) {
        let mut warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        if !warnings
            .iter()
            .any(|said| said.message == warning.message && said.span() == warning.span())
        {
            warnings.push(warning);
        }
    }

    /// Decrypts the text of a `!vault` value.
    pub(super) fn decrypt(&self, text: &str, span: &Span) -> Result<String, TemplateError> {
        match &self.decrypt {
            Some(decrypt) => decrypt(text).map_err(|diagnostic| diagnostic.or_at(span).into()),
            None => {
                let message = "the value is encrypted, and no vault password was given";
                Err(Diagnostic::new(message).label(span, "").into())
            }
        }
    }

    /// The compiled form of a text.
    pub(super) fn source(&self, text: &Arc<str>, form: Form) -> Result<Arc<Source>, Error> {
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
            Gives::Text => 't',
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
    pub(super) fn run(&self, source: &Source, scope: &Scope) -> Result<Value, Error> {
        let template = self.environment.get_template(&source.name)?;
        let context = Value::from_dyn_object(scope.0.clone());
        if source.gives == Gives::Value {
            template.render(context)?;
            let value = output::take_value();
            // minijinja drops one line end at the end; text gets all of them back
            return Ok(match value.as_str() {
                Some(text) if source.newlines > 0 => {
                    Value::from(text.to_owned() + &"\n".repeat(source.newlines))
                }
                _ => value,
            });
        }
        let emitted = Emitted::begin();
        let mut text = template.render(context)?;
        if let Some(value) = emitted.only(&text, self.compat) {
            return Ok(value);
        }
        let kept = text.len() - text.trim_end_matches('\n').len();
        text.extend(std::iter::repeat_n(
            '\n',
            source.newlines.saturating_sub(kept),
        ));
        Ok(Value::from(text))
    }

    /// Renders all lazy parts of a value.
    pub(crate) fn finish(&self, value: Value, scope: &Scope) -> Result<Value, TemplateError> {
        finish::finish(value)
            .map_err(|error| self.diagnose(error, "", Form::Inline, &Span::none(), scope))
    }

    /// Turns an error into what is shown: what is wrong, and where.
    pub(super) fn diagnose(
        &self,
        error: Error,
        text: &str,
        form: Form,
        span: &Span,
        _scope: &Scope,
    ) -> TemplateError {
        if let Some(caught) = TemplateError::caught(&error) {
            return caught.clone();
        }
        let words = error
            .detail()
            .map_or_else(|| error.kind().to_string(), str::to_owned);
        let template = source::as_template(text, form);
        let insertions = minijinja::machinery::parse(&template, "template", self.syntax.clone())
            .map(|stmt| Insertions::of(&stmt))
            .unwrap_or_default();
        let offset = if form == Form::Expression {
            source::OPEN.len()
        } else {
            0
        };
        let place = error.range().map_or_else(
            || span.clone(),
            |range| {
                let back = |at| {
                    insertions
                        .original(at)
                        .saturating_sub(offset)
                        .min(text.len())
                };
                super::place::within(span, text, back(range.start)..back(range.end))
            },
        );
        Diagnostic::new(words).label(&place, "").into()
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("compat", &self.compat)
            .finish_non_exhaustive()
    }
}
