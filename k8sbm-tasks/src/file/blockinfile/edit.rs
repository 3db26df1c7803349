//! Making a block of lines between two markers be in a text, or not.

use k8sbm_core::python_regex::Pattern;

/// Where a block goes that is not there yet.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// At the end of the text.
    End,
    /// At the beginning.
    Beginning,
    /// Behind the last line that matches, or at the end.
    After(Pattern),
    /// Before the last line that matches, or at the end.
    Before(Pattern),
}

/// A block that shall be in a text, or not.
#[derive(Clone, Debug)]
pub(crate) struct BlockEdit {
    /// The line before the block.
    pub begin: String,
    /// The line behind the block.
    pub end: String,
    /// The block; nothing where it shall not be there.
    pub block: Option<String>,
    /// Where it goes.
    pub place: Place,
    /// Whether an empty line goes before it.
    pub prepend_newline: bool,
    /// Whether an empty line goes behind it.
    pub append_newline: bool,
}

impl BlockEdit {
    /// The text with the block, or without.
    pub(crate) fn edited(&self, text: &str) -> Result<String, String> {
        let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
        let at = match self.remove(&mut lines) {
            Some(at) => at,
            None => self.position(text, &lines)?,
        };
        match &self.block {
            Some(block) => self.insert(&mut lines, at, block),
            None => return Ok(lines.concat()),
        }
        Ok(lines.concat())
    }

    /// Takes the old block out, and says where it was.
    fn remove(&self, lines: &mut Vec<String>) -> Option<usize> {
        let find = |marker: &str| {
            lines
                .iter()
                .rposition(|line| line.trim_end_matches(['\r', '\n']) == marker)
        };
        let (begin, end) = (find(&self.begin)?, find(&self.end)?);
        let first = begin.min(end);
        lines.drain(first..=begin.max(end));
        Some(first)
    }

    fn position(&self, text: &str, lines: &[String]) -> Result<usize, String> {
        let (pattern, behind) = match &self.place {
            Place::Beginning => return Ok(0),
            Place::End => return Ok(lines.len()),
            Place::After(pattern) => (pattern, 1),
            Place::Before(pattern) => (pattern, 0),
        };
        if pattern.is_multiline() {
            let found = pattern.search(text)?;
            let range = found.and_then(|found| found.get(0).map(|whole| whole.range()));
            return Ok(range.map_or(lines.len(), |range| {
                let edge = if behind == 1 { range.end } else { range.start };
                (text[..edge].matches('\n').count() + behind).min(lines.len())
            }));
        }
        let mut at = None;
        for (index, line) in lines.iter().enumerate() {
            if pattern.is_match(line)? {
                at = Some(index + behind);
            }
        }
        Ok(at.unwrap_or(lines.len()))
    }

    fn insert(&self, lines: &mut Vec<String>, mut at: usize, block: &str) {
        if at > 0 && !lines[at - 1].ends_with('\n') {
            lines[at - 1].push('\n');
        }
        if self.prepend_newline && at > 0 && lines[at - 1] != "\n" {
            lines.insert(at, "\n".into());
            at += 1;
        }
        let body = match block.is_empty() || block.ends_with('\n') {
            true => block.to_owned(),
            false => format!("{block}\n"),
        };
        lines.insert(at, format!("{}\n{body}{}\n", self.begin, self.end));
        if self.append_newline && lines.get(at + 1).is_some_and(|line| line != "\n") {
            lines.insert(at + 1, "\n".into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8sbm_core::python_regex::Flags;

    fn edit(block: Option<&str>, place: Place) -> BlockEdit {
        BlockEdit {
            begin: "# BEGIN".into(),
            end: "# END".into(),
            block: block.map(str::to_owned),
            place,
            prepend_newline: false,
            append_newline: false,
        }
    }

    fn pattern(text: &str) -> Pattern {
        Pattern::new(text, Flags::default()).unwrap()
    }

    fn result(edit: &BlockEdit, text: &str) -> String {
        let edited = edit.edited(text).unwrap();
        assert_eq!(edit.edited(&edited).unwrap(), edited, "once more");
        edited
    }

    #[test]
    fn a_block_is_inserted_where_it_belongs() {
        let block = Some("x\ny");
        assert_eq!(
            result(&edit(block, Place::End), "a"),
            "a\n# BEGIN\nx\ny\n# END\n"
        );
        assert_eq!(
            result(&edit(block, Place::Beginning), "a\n"),
            "# BEGIN\nx\ny\n# END\na\n"
        );
        assert_eq!(
            result(&edit(block, Place::End), ""),
            "# BEGIN\nx\ny\n# END\n"
        );
        let after = edit(block, Place::After(pattern("^a")));
        assert_eq!(result(&after, "a\nb\n"), "a\n# BEGIN\nx\ny\n# END\nb\n");
        let before = edit(block, Place::Before(pattern("^b$")));
        assert_eq!(result(&before, "a\nb\n"), "a\n# BEGIN\nx\ny\n# END\nb\n");
        let lines = edit(block, Place::After(pattern("(?m)^a\n^b")));
        assert_eq!(
            result(&lines, "a\nb\nc\n"),
            "a\nb\n# BEGIN\nx\ny\n# END\nc\n"
        );
    }

    #[test]
    fn a_block_is_replaced_or_removed_where_it_is() {
        let text = "a\n# BEGIN\nold\n# END\nb\n";
        assert_eq!(
            result(&edit(Some("new\n"), Place::End), text),
            "a\n# BEGIN\nnew\n# END\nb\n"
        );
        assert_eq!(result(&edit(None, Place::End), text), "a\nb\n");
        assert_eq!(result(&edit(None, Place::End), "a"), "a");
    }

    #[test]
    fn empty_lines_go_around_a_block() {
        let around = BlockEdit {
            prepend_newline: true,
            append_newline: true,
            ..edit(Some("x"), Place::After(pattern("^a")))
        };
        assert_eq!(result(&around, "a\nb\n"), "a\n\n# BEGIN\nx\n# END\n\nb\n");
        assert_eq!(result(&around, "a\n"), "a\n\n# BEGIN\nx\n# END\n");
    }
}
