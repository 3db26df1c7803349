//! The JSON schema (draft-07) of playbooks and files of tasks, for editors.

use super::{
    language::{Place, Shape, keyword},
    task::{ROLE_OPTIONS, Statements, TASKS_OPTIONS, is_expression, meta_names},
};
use crate::task::{Module, Registry};
use serde_json::{Map, Value as Json, json};

/// The schema of a playbook.
pub fn playbook_schema(registry: &Registry) -> Json {
    document(
        registry,
        "A playbook of k8sbm",
        json!({
            "type": "array",
            "items": {"anyOf": [reference("play"), reference("import_playbook")]},
        }),
    )
}

/// The schema of a file of tasks or handlers.
pub fn tasks_schema(registry: &Registry) -> Json {
    document(registry, "Tasks of k8sbm", reference("handlers"))
}

fn document(registry: &Registry, title: &str, root: Json) -> Json {
    let mut definitions = Map::new();
    let mut define = |name: &str, schema: Json| definitions.insert(name.to_owned(), schema);
    define("template", json!({"type": "string", "pattern": "\\{[{%#]"}));
    define("play", object(keywords(Place::Play), &["hosts"]));
    define("import_playbook", import_playbook());
    define("role", object_with_any(keywords(Place::Role)));
    define("block", object(keywords(Place::Block), &["block"]));
    define("task", task(registry, Place::Task));
    define("handler", task(registry, Place::Handler));
    let step = json!({"anyOf": [reference("block"), reference("task")]});
    define("tasks", json!({"type": ["array", "null"], "items": step}));
    let handler = json!({"anyOf": [reference("block"), reference("handler")]});
    define(
        "handlers",
        json!({"type": ["array", "null"], "items": handler}),
    );
    for module in registry.modules() {
        let (schema, inner) = module_schema(module);
        definitions.insert(definition(module), schema);
        definitions.extend(inner);
    }
    let mut document = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": title,
    });
    if let (Some(document), Json::Object(root)) = (document.as_object_mut(), root) {
        document.extend(root);
        document.insert("definitions".to_owned(), Json::Object(definitions));
    }
    document
}

fn reference(name: &str) -> Json {
    json!({"$ref": format!("#/definitions/{name}")})
}

/// A value, or a template that gives it.
fn or_template(schema: Json) -> Json {
    json!({"anyOf": [schema, reference("template")]})
}

fn object(properties: Map<String, Json>, required: &[&str]) -> Json {
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// A role's name, or a mapping whose other keys are variables.
fn object_with_any(properties: Map<String, Json>) -> Json {
    json!({"anyOf": [{"type": "string"}, {"type": "object", "properties": properties}]})
}

fn keywords(place: Place) -> Map<String, Json> {
    keyword::on(place)
        .map(|keyword| {
            let schema = described(keyword.takes.schema(), keyword.about);
            (keyword.name.to_owned(), schema)
        })
        .collect()
}

fn described(mut schema: Json, about: &str) -> Json {
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("description".to_owned(), about.into());
    }
    schema
}

fn import_playbook() -> Json {
    let mut properties = keywords(Place::Task);
    properties.retain(|name, _| {
        matches!(
            name.as_str(),
            "name" | "vars" | "when" | "tags" | "id" | "needs"
        )
    });
    let path = json!({"type": "string", "description": "The playbook to import."});
    properties.insert("import_playbook".to_owned(), path.clone());
    properties.insert("ansible.builtin.import_playbook".to_owned(), path);
    object(properties, &[])
}

