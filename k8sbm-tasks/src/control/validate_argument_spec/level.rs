//! The options of one level, and of the dictionaries below it.

use super::{
    conversion::{convert, means, shown, type_name},
    rules,
};
use serde_json::{Map, Value as Json};

type Options = Map<String, Json>;

/// All that is wrong with what was given.
pub(super) fn errors(spec: &Options, mut given: Options) -> Vec<String> {
    let mut judge = Judge::default();
    judge.level(spec, &Map::new(), &mut given, &mut Vec::new());
    if !judge.strangers.is_empty() {
        judge.strangers.sort();
        let strangers = judge.strangers.join(", ");
        judge.errors.push(format!(
            "{strangers}. Supported parameters include: {}.",
            judge.known
        ));
    }
    judge.errors
}

#[derive(Default)]
struct Judge {
    errors: Vec<String>,
    /// Names that are no options.
    strangers: Vec<String>,
    /// The options where the last stranger was, and their other names.
    known: String,
}

fn text<'a>(option: &'a Json, key: &str) -> Option<&'a str> {
    option.get(key).and_then(Json::as_str)
}

fn list<'a>(option: &'a Json, key: &str) -> &'a [Json] {
    option
        .get(key)
        .and_then(Json::as_array)
        .map_or(&[], Vec::as_slice)
}

/// Gives options that were not given their defaults, where they have one or all shall be there.
fn defaults(spec: &Options, given: &mut Options, all: bool) {
    for (name, option) in spec {
        let default = option.get("default").unwrap_or(&Json::Null);
        if !given.contains_key(name) && (all || !default.is_null()) {
            given.insert(name.clone(), default.clone());
        }
    }
}

impl Judge {
    fn level(
        &mut self,
        spec: &Options,
        rules: &Options,
        given: &mut Options,
        path: &mut Vec<String>,
    ) {
        self.names(spec, given, path);
        self.found(rules::exclusive(rules, given), path);
        defaults(spec, given, false);
        let required = |option: &Json| option.get("required") == Some(&Json::Bool(true));
        let missing = spec
            .iter()
            .filter(|(name, option)| required(option) && !given.contains_key(*name));
        let mut missing: Vec<&str> = missing.map(|(name, _)| name.as_str()).collect();
        missing.sort_unstable();
        let missing = (!missing.is_empty())
            .then(|| format!("missing required arguments: {}", missing.join(", ")));
        self.found(missing, path);
        for (name, option) in spec {
            if let Some(value) = given.get_mut(name) {
                self.typed(name, option, value, path);
            }
        }
        for (name, option) in spec {
            if let Some(value) = given.get(name) {
                self.found(not_chosen(name, option, value), path);
            }
        }
        for broken in rules::broken(rules, given) {
            self.found(Some(broken), path);
        }
        defaults(spec, given, true);
        for (name, option) in spec {
            self.below(name, option, given, path);
        }
    }

    /// Notes what is wrong at this level.
    fn found(&mut self, error: Option<String>, path: &[String]) {
        let Some(error) = error else { return };
        self.errors.push(match path {
            [] => error,
            path => format!("{error} found in {}", path.join(" -> ")),
        });
    }

    /// Options by their own names instead of their aliases, and names that are no options.
    fn names(&mut self, spec: &Options, given: &mut Options, path: &[String]) {
        let mut known: Vec<&str> = Vec::new();
        let mut others: Vec<&str> = Vec::new();
        for (name, option) in spec {
            known.push(name);
            for alias in list(option, "aliases").iter().filter_map(Json::as_str) {
                others.push(alias);
                if let Some(value) = given.get(alias).cloned() {
                    given.insert(name.clone(), value);
                }
            }
        }
        let strangers = given
            .keys()
            .filter(|name| !known.contains(&&***name) && !others.contains(&&***name));
        let strangers: Vec<String> = strangers
            .map(|name| {
                path.iter()
                    .chain([name])
                    .cloned()
                    .collect::<Vec<_>>()
                    .join(".")
            })
            .collect();
        if !strangers.is_empty() {
            known.sort_unstable();
            others.sort_unstable();
            self.known = known.join(", ");
            if !others.is_empty() {
                self.known += &format!(" ({})", others.join(", "));
            }
            self.strangers.extend(strangers);
        }
    }

