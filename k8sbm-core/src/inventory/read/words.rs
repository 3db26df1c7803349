//! A line split into words as a POSIX shell splits it.

use std::ops::Range;

/// A word without its quotes, and the bytes of the line it was written in.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) range: Range<usize>,
}

/// The words of a line up to a comment; `#` starts one anywhere outside quotes, as in Ansible.
pub(super) fn words(line: &str) -> Result<Vec<Word>, &'static str> {
    let mut words = Vec::new();
    let mut word: Option<Word> = None;
    let mut characters = line.char_indices();
    while let Some((at, character)) = characters.next() {
        if character == '#' {
            break;
        }
        if character.is_whitespace() {
            words.extend(word.take());
            continue;
        }
        let current = word.get_or_insert_with(|| Word {
            text: String::new(),
            range: at..at,
        });
        match character {
            '\'' => loop {
                match characters.next() {
                    Some((_, '\'')) => break,
                    Some((_, inside)) => current.text.push(inside),
                    None => return Err("a `'` is never closed"),
                }
            },
            '"' => loop {
                match characters.next() {
                    Some((_, '"')) => break,
                    Some((_, '\\')) => match characters.next() {
                        Some((_, escaped @ ('"' | '\\'))) => current.text.push(escaped),
                        Some((_, other)) => current.text.extend(['\\', other]),
                        None => return Err("a `\"` is never closed"),
                    },
                    Some((_, inside)) => current.text.push(inside),
                    None => return Err("a `\"` is never closed"),
                }
            },
            '\\' => match characters.next() {
                Some((_, escaped)) => current.text.push(escaped),
                None => return Err("nothing follows the `\\`"),
            },
            other => current.text.push(other),
        }
        current.range.end = characters.offset();
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(line: &str) -> Vec<String> {
        words(line)
            .unwrap()
            .into_iter()
            .map(|word| word.text)
            .collect()
    }

    /// Each right side is what Python's `shlex.split(line, comments=True)` gives.
    #[test]
    fn lines_are_split_as_a_shell_splits_them() {
        assert_eq!(split("web a=1  b='x y' # c"), ["web", "a=1", "b=x y"]);
        assert_eq!(split("a=b#c d"), ["a=b"]);
        assert_eq!(
            split(r#"a="['x', \"y\"]" b=\ z c="\n\\""#),
            ["a=['x', \"y\"]", "b= z", r"c=\n\"]
        );
        assert_eq!(split("a='#'\"#\"x ''"), ["a=##x", ""]);
        assert_eq!(words("web  b='x y'").unwrap()[1].range, 5..12);
        assert!(words("a='b").is_err() && words("a=\"b\\").is_err() && words("a\\").is_err());
    }
}
