//! Debian's order of versions.

use std::cmp::Ordering;

/// Compares two Debian versions: epoch, upstream version, revision.
pub(super) fn compare(one: &str, other: &str) -> Ordering {
    let (one, other) = (split(one), split(other));
    one.0
        .cmp(&other.0)
        .then_with(|| part(one.1, other.1))
        .then_with(|| part(one.2, other.2))
}

fn split(version: &str) -> (u64, &str, &str) {
    let (epoch, rest) = version.split_once(':').unwrap_or(("0", version));
    let (upstream, revision) = rest.rsplit_once('-').unwrap_or((rest, "0"));
    (epoch.trim().parse().unwrap_or(0), upstream, revision)
}

/// Text and numbers take turns; each text is compared by the weight of its characters.
fn part(mut one: &str, mut other: &str) -> Ordering {
    loop {
        let texts = (cut(&mut one, false), cut(&mut other, false));
        let numbers = (cut(&mut one, true), cut(&mut other, true));
        let order = text(texts.0, texts.1).then_with(|| number(numbers.0, numbers.1));
        if order.is_ne() || one.is_empty() && other.is_empty() {
            return order;
        }
    }
}

fn cut<'a>(rest: &mut &'a str, digits: bool) -> &'a str {
    let end = rest
        .find(|it: char| it.is_ascii_digit() != digits)
        .unwrap_or(rest.len());
    let (head, tail) = rest.split_at(end);
    *rest = tail;
    head
}

/// A tilde comes before the end, the end before letters, letters before the others.
fn weight(character: Option<u8>) -> i32 {
    match character {
        Some(b'~') => -1,
        None => 0,
        Some(letter) if letter.is_ascii_alphabetic() => i32::from(letter),
        Some(other) => i32::from(other) + 256,
    }
}

fn text(one: &str, other: &str) -> Ordering {
    (0..one.len().max(other.len()))
        .map(|at| {
            let at_of = |text: &str| weight(text.as_bytes().get(at).copied());
            at_of(one).cmp(&at_of(other))
        })
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

fn number(one: &str, other: &str) -> Ordering {
    let (one, other) = (one.trim_start_matches('0'), other.trim_start_matches('0'));
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_as_dpkg_orders_them() {
        let rising = [
            "0.9",
            "1.0~rc1",
            "1.0~rc1-1",
            "1.0",
            "1.0-1",
            "1.0-1+b1",
            "1.0-2",
            "1.0a",
            "1.0+dfsg-1",
            "1.2",
            "1.10",
            "1:0.1",
            "2:0.0.1",
        ];
        for pair in rising.windows(2) {
            assert_eq!(compare(pair[0], pair[1]), Ordering::Less, "{pair:?}");
            assert_eq!(compare(pair[1], pair[0]), Ordering::Greater, "{pair:?}");
        }
        assert_eq!(compare("1.01-1", "1.1-1"), Ordering::Equal);
        assert_eq!(compare("0:1.1", "1.1"), Ordering::Equal);
    }
}
