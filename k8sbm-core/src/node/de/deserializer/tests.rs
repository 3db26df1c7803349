use super::*;
use crate::node::{Source, load_one};
use serde::Deserialize;
use std::{collections::BTreeMap, sync::Arc};

fn read<T: DeserializeOwned>(text: &str) -> Result<T, Diagnostic> {
    let source = Arc::new(Source {
        name: "site.yml".into(),
        text: text.into(),
    });
    from_node(&load_one(&source)?)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    path: String,
    mode: Option<String>,
    #[serde(default)]
    force: bool,
    #[serde(default, alias = "owner")]
    owners: Vec<String>,
    state: Option<State>,
    size: Option<u8>,
    ratio: Option<f64>,
    inner: Option<Box<Self>>,
    rest: Option<Node>,
    json: Option<serde_json::Value>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum State {
    Present,
    Absent,
    Yes,
    Copies(u8),
}

#[test]
fn what_is_asked_decides_how_it_is_read() {
    let file: File =
            read("{path: 1.50, mode: 0644, force: 'Y', owner: 'a, b', size: ' 7 ', ratio: '1.5', state: yes}").unwrap();
    assert_eq!(
        (file.path.as_str(), file.mode.as_deref()),
        ("1.5", Some("420"))
    );
    assert!(file.force);
    assert_eq!(file.owners, ["a", "b"]);
    assert_eq!(
        (file.size, file.ratio, file.state),
        (Some(7), Some(1.5), Some(State::Yes))
    );
    let file: File = read("{path: yes, force: 0, owners: 5, mode: ~, state: {copies: 2}}").unwrap();
    assert_eq!((file.path.as_str(), file.mode), ("True", None));
    assert_eq!(
        (file.force, file.owners, file.state),
        (false, vec!["5".to_owned()], Some(State::Copies(2)))
    );
}

#[test]
fn given_without_a_value_is_not_given() {
    let file: File = read("path: /a\nforce:\nowners:\nrest:\n").unwrap();
    assert!(!file.force && file.owners.is_empty() && file.rest.is_none() && file.inner.is_none());
    assert_eq!(
        read::<File>("path:\n").unwrap_err().message,
        "`path` is missing"
    );
}

#[test]
fn parts_can_stay_a_tree_with_its_places() {
    let file: File =
        read("path: /a\nrest: !unsafe\n  deep: ['{{ x }}']\njson: {a: [1, no]}\n").unwrap();
    let rest = file.rest.unwrap();
    assert_eq!(rest.tag, crate::node::Tag::Unsafe);
    assert_eq!(rest.get("deep").unwrap().span.to_string(), "site.yml:3:9");
    assert_eq!(
        rest.as_map().unwrap()["deep"].key.to_string(),
        "site.yml:3:3"
    );
    assert_eq!(file.json.unwrap(), serde_json::json!({"a": [1, false]}));
    let many: BTreeMap<u16, Vec<Node>> = read("80: [a]\n443: b, c\n").unwrap();
    assert_eq!(many[&443][1].span.to_string(), "site.yml:2:9");
}

#[test]
fn mistakes_name_the_key_and_its_place() {
    let mistake = |text: &str| read::<File>(text).unwrap_err().to_string();
    insta::assert_snapshot!(mistake("path: a\nmodee: 1\n"), @"site.yml:2:1: unknown key `modee` (did you mean `mode`?)");
    insta::assert_snapshot!(mistake("path: a\nzebra: 1\n"), @"site.yml:2:1: unknown key `zebra` (known keys: path, mode, force, owner, owners, state, size, ratio, inner, rest, json)");
    insta::assert_snapshot!(mistake("mode: 1\nforce: no\n"), @"site.yml:1:1: `path` is missing");
    insta::assert_snapshot!(mistake("path: a\ninner:\n  mode: 1\n"), @"site.yml:3:3: `path` is missing");
    insta::assert_snapshot!(mistake("path: a\ninner:\n  path: [b]\n"), @"site.yml:3:9: `path` must be text, not a list");
    insta::assert_snapshot!(mistake("path: a\nsize: many\n"), @"site.yml:2:7: `size` must be a whole number, not text");
    insta::assert_snapshot!(mistake("path: a\nsize: 300\n"), @"site.yml:2:7: `size` must be a whole number from 0 to 255, not `300`");
    insta::assert_snapshot!(mistake("path: a\nforce: perhaps\n"), @"site.yml:2:8: `force` must be a boolean, not text");
    insta::assert_snapshot!(mistake("path: a\nowners: [a, {b: c}]\n"), @"site.yml:2:13: item 2 of `owners` must be text, not a mapping");
    insta::assert_snapshot!(mistake("path: a\nstate: presnt\n"), @"site.yml:2:8: `state` must be one of present, absent, yes, copies, not `presnt` (did you mean `present`?)");
    insta::assert_snapshot!(mistake("path: a\nstate: [present]\n"), @"site.yml:2:8: `state` must be one of present, absent, yes, copies, not a list");
    insta::assert_snapshot!(mistake("path: a\nstate: copies\n"), @"site.yml:2:8: `copies` needs a value");
    insta::assert_snapshot!(mistake("path: a\nstate: {copies: -1}\n"), @"site.yml:2:17: `copies` must be a whole number from 0 to 255, not `-1`");
    insta::assert_snapshot!(mistake("path: a\nowner: a\nowners: b\n"), @"site.yml:1:1: `owners` is set twice, once by another of its names");
    insta::assert_snapshot!(mistake("just text"), @"site.yml:1:1: expected a mapping, not text");
    insta::assert_snapshot!(read::<Vec<u8>>("[1, x]").unwrap_err(), @"site.yml:1:5: item 2 must be a whole number, not text");
    insta::assert_snapshot!(read::<BTreeMap<String, u8>>("[1]").unwrap_err(), @"site.yml:1:1: expected a mapping, not a list");
}
