//! `validate_argspec`: what a play's variables are checked against.

use crate::{
    diagnostic::{Diagnostic, nearest},
    node::{Kind, Map, Node, Span},
    playbook::{PlayArgspec, language::value, reader::Reader, role::mapping, search::with_endings},
    vars::absolute,
};
use std::{path::Path, sync::Arc};

impl Reader<'_> {
    /// What the play's variables are checked against; whether that is there is said at once, unless a template says what.
    pub(in crate::playbook) fn argspec(&mut self, map: &Map, play: &Span) -> Option<PlayArgspec> {
        let wanted = value(map, "validate_argspec")?.clone();
        let playbook = play.source().map_or("", |source| &source.name);
        let plain = Path::new(playbook).with_extension("meta");
        let usual = with_endings(&plain);
        let file = usual.iter().chain([&plain]).find(|path| path.is_file());
        let mut argspec = PlayArgspec {
            wanted,
            own: value(map, "name").cloned(),
            path: file.unwrap_or(&usual[0]).clone(),
            specs: None,
        };
        if let Some(file) = file {
            let document = self.loader.files.document(file);
            let specs = self.take(document)?.get("argument_specs").cloned();
            argspec.specs = specs.or_else(|| Some(Node::new(Kind::Map(Map::new()))));
        }
        let later = [Some(&argspec.wanted), argspec.own.as_ref()];
        if !later.into_iter().flatten().any(Node::is_template) {
            let own = argspec.own.as_ref().and_then(Node::to_text);
            self.take(argspec.find(&argspec.wanted, own.as_deref()))?;
        }
        Some(argspec)
    }
}

impl PlayArgspec {
    /// The name of what the variables are checked against, and its options; nothing where nothing is wanted. `own` is the
    /// play's name, as it is rendered.
    ///
    /// # Errors
    /// When it is not there.
    pub(crate) fn find(
        &self,
        wanted: &Node,
        own: Option<&str>,
    ) -> Result<Option<(Arc<str>, Node)>, Diagnostic> {
        let name: Arc<str> = match &wanted.kind {
            Kind::Null | Kind::Bool(false) => return Ok(None),
            Kind::Str(text) if text.is_empty() => return Ok(None),
            Kind::Str(text) => text.clone(),
            Kind::Bool(true) => match own.filter(|own| !own.is_empty()) {
                Some(name) => name.into(),
                None => {
                    return Err(Diagnostic::new(
                        "a play without a name has no argument spec of its name",
                    )
                    .label(&self.wanted.span, "")
                    .help("name the play, or the argument spec"));
                }
            },
            _ => {
                return Err(Diagnostic::new(format!(
                    "`validate_argspec` is true, false or a name, not {}",
                    wanted.describe()
                ))
                .label(&self.wanted.span, ""));
            }
        };
        let path = self.path.display();
        let Some(specs) = &self.specs else {
            return Err(
                Diagnostic::new(format!("there is no {path} with argument specs"))
                    .label(&self.wanted.span, "wanted here")
                    .help(minimal(&name)),
            );
        };
        let options = specs.get(&name).and_then(|spec| spec.get("options"));
        if let Some(options) = options.filter(|options| options.as_map().is_some()) {
            return Ok(Some((name, options.clone())));
        }
        let error = Diagnostic::new(format!("{path} has no argument spec `{name}` with options"))
            .label(&self.wanted.span, "wanted here");
        let known = specs.as_map().into_iter().flat_map(|specs| specs.keys());
        Err(match nearest(&name, known.map(|known| &**known)) {
            Some(near) if near != &*name => error.help(format!("did you mean `{near}`?")),
            _ => error.help(minimal(&name)),
        })
    }

    /// The arguments of the task that checks the play's variables.
    pub(crate) fn arguments(&self, name: &str, options: Node, play: &Span) -> Node {
        let text = |text: &str| Node::at(Kind::Str(text.into()), play.clone());
        let about = [
            ("type", text("play")),
            ("name", text(name)),
            ("argument_spec_name", text(name)),
            ("path", text(&absolute(&self.path))),
        ];
        mapping(
            [
                ("argument_spec", options),
                ("validate_args_context", mapping(about, play)),
            ],
            play,
        )
    }
}

fn minimal(name: &str) -> String {
    format!("the least is `argument_specs: {{{name}: {{options: {{}}}}}}`")
}
