//! YAML text to tree.

use super::{Entry, Kind, Map, Node, Source, Span, merge, scalar, syntax, tag};
use crate::diagnostic::Diagnostic;
use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, StrInput};
use std::{borrow::Cow, collections::HashMap, ops::Range, sync::Arc};

/// How deep values may nest, so that no file can exhaust the stack.
const MAX_DEPTH: usize = 200;
/// How many nodes aliases may add to a file, so that no small file can grow without bound.
const MAX_ALIASED: usize = 1_000_000;

/// Reads every document of a text.
pub fn load(source: &Arc<Source>) -> Result<Vec<Node>, Diagnostic> {
    let mut text = Cow::Borrowed(&*source.text);
    loop {
        let mut loader = Loader::new(source, &text);
        let documents = loader.documents();
        match loader.tab {
            // The white space that begins a line of quoted text is not part of it.
            Some(at) if text.as_bytes().get(at) == Some(&b'\t') => {
                let tabs = text[at..].bytes().take_while(|byte| *byte == b'\t').count();
                text.to_mut()
                    .replace_range(at..at + tabs, &" ".repeat(tabs));
            }
            _ => return documents,
        }
    }
}

/// Reads a text that holds one document; an empty text is null.
pub fn load_one(source: &Arc<Source>) -> Result<Node, Diagnostic> {
    let mut documents = load(source)?;
    if let Some(second) = documents.get(1) {
        return Err(Diagnostic::new("only one document is allowed here")
            .label(&second.span, "a second one starts here"));
    }
    Ok(documents
        .pop()
        .unwrap_or_else(|| Node::at(Kind::Null, Span::new(source, 0..0))))
}

struct Loader<'a> {
    source: &'a Arc<Source>,
    events: Parser<'a, StrInput<'a>>,
    anchors: HashMap<usize, Anchored>,
    depth: usize,
    aliased: usize,
    /// Where reading stopped at a tab that begins a line of quoted text, as PyYAML allows and YAML does not.
    tab: Option<usize>,
}

/// What `&name` stands before.
struct Anchored {
    node: Node,
    /// The text of a scalar, for `*name` as a key.
    text: Option<Arc<str>>,
    depth: usize,
    size: usize,
}

/// An event's place: the bytes of the node itself, and those of its tag.
struct Place {
    range: Range<usize>,
    tag: Option<Range<usize>>,
}

impl<'a> Loader<'a> {
    fn new(source: &'a Arc<Source>, text: &'a str) -> Self {
        let options = granit_parser::options! {
            emit_comments: false,
            block_nesting_limit: MAX_DEPTH,
            flow_nesting_limit: MAX_DEPTH,
        };
        let events = Parser::new_from_str_with_options(text, options);
        Self {
            source,
            events,
            anchors: HashMap::new(),
            depth: 0,
            aliased: 0,
            tab: None,
        }
    }

    fn documents(&mut self) -> Result<Vec<Node>, Diagnostic> {
        let mut documents = Vec::new();
        while let Some((event, _)) = self.next()? {
            if let Event::DocumentStart(..) = event {
                let (event, place) = self.need()?;
                documents.push(self.node(event, place)?);
            }
        }
        Ok(documents)
    }

    fn next(&mut self) -> Result<Option<(Event<'a>, Place)>, Diagnostic> {
        match self.events.next() {
            None => Ok(None),
            Some(Ok((event, span))) => {
                let range = span.byte_range().unwrap_or(0..0);
                let tag = span.tag_span().and_then(|span| span.byte_range());
                Ok(Some((event, Place { range, tag })))
            }
            Some(Err(error)) => {
                if matches!(error.kind(), ErrorKind::TabInIndentation) {
                    self.tab = error.marker().byte_offset();
                }
                Err(syntax::explain(self.source, &error))
            }
        }
    }

    fn need(&mut self) -> Result<(Event<'a>, Place), Diagnostic> {
        let end = self.source.text.len();
        self.next()?.ok_or_else(|| {
            Diagnostic::new("the text ends too early").label(&self.span(end..end), "")
        })
    }

    fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.source, range)
    }

    fn node(&mut self, event: Event<'a>, place: Place) -> Result<Node, Diagnostic> {
        if self.depth >= MAX_DEPTH {
            return Err(too_deep(&self.span(place.range)));
        }
        self.depth += 1;
        let node = self.node_inside(event, place);
        self.depth -= 1;
        node
    }

    fn node_inside(&mut self, event: Event<'a>, place: Place) -> Result<Node, Diagnostic> {
        let tag_span = self.span(place.tag.clone().unwrap_or_else(|| place.range.clone()));
        let (mut node, anchor, written, text) = match event {
            Event::Alias(id) => return self.alias(id, self.span(place.range)),
            Event::Scalar(text, style, anchor, written) => {
                let kind = match (&written, style) {
                    (None, ScalarStyle::Plain) => scalar::resolve(&text),
                    (Some(written), _) => {
                        tag::scalar(written, &tag_span, &text, style == ScalarStyle::Plain)?
                    }
                    (None, _) => Kind::Str(text.as_ref().into()),
                };
                (
                    Node::at(kind, self.span(place.range)),
                    anchor,
                    written,
                    Some(text),
                )
            }
            Event::SequenceStart(_, anchor, written) => {
                (self.sequence(place.range)?, anchor, written, None)
            }
            Event::MappingStart(_, anchor, written) => {
                (self.mapping(place.range)?, anchor, written, None)
            }
            _ => return Err(Diagnostic::new("expected a value").label(&self.span(place.range), "")),
        };
        if let Some(written) = written {
            tag::apply(&mut node, &written, &tag_span)?;
        }
        if anchor != 0 {
            let (depth, size) = (depth(&node), size(&node));
            let text = text.map(|text| Arc::from(text.as_ref()));
            self.anchors.insert(
                anchor,
                Anchored {
                    node: node.clone(),
                    text,
                    depth,
                    size,
                },
            );
        }
        Ok(node)
    }

    /// `*name`: the same value again, with the place of the alias.
    fn alias(&mut self, id: usize, span: Span) -> Result<Node, Diagnostic> {
        let Some(anchored) = self.anchors.get(&id) else {
            return Err(Diagnostic::new(format!(
                "`{}` stands inside the value it names",
                span.text()
            ))
            .label(&span, ""));
        };
        self.aliased += anchored.size;
        if self.aliased > MAX_ALIASED {
            return Err(Diagnostic::new("aliases make this file too large")
                .label(&span, "repeats a large value"));
        }
        if self.depth + anchored.depth > MAX_DEPTH {
            return Err(too_deep(&span));
        }
        let mut node = anchored.node.clone();
        node.span = span;
        Ok(node)
    }

    fn sequence(&mut self, start: Range<usize>) -> Result<Node, Diagnostic> {
        let mut items: Vec<Node> = Vec::new();
        let end = loop {
            let (event, place) = self.need()?;
            if let Event::SequenceEnd = event {
                break place.range;
            }
            items.push(self.node(event, place)?);
        };
        let last = items.last().map(|item| item.span.range());
        let span = self.whole(&start, &end, last);
        Ok(Node::at(Kind::Seq(items), span))
    }

    fn mapping(&mut self, start: Range<usize>) -> Result<Node, Diagnostic> {
        let mut own = Map::new();
        let mut merges = Vec::new();
        let mut last = None;
        let end = loop {
            let (event, place) = self.need()?;
            if let Event::MappingEnd = event {
                break place.range;
            }
            let is_merge =
                matches!(&event, Event::Scalar(text, ScalarStyle::Plain, _, None) if text == "<<");
            let (key, key_span) = self.key(event, place)?;
            let (event, place) = self.need()?;
            let value = self.node(event, place)?;
            last = Some(value.span.range());
            if is_merge {
                merges.push(value);
                continue;
            }
            if let Some(first) = own.get(&key) {
                return Err(twice(&key, &key_span, &first.key));
            }
            own.insert(
                key,
                Entry {
                    key: key_span,
                    value,
                },
            );
        };
        let span = self.whole(&start, &end, last);
        Ok(Node::at(Kind::Map(merge::merge(merges, own)?), span))
    }

    /// A key is always kept as the text it was written with: `on`, `8080` and `~` too.
    fn key(&mut self, event: Event<'a>, place: Place) -> Result<(Arc<str>, Span), Diagnostic> {
        let span = self.span(place.range);
        match event {
            Event::Scalar(text, _, anchor, _) => {
                let key: Arc<str> = text.as_ref().into();
                if anchor != 0 {
                    let node = Node::at(Kind::Str(key.clone()), span.clone());
                    self.anchors.insert(
                        anchor,
                        Anchored {
                            node,
                            text: Some(key.clone()),
                            depth: 1,
                            size: 1,
                        },
                    );
                }
                Ok((key, span))
            }
            Event::Alias(id) => match self
                .anchors
                .get(&id)
                .and_then(|anchored| anchored.text.clone())
            {
                Some(text) => Ok((text, span)),
                None => Err(Diagnostic::new("a key must be a plain value")
                    .label(&span, "names a list or a mapping")),
            },
            _ => Err(syntax::key_is_no_scalar(&span)),
        }
    }

    /// The span from the first to the last byte; block collections end before the next token,
    /// so their end is that of their last item.
    fn whole(&self, start: &Range<usize>, end: &Range<usize>, last: Option<Range<usize>>) -> Span {
        let end = if end.is_empty() {
            last.map_or(start.end, |last| last.end)
        } else {
            end.end
        };
        self.span(start.start..end.max(start.end))
    }
}

fn twice(key: &str, here: &Span, first: &Span) -> Diagnostic {
    Diagnostic::new(format!("`{key}` is set twice"))
        .label(here, "")
        .label(first, "first set here")
}

fn too_deep(span: &Span) -> Diagnostic {
    Diagnostic::new(format!("values nest deeper than {MAX_DEPTH} levels")).label(span, "")
}

fn depth(node: &Node) -> usize {
    let inside = match &node.kind {
        Kind::Seq(items) => items.iter().map(depth).max(),
        Kind::Map(map) => map.values().map(|entry| depth(&entry.value)).max(),
        _ => None,
    };
    1 + inside.unwrap_or(0)
}

fn size(node: &Node) -> usize {
    let inside: usize = match &node.kind {
        Kind::Seq(items) => items.iter().map(size).sum(),
        Kind::Map(map) => map.values().map(|entry| size(&entry.value)).sum(),
        _ => 0,
    };
    1 + inside
}

#[cfg(test)]
mod tests {
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
        insta::assert_snapshot!(mistake("- name: one\n  name: two\n"), @"site.yml:2:3: `name` is set twice");
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
}
