//! Comparing versions.

use crate::template::call::{Call, Operation, fail, text_of};
use minijinja::{Error, Value};
use std::cmp::Ordering;

pub(super) const TESTS: &[Operation] = &[Operation::new(
    &["version", "version_compare"],
    &["version", "operator", "strict", "version_type"],
    version,
)];

fn version(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let (left, right) = (text_of(value)?, call.need_text("version")?);
    if left.is_empty() || value.is_none() {
        return Err(fail("the version value cannot be empty"));
    }
    if right.is_empty() {
        return Err(fail("the version to compare against cannot be empty"));
    }
    let strict = call.value("strict")?.filter(|strict| !strict.is_none());
    let kind = call.text("version_type")?;
    let order = match (strict, kind.as_deref()) {
        (Some(_), Some(_)) => {
            return Err(fail(
                "strict and version_type say the same; give one of them",
            ));
        }
        (Some(strict), None) if strict.is_true() => strict_order(&left, &right)?,
        (None, Some("strict")) => strict_order(&left, &right)?,
        (_, None | Some("loose")) => loose(&left, &right)?,
        (_, Some("semver" | "semantic")) => semantic(&left, &right)?,
        (_, Some("pep440")) => pep440(&left)?.cmp(&pep440(&right)?),
        (_, Some(other)) => {
            return Err(fail(format!(
                "version_type is loose, strict, semver, semantic or pep440, not {other:?}"
            )));
        }
    };
    let operator = call.text("operator")?.unwrap_or_else(|| "eq".to_owned());
    Ok(Value::from(match operator.as_str() {
        "==" | "=" | "eq" => order.is_eq(),
        "!=" | "<>" | "ne" => order.is_ne(),
        "<" | "lt" => order.is_lt(),
        "<=" | "le" => order.is_le(),
        ">" | "gt" => order.is_gt(),
        ">=" | "ge" => order.is_ge(),
        _ => {
            return Err(fail(format!(
                "{operator:?} compares nothing; use ==, !=, <, <=, > or >="
            )));
        }
    }))
}

/// A part of a version: digits, or what stands between them.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Number(u128),
    Word(String),
}

/// The parts of a version; points separate and vanish.
fn parts(version: &str) -> Vec<Part> {
    let mut found: Vec<Part> = Vec::new();
    let mut run = String::new();
    let class = |letter: char| match letter {
        '0'..='9' => 1,
        'a'..='z' => 2,
        '.' => 3,
        _ => 4,
    };
    let mut flush = |run: &mut String| {
        if !run.is_empty() && run != "." {
            found.push(
                run.parse()
                    .map_or_else(|_| Part::Word(run.clone()), Part::Number),
            );
        }
        run.clear();
    };
    for letter in version.chars() {
        let same = run
            .chars()
            .last()
            .is_some_and(|last| class(last) == class(letter) && letter != '.');
        if !same {
            flush(&mut run);
        }
        run.push(letter);
    }
    flush(&mut run);
    found
}

/// The order of two versions, part by part.
pub(in crate::template) fn loose(left: &str, right: &str) -> Result<Ordering, Error> {
    let (left_parts, right_parts) = (parts(left), parts(right));
    for (a, b) in left_parts.iter().zip(&right_parts) {
        let order = match (a, b) {
            (Part::Number(a), Part::Number(b)) => a.cmp(b),
            (Part::Word(a), Part::Word(b)) => a.cmp(b),
            _ => {
                let help =
                    "one has a number where the other has letters; version_type='semver' may fit";
                return Err(fail(format!(
                    "the versions {left:?} and {right:?} cannot be compared: {help}"
                )));
            }
        };
        if order.is_ne() {
            return Ok(order);
        }
    }
    Ok(left_parts.len().cmp(&right_parts.len()))
}

