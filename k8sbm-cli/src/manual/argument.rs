//! An argument, as its schema describes it.

use serde_json::{Map, Value as Json};

/// An argument of a module.
#[derive(Debug, Default)]
pub struct Argument {
    /// Its name.
    pub name: String,
    /// Other names it goes by.
    pub aliases: Vec<String>,
    /// What it takes: `text`, `list of text`, ...
    pub takes: String,
    /// Whether it must be given.
    pub required: bool,
    /// What holds when it is not given.
    pub default: Option<String>,
    /// The words it can be, each with what it means.
    pub choices: Vec<(String, String)>,
    /// What it is for.
    pub description: String,
}

impl Argument {
    /// The words it can be, or what it takes.
    pub fn words(&self) -> String {
        let words: Vec<&str> = self.choices.iter().map(|(word, _)| &**word).collect();
        match words.len() {
            0 => self.takes.clone(),
            _ => words.join(" | "),
        }
    }

    /// What it takes, whether it must be given, its default and its other names, in one line.
    pub fn facts(&self) -> String {
        let mut facts = vec![self.takes.clone()];
        if self.required {
            facts.push("required".to_owned());
        }
        if let Some(default) = &self.default {
            facts.push(format!("default: {default}"));
        }
        if !self.aliases.is_empty() {
            facts.push(format!("also: {}", self.aliases.join(", ")));
        }
        facts.join("; ")
    }
}

/// The arguments of a module: those that must be given first, else in the order of the schema.
pub fn arguments(schema: &Json) -> Vec<Argument> {
    let empty = Map::new();
    let properties = schema["properties"].as_object().unwrap_or(&empty);
    let required: Vec<&str> = texts(&schema["required"]);
    let mut all: Vec<Argument> = properties
        .iter()
        .map(|(name, property)| Argument {
            required: required.contains(&name.as_str()),
            ..argument(name, property, schema)
        })
        .collect();
    all.sort_by_key(|argument| !argument.required);
    all
}

fn argument(name: &str, property: &Json, schema: &Json) -> Argument {
    let choices = choices(property, schema);
    Argument {
        name: name.to_owned(),
        aliases: texts(&property["aliases"])
            .into_iter()
            .map(str::to_owned)
            .collect(),
        takes: if choices.is_empty() {
            takes(property, schema)
        } else {
            "one of the words below".to_owned()
        },
        required: false,
        default: match &property["default"] {
            Json::Null => None,
            Json::String(text) if text.is_empty() => Some("empty".to_owned()),
            Json::Array(items) if items.is_empty() => None,
            Json::Object(map) if map.is_empty() => None,
            Json::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        },
        choices,
        description: property["description"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
    }
}

fn texts(list: &Json) -> Vec<&str> {
    let items = list.as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(Json::as_str).collect()
}

/// The schema that a reference leads to, or the schema itself.
fn resolved<'a>(property: &'a Json, schema: &'a Json) -> &'a Json {
    let name = property["$ref"]
        .as_str()
        .and_then(|path| path.strip_prefix("#/definitions/"));
    name.map_or(property, |name| &schema["definitions"][name])
}

/// The parts of a schema that is made of others, null left out.
fn parts<'a>(property: &'a Json, schema: &'a Json) -> Vec<&'a Json> {
    let property = resolved(property, schema);
    for key in ["allOf", "anyOf", "oneOf"] {
        if let Some(parts) = property[key].as_array() {
            let null = |part: &&Json| part["type"] != "null";
            return parts
                .iter()
                .filter(null)
                .map(|part| resolved(part, schema))
                .collect();
        }
    }
    vec![property]
}

fn choices(property: &Json, schema: &Json) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for part in parts(property, schema) {
        let words = texts(&part["enum"]);
        found.extend(
            words
                .into_iter()
                .map(|word| (word.to_owned(), String::new())),
        );
        if let Some(word) = part["const"].as_str() {
            let means = part["description"].as_str().unwrap_or_default();
            found.push((word.to_owned(), means.to_owned()));
        } else if part["oneOf"].is_array() {
            found.extend(choices(part, schema));
        }
    }
    found
}

/// What a schema takes, in a word or two.
fn takes(property: &Json, schema: &Json) -> String {
    let mut words: Vec<String> = Vec::new();
    for part in parts(property, schema) {
        let names = match &part["type"] {
            Json::Array(_) => texts(&part["type"]),
            Json::String(name) => vec![name.as_str()],
            _ => Vec::new(),
        };
        for name in names.into_iter().filter(|name| *name != "null") {
            let word = match name {
                "string" => "text".to_owned(),
                "integer" => "whole number".to_owned(),
                "boolean" => "yes or no".to_owned(),
                "array" => match takes(&part["items"], schema).as_str() {
                    "anything" => "list".to_owned(),
                    items => format!("list of {items}"),
                },
                "object" => "mapping".to_owned(),
                other => other.to_owned(),
            };
            if !words.contains(&word) {
                words.push(word);
            }
        }
    }
    if words.is_empty() {
        "anything".to_owned()
    } else {
        words.join(" or ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn schemas_become_words() {
        let schema = json!({
            "definitions": {
                "State": {"oneOf": [
                    {"type": "string", "const": "present", "description": "There."},
                    {"type": "string", "enum": ["absent"]},
                ]},
            },
            "required": ["b"],
            "properties": {
                "a": {"type": ["string", "integer", "null"], "default": null},
                "b": {"type": "array", "items": {"type": "string"}, "aliases": ["bs"]},
                "c": {"allOf": [{"$ref": "#/definitions/State"}], "default": "present"},
                "d": {"anyOf": [{"$ref": "#/definitions/State"}, {"type": "null"}]},
                "e": {},
            },
        });
        let all = arguments(&schema);
        let words: Vec<(&str, &str)> = all
            .iter()
            .map(|argument| (&*argument.name, &*argument.takes))
            .collect();
        assert_eq!(words[0], ("b", "list of text"));
        assert_eq!(words[1], ("a", "text or whole number"));
        assert_eq!(words[4], ("e", "anything"));
        assert!(all[0].required && all[0].aliases == ["bs"]);
        let names = |argument: &Argument| {
            let choices = argument.choices.iter();
            choices.map(|(word, _)| word.clone()).collect::<Vec<_>>()
        };
        assert_eq!(names(&all[2]), ["present", "absent"]);
        assert_eq!(names(&all[3]), ["present", "absent"]);
        assert_eq!(all[2].default.as_deref(), Some("present"));
    }
}
