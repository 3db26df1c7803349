//! What must be true of every module.

use super::*;
use k8sbm_core::{
    node::{Kind, Map, Node, Source, load_one},
    task::Module,
};
use serde_json::Value as Json;
use std::sync::Arc;

/// The mistakes found in all modules; each test expects none.
fn mistakes(find: impl Fn(&Module, &mut Vec<String>)) -> Vec<String> {
    let mut all = Vec::new();
    for module in registry().modules() {
        let mut found = Vec::new();
        find(module, &mut found);
        all.extend(found.into_iter().map(|it| format!("{}: {it}", module.name)));
    }
    all
}

fn none(mistakes: Vec<String>) {
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
}

fn read(yaml: &str) -> Node {
    let source = Arc::new(Source {
        name: "example.yml".into(),
        text: yaml.into(),
    });
    load_one(&source).unwrap_or_else(|error| panic!("{error}\n{yaml}"))
}

fn map(entries: impl IntoIterator<Item = (&'static str, Node)>) -> Node {
    let entry = |value: Node| k8sbm_core::node::Entry {
        key: value.span.clone(),
        value,
    };
    let entries = entries
        .into_iter()
        .map(|(key, node)| (key.into(), entry(node)));
    Node::new(Kind::Map(entries.collect::<Map>()))
}

fn text(text: &str) -> Node {
    Node::new(Kind::Str(text.into()))
}

/// The tasks of an example: one, a list, or those of blocks.
fn tasks(node: &Node) -> Vec<&Node> {
    let parts = ["block", "rescue", "always"].map(|key| node.get(key));
    match node.as_seq() {
        Some(items) => items.iter().flat_map(tasks).collect(),
        None if parts[0].is_some() => parts.into_iter().flatten().flat_map(tasks).collect(),
        None => vec![node],
    }
}

/// An argument as it arrives: templates have a value, expressions are evaluated.
fn rendered(node: &Node) -> Node {
    let kind = match &node.kind {
        Kind::Str(text) if node.is_template() => {
            let whole = text.starts_with("{{") && text.ends_with("}}");
            Kind::Str(if whole {
                "1".into()
            } else {
                "/some/text".into()
            })
        }
        Kind::Seq(items) => Kind::Seq(items.iter().map(rendered).collect()),
        Kind::Map(entries) => Kind::Map(
            entries
                .iter()
                .map(|(key, entry)| {
                    let mut entry = entry.clone();
                    entry.value = rendered(&entry.value);
                    (key.clone(), entry)
                })
                .collect(),
        ),
        other => other.clone(),
    };
    Node::at(kind, node.span.clone())
}

fn evaluated(node: &Node) -> Node {
    match node.as_seq() {
        Some(items) => Node::new(Kind::Seq(items.iter().map(evaluated).collect())),
        None => {
            let expression = text(&node.to_text().unwrap_or_default());
            map([
                ("expression", expression),
                ("value", Node::new(Kind::Bool(true))),
            ])
        }
    }
}

/// The arguments of a task of an example, and its module.
fn arguments<'a>(registry: &'a Registry, task: &Node) -> Result<(&'a Module, Node), String> {
    let entries = task.as_map().ok_or("a task is a mapping")?;
    let named = entries
        .iter()
        .find_map(|(key, entry)| Some((registry.get(key)?, &entry.value)));
    let (module, written) = named.ok_or("no module that is known")?;
    let mut given = match (&written.kind, module.free_form) {
        (Kind::Map(map), _) => map.clone(),
        (Kind::Null, _) => Map::new(),
        (_, Some(name)) => map([(name, written.clone())])
            .as_map()
            .cloned()
            .unwrap_or_default(),
        (_, None) => return Err("text where the module has no free form".into()),
    };
    if let Some(Kind::Map(more)) = task.get("args").map(|node| &node.kind) {
        given.extend(more.clone());
    }
    for (name, entry) in &mut given {
        let special = [module.expressions, module.conditions].concat();
        entry.value = if special.contains(&&**name) {
            evaluated(&entry.value)
        } else if module.untemplated.contains(&&**name) {
            entry.value.clone()
        } else {
            rendered(&entry.value)
        };
    }
    Ok((module, Node::at(Kind::Map(given), task.span.clone())))
}

fn properties(schema: &Json) -> impl Iterator<Item = (&String, &Json)> {
    schema["properties"].as_object().into_iter().flatten()
}

#[test]
fn every_module_says_what_it_does() {
    none(mistakes(|module, found| {
        if module.schema()["description"].as_str().is_none() {
            found.push("no description".into());
        }
        if module.examples.is_empty() {
            found.push("no example".into());
        }
        if module
            .returns
            .iter()
            .any(|(name, about)| name.is_empty() || about.is_empty())
        {
            found.push("a return value without a name or a sentence".into());
        }
    }));
}

#[test]
fn every_argument_says_what_it_does() {
    none(mistakes(|module, found| {
        for (name, argument) in properties(&module.schema()) {
            if argument["description"].as_str().is_none() {
                found.push(format!("`{name}` has no description"));
            }
        }
    }));
}

#[test]
fn every_alias_is_accepted() {
    none(mistakes(|module, found| {
        for (name, argument) in properties(&module.schema()) {
            for alias in argument["aliases"].as_array().into_iter().flatten() {
                let alias = alias.as_str().unwrap_or_default();
                let Err(error) = module.parse(&read(&format!("{{\"{alias}\": null}}"))) else {
                    continue;
                };
                if error.message.starts_with("unknown key") {
                    found.push(format!("`{alias}`, which stands for `{name}`, is refused"));
                }
            }
        }
    }));
}

#[test]
fn every_special_argument_exists() {
    none(mistakes(|module, found| {
        let schema = module.schema();
        let special = [module.expressions, module.conditions, module.untemplated].concat();
        for name in special.into_iter().chain(module.free_form) {
            if !properties(&schema).any(|(known, _)| known == name) {
                found.push(format!("`{name}` is no argument"));
            }
        }
    }));
}

#[test]
fn every_example_parses() {
    let registry = registry();
    none(mistakes(|module, found| {
        for example in module.examples {
            let node = read(example.yaml);
            let mut own = false;
            for task in tasks(&node) {
                match arguments(&registry, task) {
                    Ok((used, given)) => {
                        own |= used.name == module.name;
                        if let Err(error) = used.parse(&given) {
                            found.push(format!("{}: {error}", example.title));
                        }
                    }
                    Err(error) => found.push(format!("{}: {error}", example.title)),
                }
            }
            if !own {
                found.push(format!("{}: does not use the module", example.title));
            }
        }
    }));
}
