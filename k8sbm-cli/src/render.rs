//! Draws diagnostics as rustc draws its own.

use crate::trouble::Trouble;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use k8sbm_core::{
    diagnostic::{Diagnostic, Label},
    node::Source,
};
use std::sync::Arc;

/// How serious it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// It cannot go on.
    Error,
    /// The user should know.
    Warning,
}

/// Draws diagnostics, in colours or without.
#[derive(Clone, Debug)]
pub struct Render {
    renderer: Renderer,
}

impl Render {
    /// A way to draw for a width in columns.
    pub fn new(colour: bool, width: usize) -> Self {
        let renderer = if colour {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        Self {
            renderer: renderer.term_width(width.max(40)),
        }
    }

    /// One diagnostic, without a line break at its end.
    pub fn diagnostic(&self, diagnostic: &Diagnostic, weight: Weight) -> String {
        let level = match weight {
            Weight::Error => Level::ERROR,
            Weight::Warning => Level::WARNING,
        };
        let mut group = Group::with_title(level.primary_title(&*diagnostic.message));
        for (source, labels) in by_source(diagnostic) {
            group = group.element(snippet(source, &labels));
        }
        for note in &diagnostic.notes {
            group = group.element(Level::NOTE.message(&**note));
        }
        if let Some(help) = &diagnostic.help {
            group = group.element(Level::HELP.message(&**help));
        }
        self.renderer.render(&[group])
    }

    /// All of a trouble and, where there are several, how many.
    pub fn trouble(&self, trouble: &Trouble) -> String {
        let drawn: Vec<String> = trouble
            .diagnostics
            .iter()
            .map(|diagnostic| self.diagnostic(diagnostic, Weight::Error))
            .collect();
        let mut text = drawn.join("\n\n");
        text.push('\n');
        if drawn.len() > 1 {
            text.push_str(&format!("\n{} mistakes\n", drawn.len()));
        }
        text
    }
}

/// A mark, and whether it is the main one.
type Mark<'a> = (&'a Label, bool);

/// The marks by the text they stand in, in order.
fn by_source(diagnostic: &Diagnostic) -> Vec<(&Arc<Source>, Vec<Mark<'_>>)> {
    let mut groups: Vec<(&Arc<Source>, Vec<Mark<'_>>)> = Vec::new();
    let mut main = true;
    for label in &diagnostic.labels {
        let Some(source) = label.span.source() else {
            continue;
        };
        let mark = (label, std::mem::take(&mut main));
        match groups.iter_mut().find(|(known, _)| *known == source) {
            Some((_, marks)) => marks.push(mark),
            None => groups.push((source, vec![mark])),
        }
    }
    groups
}

fn snippet<'a>(
    source: &'a Source,
    marks: &[Mark<'a>],
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let mut snippet = Snippet::source(&*source.text).path(&*source.name);
    for (label, main) in marks {
        let kind = if *main {
            AnnotationKind::Primary
        } else {
            AnnotationKind::Context
        };
        let text = Some(&*label.text).filter(|text| !text.is_empty());
        snippet = snippet.annotation(kind.span(short(&label.span)).label(text));
    }
    snippet
}

/// The first line of a mark: a task of twenty lines need not be drawn whole.
fn short(span: &k8sbm_core::node::Span) -> std::ops::Range<usize> {
    let range = span.range();
    let line = span.first_line().range();
    if line.is_empty() {
        range.start..range.end.min(range.start + 1)
    } else {
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8sbm_core::node::Span;

    fn source() -> Arc<Source> {
        let text = "- hosts: all\n  tasks:\n    - copi:\n        dest: /etc/hosts\n";
        Arc::new(Source {
            name: "site.yml".into(),
            text: text.into(),
        })
    }

    #[test]
    fn a_mistake_is_drawn_with_its_place_and_what_to_do() {
        let diagnostic = Diagnostic::new("there is no module `copi`")
            .label(&Span::new(&source(), 28..32), "")
            .help("did you mean `copy`?");
        let render = Render::new(false, 80);
        insta::assert_snapshot!(render.diagnostic(&diagnostic, Weight::Error), @"
        error: there is no module `copi`
         --> site.yml:3:7
          |
        3 |     - copi:
          |       ^^^^
          |
          = help: did you mean `copy`?
        ");
    }

    #[test]
    fn several_places_and_several_mistakes() {
        let source = source();
        let twice = Diagnostic::new("`tasks` is set twice")
            .label(&Span::new(&source, 15..20), "again here")
            .label(&Span::new(&source, 0..60), "in this play")
            .note("the later one would win");
        let bare = Diagnostic::new("cannot read `x.yml`: no such file");
        let render = Render::new(false, 80);
        let trouble = Trouble::mistakes(vec![twice, bare]);
        insta::assert_snapshot!(render.trouble(&trouble), @"
        error: `tasks` is set twice
         --> site.yml:2:3
          |
        1 | - hosts: all
          | ------------ in this play
        2 |   tasks:
          |   ^^^^^ again here
          |
          = note: the later one would win

        error: cannot read `x.yml`: no such file

        2 mistakes
        ");
    }
}
