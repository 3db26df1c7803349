//! Arguments of modules, checked before any host is touched.

use crate::{
    diagnostic::Diagnostic,
    node::{Entry, Kind, Map, Node, Span},
    playbook::{
        Action, Context,
        language::{items, keyword},
        reader::Reader,
        task::module_defaults,
    },
    task::Module,
};
use serde_json::Value as Json;
use std::sync::Arc;

impl Reader<'_> {
    /// Checks all that can be known of a module's arguments while loading.
    ///
    /// Where nothing is a template they are typed whole; else those that are none are typed alone.
    pub(in crate::playbook) fn check_arguments(
        &self,
        action: &Action,
        context: &Context,
    ) -> Result<(), Diagnostic> {
        let Some(module) = self.loader.registry.get(&action.module) else {
            return Ok(());
        };
        let Some(map) = action.arguments.as_map() else {
            return Ok(());
        };
        let fixed = |(name, entry): &(&Arc<str>, &Entry)| {
            module.untemplated.contains(&&***name)
                || is_expression(module, name)
                || !name.contains("{{") && !entry.value.is_template()
        };
        let templated = map.iter().any(|entry| !fixed(&entry));
        let complete =
            !templated && !module_defaults::concern(&context.module_defaults, module, self.loader);
        let known: Map = map
            .iter()
            .filter(|(name, _)| !name.contains("{{") && &***name != Action::MORE)
            .map(|(name, entry)| {
                let value = if !fixed(&(name, entry)) {
                    // Given without a value is not given: only the name is checked.
                    Node::at(Kind::Null, entry.value.span.clone())
                } else if is_expression(module, name) {
                    expressions(&entry.value)
                } else {
                    entry.value.clone()
                };
                let key = entry.key.clone();
                (name.clone(), Entry { key, value })
            })
            .collect();
        let span = if complete {
            action.arguments.span.clone()
        } else {
            // What is missing, or does not fit together, has no place then, and is no mistake yet.
            Span::none()
        };
        match module.parse(&Node::at(Kind::Map(known), span)) {
            Ok(_) => Ok(()),
            Err(error) if !complete && error.span().is_none() => Ok(()),
            Err(error) => Err(advise(error.or_at(&action.span), action)),
        }
    }
}

/// Points out what is usually meant.
fn advise(mut error: Diagnostic, action: &Action) -> Diagnostic {
    let key = error.span().map_or("", |span| span.text()).to_owned();
    if error.message == format!("unknown key `{key}`") {
        error.message = format!("`{}` has no argument `{key}`", action.module);
        error.help = if keyword::of_tasks(&key) {
            Some(format!(
                "`{key}` is a keyword of tasks: it stands beside `{}`, not below it",
                action.module
            ))
        } else {
            error
                .help
                .map(|help| help.replace("known keys:", "its arguments:"))
        };
    } else if !error.message.contains(&*action.module) {
        error.message = format!("{}: {}", action.module, error.message);
    }
    error
}

/// Whether an argument is an expression, or a condition.
pub(in crate::playbook) fn is_expression(module: &Module, name: &str) -> bool {
    module.expressions.contains(&name) || module.conditions.contains(&name)
}

/// Expressions as the module will see them, with no value yet.
fn expressions(node: &Node) -> Node {
    if let Some(list) = node.as_seq() {
        let list = list.iter().map(expressions).collect();
        return Node::at(Kind::Seq(list), node.span.clone());
    }
    let entry = |value: Node| Entry {
        key: node.span.clone(),
        value,
    };
    let null = Node::at(Kind::Null, node.span.clone());
    let map = Map::from_iter([
        ("expression".into(), entry(node.clone())),
        ("value".into(), entry(null)),
    ]);
    Node::at(Kind::Map(map), node.span.clone())
}

/// The names of a module's arguments, with their aliases.
pub(in crate::playbook) fn names(module: &Module) -> impl Iterator<Item = String> {
    let schema = module.schema();
    let properties = schema.get("properties").and_then(Json::as_object).cloned();
    properties
        .into_iter()
        .flatten()
        .flat_map(|(name, property)| {
            let aliases: Vec<String> = property
                .get("aliases")
                .and_then(Json::as_array)
                .into_iter()
                .flatten()
                .filter_map(Json::as_str)
                .map(str::to_owned)
                .collect();
            std::iter::once(name).chain(aliases)
        })
}

/// The templates under [`Action::MORE`], the last of which wins.
pub fn more(arguments: &Node) -> &[Node] {
    arguments.get(Action::MORE).map_or(&[], items)
}
