//! Making a line be in a text, or not.

use k8sbm_core::python_regex::{Captures, Pattern, Replacement};

/// What finds the line that is meant.
#[derive(Clone, Debug)]
pub(crate) enum Finder {
    /// A pattern.
    Pattern(Pattern),
    /// Text anywhere in the line.
    Text(String),
    /// The line itself.
    Exact,
}

/// Where a line goes that is not there yet.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// At the end of the text.
    End,
    /// At the beginning.
    Beginning,
    /// Behind a line that matches, or at the end.
    After(Pattern),
    /// Before a line that matches, or at the end.
    Before(Pattern),
}

/// A line that shall be in a text, or not.
#[derive(Clone, Debug)]
pub(crate) struct LineEdit<'a> {
    /// The line, without its end.
    pub line: &'a str,
    /// What finds it.
    pub finder: Finder,
    /// Where it goes.
    pub place: Place,
    /// Whether the line is a replacement for what the pattern matches.
    pub backrefs: bool,
    /// Whether the first line that is found counts, and not the last.
    pub first: bool,
}

/// What became of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Edited {
    /// The new text.
    pub text: String,
    /// What was done, in Ansible's words; empty where nothing was.
    pub done: &'static str,
}

impl LineEdit<'_> {
    /// The text with the line.
    pub(crate) fn present(&self, text: &str) -> Result<Edited, String> {
        let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
        let done = match self.found(&lines)? {
            Some((at, new)) => replace(&mut lines[at], &new),
            None => match self.exact(&lines)? {
                Exact::There => "",
                Exact::Anchor(_) if self.backrefs => "",
                Exact::Anchor(anchor) => self.insert(&mut lines, anchor),
            },
        };
        Ok(Edited {
            text: lines.concat(),
            done,
        })
    }

    /// The line that the finder finds, and what it shall be.
    fn found(&self, lines: &[String]) -> Result<Option<(usize, String)>, String> {
        let mut found = None;
        for (at, line) in lines.iter().enumerate() {
            let new = match &self.finder {
                Finder::Pattern(pattern) => match pattern.search(line)? {
                    Some(groups) => Some(self.expanded(pattern, &groups)?),
                    None => None,
                },
                Finder::Text(text) => line.contains(text.as_str()).then(|| self.line.to_owned()),
                Finder::Exact => None,
            };
            if let Some(new) = new {
                found = Some((at, new));
                if self.first {
                    break;
                }
            }
        }
        Ok(found)
    }

    fn expanded(&self, pattern: &Pattern, groups: &Captures<'_>) -> Result<String, String> {
        if !self.backrefs {
            return Ok(self.line.to_owned());
        }
        let mut line = String::new();
        Replacement::new(self.line, pattern)?.expand(groups, &mut line);
        Ok(line)
    }

    /// Whether the very line is there, else the number of lines before the place that the anchor gives.
    fn exact(&self, lines: &[String]) -> Result<Exact, String> {
        let mut anchor = None;
        for (at, line) in lines.iter().enumerate() {
            if line.trim_end_matches(['\r', '\n']) == self.line {
                return Ok(Exact::There);
            }
            let behind = match &self.place {
                Place::After(pattern) if pattern.is_match(line)? => Some(at + 1),
                Place::Before(pattern) if pattern.is_match(line)? => Some(at),
                _ => None,
            };
            if behind.is_some() {
                anchor = behind;
                if self.first {
                    break;
                }
            }
        }
        Ok(Exact::Anchor(anchor))
    }

    fn insert(&self, lines: &mut Vec<String>, anchor: Option<usize>) -> &'static str {
        let at = match (&self.place, anchor) {
            (Place::Beginning, _) => 0,
            (Place::After(_) | Place::Before(_), Some(at)) => at,
            _ => lines.len(),
        };
        // With `first`, the search ends at the anchor; the line may stand right behind it.
        let there = lines
            .get(at)
            .map(|line| line.trim_end_matches(['\r', '\n']));
        if matches!(self.place, Place::After(_)) && there == Some(self.line) {
            return "";
        }
        let count = lines.len();
        if let Some(last) = lines.last_mut()
            && at == count
            && !last.ends_with('\n')
        {
            last.push('\n');
        }
        lines.insert(at, format!("{}\n", self.line));
        "line added"
    }

    /// The text without the lines that are found, and how many those were.
    pub(crate) fn absent(&self, text: &str) -> Result<(String, usize), String> {
        let (mut kept, mut removed) = (String::with_capacity(text.len()), 0);
        for line in text.split_inclusive('\n') {
            let found = match &self.finder {
                Finder::Pattern(pattern) => pattern.is_match(line)?,
                Finder::Text(text) => line.contains(text.as_str()),
                Finder::Exact => line.trim_end_matches(['\r', '\n']) == self.line,
            };
            if found {
                removed += 1;
            } else {
                kept.push_str(line);
            }
        }
        Ok((kept, removed))
    }
}