/// A task: keywords, one module or statement, and lookups to loop over.
fn task(registry: &Registry, place: Place) -> Json {
    let mut properties = keywords(place);
    for module in registry.modules() {
        let schema = reference(&definition(module));
        for name in registry.aliases(module) {
            properties.insert(name.to_owned(), schema.clone());
        }
    }
    for name in Statements::NAMES {
        let schema = statement(name);
        properties.insert(format!("ansible.builtin.{name}"), schema.clone());
        properties.insert(name.to_owned(), schema);
    }
    // Names come from a hash map: in order, the same registry gives the same text.
    properties.sort_keys();
    let mut schema = object(properties, &[]);
    schema["patternProperties"] =
        json!({"^with_": {"description": "Items of a lookup to run the task for."}});
    schema
}

fn statement(name: &str) -> Json {
    let options = |names: &[&str]| {
        let apply = json!({"type": "object", "description": "Keywords for all that is included."});
        let option = |name: &&str| {
            let schema = if *name == "apply" {
                apply.clone()
            } else {
                json!({})
            };
            ((*name).to_owned(), schema)
        };
        let properties: Map<String, Json> = names.iter().map(option).collect();
        object(properties, &[])
    };
    match name {
        "meta" => json!({"enum": meta_names().collect::<Vec<_>>()}),
        "import_role" | "include_role" => options(&ROLE_OPTIONS),
        _ => json!({"anyOf": [{"type": "string"}, options(&TASKS_OPTIONS)]}),
    }
}

fn definition(module: &Module) -> String {
    format!("module.{}", module.name)
}

/// The schema of a module's arguments, in which any value may be a template, and what it refers to.
fn module_schema(module: &Module) -> (Json, Map<String, Json>) {
    let prefix = definition(module);
    let mut schema = module.schema();
    rename_references(&mut schema, &prefix);
    let inner = schema
        .as_object_mut()
        .and_then(|schema| schema.remove("definitions"))
        .and_then(|inner| match inner {
            Json::Object(inner) => Some(inner),
            _ => None,
        })
        .unwrap_or_default()
        .into_iter()
        .map(|(name, schema)| (format!("{prefix}.{name}"), schema))
        .collect();
    if let Some(schema) = schema.as_object_mut() {
        schema.remove("$schema");
        schema.remove("title");
        let required = schema.remove("required");
        arguments(schema, module);
        // The free form gives an argument, too, and so do `args` and `module_defaults` give others.
        if module.free_form.is_none()
            && let Some(required) = required
        {
            let aliased = aliased_names(schema);
            let required: Vec<Json> = required
                .as_array()
                .into_iter()
                .flatten()
                .filter(|name| {
                    !aliased
                        .iter()
                        .any(|known| Some(known.as_str()) == name.as_str())
                })
                .cloned()
                .collect();
            schema.insert("required".to_owned(), required.into());
        }
    }
    let about = schema.get("description").cloned();
    let mut whole = json!({"anyOf": [schema, {"type": ["string", "null"]}]});
    if let Some(about) = about {
        whole["description"] = about;
    }
    (whole, inner)
}

/// The arguments under all their names.
fn arguments(schema: &mut Map<String, Json>, module: &Module) {
    let Some(properties) = schema.get_mut("properties").and_then(Json::as_object_mut) else {
        return;
    };
    let mut all = Map::new();
    for (name, property) in std::mem::take(properties) {
        let about = property.get("description").cloned();
        let aliases = property.get("aliases").cloned();
        let mut property = if is_expression(module, &name) {
            json!({"type": ["string", "boolean", "array"]})
        } else {
            or_template(property)
        };
        if let Some(about) = about {
            property["description"] = about;
        }
        for alias in aliases.iter().filter_map(Json::as_array).flatten() {
            if let Some(alias) = alias.as_str() {
                all.insert(alias.to_owned(), property.clone());
            }
        }
        if let Some(aliases) = aliases {
            property["aliases"] = aliases;
        }
        all.insert(name, property);
    }
    *properties = all;
}

/// The arguments that have other names.
fn aliased_names(schema: &Map<String, Json>) -> Vec<String> {
    let properties = schema.get("properties").and_then(Json::as_object);
    properties
        .into_iter()
        .flatten()
        .filter(|(_, property)| property.get("aliases").is_some())
        .map(|(name, _)| name.clone())
        .collect()
}

