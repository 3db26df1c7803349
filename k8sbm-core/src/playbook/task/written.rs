//! Arguments in all the ways they can be written: as a mapping, on one line, as free text, under `args`.

use crate::{
    diagnostic::Diagnostic,
    node::{Entry, Kind, Map, Node, Span, Tag},
    playbook::{
        Action,
        language::value,
        reader::Reader,
        task::{Statements, builtin, inline},
    },
};

/// Ansible's name for free text.
pub(in crate::playbook) const FREE_FORM: &str = "_raw_params";

/// Modules whose free text is a command.
const COMMANDS: [&str; 5] = ["command", "shell", "script", "raw", "expect"];

impl Reader<'_> {
    /// The arguments as a mapping.
    pub(in crate::playbook) fn arguments(
        &mut self,
        name: &str,
        key: &Span,
        given: &Node,
    ) -> Result<Node, Diagnostic> {
        let module = self.loader.registry.get(name);
        let free_form = match Statements::of(name) {
            Some(statement) => statement.free_form(),
            None => module.and_then(|module| module.free_form),
        };
        let map = match &given.kind {
            Kind::Null => return Ok(Node::at(Kind::Map(Map::new()), key.clone())),
            Kind::Map(map) => {
                let mut map = map.clone();
                if let (Some(free_form), Some(entry)) = (free_form, map.shift_remove(FREE_FORM)) {
                    map.insert(free_form.into(), entry);
                }
                map
            }
            Kind::Str(text) if given.tag != Tag::Vault => {
                return self.inline_arguments(name, free_form, key, given, text);
            }
            Kind::Str(_) if free_form.is_some() => alone(free_form.unwrap_or_default(), key, given),
            _ => {
                let found = given
                    .to_text()
                    .map_or_else(|| given.describe().to_owned(), |text| format!("`{text}`"));
                let error = Diagnostic::new(format!(
                    "the arguments of `{name}` must be a mapping, not {found}"
                ))
                .label(&given.span.first_line(), "");
                return Err(match (&given.kind, free_form) {
                    (Kind::Seq(_), _) => error.help("remove the `-` before the arguments"),
                    (_, Some(_)) => error.help("quote it"),
                    _ => error,
                });
            }
        };
        Ok(Node::at(Kind::Map(map), given.span.clone()))
    }

    /// Arguments on one line.
    fn inline_arguments(
        &mut self,
        name: &str,
        free_form: Option<&str>,
        key: &Span,
        given: &Node,
        text: &str,
    ) -> Result<Node, Diagnostic> {
        let module = self.loader.registry.get(name);
        let is_command =
            COMMANDS.contains(&module.map_or_else(|| builtin(name), |module| module.name));
        let whole = whole_template(text);
        let mut inline = match free_form {
            Some(_) if is_command => inline::command(given, text),
            None if whole => {
                let map = alone(Action::MORE, key, given);
                return Ok(Node::at(Kind::Map(map), given.span.clone()));
            }
            _ => inline::arguments(given, text)?,
        };
        if let Some(rest) = inline.rest.take() {
            // A name that is a template has no argument for its free text until it is known.
            let argument = free_form.or_else(|| name.contains("{{").then_some(FREE_FORM));
            let Some(argument) = argument else {
                let stray = rest.as_str().unwrap_or_default();
                let error = Diagnostic::new(format!("`{name}` takes no free text"))
                    .label(&rest.span, "")
                    .help(if name.ends_with("_role") {
                        format!("write `{name}: {{name: {stray}}}`")
                    } else if inline.arguments.is_empty() {
                        format!("write its arguments as a mapping below `{name}:`")
                    } else {
                        format!("`{stray}` is no `key=value`; quote values that hold spaces")
                    });
                if !self.expects_failure {
                    return Err(error);
                }
                self.tolerate::<()>(Err(error));
                return Ok(Node::at(
                    Kind::Map(alone(FREE_FORM, key, &rest)),
                    given.span.clone(),
                ));
            };
            let entry = Entry {
                key: key.clone(),
                value: rest,
            };
            inline.arguments.insert(argument.into(), entry);
        }
        Ok(Node::at(Kind::Map(inline.arguments), given.span.clone()))
    }
}

/// Whether a text is a single `{{ ... }}`.
fn whole_template(text: &str) -> bool {
    let text = text.trim();
    text.starts_with("{{") && text.ends_with("}}") && text.matches("{{").count() == 1
}

/// The arguments with those of the `args` keyword below them.
pub(in crate::playbook) fn with_args(arguments: Node, map: &Map) -> Result<Node, Diagnostic> {
    let Some(args) = value(map, "args") else {
        return Ok(arguments);
    };
    let mut all = match &args.kind {
        Kind::Map(map) => map.clone(),
        Kind::Str(_) if args.is_template() => alone(Action::MORE, &args.span, args),
        // The keyword's own check says what is wrong.
        _ => return Ok(arguments),
    };
    let span = arguments.span.clone();
    if let Kind::Map(map) = arguments.kind {
        for (name, entry) in map {
            let both = all.get(&name).filter(|_| &*name == Action::MORE);
            let entry = match both {
                Some(args) => Entry {
                    key: entry.key,
                    value: Node::new(Kind::Seq(vec![args.value.clone(), entry.value])),
                },
                None => entry,
            };
            all.insert(name, entry);
        }
    }
    Ok(Node::at(Kind::Map(all), span))
}

/// One argument alone.
fn alone(name: &str, key: &Span, value: &Node) -> Map {
    let entry = Entry {
        key: key.clone(),
        value: value.clone(),
    };
    Map::from_iter([(name.into(), entry)])
}
