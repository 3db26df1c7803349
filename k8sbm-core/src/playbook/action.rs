//! What a task does: the one key among its keywords that names a module or a statement.

use super::{
    Action, Context, foreign,
    inherit::value,
    inline,
    keyword::{self, Place},
    reader::Reader,
};
use crate::{
    diagnostic::{Diagnostic, nearest},
    node::{Entry, Kind, Map, Node, Span, Tag},
    task::Module,
};
use std::sync::Arc;

/// What a task does, as it was written.
pub(super) struct Call {
    /// The name of the module or statement.
    pub(super) name: Arc<str>,
    /// Where the name stands.
    pub(super) span: Span,
    /// The arguments: a mapping.
    pub(super) arguments: Node,
    /// Whether it was a `local_action`.
    pub(super) local: bool,
}

/// The statements of the language that stand where modules do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Statements {
    ImportTasks,
    ImportRole,
    IncludeTasks,
    IncludeRole,
    Meta,
}

impl Statements {
    /// Their names.
    pub(super) const NAMES: [&str; 5] = [
        "import_tasks",
        "import_role",
        "include_tasks",
        "include_role",
        "meta",
    ];

    /// The statement of a name.
    pub(super) fn of(name: &str) -> Option<Self> {
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
    fn free_form(self) -> Option<&'static str> {
        match self {
            Self::ImportTasks | Self::IncludeTasks => Some("file"),
            Self::Meta => Some(FREE_FORM),
            Self::ImportRole | Self::IncludeRole => None,
        }
    }
}

/// A name without the collection that Ansible's own modules are in.
pub(super) fn builtin(name: &str) -> &str {
    name.strip_prefix("ansible.builtin.")
        .or_else(|| name.strip_prefix("ansible.legacy."))
        .unwrap_or(name)
}

/// Ansible's name for free text.
pub(super) const FREE_FORM: &str = "_raw_params";

/// Modules whose free text is a command.
const COMMANDS: [&str; 5] = ["command", "shell", "script", "raw", "expect"];

