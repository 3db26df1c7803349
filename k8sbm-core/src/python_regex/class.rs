//! Sets of letters: `[a-z_]`.

use super::translate::{character, literal};

/// What stands in a set.
enum Item {
    /// One letter.
    One(char),
    /// `\d`, `\w`, `\s` and their opposites.
    Many(char),
}

/// A set as the `regex` family reads it, and what follows it; `behind` begins behind the `[`.
///
/// There, `[`, `&&`, `--` and `~~` would mean something in a set; in Python they do not.
pub(super) fn translated(behind: &str) -> Result<(String, &str), String> {
    let mut out = String::from("[");
    let mut rest = behind;
    if let Some(after) = rest.strip_prefix('^') {
        out.push('^');
        rest = after;
    }
    let mut first = true;
    loop {
        if let Some(after) = rest.strip_prefix(']').filter(|_| !first) {
            out.push(']');
            return Ok((out, after));
        }
        first = false;
        let (low, after) = item(rest)?;
        rest = after;
        let Item::One(low) = low else {
            push(&mut out, &low);
            continue;
        };
        let range = rest
            .strip_prefix('-')
            .filter(|after| !after.starts_with(']'));
        match range.map(item).transpose()? {
            Some((Item::One(high), after)) if high >= low => {
                out.push_str(&format!("{}-{}", literal(low), literal(high)));
                rest = after;
            }
            Some((Item::One(high), _)) => {
                return Err(format!("the range {low}-{high} is upside down"));
            }
            _ => out.push_str(&literal(low)),
        }
    }
}

fn push(out: &mut String, item: &Item) {
    match item {
        Item::One(letter) => out.push_str(&literal(*letter)),
        Item::Many(letter) => out.extend(['\\', *letter]),
    }
}

fn item(rest: &str) -> Result<(Item, &str), String> {
    let Some(letter) = rest.chars().next() else {
        return Err("a set has no end".into());
    };
    let after = &rest[letter.len_utf8()..];
    if letter != '\\' {
        return Ok((Item::One(letter), after));
    }
    match after.chars().next() {
        Some(letter @ ('d' | 'D' | 's' | 'S' | 'w' | 'W')) => Ok((Item::Many(letter), &after[1..])),
        Some('b') => Ok((Item::One('\x08'), &after[1..])),
        _ => character(after).map(|(letter, after)| (Item::One(letter), after)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_mean_what_they_mean_in_python() {
        let set = |text: &str| translated(text).unwrap().0;
        assert_eq!(set("a-z_]rest"), "[a-z_]");
        assert_eq!(set("^]a]"), r"[^\]a]");
        assert_eq!(set("[:]"), r"[\[:]");
        assert_eq!(set(r"\w-.]"), r"[\w\-\.]");
        assert_eq!(set("a-]"), r"[a\-]");
        assert_eq!(set("&&]"), r"[\&\&]");
        assert_eq!(set(r"\]\\\b]"), r"[\]\\\x{8}]");
        assert!(translated("abc").is_err());
        assert!(translated("z-a]").is_err());
    }
}
