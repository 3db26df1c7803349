//! Texts and the trees that come of them.

use super::super::Tag;
use super::*;
use proptest::prelude::*;

fn source(text: &str) -> Arc<Source> {
    Arc::new(Source {
        name: "site.yml".into(),
        text: text.into(),
    })
}

fn one(text: &str) -> Node {
    load_one(&source(text)).unwrap_or_else(|error| panic!("{error}"))
}

fn mistake(text: &str) -> String {
    match load(&source(text)) {
        Err(error) => error.to_string(),
        Ok(nodes) => panic!("loaded as {nodes:?}"),
    }
}

#[test]
fn tabs_may_begin_the_lines_of_quoted_text() {
    let node = one("- shell: \"a && \\\n\t\t {{ b }}\"\n- 'c\n\td'\n- e: 1\n");
    let items = node.as_seq().unwrap();
    assert_eq!(
        items[0].get("shell").unwrap().as_str(),
        Some("a && {{ b }}")
    );
    assert_eq!(items[1].as_str(), Some("c d"));
    assert_eq!(items[2].span.to_string(), "site.yml:5:3");
    assert!(mistake("a:\n\tb: 1\n").contains("indent with spaces"));
}

#[test]
fn quoted_text_may_go_on_without_indentation() {
    let node = one("a:\n  b: \"{{ c\n}}\"\nd: 'e\nf\ng'\nh: 1\n");
    assert_eq!(
        node.get("a").unwrap().get("b").unwrap().as_str(),
        Some("{{ c }}")
    );
    assert_eq!(node.get("d").unwrap().as_str(), Some("e f g"));
    assert_eq!(node.get("h").unwrap().span.to_string(), "site.yml:7:4");
    assert!(mistake("a: \"b\nc: \"d\"\n").contains("goes on here without indentation"));
    assert!(mistake("a: \"b\nc\"\nd: [\n").contains("bracket"));
}

#[test]
fn every_value_knows_its_place() {
    let node = one("- name: x\n  when:\n    - a\n    - b\n- last: {k: [1, 2]}\n");
    let first = &node.as_seq().unwrap()[0];
    assert_eq!(first.span.text(), "name: x\n  when:\n    - a\n    - b");
    assert_eq!(first.get("name").unwrap().span.to_string(), "site.yml:1:9");
    assert_eq!(
        first.as_map().unwrap()["when"].key.to_string(),
        "site.yml:2:3"
    );
    assert_eq!(first.get("when").unwrap().span.text(), "- a\n    - b");
    let last = &node.as_seq().unwrap()[1];
    assert_eq!(last.get("last").unwrap().span.text(), "{k: [1, 2]}");
    assert_eq!(
        last.get("last").unwrap().get("k").unwrap().span.text(),
        "[1, 2]"
    );
}

#[test]
fn quoted_scalars_are_text_and_keys_keep_their_words() {
    let node = one("on: 'yes'\n8080: \"8080\"\n~: |\n  1\n");
    let keys: Vec<&str> = node.as_map().unwrap().keys().map(|key| &**key).collect();
    assert_eq!(keys, ["on", "8080", "~"]);
    assert_eq!(node.get("on").unwrap().as_str(), Some("yes"));
    assert_eq!(node.get("8080").unwrap().as_str(), Some("8080"));
    assert_eq!(node.get("~").unwrap().as_str(), Some("1\n"));
}