impl Reader<'_> {
    /// Finds what a task does.
    pub(super) fn call(
        &mut self,
        map: &Map,
        span: &Span,
        place: Place,
        context: &Context,
    ) -> Option<Call> {
        let call = self.find_call(map, span, place, context);
        self.take(call)
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
    fn module_name(&self, name: &Arc<str>, context: &Context) -> Option<Arc<str>> {
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
    fn modern(&self, name: Arc<str>, entry: &Entry, map: &Map) -> Result<Call, Diagnostic> {
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
        &self,
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

    /// The arguments as a mapping.
    fn arguments(&self, name: &str, key: &Span, given: &Node) -> Result<Node, Diagnostic> {
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
                return inline_arguments(name, module, free_form, key, given, text);
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

    /// A key that is neither a keyword nor a module, beside one that is.
    fn stray(
        &self,
        key: &str,
        span: &Span,
        (name, name_span): (&str, &Span),
        place: Place,
        map: &Map,
    ) -> Diagnostic {
        let empty = map.get(name).is_some_and(|entry| entry.value.is_null());
        let is_argument = self
            .loader
            .registry
            .get(name)
            .is_some_and(|module| super::arguments::names(module).any(|known| known == key));
        if empty || is_argument {
            return Diagnostic::new(format!("unknown keyword `{key}`"))
                .label(span, "")
                .label(name_span, "the module")
                .help(if is_argument {
                    format!("`{key}` is an argument of `{name}`: indent it below that")
                } else {
                    format!("indent the arguments of `{name}` below it")
                });
        }
        let error = self.misplaced(key, span, place);
        if error.help.is_some() {
            error
        } else {
            error.help(format!("the task's module is `{name}`"))
        }
    }

    /// A task without a module that is known.
    fn no_module(
        &self,
        candidates: &[(&Arc<str>, &Entry)],
        map: &Map,
        span: &Span,
        context: &Context,
    ) -> Diagnostic {
        for (key, entry) in candidates {
            match &***key {
                "include" | "ansible.builtin.include" => {
                    return Diagnostic::new("`include` was removed from the language")
                        .label(&entry.key, "")
                        .help("write `include_tasks` (while running) or `import_tasks` (while loading)");
                }
                "hosts" | "import_playbook" | "ansible.builtin.import_playbook" => {
                    return Diagnostic::new("this is a play, where a task is expected")
                        .label(&entry.key, "")
                        .help(
                            "import the file it stands in with `import_playbook` from a playbook",
                        );
                }
                _ => {}
            }
        }
        // A misspelt keyword beside an unknown module is the lesser mistake.
        let module = candidates
            .iter()
            .find(|(key, _)| nearest_keyword(key).is_none())
            .or(candidates.first());
        match module {
            Some((name, entry)) => self.unknown_module(name, &entry.key, context),
            None => {
                let what = value(map, "name").and_then(Node::to_text).map_or_else(
                    || "this task".to_owned(),
                    |name| format!("the task `{name}`"),
                );
                Diagnostic::new(format!("{what} names no module"))
                    .label(&span.first_line(), "")
                    .help("a task needs one key that says what to do, such as `command`")
            }
        }
    }

    /// A module that there is not.
    fn unknown_module(&self, name: &str, span: &Span, context: &Context) -> Diagnostic {
        let error = Diagnostic::new(format!("unknown module `{name}`")).label(span, "");
        let registry = &self.loader.registry;
        let statements = Statements::NAMES.iter().copied();
        let near = registry
            .nearest(name)
            .or_else(|| nearest(name, statements))
            .or_else(|| {
                registry
                    .get(name.rsplit('.').next()?)
                    .map(|module| module.name)
            });
        if let Some(near) = near {
            return error.help(format!("did you mean `{near}`?"));
        }
        if let Some(near) = nearest_keyword(name) {
            return error.help(format!("did you mean the keyword `{near}`?"));
        }
        let short = name.rsplit('.').next().unwrap_or(name);
        let places = [
            Some(&context.playbook),
            context.role.as_ref().map(|role| &role.path),
        ];
        for place in places.into_iter().flatten() {
            let file = place.join("library").join(format!("{short}.py"));
            if file.is_file() {
                return error
                    .note(format!("{} is a module in Python", file.display()))
                    .help("modules in Python cannot be run; see docs/differences-from-ansible.md");
            }
        }
        match foreign::origin(name) {
            Some(origin) => error.help(format!(
                "it is a module of {origin} that k8sbm does not have; see docs/differences-from-ansible.md"
            )),
            None => error,
        }
    }
}

fn nearest_keyword(name: &str) -> Option<&'static str> {
    nearest(
        name,
        keyword::on(Place::Handler).map(|keyword| keyword.name),
    )
}

/// One argument alone.
fn alone(name: &str, key: &Span, value: &Node) -> Map {
    let entry = Entry {
        key: key.clone(),
        value: value.clone(),
    };
    Map::from_iter([(name.into(), entry)])
}

/// Arguments on one line.
fn inline_arguments(
    name: &str,
    module: Option<&Module>,
    free_form: Option<&str>,
    key: &Span,
    given: &Node,
    text: &str,
) -> Result<Node, Diagnostic> {
    let is_command = COMMANDS.contains(&module.map_or_else(|| builtin(name), |module| module.name));
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
            return Err(Diagnostic::new(format!("`{name}` takes no free text"))
                .label(&rest.span, "")
                .help(if name.ends_with("_role") {
                    format!("write `{name}: {{name: {stray}}}`")
                } else if inline.arguments.is_empty() {
                    format!("write its arguments as a mapping below `{name}:`")
                } else {
                    format!("`{stray}` is no `key=value`; quote values that hold spaces")
                }));
        };
        let entry = Entry {
            key: key.clone(),
            value: rest,
        };
        inline.arguments.insert(argument.into(), entry);
    }
    Ok(Node::at(Kind::Map(inline.arguments), given.span.clone()))
}

/// Whether a text is a single `{{ ... }}`.
fn whole_template(text: &str) -> bool {
    let text = text.trim();
    text.starts_with("{{") && text.ends_with("}}") && text.matches("{{").count() == 1
}

/// The arguments with those of the `args` keyword below them.
fn with_args(arguments: Node, map: &Map) -> Result<Node, Diagnostic> {
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
