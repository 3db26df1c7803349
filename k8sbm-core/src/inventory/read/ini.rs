//! Inventories in INI form: `[group]`, `[group:children]`, `[group:vars]`.

use super::{literal, words::words};
use crate::{
    diagnostic::{Diagnostic, nearest},
    inventory::{GroupId, Inventory, address::Address},
    node::{Entry, Source, Span},
};
use indexmap::IndexMap;
use std::{collections::HashSet, ops::Range, sync::Arc};

/// Adds what a file of sections says.
pub(super) fn read(
    inventory: &mut Inventory,
    source: &Arc<Source>,
    origin: u32,
) -> Result<(), Diagnostic> {
    let known = inventory.groups().map(|(id, _)| id).collect();
    let section = Section {
        group: GroupId::UNGROUPED,
        holds: Holds::Hosts,
    };
    let mut reader = Reader {
        inventory,
        source,
        origin,
        section,
        declared: known,
        awaited: IndexMap::new(),
        vars_of: Vec::new(),
    };
    let mut start = 0;
    for line in source.text.split_inclusive('\n') {
        let text = line.trim();
        let from = start + line.len() - line.trim_start().len();
        start += line.len();
        if !text.is_empty() && !text.starts_with(['#', ';']) {
            reader.line(text, from)?;
        }
    }
    reader.finish()
}

struct Reader<'a> {
    inventory: &'a mut Inventory,
    source: &'a Arc<Source>,
    origin: u32,
    section: Section,
    /// Groups that were known before, or have a section of their own.
    declared: HashSet<GroupId>,
    /// Children named before their own section, with the groups that name them.
    awaited: IndexMap<String, Vec<(GroupId, Span)>>,
    /// Where groups get variables.
    vars_of: Vec<(GroupId, Span)>,
}

#[derive(Clone, Copy)]
struct Section {
    group: GroupId,
    holds: Holds,
}

#[derive(Clone, Copy)]
enum Holds {
    Hosts,
    Children,
    Vars,
}

