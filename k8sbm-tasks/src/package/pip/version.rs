//! Versions as Python's packages have them: `1.2`, `1.2rc1`, `1.2.post1`, `1!2.0+local`.

use std::cmp::Ordering;

/// A version in the order of versions: epoch, release, and what comes before or after it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Version {
    epoch: u64,
    release: Vec<u64>,
    /// Development before alpha before beta before candidate before none.
    phase: (i8, u64),
    after: Option<u64>,
    /// A version that is still developed comes before itself.
    developed: (bool, u64),
}

/// Whether a version compares so with another.
pub(super) fn holds(version: &str, sign: &str, than: &str) -> bool {
    let (than, pattern) = match than.strip_suffix(".*") {
        Some(prefix) => (prefix, true),
        None => (than, false),
    };
    let one = parse(version);
    let other = parse(than);
    if pattern {
        let same = starts(&one, &other);
        return same == (sign == "==");
    }
    let order = compare(&one, &other);
    match sign {
        "===" => version.eq_ignore_ascii_case(than),
        "==" => order.is_eq() && local(version, than),
        "!=" => !(order.is_eq() && local(version, than)),
        "<=" => order.is_le(),
        ">=" => order.is_ge(),
        // A candidate of a version is not before it, nor a repair of it behind it.
        "<" => order.is_lt() && (one.release != other.release || early(&other)),
        ">" => {
            order.is_gt() && (one.after.is_none() || other.after.is_some() || !base(&one, &other))
        }
        "~=" => {
            let mut upper = other;
            upper.release.pop();
            order.is_ge()
                && starts(
                    &one,
                    &Version {
                        phase: FINAL,
                        after: None,
                        developed: (true, 0),
                        ..upper
                    },
                )
        }
        _ => false,
    }
}

const FINAL: (i8, u64) = (0, 0);

fn early(version: &Version) -> bool {
    version.phase != FINAL || !version.developed.0
}

fn base(one: &Version, other: &Version) -> bool {
    (one.epoch, trimmed(&one.release)) == (other.epoch, trimmed(&other.release))
}

fn trimmed(release: &[u64]) -> &[u64] {
    let end = release
        .iter()
        .rposition(|it| *it != 0)
        .map_or(0, |it| it + 1);
    &release[..end]
}

/// `+local` counts only where the other one has it.
fn local(version: &str, than: &str) -> bool {
    let part = |text: &str| text.split_once('+').map(|(_, it)| it.to_ascii_lowercase());
    part(than).is_none_or(|it| part(version) == Some(it))
}

fn compare(one: &Version, other: &Version) -> Ordering {
    let bare = |it: &Version| Version {
        release: trimmed(&it.release).to_vec(),
        ..it.clone()
    };
    bare(one).cmp(&bare(other))
}

/// Whether a version begins with the numbers of another.
fn starts(one: &Version, other: &Version) -> bool {
    let padded = one.release.iter().copied().chain(std::iter::repeat(0));
    one.epoch == other.epoch && padded.zip(&other.release).all(|(one, other)| one == *other)
}

fn parse(text: &str) -> Version {
    let text = text.trim().to_ascii_lowercase();
    let text = text.split('+').next().unwrap_or_default();
    let text = text.trim_start_matches('v');
    let (epoch, text) = match text.split_once('!') {
        Some((epoch, rest)) => (epoch.parse().unwrap_or(0), rest),
        None => (0, text),
    };
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.'));
    let (release, rest) = text.split_at(end.unwrap_or(text.len()));
    let numbers = release.split('.').filter(|it| !it.is_empty());
    let mut version = Version {
        epoch,
        release: numbers.map(|it| it.parse().unwrap_or(0)).collect(),
        phase: FINAL,
        after: None,
        developed: (true, 0),
    };
    let mut only_developed = true;
    let mut rest = rest;
    while let Some(at) = rest.find(|c: char| c.is_ascii_alphanumeric()) {
        rest = &rest[at..];
        let end = rest
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        let behind = behind.trim_start_matches(['.', '-', '_']);
        let end = behind
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(behind.len());
        let (number, behind) = behind.split_at(end);
        let number = number.parse().unwrap_or(0);
        rest = behind;
        match word {
            "a" | "alpha" => version.phase = (-3, number),
            "b" | "beta" => version.phase = (-2, number),
            "c" | "rc" | "pre" | "preview" => version.phase = (-1, number),
            "" | "post" | "rev" | "r" => version.after = Some(number),
            "dev" => version.developed = (false, number),
            _ => {}
        }
        only_developed &= word == "dev";
    }
    // Before any alpha, where nothing else is said of it.
    if only_developed && !version.developed.0 {
        version.phase = (-4, 0);
    }
    version
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_in_the_order_of_their_making() {
        let order = [
            "1.0.dev1",
            "1.0a1",
            "1.0b2.dev1",
            "1.0b2",
            "1.0rc1",
            "1.0",
            "1.0.post1",
            "1.0.1",
            "1.1",
            "1.10",
            "1!0.1",
        ];
        for pair in order.windows(2) {
            let (one, other) = (parse(pair[0]), parse(pair[1]));
            assert!(compare(&one, &other).is_lt(), "{pair:?}");
        }
        assert!(holds("1.0", "==", "1"));
        assert!(holds("1.0+debian", "==", "1.0") && !holds("1.0", "==", "1.0+debian"));
    }

    #[test]
    fn comparisons_are_as_python_has_them() {
        assert!(holds("1.4.2", "~=", "1.4") && !holds("2.0", "~=", "1.4"));
        assert!(holds("1.4.5", "~=", "1.4.2") && !holds("1.5", "~=", "1.4.2"));
        assert!(holds("1.4.5", "==", "1.4.*") && holds("1.5", "!=", "1.4.*"));
        assert!(holds("1.9", "<", "1.10") && !holds("1.10", "<", "1.9"));
        assert!(!holds("1.10rc1", "<", "1.10") && holds("1.10rc1", ">=", "1.10a1"));
        assert!(!holds("1.7.post1", ">", "1.7") && holds("1.7.1", ">", "1.7"));
        assert!(holds("1.0-X", "===", "1.0-x") && !holds("1.0", "===", "1.0.0"));
    }
}
