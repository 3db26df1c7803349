//! What a lookup is asked.

use crate::{
    controller::Controller,
    template::{
        Engine,
        call::{defined, fail, text_of},
        filters::as_bool,
    },
    value::Value,
    vars::Scope,
};
use minijinja::Error;
use std::path::PathBuf;

/// The question to a lookup: its terms, options and scope.
pub(super) struct Ask<'a> {
    /// The lookup's name as written.
    pub name: &'a str,
    /// What to look up.
    pub terms: &'a [Value],
    /// Options by name.
    pub options: Vec<(String, Value)>,
    /// Who asks.
    pub scope: &'a Scope,
}

impl Ask<'_> {
    pub fn engine(&self) -> &Engine {
        &self.scope.store().engine
    }

    pub fn controller(&self) -> &dyn Controller {
        &*self.engine().controller
    }

    /// The terms as texts.
    pub fn texts(&self) -> Result<Vec<String>, Error> {
        self.terms
            .iter()
            .map(|term| text_of(&defined(term.clone())?))
            .collect()
    }

    /// An option that is defined.
    pub fn option(&self, name: &str) -> Result<Option<Value>, Error> {
        let found = self.options.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| defined(value.clone())).transpose()
    }

    /// An option as text.
    pub fn text(&self, name: &str) -> Result<Option<String>, Error> {
        self.option(name)?
            .filter(|value| !value.is_none())
            .map(|value| text_of(&value))
            .transpose()
    }

    /// An option as a boolean in Ansible's words.
    pub fn flag(&self, name: &str, default: bool) -> Result<bool, Error> {
        Ok(self
            .option(name)?
            .map_or(default, |value| as_bool(&value).unwrap_or(default)))
    }

    /// Refuses options that are none of `known`.
    pub fn options_are(&self, known: &[&str]) -> Result<(), Error> {
        match self
            .options
            .iter()
            .find(|(name, _)| !known.contains(&name.as_str()))
        {
            Some((name, _)) => Err(fail(format!(
                "the lookup {} has no option {name:?}",
                self.name
            ))),
            None => Ok(()),
        }
    }

    /// The folders to look in for files of a kind, such as `files`.
    pub fn folders(&self, kind: &str) -> Vec<PathBuf> {
        self.scope.folders(kind)
    }

    /// The path of a file of a kind.
    pub fn path(&self, name: &str, kind: &str) -> Result<PathBuf, Error> {
        let folders = self.folders(kind);
        self.controller().find(name, &folders).ok_or_else(|| {
            let searched = folders
                .iter()
                .map(|folder| folder.display().to_string())
                .collect::<Vec<_>>();
            fail(format!(
                "there is no file {name:?} in {}",
                or_nowhere(&searched)
            ))
        })
    }

    /// The text of a file in an encoding: UTF-8, or one whose bytes are Unicode's first letters.
    pub fn read_as(&self, path: &std::path::Path, encoding: &str) -> Result<String, Error> {
        let plain: String = encoding
            .to_lowercase()
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect();
        match plain.as_str() {
            "utf8" => self.read(path),
            "latin1" | "iso88591" | "ascii" | "usascii" => {
                let bytes = self
                    .controller()
                    .read(path)
                    .map_err(|error| fail(format!("cannot read {}: {error}", path.display())))?;
                Ok(bytes.into_iter().map(char::from).collect())
            }
            _ => Err(fail(format!("the encoding {encoding:?} is not known"))),
        }
    }

    /// The text of a file; an encrypted one is decrypted.
    pub fn read(&self, path: &std::path::Path) -> Result<String, Error> {
        let bytes = self
            .controller()
            .read(path)
            .map_err(|error| fail(format!("cannot read {}: {error}", path.display())))?;
        let text = String::from_utf8(bytes)
            .map_err(|_| fail(format!("{} is not UTF-8 text", path.display())))?;
        if text.starts_with("$ANSIBLE_VAULT;") {
            return self
                .engine()
                .decrypt(&text, &super::nowhere())
                .map_err(crate::template::TemplateError::raise);
        }
        Ok(text)
    }
}

fn or_nowhere(folders: &[String]) -> String {
    if folders.is_empty() {
        "any folder".to_owned()
    } else {
        folders.join(", ")
    }
}

/// Splits `key=value` words, quoted ones whole; what is no pair comes first.
pub(super) fn key_values(text: &str) -> (Vec<String>, Vec<(String, String)>) {
    let (mut bare, mut pairs) = (Vec::new(), Vec::new());
    let mut word = String::new();
    let mut quote = None;
    let mut flush = |word: &mut String| {
        match word.split_once('=') {
            _ if word.is_empty() => {}
            Some((key, value)) => pairs.push((key.to_owned(), value.to_owned())),
            None => bare.push(word.clone()),
        }
        word.clear();
    };
    for letter in text.chars() {
        match (letter, quote) {
            (_, Some(open)) if letter == open => quote = None,
            ('"' | '\'', None) => quote = Some(letter),
            (' ' | '\t' | '\n', None) => flush(&mut word),
            _ => word.push(letter),
        }
    }
    flush(&mut word);
    (bare, pairs)
}
