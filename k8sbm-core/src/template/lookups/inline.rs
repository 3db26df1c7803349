//! Options that stand in the term of a lookup: `key section=web file=app.ini`.

use super::ask::Ask;
use crate::{
    template::{
        call::{fail, is_list, items},
        filters::as_bool,
    },
    value::Value,
};
use minijinja::Error;

/// The options of a lookup, given by name or in the term.
pub(super) struct Options<'a> {
    pub ask: &'a Ask<'a>,
    inline: Vec<(String, String)>,
}

impl<'a> Options<'a> {
    /// Those that are given by name, and `inline` over them; refuses names that are none of `known`.
    pub fn new(
        ask: &'a Ask<'a>,
        inline: Vec<(String, String)>,
        known: &[&str],
    ) -> Result<Self, Error> {
        ask.options_are(known)?;
        match inline.iter().find(|(name, _)| !known.contains(&&**name)) {
            Some((name, _)) => Err(fail(format!(
                "'{name}' is not a valid option; the lookup {} takes {}",
                ask.name,
                known.join(", ")
            ))),
            None => Ok(Self { ask, inline }),
        }
    }

    /// An option as it was given; the last in the term counts.
    pub fn value(&self, name: &str) -> Result<Option<Value>, Error> {
        let inline = self.inline.iter().rev().find(|(known, _)| known == name);
        match inline {
            Some((_, value)) => Ok(Some(Value::from(value.as_str()))),
            None => Ok(self.ask.option(name)?.filter(|value| !value.is_none())),
        }
    }

    pub fn text(&self, name: &str) -> Result<Option<String>, Error> {
        let value = self.value(name)?;
        value
            .map(|it| crate::template::call::text_of(&it))
            .transpose()
    }

    pub fn flag(&self, name: &str, unless: bool) -> Result<bool, Error> {
        match self.value(name)? {
            Some(value) => as_bool(&value)
                .ok_or_else(|| fail(format!("option '{name}' has an invalid value: {value}"))),
            None => Ok(unless),
        }
    }

    pub fn number(&self, name: &str, unless: usize) -> Result<usize, Error> {
        let Some(text) = self.text(name)? else {
            return Ok(unless);
        };
        text.parse().map_err(|_| {
            fail(format!(
                "option '{name}' has an invalid value: {text:?} is no whole number"
            ))
        })
    }

    /// What is given where nothing was found: nothing, one value, or several.
    pub fn default(&self) -> Result<Option<Vec<Value>>, Error> {
        Ok(match self.value("default")? {
            None => None,
            Some(list) if is_list(&list) => Some(items(&list)?),
            Some(one) => Some(vec![one]),
        })
    }

    /// The text of the file that `file` names.
    pub fn read(&self, path: &std::path::Path) -> Result<String, Error> {
        match self.text("encoding")? {
            Some(encoding) => self.ask.read_as(path, &encoding),
            None => self.ask.read(path),
        }
    }
}

/// Splits at white space; quotes hold words together, and stay.
pub(super) fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    for letter in text.chars() {
        match (letter, quote) {
            (_, Some(open)) if letter == open => quote = None,
            ('"' | '\'', None) => quote = Some(letter),
            _ => {}
        }
        if letter.is_ascii_whitespace() && letter != '\x1a' && quote.is_none() {
            words.extend(Some(std::mem::take(&mut word)).filter(|word| !word.is_empty()));
        } else {
            word.push(letter);
        }
    }
    words.extend(Some(word).filter(|word| !word.is_empty()));
    words
}

/// A word that is an option, with its value out of quotes.
pub(super) fn pair(word: &str) -> Option<(String, String)> {
    let (name, value) = word.split_once('=')?;
    let bare = ['"', '\''].iter().find_map(|quote| {
        let inner = value.strip_prefix(*quote)?.strip_suffix(*quote)?;
        Some(inner)
    });
    Some((name.to_owned(), bare.unwrap_or(value).to_owned()))
}
