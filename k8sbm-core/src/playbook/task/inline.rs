//! Arguments on one line: `creates=/a mode=0644`, and free text.

use crate::{
    diagnostic::Diagnostic,
    node::{Entry, Kind, Map, Node, Source, Span},
};
use std::{ops::Range, sync::Arc};

/// What a line of arguments holds.
#[derive(Debug, Default)]
pub(in crate::playbook) struct Inline {
    /// `key=value`
    pub(in crate::playbook) arguments: Map,
    /// The rest.
    pub(in crate::playbook) rest: Option<Node>,
}

/// The arguments that can be given inline to modules whose free text is a command.
const OF_COMMANDS: [&str; 8] = [
    "creates",
    "removes",
    "chdir",
    "executable",
    "warn",
    "stdin",
    "stdin_add_newline",
    "strip_empty_ends",
];

/// Splits `key=value` arguments from free text.
///
/// # Errors
/// When quotes or braces are not closed.
pub(in crate::playbook) fn arguments(node: &Node, text: &str) -> Result<Inline, Diagnostic> {
    let words = words(text).map_err(|at| {
        Diagnostic::new("quotes or braces are not closed")
            .label(&part(node, text, at..text.len()), "opened here")
    })?;
    let mut inline = Inline::default();
    let mut rest: Vec<Range<usize>> = Vec::new();
    for word in words {
        match pair(&text[word.clone()]) {
            Some((key, value)) => {
                let start = word.start;
                let span = part(node, text, start + key.len() + 1..word.end);
                let entry = Entry {
                    key: part(node, text, start..start + key.len()),
                    value: Node {
                        kind: Kind::Str(unquoted(value).into()),
                        span,
                        tag: node.tag,
                    },
                };
                inline.arguments.insert(key.into(), entry);
            }
            None => rest.push(word),
        }
    }
    if let (Some(first), Some(last)) = (rest.first(), rest.last()) {
        let words: Vec<&str> = rest.iter().map(|word| &text[word.clone()]).collect();
        inline.rest = Some(Node {
            kind: Kind::Str(words.join(" ").into()),
            span: part(node, text, first.start..last.end),
            tag: node.tag,
        });
    }
    Ok(inline)
}

/// The variables of a text such as `a=1 b="two words"`, as `-e` takes them.
///
/// # Errors
/// When a part of it is something else.
pub fn key_values(source: &Arc<Source>) -> Result<Map, Diagnostic> {
    let all = Span::new(source, 0..source.text.len());
    let node = Node::at(Kind::Str(source.text.as_str().into()), all);
    let inline = arguments(&node, &source.text)?;
    match inline.rest {
        Some(rest) => Err(Diagnostic::new(format!(
            "`{}` is not `key=value`",
            rest.as_str().unwrap_or_default()
        ))
        .label(&rest.span, "")
        .help("a file of variables is given as `-e @FILE`")),
        None => Ok(inline.arguments),
    }
}

/// Takes the few arguments that commands have inline out of the text; the rest stays as it was written.
pub(in crate::playbook) fn command(node: &Node, text: &str) -> Inline {
    let mut inline = Inline::default();
    // Free text may hold what looks unclosed; the shell will say what is wrong with it.
    let words = words(text).unwrap_or_default();
    let mut rest = String::new();
    let mut from = 0;
    for (index, word) in words.iter().enumerate() {
        let next = words.get(index + 1).map_or(text.len(), |next| next.start);
        let continued = &text[word.clone()] == "\\" && text[word.end..].starts_with('\n');
        let argument = pair(&text[word.clone()]).filter(|(key, _)| OF_COMMANDS.contains(key));
        if let Some((key, value)) = argument {
            let value_at = word.start + key.len() + 1;
            let entry = Entry {
                key: part(node, text, word.start..value_at - 1),
                value: Node {
                    kind: Kind::Str(unquoted(value).into()),
                    span: part(node, text, value_at..word.end),
                    tag: node.tag,
                },
            };
            inline.arguments.insert(key.into(), entry);
        }
        if continued || argument.is_some() {
            rest.push_str(&text[from..word.start]);
            from = next;
        }
    }
    rest.push_str(&text[from..]);
    if !rest.trim().is_empty() {
        let rest = if from == 0 {
            text
        } else {
            rest.trim_end_matches(' ')
        };
        inline.rest = Some(Node {
            kind: Kind::Str(rest.into()),
            span: node.span.clone(),
            tag: node.tag,
        });
    }
    inline
}

/// The module's name and the rest of `action: copy src=a`.
pub(in crate::playbook) fn head(text: &str) -> Range<usize> {
    words(text)
        .ok()
        .and_then(|words| words.into_iter().next())
        .unwrap_or(0..text.len())
}