impl Reader<'_> {
    fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.source, range)
    }

    /// A line without the spaces around it, which starts at byte `from`.
    fn line(&mut self, text: &str, from: usize) -> Result<(), Diagnostic> {
        let span = self.span(from..from + text.len());
        if text.starts_with('[') && !is_host_range(text) {
            return self.header(text, from);
        }
        match self.section.holds {
            Holds::Hosts => self.hosts(text, from),
            Holds::Children => self.child(text, from),
            Holds::Vars => self.var(text, from, &span),
        }
    }

    fn header(&mut self, text: &str, from: usize) -> Result<(), Diagnostic> {
        let bad = |why: &str, range: Range<usize>| {
            Diagnostic::new(format!("bad section: {why}"))
                .label(&self.span(from + range.start..from + range.end), "")
                .help("a section is `[group]`, `[group:children]` or `[group:vars]`")
        };
        let Some(end) = text.find(']') else {
            return Err(bad("its `]` is missing", 0..text.len()));
        };
        let after = text[end + 1..].trim_start();
        if !after.is_empty() && !after.starts_with('#') {
            return Err(bad("text follows it", text.len() - after.len()..text.len()));
        }
        let inside = &text[1..end];
        let (name, kind) = inside.split_once(':').unwrap_or((inside, "hosts"));
        if name.is_empty() || inside.contains(char::is_whitespace) {
            return Err(bad("spaces and empty names are not allowed", 0..end + 1));
        }
        let holds = match kind {
            "hosts" => Holds::Hosts,
            "children" => Holds::Children,
            "vars" => Holds::Vars,
            _ => {
                let error = bad(&format!("`{kind}` is unknown"), name.len() + 2..end);
                return Err(match nearest(kind, ["children", "vars", "hosts"]) {
                    Some(known) => error.help(format!("did you mean `{known}`?")),
                    None => error,
                });
            }
        };
        let span = self.span(from + 1..from + 1 + name.len());
        let group = self.inventory.ensure_group(name, &span);
        self.section = Section { group, holds };
        if let Holds::Vars = holds {
            self.vars_of.push((group, span));
            return Ok(());
        }
        self.declared.insert(group);
        for (parent, span) in self.awaited.shift_remove(name).unwrap_or_default() {
            self.inventory.link_child(parent, group, &span)?;
        }
        Ok(())
    }

    fn hosts(&mut self, text: &str, from: usize) -> Result<(), Diagnostic> {
        let whole = self.span(from..from + text.len());
        let words = words(text)
            .map_err(|why| Diagnostic::new(format!("bad host line: {why}")).label(&whole, ""))?;
        let Some((first, pairs)) = words.split_first() else {
            return Ok(());
        };
        let host_span = self.span(from + first.range.start..from + first.range.end);
        if first.text == "---" {
            return Err(Diagnostic::new("`---` is no host")
                .label(&host_span, "")
                .help("if this file is YAML, give its name the end `.yml`"));
        }
        let address = Address::parse(&first.text, &host_span)?;
        let mut vars: Vec<(Arc<str>, Entry)> = address.port_var(&host_span).into_iter().collect();
        for word in pairs {
            let span = self.span(from + word.range.start..from + word.range.end);
            let Some((key, value)) = word.text.split_once('=') else {
                return Err(Diagnostic::new(format!(
                    "expected `key=value` after the host, found `{}`",
                    word.text
                ))
                .label(&span, "")
                .help("one host a line; quote a value with spaces: `key=\"a b\"`"));
            };
            let place = if span.text().starts_with(key) {
                value_place(&span, key)
            } else {
                span.clone()
            };
            let entry = Entry {
                key: span.slice(0..key.len()),
                value: literal::value(value, &place),
            };
            vars.push((key.into(), entry));
        }
        for name in &address.names {
            let host = self
                .inventory
                .ensure_host(name, &host_span, Some(self.origin));
            self.inventory.link_host(self.section.group, host);
            for (key, entry) in &vars {
                self.inventory
                    .set_host_var(host, key.clone(), entry.clone());
            }
        }
        Ok(())
    }

    fn child(&mut self, text: &str, from: usize) -> Result<(), Diagnostic> {
        let name = text.split('#').next().unwrap_or(text).trim_end();
        let span = self.span(from..from + name.len());
        if name.contains([' ', '\t', ':', ']', '=']) {
            return Err(
                Diagnostic::new(format!("expected the name of a group, found `{name}`"))
                    .label(&span, ""),
            );
        }
        match self.inventory.group_ids.get(name) {
            Some(child) => self.inventory.link_child(self.section.group, *child, &span),
            None => {
                self.awaited
                    .entry(name.to_owned())
                    .or_default()
                    .push((self.section.group, span));
                Ok(())
            }
        }
    }

    fn var(&mut self, text: &str, from: usize, whole: &Span) -> Result<(), Diagnostic> {
        let Some((key, value)) = text.split_once('=') else {
            return Err(Diagnostic::new("expected `key=value`").label(whole, ""));
        };
        let value_from = from + text.len() - value.trim_start().len();
        let span = self.span(value_from..from + text.len());
        let key_span = self.span(from..from + key.trim_end().len());
        let entry = Entry {
            key: key_span,
            value: literal::value(value.trim(), &span),
        };
        self.inventory
            .set_group_var(self.section.group, key.trim().into(), entry)
    }

    fn finish(self) -> Result<(), Diagnostic> {
        let inventory = &*self.inventory;
        let known = || inventory.groups().map(|(_, group)| &*group.name);
        if let Some((name, [(_, span), ..])) = self
            .awaited
            .first()
            .map(|(name, from)| (name, from.as_slice()))
        {
            return Err(undefined(name, span, known()));
        }
        match self
            .vars_of
            .iter()
            .find(|(group, _)| !self.declared.contains(group))
        {
            Some((group, span)) => {
                let name = &inventory.group(*group).name;
                Err(undefined(
                    name,
                    span,
                    known().filter(|known| *known != &**name),
                ))
            }
            None => Ok(()),
        }
    }
}

fn undefined<'a>(name: &str, span: &Span, known: impl Iterator<Item = &'a str>) -> Diagnostic {
    let error = Diagnostic::new(format!("there is no group `{name}`")).label(span, "");
    match nearest(name, known) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.help(format!(
            "a group needs a section `[{name}]`, which may be empty"
        )),
    }
}

/// A line such as `[a:c]x` or `[2001:db8::1]:22` is a host, though it starts with a bracket.
fn is_host_range(text: &str) -> bool {
    let word = text.split_whitespace().next().unwrap_or(text);
    word.split_once(']')
        .is_some_and(|(_, after)| !after.is_empty() && !after.starts_with('#'))
}

