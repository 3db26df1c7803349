//! What a search finds.

use fancy_regex::Regex;
use k8sbm_core::task::{Error, Result, Returns};
use serde_json::{Value as Json, json};

/// A regular expression, of which `^` and `$` match at lines.
pub(super) fn pattern(text: &str) -> Result<Regex> {
    Regex::new(&format!("(?m){text}"))
        .map_err(|error| Error::arguments(format!("`{text}` is no regular expression: {error}")))
}

/// What is returned where nothing was searched for.
pub(super) fn nothing() -> Returns {
    groups(Vec::new(), Returns::new())
}

/// The groups of the first match.
pub(super) fn search(pattern: &Regex, content: &[u8]) -> Option<Returns> {
    let text = String::from_utf8_lossy(content);
    let found = pattern.captures(&*text).ok()??;
    let value = |at: usize| {
        found
            .get(at)
            .map_or(Json::Null, |part| part.as_str().into())
    };
    let named = pattern.capture_names().enumerate();
    let named = named.filter_map(|(at, name)| Some((name?.to_owned(), value(at))));
    Some(groups(
        (1..found.len()).map(value).collect(),
        named.collect(),
    ))
}

fn groups(all: Vec<Json>, named: Returns) -> Returns {
    Returns::from_iter([
        ("match_groups".to_owned(), all.into()),
        ("match_groupdict".to_owned(), json!(named)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_told() {
        let pattern = pattern(r"^(?P<name>\w+)=(\d+)(x)?$").unwrap();
        let found = search(&pattern, b"a=b\nport=22\n").unwrap();
        assert_eq!(found["match_groups"], json!(["port", "22", null]));
        assert_eq!(found["match_groupdict"], json!({"name": "port"}));
        assert!(search(&pattern, b"a=b").is_none());
    }
}
