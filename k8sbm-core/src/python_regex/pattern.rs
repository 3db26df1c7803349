//! A pattern, compiled.

use super::{Replacement, translate::translated};
use fancy_regex::Regex;
use std::{ops::Range, sync::Arc};

/// The groups of one match.
pub type Captures<'t> = fancy_regex::Captures<'t, str>;

/// How a pattern is read, beside what it says itself (`(?i)`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// Whether letters match in either case.
    pub ignore_case: bool,
    /// Whether `^` and `$` match at every line.
    pub multiline: bool,
    /// Whether `.` matches the end of a line too.
    pub dot_all: bool,
}

/// A pattern in Python's syntax.
#[derive(Clone, Debug)]
pub struct Pattern {
    written: Arc<str>,
    regex: Regex,
    multiline: bool,
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn new(written: &str, flags: Flags) -> Result<Self, String> {
        let mut text = String::new();
        let letters = [
            (flags.ignore_case, 'i'),
            (flags.multiline, 'm'),
            (flags.dot_all, 's'),
        ];
        let letters: String = letters
            .into_iter()
            .filter_map(|(on, letter)| on.then_some(letter))
            .collect();
        if !letters.is_empty() {
            text = format!("(?{letters})");
        }
        let bad = |why: String| format!("`{written}` is not a regular expression: {why}");
        let (translated, multiline) = translated(written, flags.multiline).map_err(bad)?;
        text.push_str(&translated);
        let regex = Regex::new(&text).map_err(|error| bad(error.to_string()))?;
        Ok(Self {
            written: written.into(),
            regex,
            multiline,
        })
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// Whether `^` and `$` match at every line, as the flags or the pattern say.
    pub fn is_multiline(&self) -> bool {
        self.multiline
    }

    /// How many groups it has, the whole match among them.
    pub fn groups(&self) -> usize {
        self.regex.captures_len()
    }

    /// Whether it has a group of that name.
    pub fn has_group(&self, name: &str) -> bool {
        self.regex.capture_names().any(|known| known == Some(name))
    }

    /// The first match anywhere in a text.
    ///
    /// # Errors
    /// When the search takes too many steps.
    pub fn search<'t>(&self, text: &'t str) -> Result<Option<Captures<'t>>, String> {
        self.search_from(text, 0)
    }

    /// Whether it matches anywhere in a text.
    ///
    /// # Errors
    /// When the search takes too many steps.
    pub fn is_match(&self, text: &str) -> Result<bool, String> {
        self.regex
            .is_match(text)
            .map_err(|error| self.gave_up(&error))
    }

    fn search_from<'t>(&self, text: &'t str, at: usize) -> Result<Option<Captures<'t>>, String> {
        self.regex
            .captures_from_pos(text, at)
            .map_err(|error| self.gave_up(&error))
    }

    fn gave_up(&self, error: &fancy_regex::Error) -> String {
        format!("`{}` cannot be searched for: {error}", self.written)
    }

    /// A text with matches replaced, and how many were: at most `limit`, or all where that is 0.
    ///
    /// As in Python, an empty match right behind another one counts.
    ///
    /// # Errors
    /// When the search takes too many steps.
    pub fn replace(
        &self,
        text: &str,
        replacement: &Replacement,
        limit: usize,
    ) -> Result<(String, usize), String> {
        let mut out = String::with_capacity(text.len());
        let (mut copied, mut from, mut count) = (0, 0, 0);
        while from <= text.len() && (limit == 0 || count < limit) {
            let Some(found) = self.search_from(text, from)? else {
                break;
            };
            let Range { start, end } = span(&found, 0).unwrap_or(from..from);
            out.push_str(&text[copied..start]);
            replacement.expand(&found, &mut out);
            count += 1;
            copied = end;
            from = match text[end..].chars().next() {
                Some(letter) if start == end => end + letter.len_utf8(),
                None if start == end => text.len() + 1,
                _ => end,
            };
        }
        out.push_str(&text[copied..]);
        Ok((out, count))
    }
}

/// Where a group matched.
fn span(found: &Captures<'_>, group: usize) -> Option<Range<usize>> {
    found.get(group).map(|group| group.range())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(pattern: &str, replacement: &str, text: &str) -> (String, usize) {
        let flags = Flags {
            multiline: true,
            ..Flags::default()
        };
        let pattern = Pattern::new(pattern, flags).unwrap();
        let replacement = Replacement::new(replacement, &pattern).unwrap();
        pattern.replace(text, &replacement, 0).unwrap()
    }

    fn matches(pattern: &str, text: &str) -> bool {
        let pattern = Pattern::new(pattern, Flags::default()).unwrap();
        pattern.is_match(text).unwrap()
    }

    #[test]
    fn dollar_matches_before_the_last_line_end_too() {
        assert!(matches("^swap$", "swap\n"));
        assert!(matches(r"^swap\Z", "swap"));
        assert!(!matches(r"^swap\Z", "swap\n"));
        assert!(!matches("a$", "a\nb"));
        assert!(matches("(?m)a$", "a\nb"));
    }

    #[test]
    fn what_python_takes_literally_is_taken_literally() {
        assert!(matches("^{{ name }}", "{{ name }}"));
        assert!(matches(r"foo\/bar\-\=\<x\>\'", "foo/bar-=<x>'"));
        assert!(matches(r"^[[:]$", "["));
        assert!(matches(r"^[]a]+$", "]a"));
        assert!(matches(r"^[\w-.]+$", "a-b.c"));
        assert!(matches(r"^[a&&b~~]+$", "a&b~"));
        assert!(matches("x{,2}y", "xxy"));
        assert!(matches(r"\x41\u0042\103", "ABC"));
    }

    #[test]
    fn groups_and_looks_work_as_in_python() {
        assert!(matches(r"(?P<q>['\x22])a(?P=q)", "'a'"));
        assert!(!matches(r"(?P<q>['\x22])a(?P=q)", "'a\""));
        assert!(matches(r"(?<!#)swap(?!\s+off)", "swap on"));
        assert!(matches(r"(?#a comment)(a)(?:b)\1", "aba"));
        assert!(matches(r"(?ui)SWAP", "swap"));
    }

    #[test]
    fn bad_patterns_say_why() {
        for bad in ["(", "[a", r"\y", "*a", "(?P<n"] {
            let error = Pattern::new(bad, Flags::default()).unwrap_err();
            assert!(
                error.starts_with(&format!("`{bad}` is not a regular expression: ")),
                "{error}"
            );
        }
    }

    #[test]
    fn replacing_counts_as_python_does() {
        assert_eq!(replaced("x*", "-", "abxd"), ("-a-b--d-".into(), 5));
        assert_eq!(replaced(".*", "x", "abc"), ("xx".into(), 2));
        assert_eq!(replaced("^#", "", "#a\n#b\n"), ("a\nb\n".into(), 2));
        assert_eq!(replaced("$", ";", "a\nb"), ("a;\nb;".into(), 2));
        assert_eq!(
            replaced(r"^(\w+)=(?P<v>.*)$", r"\2 is \g<v>, not \1\g<0>\n", "k=v"),
            ("v is v, not kk=v\n".into(), 1)
        );
    }
}
