//! From Python's syntax to that of the `regex` family.

use super::class;

/// A pattern as fancy-regex reads it, and whether it is a multi-line one.
///
/// What differs: `$` matches before a last line end, `\Z` is the very end, braces and brackets that mean nothing are
/// literal, punctuation may be escaped freely, and some escapes are written otherwise.
pub(super) fn translated(pattern: &str, multiline: bool) -> Result<(String, bool), String> {
    let mut translator = Translator {
        rest: pattern,
        out: String::with_capacity(pattern.len() + 8),
        multiline,
    };
    translator.run()?;
    Ok((translator.out, translator.multiline))
}

struct Translator<'p> {
    rest: &'p str,
    out: String,
    multiline: bool,
}

impl Translator<'_> {
    fn run(&mut self) -> Result<(), String> {
        while let Some(letter) = self.rest.chars().next() {
            let behind = &self.rest[letter.len_utf8()..];
            match letter {
                '\\' => {
                    let (text, behind) = escape(behind)?;
                    self.out.push_str(&text);
                    self.rest = behind;
                    continue;
                }
                '[' => {
                    let (text, behind) = class::translated(behind)?;
                    self.out.push_str(&text);
                    self.rest = behind;
                    continue;
                }
                '(' if behind.starts_with('?') => {
                    self.special_group(behind)?;
                    continue;
                }
                '{' => {
                    self.brace(behind);
                    continue;
                }
                '}' | ']' => self.out.extend(['\\', letter]),
                '$' if self.multiline => self.out.push_str("(?m:$)"),
                '$' => self.out.push_str(r"(?=\n?\z)"),
                other => self.out.push(other),
            }
            self.rest = behind;
        }
        Ok(())
    }

    /// A quantifier, or a brace that stands for itself.
    fn brace(&mut self, behind: &'_ str) {
        let inner = behind.split_once('}').map(|(inner, _)| inner);
        let quantifier = inner.and_then(|inner| {
            let (least, most) = inner.split_once(',').unwrap_or((inner, inner));
            let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
            (!inner.is_empty() && number(least) && number(most)).then_some((inner, least, most))
        });
        let length = self.rest.len();
        match quantifier {
            Some((inner, least, most)) if !self.out.is_empty() => {
                let least = if least.is_empty() { "0" } else { least };
                let text = match inner.contains(',') {
                    true => format!("{{{least},{most}}}"),
                    false => format!("{{{least}}}"),
                };
                self.out.push_str(&text);
                self.rest = &self.rest[length - behind.len() + inner.len() + 1..];
            }
            _ => {
                self.out.push_str(r"\{");
                self.rest = &self.rest[1..];
            }
        }
    }

    /// What begins with `(?`: comments and flags are Python's own, all else is common.
    fn special_group(&mut self, behind: &str) -> Result<(), String> {
        let inner = &behind[1..];
        let skipped = self.rest.len() - inner.len();
        if inner.starts_with('#') {
            let end = inner.find(')').ok_or("a comment has no end")?;
            self.rest = &self.rest[skipped + end + 1..];
            return Ok(());
        }
        let end = inner.find(|letter: char| !letter.is_ascii_alphabetic() && letter != '-');
        let (letters, after) = inner.split_at(end.unwrap_or(inner.len()));
        let flags = !letters.is_empty()
            && letters.bytes().all(|byte| b"aiLmsux-".contains(&byte))
            && after.starts_with([')', ':']);
        if !flags {
            // The name of a group is no pattern.
            let name = match inner.starts_with("P<") {
                true => inner.find('>').map_or(0, |end| end + 1),
                false => 0,
            };
            self.out.push_str("(?");
            self.out.push_str(&inner[..name]);
            self.rest = &self.rest[skipped + name..];
            return Ok(());
        }
        let (on, off) = letters.split_once('-').unwrap_or((letters, ""));
        self.multiline |= on.contains('m');
        let kept: String = letters
            .chars()
            .filter(|letter| !"aLu".contains(*letter))
            .collect();
        let scoped = after.starts_with(':');
        if scoped || !kept.is_empty() {
            self.out.push_str("(?");
            self.out.push_str(if off.is_empty() {
                kept.trim_end_matches('-')
            } else {
                &kept
            });
            self.out.push_str(&after[..1]);
        }
        self.rest = &self.rest[skipped + letters.len() + 1..];
        Ok(())
    }
}

/// What follows a backslash outside of a class, and the rest.
fn escape(behind: &str) -> Result<(String, &str), String> {
    let Some(letter) = behind.chars().next() else {
        return Err("it ends with a backslash".into());
    };
    let after = &behind[letter.len_utf8()..];
    match letter {
        'A' | 'b' | 'B' | 'd' | 'D' | 's' | 'S' | 'w' | 'W' => Ok((format!("\\{letter}"), after)),
        'Z' => Ok((r"\z".into(), after)),
        '1'..='9' => Ok(back_reference(behind)),
        _ => character(behind).map(|(letter, after)| (literal(letter), after)),
    }
}

/// `\1` to `\99`; three octal digits are a letter.
fn back_reference(behind: &str) -> (String, &str) {
    let octal = behind
        .bytes()
        .take(3)
        .filter(|byte| (b'0'..=b'7').contains(byte))
        .count();
    if octal == 3
        && let Ok((letter, after)) = character(behind)
    {
        return (literal(letter), after);
    }
    let digits = behind
        .bytes()
        .take(2)
        .take_while(u8::is_ascii_digit)
        .count();
    let (number, after) = behind.split_at(digits);
    (format!(r"(?:\{number})"), after)
}

/// The letter that an escape stands for, and the rest.
pub(super) fn character(behind: &str) -> Result<(char, &str), String> {
    let Some(letter) = behind.chars().next() else {
        return Err("it ends with a backslash".into());
    };
    let after = &behind[letter.len_utf8()..];
    let hexadecimal = |length: usize| {
        after
            .get(..length)
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .and_then(char::from_u32)
            .map(|letter| (letter, &after[length..]))
            .ok_or_else(|| format!("`\\{letter}` needs {length} hexadecimal digits"))
    };
    match letter {
        'a' => Ok(('\x07', after)),
        'f' => Ok(('\x0c', after)),
        'n' => Ok(('\n', after)),
        'r' => Ok(('\r', after)),
        't' => Ok(('\t', after)),
        'v' => Ok(('\x0b', after)),
        'x' => hexadecimal(2),
        'u' => hexadecimal(4),
        'U' => hexadecimal(8),
        '0'..='7' => {
            let digits = behind
                .bytes()
                .take(3)
                .take_while(|byte| (b'0'..=b'7').contains(byte))
                .count();
            let code = u32::from_str_radix(&behind[..digits], 8).unwrap_or(0);
            Ok((char::from_u32(code).unwrap_or('\0'), &behind[digits..]))
        }
        other if other.is_ascii_alphanumeric() => Err(format!("`\\{other}` means nothing")),
        other => Ok((other, after)),
    }
}

/// A letter such that it stands for itself, in a class or outside.
pub(super) fn literal(letter: char) -> String {
    match letter {
        letter if r"\.+*?()|[]{}^$#&-~".contains(letter) => format!("\\{letter}"),
        letter if letter.is_control() => format!(r"\x{{{:x}}}", u32::from(letter)),
        letter => letter.into(),
    }
}
