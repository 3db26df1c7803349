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
    Ok(load_with(source, false)?.0)
}

/// Documents, and what was passed over in them.
type Lenient<T> = (T, Vec<Diagnostic>);

/// Reads every document of a text. Where keys may be given twice the later value counts, and each is told.
fn load_with(source: &Arc<Source>, twice: bool) -> Result<Lenient<Vec<Node>>, Diagnostic> {
    let mut text = Cow::Borrowed(&*source.text);
    let mut first = None;
    loop {
        let mut loader = Loader::new(source, &text, twice);
        let documents = loader.documents();
        let doubles = std::mem::take(&mut loader.doubles);
        let documents = documents.map(|documents| (documents, doubles));
        let (range, instead) = match loader.stopped {
            // The white space that begins a line of quoted text is not part of it.
            Some(at) if text.as_bytes().get(at) == Some(&b'\t') => {
                let tabs = text[at..].bytes().take_while(|byte| *byte == b'\t').count();
                (at..at + tabs, " ".repeat(tabs))
            }
            // A single line break in quoted text means a space.
            Some(at) if single_break(&text, at) => (at - 1..at, " ".to_owned()),
            // A quote that is missing shows where the text went on, not where the next quote stands.
            _ if loader.quotes => return documents.map_err(|error| first.unwrap_or(error)),
            _ => return documents,
        };
        first = first.or(documents.err());
        text.to_mut().replace_range(range, &instead);
    }
}

/// Whether the line that begins here follows the text of the line before with nothing between them.
fn single_break(text: &str, at: usize) -> bool {
    let before = text[..at].strip_suffix('\n');
    before.is_some_and(|line| !line.ends_with(|c: char| c.is_whitespace() || c == '\\'))
}

/// Reads a text that holds one document; an empty text is null.
pub fn load_one(source: &Arc<Source>) -> Result<Node, Diagnostic> {
    Ok(load_one_with(source, false)?.0)
}

/// As [`load_one`], as lenient as [`load_with`].
pub(super) fn load_one_with(
    source: &Arc<Source>,
    twice: bool,
) -> Result<Lenient<Node>, Diagnostic> {
    let (mut documents, doubles) = load_with(source, twice)?;
    if let Some(second) = documents.get(1) {
        return Err(Diagnostic::new("only one document is allowed here")
            .label(&second.span, "a second one starts here"));
    }
    let nothing = || Node::at(Kind::Null, Span::new(source, 0..0));
    Ok((documents.pop().unwrap_or_else(nothing), doubles))
}

struct Loader<'a> {
    source: &'a Arc<Source>,
    events: Parser<'a, StrInput<'a>>,
    anchors: HashMap<usize, Anchored>,
    depth: usize,
    aliased: usize,
    /// Where reading stopped in quoted text at what PyYAML allows and YAML does not: a line that begins with a tab, or
    /// without indentation.
    stopped: Option<usize>,
    /// Whether reading stopped at a quote that is one too many or too few.
    quotes: bool,
    /// Whether a key may be given twice.
    twice: bool,
    /// The keys that are.
    doubles: Vec<Diagnostic>,
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
    fn new(source: &'a Arc<Source>, text: &'a str, twice: bool) -> Self {
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
            stopped: None,
            quotes: false,
            twice,
            doubles: Vec::new(),
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
                if matches!(
                    error.kind(),
                    ErrorKind::TabInIndentation | ErrorKind::InvalidQuotedScalarIndent
                ) {
                    self.stopped = error.marker().byte_offset();
                }
                self.quotes = matches!(
                    error.kind(),
                    ErrorKind::UnclosedQuotedScalar
                        | ErrorKind::InvalidTrailingDoubleQuotedScalar
                        | ErrorKind::InvalidTrailingSingleQuotedScalar
                );
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
                let double = double(&key, &key_span, &first.key);
                if !self.twice {
                    return Err(double);
                }
                self.doubles.push(double);
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

fn double(key: &str, here: &Span, first: &Span) -> Diagnostic {
    Diagnostic::new(format!("Found duplicate mapping key '{key}'."))
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
mod tests;
