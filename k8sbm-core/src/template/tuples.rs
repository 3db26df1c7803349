//! `{% for x in a, b %}`: a tuple without parentheses, which minijinja wants to have.

use super::guard::Insertions;

/// The parentheses that tuples after `in` are missing.
pub(super) fn enclosed(source: &str) -> Insertions {
    let mut texts = Vec::new();
    let mut at = 0;
    while let Some(open) = source[at..].find("{%").map(|open| at + open + 2) {
        let statement = Statement::read(source, open);
        at = statement.end.max(open);
        if let Some((from, to)) = statement.tuple(source) {
            texts.push((from, "(".to_owned()));
            texts.push((to, ")".to_owned()));
        }
    }
    Insertions::new(texts)
}

/// A statement's words and commas that stand outside of brackets and quotes.
struct Statement<'s> {
    words: Vec<(usize, &'s str)>,
    commas: Vec<usize>,
    end: usize,
}

impl<'s> Statement<'s> {
    fn read(source: &'s str, from: usize) -> Self {
        let bytes = source.as_bytes();
        let (mut words, mut commas) = (Vec::new(), Vec::new());
        let (mut at, mut depth) = (from, 0_usize);
        while at < bytes.len() {
            match bytes[at] {
                quote @ (b'\'' | b'"') => {
                    at += 1;
                    while at < bytes.len() && bytes[at] != quote {
                        at += if bytes[at] == b'\\' { 2 } else { 1 };
                    }
                }
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                b',' if depth == 0 => commas.push(at),
                b'%' if bytes.get(at + 1) == Some(&b'}') => break,
                letter if depth == 0 && letter.is_ascii_alphabetic() => {
                    let word = &source[at..];
                    let length = word.len()
                        - word
                            .trim_start_matches(|letter: char| {
                                letter.is_alphanumeric() || letter == '_'
                            })
                            .len();
                    words.push((at, &word[..length]));
                    at += length - 1;
                }
                _ => {}
            }
            at += 1;
        }
        Self {
            words,
            commas,
            end: at.min(source.len()),
        }
    }

    /// Where the tuple of a loop begins and ends.
    fn tuple(&self, source: &str) -> Option<(usize, usize)> {
        let (_, "for") = self.words.first()? else {
            return None;
        };
        let (at, word) = self.words.iter().find(|(_, word)| *word == "in")?;
        let from = at + word.len();
        let stop = self
            .words
            .iter()
            .find(|(at, word)| *at > from && matches!(*word, "if" | "recursive"));
        let to = stop.map_or(self.end, |(at, _)| *at);
        let to = from
            + source[from..to]
                .trim_end_matches(['-', '+', ' ', '\n', '\t'])
                .len();
        self.commas
            .iter()
            .any(|comma| (from..to).contains(comma))
            .then_some((from, to))
    }
}

#[cfg(test)]
mod tests {
    use super::enclosed;

    #[test]
    fn tuples_in_loops_are_enclosed() {
        let lines = [
            r#"{% for s in "kube", "system" %}{% endfor %}"#,
            "{%- for a, b in x.items() if a, b -%}",
            "{% for a in [1, 2] %}{% for a in f(1, 2), 3 if a %}",
            "{% set a, b = 1, 2 %}{{ 'for a in b, c' }}",
        ];
        insta::assert_snapshot!(lines.map(|line| enclosed(line).apply(line)).join("\n"), @r#"
            {% for s in( "kube", "system") %}{% endfor %}
            {%- for a, b in x.items() if a, b -%}
            {% for a in [1, 2] %}{% for a in( f(1, 2), 3) if a %}
            {% set a, b = 1, 2 %}{{ 'for a in b, c' }}
            "#);
    }
}
