//! How a text can be written: without quotes, in single or in double ones.

use super::plain::means_something_else;

/// The ways to write a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quotes {
    /// As it is.
    None,
    /// In single quotes.
    Single,
    /// In double quotes, with escapes.
    Double,
}

/// What stands in the way of writing a text as it is.
#[derive(Debug)]
pub(super) struct Analysis {
    /// Whether it has several lines.
    pub multiline: bool,
    plain_in_flow: bool,
    plain_in_block: bool,
    single: bool,
}

/// Whether YAML can hold the letter as it is.
pub(super) fn is_printable(letter: char) -> bool {
    matches!(letter,
        '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
}

/// Whether YAML reads the letter as the end of a line.
pub(super) fn is_break(letter: char) -> bool {
    matches!(letter, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn is_blank(letter: Option<char>) -> bool {
    letter
        .is_none_or(|letter| letter == ' ' || letter == '\t' || letter == '\0' || is_break(letter))
}

impl Analysis {
    /// Looks at a text.
    pub fn of(text: &str) -> Self {
        if text.is_empty() {
            return Self {
                multiline: false,
                plain_in_flow: false,
                plain_in_block: true,
                single: true,
            };
        }
        let letters: Vec<char> = text.chars().collect();
        let marker = text.starts_with("---") || text.starts_with("...");
        let (mut in_block, mut in_flow) = (marker, marker);
        let (mut breaks, mut special) = (false, false);
        let (mut leading, mut trailing) = (false, false);
        let (mut space_before_break, mut break_before_space) = (false, false);
        let (mut after_space, mut after_break) = (false, false);
        for (index, letter) in letters.iter().copied().enumerate() {
            let last = index + 1 == letters.len();
            let next_is_blank = is_blank(letters.get(index + 1).copied());
            let previous_is_blank = index == 0 || is_blank(Some(letters[index - 1]));
            match letter {
                '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"'
                | '%' | '@' | '`'
                    if index == 0 =>
                {
                    (in_flow, in_block) = (true, true);
                }
                '?' | ':' if index == 0 => {
                    in_flow = true;
                    in_block |= next_is_blank;
                }
                '-' if index == 0 && next_is_blank => (in_flow, in_block) = (true, true),
                ',' | '?' | '[' | ']' | '{' | '}' if index > 0 => in_flow = true,
                ':' if index > 0 => {
                    in_flow = true;
                    in_block |= next_is_blank;
                }
                '#' if index > 0 && previous_is_blank => (in_flow, in_block) = (true, true),
                _ => {}
            }
            special |= !is_printable(letter);
            breaks |= is_break(letter);
            if letter == ' ' {
                leading |= index == 0;
                trailing |= last;
                break_before_space |= after_break;
                (after_space, after_break) = (true, false);
            } else if is_break(letter) {
                leading |= index == 0;
                trailing |= last;
                space_before_break |= after_space;
                (after_space, after_break) = (false, true);
            } else {
                (after_space, after_break) = (false, false);
            }
        }
        let unquoted =
            !(leading || trailing || break_before_space || space_before_break || special || breaks);
        Self {
            multiline: breaks,
            plain_in_flow: unquoted && !in_flow,
            plain_in_block: unquoted && !in_block,
            single: !(break_before_space || space_before_break || special),
        }
    }

    /// Chooses the quotes for a text in its surroundings.
    pub fn quotes(&self, text: &str, in_flow: bool, is_key: bool) -> Quotes {
        let plain = if in_flow {
            self.plain_in_flow
        } else {
            self.plain_in_block
        };
        let empty_where_it_shows = text.is_empty() && (in_flow || is_key);
        let unfit = empty_where_it_shows || (is_key && self.multiline);
        if plain && !unfit && !means_something_else(text) {
            return Quotes::None;
        }
        if self.single && !(is_key && self.multiline) {
            Quotes::Single
        } else {
            Quotes::Double
        }
    }
}
