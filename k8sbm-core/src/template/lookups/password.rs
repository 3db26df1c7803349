//! Passwords that are made once and kept in a file.

use super::{
    Lookup,
    ask::{Ask, key_values},
};
use crate::{
    template::{
        call::{fail, is_list, items, text_of},
        filters::password_hash,
    },
    value::Value,
};
use minijinja::Error;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use std::path::{Path, PathBuf};

pub(super) const LOOKUPS: &[Lookup] = &[
    Lookup::new(&["password"], |ask| {
        ask.texts()?
            .iter()
            .map(|term| password(ask, term).map(Value::from))
            .collect()
    }),
    Lookup::new(&["random_string"], random_string).of(&["community.general"]),
];

fn password(ask: &Ask<'_>, term: &str) -> Result<String, Error> {
    let (bare, inline) = key_values(term);
    let option = |name: &str| match inline.iter().find(|(known, _)| known == name) {
        Some((_, value)) => Ok(Some(Value::from(value.as_str()))),
        None => ask.option(name),
    };
    let length = match option("length")? {
        Some(length) => text_of(&length)?
            .parse()
            .map_err(|_| fail("length has to be a number"))?,
        None => 20,
    };
    let letters = candidates(option("chars")?)?;
    let seed = option("seed")?.map(|seed| text_of(&seed)).transpose()?;
    let encrypt = option("encrypt")?
        .map(|kind| text_of(&kind))
        .transpose()?
        .filter(|kind| !kind.is_empty());
    let path = absolute(ask, &bare.join(" "));
    let keep = path != Path::new("/dev/null");

    let kept = if keep && ask.controller().exists(&path) {
        Some(ask.read(&path)?)
    } else {
        None
    };
    let kept_line = kept.as_deref().map(|text| text.trim_end_matches('\n'));
    let (word, salt) = match kept_line.map(|line| {
        line.split_once(" salt=")
            .map_or((line, None), |(word, rest)| (word, Some(rest)))
    }) {
        Some((word, salt)) => (
            word.to_owned(),
            salt.map(|salt| salt.split(' ').next().unwrap_or(salt).to_owned()),
        ),
        None => (random(length, &letters, seed.as_deref()), None),
    };
    let fresh_salt = encrypt.is_some() && salt.is_none();
    let salt = if encrypt.is_some() {
        Some(salt.unwrap_or_else(|| random(16, SALT, None)))
    } else {
        salt
    };
    if keep && (kept.is_none() || fresh_salt) {
        let line = salt.as_ref().map_or_else(
            || format!("{word}\n"),
            |salt| format!("{word} salt={salt}\n"),
        );
        let written = ask.controller().write_secret(&path, line.as_bytes());
        written.map_err(|error| fail(format!("cannot write {}: {error}", path.display())))?;
    }
    match encrypt {
        Some(kind) => password_hash(&word, &kind, salt.as_deref(), None),
        None => Ok(word),
    }
}

/// What salts are made of.
pub(in crate::template) const SALT: &str =
    "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

fn absolute(ask: &Ask<'_>, name: &str) -> PathBuf {
    let base = ask
        .scope
        .0
        .magic
        .get("playbook_dir")
        .and_then(|folder| folder.to_str());
    Path::new(base.as_deref().unwrap_or("")).join(name)
}

/// The letters a password may have, from names such as `ascii_letters` and letters themselves.
fn candidates(chars: Option<Value>) -> Result<String, Error> {
    let words = match chars {
        None => vec![
            "ascii_letters".to_owned(),
            "digits".to_owned(),
            ".,:-_".to_owned(),
        ],
        Some(list) if is_list(&list) => items(&list)?
            .iter()
            .map(text_of)
            .collect::<Result<_, _>>()?,
        Some(text) => {
            let text = text_of(&text)?;
            let comma = text.contains(",,").then(|| ",".to_owned());
            let words = text.replace(",,", ",");
            let words = words
                .split(',')
                .filter(|word| !word.is_empty())
                .map(str::to_owned);
            comma.into_iter().chain(words).collect()
        }
    };
    let lower = "abcdefghijklmnopqrstuvwxyz";
    let mut letters = String::new();
    for word in words {
        match word.as_str() {
            "ascii_letters" => letters.push_str(&format!("{lower}{}", lower.to_uppercase())),
            "ascii_lowercase" => letters.push_str(lower),
            "ascii_uppercase" => letters.push_str(&lower.to_uppercase()),
            "digits" => letters.push_str("0123456789"),
            "hexdigits" => letters.push_str("0123456789abcdefABCDEF"),
            "octdigits" => letters.push_str("01234567"),
            "punctuation" => letters.push_str(PUNCTUATION),
            "whitespace" => letters.push_str(" \t\n"),
            other => letters.push_str(other),
        }
    }
    letters.retain(|letter| !matches!(letter, '"' | '\''));
    if letters.is_empty() {
        Err(fail("chars names no letters"))
    } else {
        Ok(letters)
    }
}

const PUNCTUATION: &str = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

/// Random letters: the same ones for the same seed.
pub(in crate::template) fn random(length: usize, letters: &str, seed: Option<&str>) -> String {
    use sha2::{Digest as _, Sha256};
    let mut numbers = match seed {
        Some(seed) => StdRng::from_seed(Sha256::digest(seed).into()),
        None => StdRng::from_rng(&mut rand::rng()),
    };
    let letters: Vec<char> = letters.chars().collect();
    (0..length)
        .map(|_| letters[numbers.random_range(0..letters.len())])
        .collect()
}

fn random_string(ask: &Ask<'_>) -> Result<Vec<Value>, Error> {
    let length = ask
        .text("length")?
        .map_or(Ok(8), |length| length.parse())
        .map_err(|_| fail("length has to be a number"))?;
    let lower = "abcdefghijklmnopqrstuvwxyz";
    let mut letters = ask.text("override_all")?.unwrap_or_default();
    if letters.is_empty() {
        for (name, kind) in [
            ("upper", lower.to_uppercase()),
            ("lower", lower.to_owned()),
            ("numbers", "0123456789".to_owned()),
        ] {
            if ask.flag(name, true)? {
                letters.push_str(&kind);
            }
        }
        if ask.flag("special", true)? {
            letters.push_str(
                &ask.text("override_special")?
                    .unwrap_or_else(|| PUNCTUATION.to_owned()),
            );
        }
    }
    let seed = ask.text("seed")?;
    if letters.is_empty() {
        return Err(fail("no kind of letter is allowed"));
    }
    Ok(vec![Value::from(random(length, &letters, seed.as_deref()))])
}
