//! Shell patterns over names.

use regex::Regex;

/// A pattern with `*`, `?` and `[...]` that matches whole names.
pub(crate) struct Glob(Option<Regex>);

impl Glob {
    /// Whether a text has any of the signs of a pattern.
    pub(crate) fn is_pattern(text: &str) -> bool {
        text.contains(['*', '?', '['])
    }

    /// Reads a pattern; one that makes no sense matches nothing.
    pub(crate) fn new(pattern: &str) -> Self {
        let mut expression = String::from("(?s)^");
        let mut rest = pattern.chars();
        while let Some(sign) = rest.next() {
            match sign {
                '*' => expression.push_str(".*"),
                '?' => expression.push('.'),
                '[' if rest.as_str().contains(']') => {
                    let set: String = rest.by_ref().take_while(|it| *it != ']').collect();
                    let set = set.replace('\\', r"\\").replace('[', r"\[");
                    let set = set
                        .strip_prefix('!')
                        .map_or(set.clone(), |not| format!("^{not}"));
                    expression.push_str(&format!("[{set}]"));
                }
                other => expression.push_str(&regex::escape(&other.to_string())),
            }
        }
        expression.push('$');
        Self(Regex::new(&expression).ok())
    }

    /// Whether it matches the whole of a text.
    pub(crate) fn matches(&self, text: &str) -> bool {
        self.0.as_ref().is_some_and(|it| it.is_match(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_whole_names() {
        for (pattern, text, expected) in [
            ("curl*", "curl", true),
            ("curl*", "libcurl4", false),
            ("lib?url4", "libcurl4", true),
            ("1.2[0-3].*", "1.22.1-9", true),
            ("1.2[!0-3].*", "1.22.1-9", false),
            ("g++", "g++", true),
            ("1.2", "1x2", false),
        ] {
            assert_eq!(
                Glob::new(pattern).matches(text),
                expected,
                "{pattern} {text}"
            );
        }
    }
}
