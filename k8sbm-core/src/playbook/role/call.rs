//! How a role is called: from an entry of `roles`, an import or an include.

use crate::{
    diagnostic::{Diagnostic, nearest},
    node::{Kind, Map, Node, Span},
    playbook::{
        Context,
        language::{Place, keyword, switch, value},
        reader::Reader,
    },
};

/// How a role is called.
#[derive(Debug)]
pub(in crate::playbook) struct RoleCall {
    /// The rendered name.
    pub(in crate::playbook) name: String,
    /// Where the name stands.
    pub(in crate::playbook) span: Span,
    /// Keywords of an entry of `roles`.
    pub(in crate::playbook) keywords: Map,
    /// Other keys of such an entry, which are variables.
    pub(in crate::playbook) parameters: Map,
    pub(in crate::playbook) tasks_from: Option<String>,
    pub(in crate::playbook) vars_from: Option<String>,
    pub(in crate::playbook) defaults_from: Option<String>,
    pub(in crate::playbook) handlers_from: Option<String>,
    /// Whether it may run again though it ran already; nothing means what the role itself says.
    pub(in crate::playbook) duplicates: Option<bool>,
    /// Whether its arguments are checked.
    pub(in crate::playbook) validate: bool,
    /// Whether all of the play sees its variables.
    pub(in crate::playbook) public: bool,
}

impl RoleCall {
    fn new(name: &str, span: &Span) -> Self {
        Self {
            name: name.to_owned(),
            span: span.clone(),
            keywords: Map::new(),
            parameters: Map::new(),
            tasks_from: None,
            vars_from: None,
            defaults_from: None,
            handlers_from: None,
            duplicates: None,
            validate: true,
            public: false,
        }
    }

    /// An `include_role` with its options.
    pub(in crate::playbook) fn included(name: &str, span: &Span, options: &Node) -> Self {
        let text = |key| options.get(key).and_then(Node::to_text);
        let is_on = |key| options.get(key).and_then(switch);
        Self {
            tasks_from: text("tasks_from"),
            vars_from: text("vars_from"),
            defaults_from: text("defaults_from"),
            handlers_from: text("handlers_from"),
            duplicates: Some(is_on("allow_duplicates").unwrap_or(true)),
            validate: is_on("rolespec_validate").unwrap_or(true),
            public: is_on("public").unwrap_or(false),
            ..Self::new(name, span)
        }
    }

    /// An `import_role` with its options.
    pub(in crate::playbook) fn imported(name: &str, span: &Span, options: &Node) -> Self {
        let public = options.get("public").and_then(switch).unwrap_or(true);
        Self {
            public,
            ..Self::included(name, span, options)
        }
    }
}

impl Reader<'_> {
    /// An entry of `roles` or of a role's dependencies.
    pub(in crate::playbook) fn role_entry(
        &mut self,
        entry: &Node,
        context: &Context,
    ) -> Option<RoleCall> {
        let (name, map) = match &entry.kind {
            Kind::Map(map) => {
                let name = ["role", "name", "src"]
                    .iter()
                    .find_map(|key| value(map, key));
                (name, Some(map))
            }
            Kind::Str(_) | Kind::Int(_) => (Some(entry), None),
            _ => {
                self.error(
                    Diagnostic::new(format!(
                        "a role must be a name or a mapping, not {}",
                        entry.describe()
                    ))
                    .label(&entry.span.first_line(), ""),
                );
                return None;
            }
        };
        let Some(name) = name else {
            self.error(
                Diagnostic::new("this role has no name")
                    .label(&entry.span.first_line(), "")
                    .help("name it under `role`"),
            );
            return None;
        };
        let text = self.text(name, context);
        let mut call = RoleCall::new(&self.take(text)?, &name.span);
        call.public = true;
        for (key, field) in map.into_iter().flatten() {
            let known = keyword::find(key).filter(|keyword| keyword.on.contains(&Place::Role));
            if &**key == "port" {
                self.warn(
                    Diagnostic::new("`port` is the port to connect to, not a variable of the role")
                        .label(&field.key, "")
                        .help("give variables under `vars`"),
                );
            }
            if known.is_some() {
                call.keywords.insert(key.clone(), field.clone());
                continue;
            }
            if matches!(&**key, "src" | "scm" | "version") {
                continue;
            }
            let names = keyword::on(Place::Role).map(|keyword| keyword.name);
            if let Some(near) = nearest(key, names).filter(|near| near.len() > 3) {
                self.warn(
                    Diagnostic::new(format!(
                        "`{key}` is no keyword, and becomes a variable of the role"
                    ))
                    .label(&field.key, "")
                    .help(format!(
                        "did you mean `{near}`? Variables are better given under `vars`"
                    )),
                );
            }
            call.parameters.insert(key.clone(), field.clone());
        }
        let keywords = call.keywords.clone();
        self.keywords(&keywords, Place::Role, &[]);
        Some(call)
    }
}