/// What a search for the very line gave.
enum Exact {
    /// It is there.
    There,
    /// It is not; the place to insert it, if something says one.
    Anchor(Option<usize>),
}

fn replace(old: &mut String, new: &str) -> &'static str {
    let new = match new.ends_with('\n') {
        true => new.to_owned(),
        false => format!("{new}\n"),
    };
    if *old == new {
        return "";
    }
    *old = new;
    "line replaced"
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8sbm_core::python_regex::Flags;

    fn pattern(text: &str) -> Pattern {
        Pattern::new(text, Flags::default()).unwrap()
    }

    fn edit(line: &str) -> LineEdit<'_> {
        LineEdit {
            line,
            finder: Finder::Exact,
            place: Place::End,
            backrefs: false,
            first: false,
        }
    }

    fn finding<'a>(regexp: &str, line: &'a str) -> LineEdit<'a> {
        LineEdit {
            finder: Finder::Pattern(pattern(regexp)),
            ..edit(line)
        }
    }

    fn placed(place: Place, line: &str) -> LineEdit<'_> {
        LineEdit {
            place,
            ..edit(line)
        }
    }

    fn result(edit: &LineEdit<'_>, text: &str) -> (String, &'static str) {
        let edited = edit.present(text).unwrap();
        let again = edit.present(&edited.text).unwrap();
        if !edit.backrefs {
            assert_eq!(
                (again.text.as_str(), again.done),
                (edited.text.as_str(), ""),
                "once more"
            );
        }
        (edited.text, edited.done)
    }

    #[test]
    fn a_line_is_added_where_it_belongs() {
        assert_eq!(
            result(&edit("c"), "a\nb"),
            ("a\nb\nc\n".into(), "line added")
        );
        assert_eq!(result(&edit("c"), ""), ("c\n".into(), "line added"));
        assert_eq!(result(&edit("b"), "a\nb\n"), ("a\nb\n".into(), ""));
        assert_eq!(result(&placed(Place::Beginning, "c"), "a\n").0, "c\na\n");
        assert_eq!(result(&placed(Place::Beginning, "c"), "").0, "c\n");
        let text = "[a]\nx=1\n[b]\nx=2\n";
        let after = placed(Place::After(pattern("^x=")), "y=3");
        assert_eq!(result(&after, text).0, "[a]\nx=1\n[b]\nx=2\ny=3\n");
        let first = LineEdit {
            first: true,
            ..after
        };
        assert_eq!(result(&first, text).0, "[a]\nx=1\ny=3\n[b]\nx=2\n");
        let before = placed(Place::Before(pattern(r"^\[")), "# y");
        assert_eq!(result(&before, text).0, "[a]\nx=1\n# y\n[b]\nx=2\n");
        let nowhere = placed(Place::Before(pattern("^nothing$")), "z");
        assert_eq!(result(&nowhere, "a").0, "a\nz\n");
        let last = placed(Place::After(pattern("^a")), "z");
        assert_eq!(result(&last, "a").0, "a\nz\n");
    }

    #[test]
    fn a_line_that_is_found_is_replaced() {
        assert_eq!(result(&finding("^a", "a=2"), "a=0\na=1\n").0, "a=0\na=2\n");
        let first = LineEdit {
            first: true,
            ..finding("^a", "a=2")
        };
        assert_eq!(
            result(&first, "a=0\na=1\n"),
            ("a=2\na=1\n".into(), "line replaced")
        );
        assert_eq!(
            result(&finding("^a", "a=1"), "a=1"),
            ("a=1\n".into(), "line replaced")
        );
        assert_eq!(result(&finding("^b$", "c"), "a\nb\n").0, "a\nc\n");
        let text = LineEdit {
            finder: Finder::Text("(b".into()),
            ..edit("x(b")
        };
        assert_eq!(result(&text, "a(b\n").0, "x(b\n");
    }

    #[test]
    fn groups_fill_the_line_only_when_asked() {
        let backrefs = LineEdit {
            backrefs: true,
            ..finding(r"^(\s*)#(swap.*)$", r"\1\2")
        };
        assert_eq!(
            result(&backrefs, "  #swap on\n"),
            ("  swap on\n".into(), "line replaced")
        );
        assert_eq!(result(&backrefs, "nothing\n"), ("nothing\n".into(), ""));
        assert_eq!(result(&finding("^a$", r"\1"), "a\nb\n").1, "line replaced");
    }

    #[test]
    fn lines_are_removed() {
        let absent = |edit: LineEdit<'_>, text: &str| edit.absent(text).unwrap();
        assert_eq!(
            absent(finding("swap", ""), "a\n/swap\nb\nswap"),
            ("a\nb\n".into(), 2)
        );
        assert_eq!(absent(edit("b"), "a\nb\r\n"), ("a\n".into(), 1));
        assert_eq!(absent(edit("c"), "a\nb\n"), ("a\nb\n".into(), 0));
    }
}
