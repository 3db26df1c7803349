//! What a task does: the one key among its keywords that names a module or a statement.

use crate::{
    diagnostic::Diagnostic,
    node::{Entry, Kind, Map, Node, Span},
    playbook::{
        Context,
        language::{Place, keyword},
        reader::Reader,
        task::{FREE_FORM, inline, with_args},
    },
};
use std::sync::Arc;

/// What a task does, as it was written.
pub(in crate::playbook) struct Call {
    /// The name of the module or statement.
    pub(in crate::playbook) name: Arc<str>,
    /// Where the name stands.
    pub(in crate::playbook) span: Span,
    /// The arguments: a mapping.
    pub(in crate::playbook) arguments: Node,
    /// Whether it was a `local_action`.
    pub(in crate::playbook) local: bool,
}

/// The statements of the language that stand where modules do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::playbook) enum Statements {
    ImportTasks,
    ImportRole,
    IncludeTasks,
    IncludeRole,
    Meta,
}

impl Statements {
    /// Their names.
    pub(in crate::playbook) const NAMES: [&str; 5] = [
        "import_tasks",
        "import_role",
        "include_tasks",
        "include_role",
        "meta",
    ];

    /// The statement of a name.
    pub(in crate::playbook) fn of(name: &str) -> Option<Self> {
        Some(match builtin(name) {
            "import_tasks" => Self::ImportTasks,
            "import_role" => Self::ImportRole,
            "include_tasks" => Self::IncludeTasks,
            "include_role" => Self::IncludeRole,
            "meta" => Self::Meta,
            _ => return None,
        })
    }

    /// The argument that takes free text.
    pub(in crate::playbook) fn free_form(self) -> Option<&'static str> {
        match self {
            Self::ImportTasks | Self::IncludeTasks => Some("file"),
            Self::Meta => Some(FREE_FORM),
            Self::ImportRole | Self::IncludeRole => None,
        }
    }
}

/// A name without the collection that Ansible's own modules are in.
pub(in crate::playbook) fn builtin(name: &str) -> &str {
    name.strip_prefix("ansible.builtin.")
        .or_else(|| name.strip_prefix("ansible.legacy."))
        .unwrap_or(name)
}

/// Refuses names of arguments that Ansible itself hands to modules.
fn without_internals(call: Call) -> Result<Call, Diagnostic> {
    let mut given = call.arguments.as_map().into_iter().flatten();
    match given.find(|(name, _)| name.starts_with("_ansible_")) {
        Some((name, entry)) => Err(Diagnostic::new(format!(
            "`{name}` cannot be given to `{}`: The prefix '_ansible_' is reserved for internal use only.",
            call.name
        ))
        .label(&entry.key, "")),
        None => Ok(call),
    }
}