#[test]
fn merged_keys_come_first_and_own_keys_win() {
    let node = one(
        "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc:\n  z: 3\n  <<: [*a, *b]\nd: {<<: *a, x: 4}\n",
    );
    let shown = |key: &str| {
        format!(
            "{:?}",
            node.get(key)
                .unwrap()
                .as_map()
                .unwrap()
                .iter()
                .map(|(key, entry)| format!("{key}={:?}", entry.value.kind))
                .collect::<Vec<_>>()
        )
    };
    insta::assert_snapshot!(shown("c"), @r#"["y=Int(1)", "z=Int(3)", "x=Int(1)"]"#);
    insta::assert_snapshot!(shown("d"), @r#"["x=Int(4)", "y=Int(1)"]"#);
}

#[test]
fn an_alias_stands_where_it_is_written() {
    let node = one("a: &base [1]\nb: *base\n&k key: 1\nother: {*k : 2}\n");
    assert_eq!(node.get("b").unwrap().span.to_string(), "site.yml:2:4");
    assert_eq!(node.get("b").unwrap().as_seq().unwrap().len(), 1);
    assert!(node.get("other").unwrap().get("key").is_some());
}

#[test]
fn ansible_and_yaml_tags() {
    let node = one(
        "a: !unsafe '{{ x }}'\nb: !unsafe {c: ['{{ y }}']}\nd: !vault |\n  $ANSIBLE_VAULT\ne: !!str 5\nf: !!binary aGV5\n",
    );
    assert_eq!(node.get("a").unwrap().tag, Tag::Unsafe);
    assert!(!node.get("b").unwrap().is_template());
    assert_eq!(node.get("d").unwrap().tag, Tag::Vault);
    assert_eq!(node.get("e").unwrap().as_str(), Some("5"));
    assert_eq!(node.get("f").unwrap().as_str(), Some("hey"));
}

#[test]
fn documents() {
    assert_eq!(load(&source("--- 1\n--- 2\n...\n")).unwrap().len(), 2);
    assert!(one("").is_null());
    assert!(one("---\n# only a comment\n").is_null());
    let error = load_one(&source("a: 1\n---\nb: 2\n")).unwrap_err();
    insta::assert_snapshot!(error, @"site.yml:3:1: only one document is allowed here");
}

#[test]
fn mistakes_have_a_place_and_a_way_out() {
    insta::assert_snapshot!(mistake("- name: one\n  name: two\n"), @"site.yml:2:3: Found duplicate mapping key 'name'.");
    insta::assert_snapshot!(mistake("- copy:\n    path: {{ x }}\n"), @r#"site.yml:2:11: a template must be quoted (quote it: "{{ x }}")"#);
    insta::assert_snapshot!(mistake("- copy:\n    path: {{ x }}/etc\n    mode: 1\n"), @r#"site.yml:2:11: a template must be quoted (quote it: "{{ x }}/etc")"#);
    insta::assert_snapshot!(mistake("- {{ x }}\n- b\n"), @r#"site.yml:1:3: a template must be quoted (quote it: "{{ x }}")"#);
    insta::assert_snapshot!(mistake("msg: {{ x | default('a') }}\nb: 1\n"), @r#"site.yml:1:6: a template must be quoted (quote it: "{{ x | default('a') }}")"#);
    insta::assert_snapshot!(mistake("text: |\n  {{ x }}\nbad: foo: bar\n"), @"site.yml:3:9: `: ` is not allowed here (quote the value if the colon belongs to it; otherwise look at the indentation)");
    insta::assert_snapshot!(mistake("a:\n\tb: 1\n"), @"site.yml:2:2: a tab stands where only spaces may (indent with spaces)");
    insta::assert_snapshot!(mistake("a:\n  b: 1\n c: 2\n"), @"site.yml:3:2: this line does not fit the one above (line it up with its neighbours: keys of one mapping, and the `-` of one list, start in the same column)");
    insta::assert_snapshot!(mistake("- a: 1\n   b: 2\n"), @"site.yml:2:5: `: ` is not allowed here (quote the value if the colon belongs to it; otherwise look at the indentation)");
    insta::assert_snapshot!(mistake("a: 1\n- b\n"), @"site.yml:2:1: this line does not fit the one above (line it up with its neighbours: keys of one mapping, and the `-` of one list, start in the same column)");
    insta::assert_snapshot!(mistake("name: \"{{ x }}\" and more\n"), @"site.yml:1:17: text follows the closing quote (put the quotes around the whole value)");
    insta::assert_snapshot!(mistake("name: \"open\nb: 1\n"), @"site.yml:2:1: a quoted value goes on here without indentation (is the closing quote missing above?)");
    insta::assert_snapshot!(mistake("name: [1, 2\nb: 1\n"), @"site.yml:2:2: `: ` is not allowed here (quote the value if the colon belongs to it; otherwise look at the indentation)");
    insta::assert_snapshot!(mistake("name: @home\n"), @"site.yml:1:7: a value cannot start with `@` (quote the value)");
    insta::assert_snapshot!(mistake("name: `date`\n"), @"site.yml:1:7: a value cannot start with ``` (quote the value)");
    insta::assert_snapshot!(mistake("name: %x\n"), @"site.yml:1:7: a value cannot start with `%` (quote the value)");
    insta::assert_snapshot!(mistake("name: *none\n"), @"site.yml:1:7: no anchor of this name stands above (quote the value if the `*` belongs to it)");
    insta::assert_snapshot!(mistake("a: 1\nname\nb: 2\n"), @"site.yml:2:1: this line is no `key: value` (is a `:` missing, or a quote?)");
    insta::assert_snapshot!(mistake("a: \"\\d\"\n"), @"site.yml:1:4: unknown escape in double quotes (use single quotes, or write the backslash twice)");
    insta::assert_snapshot!(mistake("[a, b]: 1\n"), @"site.yml:1:1: a key must be a plain value, not a list or a mapping");
    insta::assert_snapshot!(mistake("a: !valt x\n"), @"site.yml:1:4: unknown tag `!valt` (did you mean `!vault`?)");
    insta::assert_snapshot!(mistake("a: !important x\n"), @"site.yml:1:4: unknown tag `!important` (quote the value if the `!` belongs to it)");
    insta::assert_snapshot!(mistake("a: !vault [x]\n"), @"site.yml:1:4: `!vault` must stand before text");
    insta::assert_snapshot!(mistake("a: !!int five\n"), @"site.yml:1:4: `five` does not fit the tag `!!int`");
    insta::assert_snapshot!(mistake("a: {<<: 5}\n"), @"site.yml:1:9: `<<` merges mappings, not a whole number");
    insta::assert_snapshot!(mistake("a: &a [*a]\n"), @"site.yml:1:8: `*a` stands inside the value it names");
}

#[test]
fn small_files_cannot_grow_or_nest_without_bound() {
    let mut laughs = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for level in 1..10 {
        let below = level - 1;
        laughs += &format!(
            "a{level}: &a{level} [{}]\n",
            vec![format!("*a{below}"); 10].join(",")
        );
    }
    insta::assert_snapshot!(mistake(&laughs), @"site.yml:6:38: aliases make this file too large");
    let mut chain = String::from("a0: &a0 x\n");
    for level in 1..300 {
        chain += &format!("a{level}: &a{level} [*a{}]\n", level - 1);
    }
    insta::assert_snapshot!(mistake(&chain), @"site.yml:199:14: values nest deeper than 200 levels");
    insta::assert_snapshot!(mistake(&"[".repeat(10_000)), @"site.yml:1:201: values nest too deeply (a file of this depth is hardly meant)");
}

proptest! {
    #[test]
    fn loading_never_panics(text in "[-a-c:{}\\[\\],&*!<|>'\"%@#?~ \\t\\n0-9é]{0,60}") {
        let source = source(&text);
        match load(&source) {
            Ok(_) => {}
            Err(error) => prop_assert!(error.span().is_some(), "{} has no place", error),
        }
    }

    #[test]
    fn spans_stay_inside_the_text(text in "(- |[a-c]: |\\n|  |x|\\[1, é\\]|\\{q: 1\\}){0,12}") {
        fn check(node: &Node, within: &Range<usize>) -> bool {
            let range = node.span.range();
            let inside = within.start <= range.start && range.end <= within.end;
            inside && match &node.kind {
                Kind::Seq(items) => items.iter().all(|item| check(item, &range)),
                Kind::Map(map) => map.values().all(|entry| check(&entry.value, &range)),
                _ => true,
            }
        }
        let source = source(&text);
        for node in load(&source).unwrap_or_default() {
            prop_assert!(check(&node, &(0..text.len())), "{:?}", node);
        }
    }
}