/// Refers to definitions under the module's own prefix.
fn rename_references(schema: &mut Json, prefix: &str) {
    match schema {
        Json::Object(map) => {
            for (key, value) in map {
                match value {
                    Json::String(target) if key == "$ref" => {
                        if let Some(name) = target.strip_prefix("#/definitions/") {
                            *target = format!("#/definitions/{prefix}.{name}");
                        }
                    }
                    _ => rename_references(value, prefix),
                }
            }
        }
        Json::Array(items) => {
            for item in items {
                rename_references(item, prefix);
            }
        }
        _ => {}
    }
}

impl Shape {
    /// The schema of what a keyword takes.
    fn schema(self) -> Json {
        let scalar = json!({"type": ["string", "number", "boolean", "null"]});
        let list_or = |item: Json| json!({"anyOf": [item, {"type": "array", "items": item}]});
        match self {
            Self::Switch => or_template(json!({"type": ["boolean", "null"]})),
            Self::Whole => or_template(json!({"type": ["integer", "null"]})),
            Self::Number => or_template(json!({"type": ["number", "null"]})),
            Self::Method => or_template(json!({"enum": ["sudo", "su", null]})),
            Self::Text | Self::Word => scalar,
            Self::Texts | Self::Tags | Self::Conditions | Self::Batches => list_or(scalar),
            Self::Mapping => or_template(json!({"type": ["object", "null"]})),
            Self::Mappings => list_or(or_template(json!({"type": ["object", "null"]}))),
            Self::Files => list_or(list_or(json!({"type": "string"}))),
            Self::Prompts => {
                json!({"type": "array", "items": {"type": "object", "required": ["name"]}})
            }
            Self::Needs => list_or(json!({
                "anyOf": [
                    {"type": "string"},
                    {
                        "type": "object",
                        "properties": {"task": {"type": "string"}, "on": {}},
                        "required": ["task"],
                        "additionalProperties": false,
                    },
                ],
            })),
            Self::Steps => reference("tasks"),
            Self::Handlers => reference("handlers"),
            Self::Roles => json!({"type": ["array", "null"], "items": reference("role")}),
            Self::Any => json!({}),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::playbook::fixture::{Command, Debug};

    fn schema() -> Json {
        playbook_schema(&Registry::default().builtin::<Debug>().builtin::<Command>())
    }

    #[test]
    fn every_reference_is_defined() {
        fn check(schema: &Json, definitions: &Json) {
            match schema {
                Json::Object(map) => {
                    if let Some(target) = map.get("$ref").and_then(Json::as_str) {
                        let name = target.strip_prefix("#/definitions/").unwrap();
                        assert!(definitions.get(name).is_some(), "{target}");
                    }
                    map.values().for_each(|value| check(value, definitions));
                }
                Json::Array(items) => items.iter().for_each(|item| check(item, definitions)),
                _ => {}
            }
        }
        let schema = schema();
        check(&schema, &schema["definitions"]);
    }

    #[test]
    fn modules_stand_under_all_their_names_with_their_arguments() {
        let schema = schema();
        let task = &schema["definitions"]["task"]["properties"];
        assert_eq!(task["debug"], task["ansible.builtin.debug"]);
        assert_eq!(task["debug"]["$ref"], "#/definitions/module.debug");
        assert!(
            task["when"]["description"]
                .as_str()
                .unwrap()
                .contains("all must hold")
        );
        let debug = &schema["definitions"]["module.debug"]["anyOf"][0];
        assert_eq!(debug["properties"]["verbosity"]["description"], "How loud.");
        assert_eq!(debug["additionalProperties"], false);
    }

    #[test]
    fn the_same_registry_gives_the_same_text() {
        assert_eq!(schema().to_string(), schema().to_string());
    }
}
