//! Conditions that are written with braces, read as the expressions they stand for.
//!
//! What a template in a condition gives is a value and never becomes text of the condition: a host's output could make
//! it ask for anything otherwise.

use super::Compat;

/// The inside of a condition that is one template as a whole.
pub(super) fn whole(text: &str) -> Option<&str> {
    let text = text.trim();
    if text.starts_with("{%") && text.ends_with("%}") {
        return Some(text);
    }
    let (inside, behind) = template(text.strip_prefix("{{")?)?;
    behind.is_empty().then_some(inside)
}

/// A condition with parentheses where it has braces; nothing if it has none, or braces that do not match.
pub(super) fn unbraced(text: &str, compat: Compat) -> Option<String> {
    let mut read = String::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        if matches!(letter, '\'' | '"') {
            let (literal, behind) = literal(rest, letter)?;
            read.push_str(&joined(literal, letter, compat)?);
            rest = behind;
        } else if let Some(behind) = rest.strip_prefix("{{") {
            let (inside, behind) = template(behind)?;
            read.push_str(&format!("({})", expression(inside)));
            rest = behind;
        } else {
            read.push(letter);
            rest = &rest[letter.len_utf8()..];
        }
    }
    (read != text).then_some(read)
}

/// The inside of a quoted text, and what stands behind it.
fn literal(text: &str, quote: char) -> Option<(&str, &str)> {
    let mut escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if letter == quote => return Some((&text[1..at], &text[at + 1..])),
            _ => {}
        }
    }
    None
}

/// The inside of a template whose opening braces were read, and what stands behind it.
fn template(text: &str) -> Option<(&str, &str)> {
    let mut quote = None;
    for (at, letter) in text.char_indices() {
        match quote {
            Some(open) if open == letter => quote = None,
            Some(_) => {}
            None if matches!(letter, '\'' | '"') => quote = Some(letter),
            None if text[at..].starts_with("}}") => {
                return Some((&text[..at], &text[at + 2..]));
            }
            None => {}
        }
    }
    None
}

/// An expression without the marks that take blanks around it away.
fn expression(inside: &str) -> &str {
    inside.trim_start_matches('-').trim_end_matches('-').trim()
}

/// A quoted text whose templates are joined to it; one that is a template as a whole keeps its type from 2.19 on.
fn joined(inside: &str, quote: char, compat: Compat) -> Option<String> {
    let mut parts = Vec::new();
    let mut rest = inside;
    while let Some((before, behind)) = rest.split_once("{{") {
        let (inside, behind) = template(behind)?;
        if !before.is_empty() {
            parts.push(format!("{quote}{before}{quote}"));
        }
        parts.push(format!("({})", expression(inside)));
        rest = behind;
    }
    if parts.is_empty() {
        return Some(format!("{quote}{inside}{quote}"));
    }
    if !rest.is_empty() {
        parts.push(format!("{quote}{rest}{quote}"));
    }
    if parts.len() == 1 && compat == Compat::V2_18 {
        parts.push("''".to_owned());
    }
    Some(format!("({})", parts.join(" ~ ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_are_read_as_parentheses() {
        let read = [
            "{{ a }} == 1",
            "a in {{ b.c }} and {{d}}",
            "'{{ a }}' == 'b'",
            "\"x-{{ a['b'] }}-y{{ c }}\" in d",
            "{{ '}}' }} == 'it\\'s'",
            "{'a': {'b': 1}} == a",
            "a == '}}'",
            "{{ a",
            "'{{ a'",
        ]
        .map(|text| unbraced(text, Compat::V2_19).unwrap_or_else(|| "as it is".to_owned()));
        insta::assert_snapshot!(read.join("\n"), @r#"
            (a) == 1
            a in (b.c) and (d)
            ((a)) == 'b'
            ("x-" ~ (a['b']) ~ "-y" ~ (c)) in d
            ('}}') == 'it\'s'
            as it is
            as it is
            as it is
            as it is
            "#);
        assert_eq!(
            unbraced("'{{ a }}' == '1'", Compat::V2_18).unwrap(),
            "((a) ~ '') == '1'"
        );
    }

    #[test]
    fn templates_as_a_whole() {
        assert_eq!(whole(" {{ a }} "), Some(" a "));
        assert_eq!(whole("{{ '}}' }}"), Some(" '}}' "));
        assert!(whole("{% if a %}b{% endif %}").is_some());
        for text in ["{{ a }} == {{ b }}", "a", "{{ a"] {
            assert_eq!(whole(text), None, "{text}");
        }
    }
}