impl Reader<'_> {
    /// Finds what a task does.
    pub(in crate::playbook) fn call(
        &mut self,
        map: &Map,
        span: &Span,
        place: Place,
        context: &Context,
    ) -> Option<Call> {
        let call = self.find_call(map, span, place, context);
        self.take(call.and_then(without_internals))
    }

    fn find_call(
        &mut self,
        map: &Map,
        span: &Span,
        place: Place,
        context: &Context,
    ) -> Result<Call, Diagnostic> {
        let candidates: Vec<(&Arc<str>, &Entry)> = map
            .iter()
            .filter(|(key, _)| !keyword::of_tasks(key))
            .collect();
        let known: Vec<&(&Arc<str>, &Entry)> = candidates
            .iter()
            .filter(|(key, _)| self.module_name(key, context).is_some())
            .collect();
        let old: Vec<(&str, &Entry)> = ["action", "local_action"]
            .iter()
            .filter_map(|key| Some((*key, map.get(*key)?)))
            .collect();
        let first = known.first().map(|(key, entry)| (&***key, &entry.key));
        let names: Vec<(&str, &Span)> = first
            .into_iter()
            .chain(
                known
                    .iter()
                    .skip(1)
                    .map(|(key, entry)| (&***key, &entry.key)),
            )
            .chain(old.iter().map(|(key, entry)| (*key, &entry.key)))
            .collect();
        match names.as_slice() {
            [] => Err(self.no_module(&candidates, map, span, context)),
            [(first, first_span), (second, second_span), ..] => {
                let (first, second) = (*first, *second);
                Err(Diagnostic::new(format!(
                    "a task does one thing, and this has two: `{first}` and `{second}`"
                ))
                .label(second_span, "the second")
                .label(first_span, "the first")
                .help("make it two tasks, each with its own `-`"))
            }
            [_] => {
                let strays: Vec<Diagnostic> = candidates
                    .iter()
                    .filter(|(key, _)| self.module_name(key, context).is_none())
                    .map(|(key, entry)| self.stray(key, &entry.key, names[0], place, map))
                    .collect();
                if let Some(last) = strays.last() {
                    self.errors.extend_from_slice(&strays[..strays.len() - 1]);
                    // What else is wrong with arguments that stand elsewhere does not matter yet.
                    if map
                        .get(names[0].0)
                        .is_some_and(|entry| entry.value.is_null())
                    {
                        return Err(last.clone());
                    }
                    self.error(last.clone());
                }
                match (known.first(), old.first()) {
                    (Some((name, entry)), _) => {
                        let name = self
                            .module_name(name, context)
                            .unwrap_or_else(|| (*name).clone());
                        self.modern(name, entry, map)
                    }
                    (None, Some((key, entry))) => self.old(key, entry, map, context),
                    (None, None) => Err(self.no_module(&candidates, map, span, context)),
                }
            }
        }
    }

    /// The name to call a module by: as written, or with one of the collections in use.
    pub(in crate::playbook) fn module_name(
        &self,
        name: &Arc<str>,
        context: &Context,
    ) -> Option<Arc<str>> {
        if self.loader.knows(name) {
            return Some(name.clone());
        }
        context
            .collections
            .iter()
            .map(|collection| format!("{collection}.{name}"))
            .find(|full| self.loader.knows(full))
            .map(Arc::from)
    }

    /// `module: arguments`
    fn modern(&mut self, name: Arc<str>, entry: &Entry, map: &Map) -> Result<Call, Diagnostic> {
        let arguments = self.arguments(&name, &entry.key, &entry.value)?;
        Ok(Call {
            span: entry.key.clone(),
            arguments: with_args(arguments, map)?,
            name,
            local: false,
        })
    }

    /// `action: module arguments`, and its form as a mapping.
    fn old(
        &mut self,
        key: &str,
        entry: &Entry,
        map: &Map,
        context: &Context,
    ) -> Result<Call, Diagnostic> {
        let (name, span, arguments) = match &entry.value.kind {
            Kind::Str(text) => {
                let head = inline::head(text);
                let tail = text[head.end..].trim();
                let name: Arc<str> = text[head.clone()].into();
                let span = inline::part(&entry.value, text, head);
                let rest = Node {
                    kind: Kind::Str(tail.into()),
                    span: if tail.is_empty() {
                        span.clone()
                    } else {
                        inline::part(&entry.value, text, text.len() - tail.len()..text.len())
                    },
                    tag: entry.value.tag,
                };
                (name, span, rest)
            }
            Kind::Map(fields) => {
                let Some(module) = fields.get("module").and_then(|entry| entry.value.as_str())
                else {
                    return Err(Diagnostic::new(format!("`{key}` names no module"))
                        .label(&entry.key, "")
                        .help("name it under `module`, or write it as a key of the task"));
                };
                let mut arguments = fields.clone();
                let name = arguments.shift_remove("module").map(|name| name.value);
                if let Some(args) = arguments.shift_remove("args")
                    && let Some(args) = args.value.as_map()
                {
                    arguments.extend(args.clone());
                }
                let span = name.map_or_else(Span::none, |name| name.span);
                let arguments = Node::at(Kind::Map(arguments), entry.value.span.clone());
                (module.into(), span, arguments)
            }
            _ => {
                return Err(Diagnostic::new(format!(
                    "`{key}` must be a module's name with its arguments, not {}",
                    entry.value.describe()
                ))
                .label(&entry.value.span, ""));
            }
        };
        let templated = name.contains("{{");
        let name = match self.module_name(&name, context) {
            Some(name) => name,
            None if templated => name,
            None => return Err(self.unknown_module(&name, &span, context)),
        };
        let arguments = self.arguments(&name, &span, &arguments)?;
        Ok(Call {
            arguments: with_args(arguments, map)?,
            name,
            span,
            local: key == "local_action",
        })
    }
}
