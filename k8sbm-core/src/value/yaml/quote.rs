//! Writes texts, breaking lines that get too long at their spaces.

use super::{
    scalar::{Quotes, is_break, is_printable},
    writer::Writer,
};
use std::fmt::Write as _;

impl Writer<'_> {
    /// Writes a text in its quotes; keys are never broken.
    pub(super) fn text(&mut self, text: &str, quotes: Quotes, may_break: bool) {
        match quotes {
            Quotes::None => self.plain(text, may_break),
            Quotes::Single => self.single(text, may_break),
            Quotes::Double => self.double(text, may_break),
        }
    }

    fn plain(&mut self, text: &str, may_break: bool) {
        self.space_before();
        let letters: Vec<char> = text.chars().collect();
        let mut after_space = false;
        for (index, letter) in letters.iter().copied().enumerate() {
            let breakable = may_break
                && !after_space
                && self.too_long()
                && letters.get(index + 1) != Some(&' ');
            if letter == ' ' && breakable {
                self.new_line();
            } else {
                self.put(letter);
            }
            after_space = letter == ' ';
        }
        self.after_text();
    }

    fn single(&mut self, text: &str, may_break: bool) {
        self.indicator("'", true, false, false);
        let letters: Vec<char> = text.chars().collect();
        let (mut after_space, mut after_break) = (false, false);
        for (index, letter) in letters.iter().copied().enumerate() {
            if letter == ' ' {
                let inside = index > 0 && index + 1 < letters.len();
                if may_break
                    && !after_space
                    && self.too_long()
                    && inside
                    && letters[index + 1] != ' '
                {
                    self.new_line();
                } else {
                    self.put(letter);
                }
                after_space = true;
            } else if is_break(letter) {
                // one line end is written as two, since reading folds one away
                if !after_break && letter == '\n' {
                    self.line_end();
                }
                self.break_with(letter);
                after_break = true;
            } else {
                if after_break {
                    self.new_line();
                }
                if letter == '\'' {
                    self.put('\'');
                }
                self.put(letter);
                (after_space, after_break) = (false, false);
            }
        }
        if after_break {
            self.new_line();
        }
        self.indicator("'", false, false, false);
    }

    fn double(&mut self, text: &str, may_break: bool) {
        self.indicator("\"", true, false, false);
        let letters: Vec<char> = text.chars().collect();
        let mut after_space = false;
        for (index, letter) in letters.iter().copied().enumerate() {
            let plain = is_printable(letter) && !is_break(letter) && !matches!(letter, '"' | '\\');
            if !plain {
                self.escape(letter);
                after_space = false;
            } else if letter == ' ' {
                let inside = index > 0 && index + 1 < letters.len();
                if may_break && !after_space && self.too_long() && inside {
                    self.new_line();
                    if letters[index + 1] == ' ' {
                        self.put('\\');
                    }
                } else {
                    self.put(letter);
                }
                after_space = true;
            } else {
                self.put(letter);
                after_space = false;
            }
        }
        self.indicator("\"", false, false, false);
    }

    fn escape(&mut self, letter: char) {
        let short = match letter {
            '\0' => "0",
            '\u{7}' => "a",
            '\u{8}' => "b",
            '\t' => "t",
            '\n' => "n",
            '\u{b}' => "v",
            '\u{c}' => "f",
            '\r' => "r",
            '\u{1b}' => "e",
            '"' => "\"",
            '\\' => "\\",
            '\u{85}' => "N",
            '\u{a0}' => "_",
            '\u{2028}' => "L",
            '\u{2029}' => "P",
            _ => "",
        };
        let mut escaped = format!("\\{short}");
        if short.is_empty() {
            let code = letter as u32;
            let _ = match code {
                0..=0xff => write!(escaped, "x{code:02X}"),
                0x100..=0xffff => write!(escaped, "u{code:04X}"),
                _ => write!(escaped, "U{code:08X}"),
            };
        }
        escaped.chars().for_each(|letter| self.put(letter));
    }
}
