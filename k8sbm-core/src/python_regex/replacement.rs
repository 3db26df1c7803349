//! What takes the place of a match.

use super::{Captures, Pattern};

/// A replacement in Python's syntax: `\1`, `\g<name>`, `\n`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replacement(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Group(usize),
    Named(String),
}

impl Replacement {
    /// Reads a replacement for matches of `pattern`.
    ///
    /// # Errors
    /// When it names a group that the pattern does not have, or an escape that nobody knows.
    pub fn new(written: &str, pattern: &Pattern) -> Result<Self, String> {
        let bad = |why: String| format!("`{written}` is not a replacement: {why}");
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut rest = written;
        while let Some((before, after)) = rest.split_once('\\') {
            text.push_str(before);
            let (part, behind) = escape(after).map_err(bad)?;
            rest = behind;
            match part {
                Part::Text(more) => text.push_str(&more),
                group => {
                    let known = match &group {
                        Part::Group(number) => *number < pattern.groups(),
                        Part::Named(name) => pattern.has_group(name),
                        Part::Text(_) => true,
                    };
                    if !known {
                        let name = match &group {
                            Part::Named(name) => name.clone(),
                            Part::Group(number) => number.to_string(),
                            Part::Text(_) => String::new(),
                        };
                        let why = format!("`{}` has no group `{name}`", pattern.as_str());
                        return Err(bad(why));
                    }
                    parts.push(Part::Text(std::mem::take(&mut text)));
                    parts.push(group);
                }
            }
        }
        text.push_str(rest);
        parts.push(Part::Text(text));
        Ok(Self(parts))
    }

    /// Adds the replacement of one match; groups that took no part are empty.
    pub fn expand(&self, found: &Captures<'_>, out: &mut String) {
        for part in &self.0 {
            let group = match part {
                Part::Text(text) => {
                    out.push_str(text);
                    continue;
                }
                Part::Group(number) => found.get(*number),
                Part::Named(name) => found.name(name),
            };
            out.push_str(group.map_or("", |group| group.as_str()));
        }
    }
}

/// What follows a backslash, and the rest.
fn escape(after: &str) -> Result<(Part, &str), String> {
    let Some(letter) = after.chars().next() else {
        return Err("it ends with a backslash".into());
    };
    let behind = &after[letter.len_utf8()..];
    let text = |text: &str| Part::Text(text.to_owned());
    Ok(match letter {
        'g' => return group(behind),
        '0'..='9' => return Ok(digits(after)),
        '\\' => (text("\\"), behind),
        'a' => (text("\x07"), behind),
        'b' => (text("\x08"), behind),
        'f' => (text("\x0c"), behind),
        'n' => (text("\n"), behind),
        'r' => (text("\r"), behind),
        't' => (text("\t"), behind),
        'v' => (text("\x0b"), behind),
        other if other.is_ascii_alphabetic() => return Err(format!("`\\{other}` means nothing")),
        other => (Part::Text(format!("\\{other}")), behind),
    })
}

/// `\g<1>` or `\g<name>`
fn group(behind: &str) -> Result<(Part, &str), String> {
    let (name, behind) = behind
        .strip_prefix('<')
        .and_then(|inner| inner.split_once('>'))
        .filter(|(name, _)| !name.is_empty())
        .ok_or("`\\g` needs a group, such as `\\g<1>`")?;
    let part = match name.parse() {
        Ok(number) => Part::Group(number),
        Err(_) => Part::Named(name.to_owned()),
    };
    Ok((part, behind))
}

/// `\1` to `\99`, or a letter by its octal number: `\0`, `\012`, `\101`.
fn digits(after: &str) -> (Part, &str) {
    let bytes = after.as_bytes();
    let octal = |byte: Option<&u8>| byte.is_some_and(|byte| (b'0'..=b'7').contains(byte));
    let length = if bytes[0] == b'0' {
        1 + bytes[1..]
            .iter()
            .take(2)
            .take_while(|byte| octal(Some(byte)))
            .count()
    } else if octal(bytes.first()) && octal(bytes.get(1)) && octal(bytes.get(2)) {
        3
    } else {
        let length = 1 + usize::from(bytes.get(1).is_some_and(u8::is_ascii_digit));
        let number = after[..length].parse().unwrap_or(usize::MAX);
        return (Part::Group(number), &after[length..]);
    };
    let code = u32::from_str_radix(&after[..length], 8).unwrap_or(0) & 0xff;
    let letter = char::from_u32(code).unwrap_or('\0');
    (Part::Text(letter.to_string()), &after[length..])
}

#[cfg(test)]
mod tests {
    use super::{super::Flags, *};

    fn read(written: &str) -> Result<Replacement, String> {
        Replacement::new(
            written,
            &Pattern::new("(a)(?P<n>b)?", Flags::default()).unwrap(),
        )
    }

    fn expanded(written: &str) -> String {
        let pattern = Pattern::new("(a)(?P<n>b)?", Flags::default()).unwrap();
        let mut out = String::new();
        let found = pattern.search("xa").unwrap().unwrap();
        read(written).unwrap().expand(&found, &mut out);
        out
    }

    #[test]
    fn groups_and_escapes_are_filled_in() {
        assert_eq!(expanded(r"<\1\g<1>\g<n>\2>"), "<aa>");
        assert_eq!(expanded(r"\\1\t\.\101\0"), "\\1\t\\.A\0");
        assert_eq!(expanded("plain $1 ä"), "plain $1 ä");
    }

    #[test]
    fn unknown_groups_and_escapes_are_refused() {
        insta::assert_snapshot!(read(r"\3").unwrap_err(), @r"`\3` is not a replacement: `(a)(?P<n>b)?` has no group `3`");
        insta::assert_snapshot!(read(r"\g<m>").unwrap_err(), @r"`\g<m>` is not a replacement: `(a)(?P<n>b)?` has no group `m`");
        insta::assert_snapshot!(read(r"\q").unwrap_err(), @r"`\q` is not a replacement: `\q` means nothing");
        insta::assert_snapshot!(read(r"\g1").unwrap_err(), @r"`\g1` is not a replacement: `\g` needs a group, such as `\g<1>`");
        insta::assert_snapshot!(read("\\").unwrap_err(), @r"`\` is not a replacement: it ends with a backslash");
    }
}