/// The part of `key=value` after the `=`, without quotes around it.
fn value_place(span: &Span, key: &str) -> Span {
    let value = span.slice(key.len() + 1..span.text().len());
    let text = value.text();
    let quoted = text.len() > 1
        && ['\'', '"']
            .iter()
            .any(|quote| text.starts_with(*quote) && text.ends_with(*quote));
    if quoted {
        value.slice(1..text.len() - 1)
    } else {
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Inventory, Diagnostic> {
        let source = Arc::new(Source {
            name: "hosts".into(),
            text: text.into(),
        });
        let mut inventory = Inventory::new();
        read(&mut inventory, &source, 0)?;
        Ok(inventory)
    }

    fn mistake(text: &str) -> String {
        load(text).map_or_else(|error| error.to_string(), |_| "no mistake".to_owned())
    }

    #[test]
    fn every_variable_knows_its_place() {
        let inventory = load("web a=1 b='x y'\n[g]\n[g:vars]\n  c = [1, 2]\n").unwrap();
        let web = inventory.host(inventory.host_id("web").unwrap());
        assert_eq!(web.vars["b"].key.to_string(), "hosts:1:9");
        assert_eq!(web.vars["b"].value.span.text(), "x y");
        let group = inventory.group(inventory.group_id("g").unwrap());
        assert_eq!(group.span.to_string(), "hosts:2:2");
        assert_eq!(group.vars["c"].key.to_string(), "hosts:4:3");
        assert_eq!(group.vars["c"].value.span.text(), "[1, 2]");
    }

    #[test]
    fn mistakes_have_a_place() {
        insta::assert_snapshot!(mistake("[web:childs]\n"), @"hosts:1:6: bad section: `childs` is unknown (a section is `[group]`, `[group:children]` or `[group:vars]`)");
        insta::assert_snapshot!(mistake("[web:kids]\n"), @"hosts:1:6: bad section: `kids` is unknown (a section is `[group]`, `[group:children]` or `[group:vars]`)");
        insta::assert_snapshot!(mistake("[web\n"), @"hosts:1:1: bad section: its `]` is missing (a section is `[group]`, `[group:children]` or `[group:vars]`)");
        insta::assert_snapshot!(mistake("[my web]\n"), @"hosts:1:1: bad section: spaces and empty names are not allowed (a section is `[group]`, `[group:children]` or `[group:vars]`)");
        insta::assert_snapshot!(mistake("[web] hosts\n"), @"hosts:1:7: bad section: text follows it (a section is `[group]`, `[group:children]` or `[group:vars]`)");
        insta::assert_snapshot!(mistake("web1 web2\n"), @r#"hosts:1:6: expected `key=value` after the host, found `web2` (one host a line; quote a value with spaces: `key="a b"`)"#);
        insta::assert_snapshot!(mistake("web a='b\n"), @"hosts:1:1: bad host line: a `'` is never closed");
        insta::assert_snapshot!(mistake("---\nall:\n"), @"hosts:1:1: `---` is no host (if this file is YAML, give its name the end `.yml`)");
        insta::assert_snapshot!(mistake("web[1:\n"), @"hosts:1:1: bad range in `web[1:`: its `[` is never closed (a range is `[first:last]` or `[first:last:step]`, such as `[01:20]` or `[a:f]`)");
        insta::assert_snapshot!(mistake("ok\nweb[5:1] a=1\n"), @"hosts:2:1: bad range in `web[5:1]`: 5 is more than 1 (a range is `[first:last]` or `[first:last:step]`, such as `[01:20]` or `[a:f]`)");
        insta::assert_snapshot!(mistake("[web:vars]\na\n[web]\n"), @"hosts:2:1: expected `key=value`");
        insta::assert_snapshot!(mistake("[web]\n[wbe:vars]\na=1\n"), @"hosts:2:2: there is no group `wbe` (did you mean `web`?)");
        insta::assert_snapshot!(mistake("[a:children]\nb\nc\n[b]\n"), @"hosts:3:1: there is no group `c` (a group needs a section `[c]`, which may be empty)");
        insta::assert_snapshot!(mistake("[a:children]\nb x\n"), @"hosts:2:1: expected the name of a group, found `b x`");
        insta::assert_snapshot!(mistake("[a:children]\nb\n[b:children]\nc\n[c:children]\na\n"), @"hosts:6:1: group `a` would contain itself");
        insta::assert_snapshot!(mistake("[a:children]\na\n"), @"hosts:2:1: group `a` would contain itself");
        let error = load("[a:children]\nb\n[b:children]\nc\n[c:children]\na\n").unwrap_err();
        insta::assert_snapshot!(error.notes.join("\n"), @"the circle: a -> b -> c -> a");
    }

    proptest::proptest! {
        #[test]
        fn reading_never_panics(text in "(\\[[a-c:]{1,9}\\]|[a-c]|\\[1:2\\]| |=|'|:|#|\\n|children|vars){0,20}") {
            let _ = load(&text);
        }
    }
}