    /// Makes a value, and what a list holds, what it shall be.
    fn typed(&mut self, name: &str, option: &Json, value: &mut Json, path: &[String]) {
        let default = option.get("default").is_none_or(Json::is_null);
        if value.is_null() && option.get("required") != Some(&Json::Bool(true)) && default {
            return;
        }
        let place = match path {
            [] => String::new(),
            path => format!(" found in '{}'", path.join(" -> ")),
        };
        let wanted = text(option, "type").unwrap_or("str");
        match convert(value, wanted) {
            Ok(converted) => *value = converted,
            Err(why) => {
                let stop = if path.is_empty() { "" } else { "." };
                self.errors.push(format!(
                    "argument '{name}' is of type {}{place}{stop} and we were unable to convert to {wanted}: {why}",
                    type_name(value)
                ));
                return;
            }
        }
        let (Some(elements), Json::Array(items)) = (text(option, "elements"), value) else {
            return;
        };
        for item in items {
            match convert(item, elements) {
                Ok(converted) => *item = converted,
                Err(why) => self.errors.push(format!(
                    "Elements value for option '{name}'{place} is of type {} and we were unable to convert to {elements}: {why}",
                    type_name(item)
                )),
            }
        }
    }

    /// The options of a dictionary, or of each dictionary of a list.
    fn below(&mut self, name: &str, option: &Json, given: &mut Options, path: &mut Vec<String>) {
        let nests = match text(option, "type") {
            Some("dict") => true,
            Some("list") => text(option, "elements") == Some("dict"),
            _ => false,
        };
        let (true, Some(Json::Object(spec))) = (nests, option.get("options")) else {
            return;
        };
        let Some(value) = given.get_mut(name) else {
            return;
        };
        if value.is_null() {
            if option.get("apply_defaults") != Some(&Json::Bool(true)) {
                return;
            }
            *value = Json::Object(Map::new());
        }
        let none = Map::new();
        let rules = option.as_object().unwrap_or(&none);
        let items = match value {
            Json::Array(items) => items.as_mut_slice(),
            one => std::slice::from_mut(one),
        };
        path.push(name.to_owned());
        for item in items {
            match item {
                Json::Object(given) => self.level(spec, rules, given, path),
                _ => self.errors.push(format!(
                    "value of '{name}' must be of type dict or list of dicts"
                )),
            }
        }
        path.pop();
    }
}

/// Why a value is none of the choices.
fn not_chosen(name: &str, option: &Json, value: &Json) -> Option<String> {
    let choices = option.get("choices").and_then(Json::as_array)?;
    let all = choices.iter().map(shown).collect::<Vec<_>>().join(", ");
    if let Json::Array(items) = value {
        let others: Vec<String> = items
            .iter()
            .filter(|it| !choices.contains(it))
            .map(shown)
            .collect();
        return (!others.is_empty()).then(|| {
            format!(
                "value of {name} must be one or more of: {all}. Got no match for: {}",
                others.join(", ")
            )
        });
    }
    // YAML reads words such as `yes` and `off` as booleans; where one choice only can be meant, it is.
    let meant = |truth: bool| {
        let word = if truth { "True" } else { "False" };
        *value == word && choices.iter().filter(|choice| means(choice, truth)).count() == 1
    };
    let is_one = choices.contains(value) || meant(true) || meant(false);
    (!is_one).then(|| {
        format!(
            "value of {name} must be one of: {all}, got: {}",
            shown(value)
        )
    })
}
