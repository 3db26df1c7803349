//! `-e`: `key=value ...`, YAML, JSON, or `@FILE`.

use crate::trouble::Trouble;
use k8sbm_core::{
    diagnostic::Diagnostic,
    node::{Kind, Map, Node, Reading, Source, load_one},
    playbook::key_values,
    vars::{Names, Variable},
};
use std::{path::Path, sync::Arc};

/// The variables of all `-e`; a later one wins.
///
/// # Errors
/// When a file cannot be read, or something is neither a mapping nor `key=value`.
pub fn read(given: &[String], reading: &Reading) -> Result<Names<Variable>, Trouble> {
    let mut all = Names::new();
    for text in given {
        match text.strip_prefix('@') {
            Some(path) => add(&mut all, reading.variables_in(Path::new(path))?)?,
            None if text.trim_start().starts_with(['{', '[', '-']) => {
                add(&mut all, load_one(&typed(text))?)?;
            }
            None => add_map(&mut all, key_values(&typed(text))?),
        }
    }
    Ok(all)
}

fn typed(text: &str) -> Arc<Source> {
    Arc::new(Source {
        name: "-e".into(),
        text: text.into(),
    })
}

fn add_map(all: &mut Names<Variable>, map: Map) {
    for (name, entry) in map {
        let variable = Variable::lazy(&name, entry.value).at(entry.key);
        all.insert(name, variable);
    }
}

fn add(all: &mut Names<Variable>, document: Node) -> Result<(), Diagnostic> {
    match document.kind {
        Kind::Map(map) => {
            add_map(all, map);
            Ok(())
        }
        Kind::Null => Ok(()),
        _ => Err(Diagnostic::new(format!(
            "variables are a mapping, not {}",
            document.describe()
        ))
        .label(&document.span.first_line(), "")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(given: &[&str]) -> String {
        let given: Vec<String> = given.iter().map(|text| (*text).to_owned()).collect();
        match read(&given, &Reading::default()) {
            Ok(all) => all
                .iter()
                .map(|(name, variable)| {
                    let value = variable.node().map(Node::to_json).unwrap_or_default();
                    format!("{name}={value}")
                })
                .collect::<Vec<_>>()
                .join(" "),
            Err(trouble) => trouble.diagnostics[0].to_string(),
        }
    }

    #[test]
    fn all_forms_are_read_and_the_later_wins() {
        assert_eq!(
            shown(&["a=1 b='two words'", "{a: 2, c: [1]}", r#"{"d": true}"#]),
            r#"a=2 b="two words" c=[1] d=true"#
        );
        assert_eq!(shown(&["x='{{ y }}'"]), r#"x="{{ y }}""#);
    }

    #[test]
    fn mistakes_are_shown_where_they_stand() {
        assert_eq!(
            shown(&["nonsense"]),
            "-e:1:1: `nonsense` is not `key=value` (a file of variables is given as `-e @FILE`)"
        );
        assert_eq!(
            shown(&["[1]"]),
            "-e:1:1: variables are a mapping, not a list"
        );
    }
}