/// The words of a text: white space inside quotes and braces does not part them. The error is where they were opened.
fn words(text: &str) -> Result<Vec<Range<usize>>, usize> {
    let bytes = text.as_bytes();
    let mut words = Vec::new();
    let (mut start, mut quote, mut braces) = (None, None, Vec::new());
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        let two = bytes.get(at..at + 2).unwrap_or_default();
        let mut step = 1;
        if byte.is_ascii_whitespace() && quote.is_none() && braces.is_empty() {
            if let Some(start) = start.take() {
                words.push(start..at);
            }
        } else {
            start.get_or_insert(at);
            // Braces count inside quotes, too: those that close them may stand behind quotes of their own.
            match (byte, quote) {
                (b'\\', _) if at + 1 < bytes.len() && !bytes[at + 1].is_ascii_whitespace() => {
                    step = 2;
                }
                _ if matches!(two, b"{{" | b"{%" | b"{#") => {
                    braces.push(at);
                    step = 2;
                }
                _ if matches!(two, b"}}" | b"%}" | b"#}") => {
                    braces.pop();
                    step = 2;
                }
                (b'"' | b'\'', None) => quote = Some((byte, at)),
                (_, Some((open, _))) if open == byte => quote = None,
                _ => {}
            }
        }
        at += step;
    }
    if let Some((_, at)) = quote {
        return Err(at);
    }
    if let Some(at) = braces.first() {
        return Err(*at);
    }
    words.extend(start.map(|start| start..bytes.len()));
    Ok(words)
}

/// `key=value`, if the key is a word, or has a template in it.
fn pair(word: &str) -> Option<(&str, &str)> {
    let after = word.starts_with(is_word).then(|| word.find("{{")).flatten();
    let template = after.or_else(|| word.starts_with("{{").then_some(0));
    let equals = word.find('=')?;
    if let Some(start) = template.filter(|start| *start < equals) {
        let end = start + word[start..].find("}}")? + 2;
        let rest = &word[end..];
        let key = end + rest.find('=')?;
        return word[end..key]
            .chars()
            .all(is_word)
            .then(|| (&word[..key], &word[key + 1..]));
    }
    let (key, value) = word.split_at(equals);
    (!key.is_empty() && key.chars().all(is_word)).then_some((key, &value[1..]))
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.')
}

/// The value without the quotes around it, and with its escapes read.
fn unquoted(value: &str) -> String {
    let inner = ['"', '\'']
        .iter()
        .find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote))
        .unwrap_or(value);
    let mut text = String::with_capacity(inner.len());
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            text.push(letter);
            continue;
        }
        match letters.next() {
            Some('n') => text.push('\n'),
            Some('t') => text.push('\t'),
            Some('r') => text.push('\r'),
            Some('a') => text.push('\u{7}'),
            Some('b') => text.push('\u{8}'),
            Some('v') => text.push('\u{b}'),
            Some('f') => text.push('\u{c}'),
            Some(escaped @ ('\\' | '\'' | '"' | '=')) => text.push(escaped),
            Some(other) => text.extend(['\\', other]),
            None => text.push('\\'),
        }
    }
    text
}

/// The place of a part of a text, where the text stands in the file as it is; else that of the whole.
pub(in crate::playbook) fn part(node: &Node, text: &str, range: Range<usize>) -> Span {
    match node.span.text().find(text) {
        Some(start) => node.span.slice(start + range.start..start + range.end),
        None => node.span.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(inline: &Inline) -> String {
        let mut parts: Vec<String> = inline
            .arguments
            .iter()
            .map(|(key, entry)| format!("{key}: {:?}", entry.value.as_str().unwrap()))
            .collect();
        parts.extend(
            inline
                .rest
                .as_ref()
                .map(|rest| format!("rest: {:?}", rest.as_str().unwrap())),
        );
        parts.join(", ")
    }

    fn read(text: &str) -> String {
        let node = Node::new(Kind::Str(text.into()));
        arguments(&node, text).map_or_else(|error| error.message, |inline| shown(&inline))
    }

    fn read_command(text: &str) -> String {
        shown(&command(&Node::new(Kind::Str(text.into())), text))
    }

    #[test]
    fn keys_and_values() {
        insta::assert_snapshot!(read("src=a dest=/b/c"), @r#"src: "a", dest: "/b/c""#);
        insta::assert_snapshot!(read("msg='a b' x=\"c=d\""), @r#"msg: "a b", x: "c=d""#);
        insta::assert_snapshot!(read("msg={{ a if b == 'c d' else e }} y=1"), @r#"msg: "{{ a if b == 'c d' else e }}", y: "1""#);
        insta::assert_snapshot!(read(r"msg='a\nb' path=C:\\x"), @r#"msg: "a\nb", path: "C:\\x""#);
        insta::assert_snapshot!(read(r"a='\b' b='\\b' c='\d\1'"), @r#"a: "\u{8}", b: "\\b", c: "\\d\\1""#);
        insta::assert_snapshot!(read("tasks.yml a=1\n b=2"), @r#"a: "1", b: "2", rest: "tasks.yml""#);
        insta::assert_snapshot!(read("msg='open"), @"quotes or braces are not closed");
        insta::assert_snapshot!(read("msg={{ open"), @"quotes or braces are not closed");
        insta::assert_snapshot!(read(""), @"");
    }

    #[test]
    fn commands_keep_their_text() {
        insta::assert_snapshot!(read_command("ls  -l 'a  b'\n"), @r#"rest: "ls  -l 'a  b'\n""#);
        insta::assert_snapshot!(read_command("chdir=/tmp make  FOO=1 creates=/a"), @r#"chdir: "/tmp", creates: "/a", rest: "make  FOO=1""#);
        insta::assert_snapshot!(read_command("tar x \\\n  -f a \\\n  b"), @r#"rest: "tar x -f a b""#);
        insta::assert_snapshot!(read_command("echo it's"), @r#"rest: "echo it's""#);
        insta::assert_snapshot!(read_command("creates={{ a b }}"), @r#"creates: "{{ a b }}""#);
    }
}