fn strict_order(left: &str, right: &str) -> Result<Ordering, Error> {
    let read = |version: &str| {
        let found = crate::template::filters::pattern(
            r"^(\d+)\.(\d+)(?:\.(\d+))?(?:([ab])(\d+))?$",
            false,
            false,
        )?;
        let found = found.captures(version).ok().flatten();
        let found = found.ok_or_else(|| {
            fail(format!(
                "{version:?} is not a strict version such as 1.2.3 or 1.2b3"
            ))
        })?;
        let number = |index: usize| {
            found
                .get(index)
                .and_then(|group| group.as_str().parse::<u64>().ok())
                .unwrap_or(0)
        };
        // releases come after their previews
        let preview = found
            .get(4)
            .map_or("z".to_owned(), |group| group.as_str().to_owned());
        Ok::<_, Error>((number(1), number(2), number(3), preview, number(5)))
    };
    Ok(read(left)?.cmp(&read(right)?))
}

/// A semantic version: its numbers and its preview's identifiers.
fn semantic_parts(version: &str) -> Result<([u64; 3], Vec<String>), Error> {
    let bad = || {
        fail(format!(
            "{version:?} is not a semantic version such as 1.2.3-rc.1"
        ))
    };
    let version = version.split('+').next().unwrap_or_default();
    let (core, preview) = version
        .split_once('-')
        .map_or((version, None), |(core, preview)| (core, Some(preview)));
    let mut numbers = core
        .split('.')
        .map(|part| part.parse::<u64>().map_err(|_| bad()));
    let mut next = || numbers.next().unwrap_or_else(|| Err(bad()));
    let core = [next()?, next()?, next()?];
    if numbers.next().is_some() {
        return Err(bad());
    }
    Ok((
        core,
        preview
            .map(|preview| preview.split('.').map(str::to_owned).collect())
            .unwrap_or_default(),
    ))
}

fn semantic(left: &str, right: &str) -> Result<Ordering, Error> {
    let ((left, a), (right, b)) = (semantic_parts(left)?, semantic_parts(right)?);
    let by_preview = || match (a.is_empty(), b.is_empty()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => a
            .iter()
            .zip(&b)
            .map(|(a, b)| identifiers(a, b))
            .find(|order| order.is_ne())
            .unwrap_or_else(|| a.len().cmp(&b.len())),
    };
    Ok(left.cmp(&right).then_with(by_preview))
}

/// Numbers come before words.
fn identifiers(left: &str, right: &str) -> Ordering {
    match (left.parse::<u64>(), right.parse::<u64>()) {
        (Ok(left), Ok(right)) => left.cmp(&right),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(_), Err(_)) => left.cmp(right),
    }
}

/// A version of PEP 440 as it sorts: epoch, release, pre-release, post-release, development release.
type Pep440 = (u64, Vec<u64>, (i8, u64), i64, i64);

/// A Python version as something that sorts.
fn pep440(version: &str) -> Result<Pep440, Error> {
    let pattern = r"(?i)^v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(a|b|c|rc|alpha|beta|pre|preview)[-_.]?(\d*))?(?:[-_.]?(?:post|rev|r)[-_.]?(\d*)|-(\d+))?(?:[-_.]?dev[-_.]?(\d*))?(?:\+[a-z0-9._-]+)?$";
    let found = crate::template::filters::pattern(pattern, false, false)?;
    let found = found.captures(version.trim()).ok().flatten();
    let found = found.ok_or_else(|| fail(format!("{version:?} is not a version as in PEP 440")))?;
    let text = |index: usize| found.get(index).map(|group| group.as_str());
    let number = |index: usize| text(index).map(|digits| digits.parse::<i64>().unwrap_or(0));
    let mut release: Vec<u64> = text(2)
        .unwrap_or_default()
        .split('.')
        .map(|part| part.parse().unwrap_or(0))
        .collect();
    while release.len() > 1 && release.last() == Some(&0) {
        release.pop();
    }
    let post = number(5).or_else(|| number(6));
    let dev = number(7);
    let preview = match text(3).map(str::to_lowercase).as_deref() {
        Some("a" | "alpha") => (0, number(4).unwrap_or(0).cast_unsigned()),
        Some("b" | "beta") => (1, number(4).unwrap_or(0).cast_unsigned()),
        Some(_) => (2, number(4).unwrap_or(0).cast_unsigned()),
        None if post.is_none() && dev.is_some() => (-1, 0),
        None => (3, 0),
    };
    Ok((
        number(1).unwrap_or(0).cast_unsigned(),
        release,
        preview,
        post.map_or(-1, |post| post),
        dev.unwrap_or(i64::MAX),
    ))
}
