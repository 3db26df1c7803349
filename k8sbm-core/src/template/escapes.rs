//! Backslashes in `{{ }}` mean themselves in playbooks, as in Ansible: YAML has read them already.

use super::guard::Insertions;

/// Doubles every backslash of the texts in `{{ }}`.
pub(super) fn doubled(source: &str) -> Insertions {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = source[at..].find('{').map(|open| at + open) {
        let inner = open + 2;
        at = match source.get(open..inner) {
            Some("{{") => expression(source, inner, "}}", Some(&mut found)),
            Some("{%") => {
                let end = expression(source, inner, "%}", None);
                let word = source
                    .get(inner..end)
                    .unwrap_or_default()
                    .trim_matches(['-', '+', '%', '}', ' ']);
                if word == "raw" {
                    after(source, end, "endraw")
                } else {
                    end
                }
            }
            Some("{#") => after(source, inner, "#}"),
            _ => open + 1,
        };
    }
    Insertions::new(
        found
            .into_iter()
            .map(|(at, text)| (at, text.to_owned()))
            .collect(),
    )
}

fn after(source: &str, from: usize, word: &str) -> usize {
    source[from..]
        .find(word)
        .map_or(source.len(), |at| from + at + word.len())
}

/// Where an expression ends that ends with `close`; collects the backslashes of its texts.
fn expression(
    source: &str,
    from: usize,
    close: &str,
    mut found: Option<&mut Vec<(usize, &'static str)>>,
) -> usize {
    let bytes = source.as_bytes();
    let mut at = from;
    let mut depth = 0_usize;
    while at < bytes.len() {
        match bytes[at] {
            quote @ (b'\'' | b'"') => {
                at += 1;
                while at < bytes.len() && bytes[at] != quote {
                    if bytes[at] == b'\\' {
                        if let Some(found) = found.as_deref_mut() {
                            // an escaped quote stays inside the text, after its backslash
                            let escaped = bytes.get(at + 1) == Some(&quote);
                            found.push((at, if escaped { "\\\\" } else { "\\" }));
                            if bytes.get(at + 1) == Some(&b'\\') {
                                found.push((at + 1, "\\"));
                            }
                        }
                        at += 1;
                    }
                    at += 1;
                }
            }
            b'{' => depth += 1,
            b'}' if depth > 0 => depth -= 1,
            _ if source.is_char_boundary(at) && source[at..].starts_with(close) => {
                return at + close.len();
            }
            _ => {}
        }
        at += 1;
    }
    source.len()
}

#[cfg(test)]
mod tests {
    use super::doubled;

    #[test]
    fn only_texts_in_expressions_are_doubled() {
        let lines = [
            r"{{ x | f('\1\\d', {'a': '\n}}'}) }} a\b {% if '\n' %}{# '\n' {{ #}{{ '\'' }}",
            r"{% raw %}{{ '\n' }}{% endraw %}{{ '\n' }}",
        ];
        let changed = lines.map(|line| doubled(line).apply(line));
        insta::assert_snapshot!(changed.join("\n"), @r#"
            {{ x | f('\\1\\\\d', {'a': '\\n}}'}) }} a\b {% if '\n' %}{# '\n' {{ #}{{ '\\\'' }}
            {% raw %}{{ '\n' }}{% endraw %}{{ '\\n' }}
            "#);
    }
}
