//! Makes `a.b.c` undefined, not an error, when `a` or `a.b` is: as in Ansible.
//!
//! minijinja's strict mode refuses to reach into what is undefined. Every value that is reached
//! into therefore goes through the filter [`CHAIN`] first, which turns what is undefined into
//! something that has nothing. The rest of strict mode stays as it is: using what is undefined
//! is an error, with its exact place. Names asked about with `is defined` are looked up with
//! [`ASKED`], since that may be asked of results that are not known.
//!
//! The changes are insertions into the text, so that places can be counted back.

use super::{
    filters::CHAIN,
    methods::{CHANGEABLE, CHANGING},
    syntax::{Seen, end, start, walk},
};
use crate::vars::ASKED;
use minijinja::machinery::ast::{CallType, Expr, Stmt};
use std::collections::HashSet;

/// Text put in at offsets of the source, in order.
#[derive(Debug, Default, Clone)]
pub(super) struct Insertions(Vec<(usize, String)>);

impl Insertions {
    /// Texts and where they go, in order.
    pub fn new(texts: Vec<(usize, String)>) -> Self {
        Self(texts)
    }

    /// What has to be put into a template.
    pub fn of(stmt: &Stmt<'_>) -> Self {
        let mut bound = HashSet::from(["loop", "self", "caller"]);
        let mut methods = HashSet::new();
        let mut changes = false;
        walk(stmt, &mut |seen| match seen {
            Seen::Bound(name) => {
                bound.insert(name);
            }
            Seen::Expr(Expr::Call(call)) => match call.identify_call() {
                CallType::Method(_, name) => {
                    changes |= CHANGING.contains(&name);
                    methods.insert(std::ptr::from_ref(&call.expr));
                }
                CallType::Block(_) => {
                    methods.insert(std::ptr::from_ref(&call.expr));
                }
                _ => {}
            },
            Seen::Expr(_) | Seen::Set(_) => {}
        });
        let mut insertions = Self::default();
        walk(stmt, &mut |seen| match seen {
            Seen::Expr(expr) => insertions.guard(
                expr,
                &bound,
                methods.contains(&std::ptr::from_ref(expr)),
                changes,
            ),
            Seen::Set(expr) if changes => insertions.wrap(expr, &format!(")|{CHANGEABLE})")),
            Seen::Set(_) | Seen::Bound(_) => {}
        });
        // at one place, what closes inner expressions comes first, and what opens comes last
        insertions
            .0
            .sort_by_key(|(at, text)| (*at, text.starts_with('('), text.starts_with(ASKED)));
        insertions
    }

    fn guard(&mut self, expr: &Expr<'_>, bound: &HashSet<&str>, is_method: bool, changes: bool) {
        match expr {
            Expr::GetAttr(attr) if !is_method => self.chain(&attr.expr),
            Expr::GetItem(item) => self.chain(&item.expr),
            Expr::Test(test) if matches!(test.name, "defined" | "undefined") => match &test.expr {
                Expr::Var(var) if !bound.contains(var.id) => {
                    self.0.push((start(&test.expr), format!("{ASKED}.")));
                }
                _ => {}
            },
            Expr::List(_) | Expr::Map(_) if changes => self.wrap(expr, &format!(")|{CHANGEABLE})")),
            _ => {}
        }
    }

    fn chain(&mut self, base: &Expr<'_>) {
        if !matches!(base, Expr::Var(var) if matches!(var.id, "loop" | "self")) {
            self.wrap(base, &format!(")|{CHAIN})"));
        }
    }

    fn wrap(&mut self, expr: &Expr<'_>, closing: &str) {
        self.0.push((start(expr), "((".to_owned()));
        self.0.push((end(expr), closing.to_owned()));
    }

    /// The text with everything put in.
    pub fn apply(&self, source: &str) -> String {
        let mut out = String::with_capacity(
            source.len() + self.0.iter().map(|(_, text)| text.len()).sum::<usize>(),
        );
        let mut from = 0;
        for (at, text) in &self.0 {
            out.push_str(&source[from..*at]);
            out.push_str(text);
            from = *at;
        }
        out.push_str(&source[from..]);
        out
    }

    /// The offset in the changed text of an offset in the source.
    pub fn changed(&self, offset: usize) -> usize {
        let before = self.0.iter().take_while(|(at, _)| *at <= offset);
        offset + before.map(|(_, text)| text.len()).sum::<usize>()
    }

    /// The offset in the source of an offset in the changed text.
    pub fn original(&self, offset: usize) -> usize {
        let mut added = 0;
        for (at, text) in &self.0 {
            if at + added >= offset {
                break;
            }
            if at + added + text.len() > offset {
                return *at;
            }
            added += text.len();
        }
        offset - added
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use minijinja::machinery::parse;

    fn guarded(source: &str) -> String {
        let stmt = parse(source, "t", Default::default()).unwrap();
        Insertions::of(&stmt)
            .apply(source)
            .replace("__chain", "c")
            .replace("__asked", "k")
    }

    #[test]
    fn every_value_reached_into_is_guarded() {
        let lines = [
            "{{ a }}",
            "{{ a.b }}",
            "{{ a.b['c'].d }}",
            "{{ a[b.c].d }}",
            "{{ (x | default({})).y.z }}",
            "{{ (a if b else c).d }}",
            "{{ a.b.get('x').y }}",
            "{{ a.split(',')[0] }}",
            "{{ -a.b.c }}",
            "{{ not a.b }}",
            "{{ a.b in c.d and x.y == 1 }}",
            "{{ a is defined and b.c is not defined }}",
            "{% for x in a.b %}{{ x is defined }}{{ x.y }}{{ loop.index }}{% endfor %}",
            "{% set ns.x = a.b %}",
            "{{ a.b[c.d:e.f] }}",
            "{{ [a.b, {'x': c.d}] }}",
        ];
        insta::assert_snapshot!(lines.map(guarded).join("\n"), @r#"
            {{ a }}
            {{ ((a)|c).b }}
            {{ ((((((a)|c).b)|c)['c'])|c).d }}
            {{ ((((a)|c)[((b)|c).c])|c).d }}
            {{ (((((x | default({}))|c)).y)|c).z }}
            {{ (((a if b else c)|c)).d }}
            {{ ((((a)|c).b.get('x'))|c).y }}
            {{ ((a.split(','))|c)[0] }}
            {{ -((((a)|c).b)|c).c }}
            {{ not ((a)|c).b }}
            {{ ((a)|c).b in ((c)|c).d and ((x)|c).y == 1 }}
            {{ k.a is defined and ((b)|c).c is not defined }}
            {% for x in ((a)|c).b %}{{ x is defined }}{{ ((x)|c).y }}{{ loop.index }}{% endfor %}
            {% set ns.x = ((a)|c).b %}
            {{ ((a)|c).b[((c)|c).d:((e)|c).f] }}
            {{ [((a)|c).b, {'x': ((c)|c).d}] }}
            "#);
    }

    #[test]
    fn places_are_counted_back() {
        let source = "{{ a.b['c'].d + nope }}";
        let stmt = parse(source, "t", Default::default()).unwrap();
        let insertions = Insertions::of(&stmt);
        let changed = insertions.apply(source);
        let at = changed.find("nope").unwrap();
        assert_eq!(&source[insertions.original(at)..][..4], "nope");
    }
}
