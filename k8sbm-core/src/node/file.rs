//! YAML files of the controller, encrypted or not.

use super::{Duplicates, Kind, Node, Reading, Source, load::load_one_with};
use crate::{
    diagnostic::Diagnostic,
    vault::{self, VaultSecrets},
};
use std::{io::ErrorKind, path::Path, sync::Arc};

/// A text file as it was read, and whether it was encrypted.
#[derive(Clone, Debug)]
pub struct TextFile {
    /// The text, decrypted.
    pub source: Arc<Source>,
    /// Whether it was encrypted, and so should not be shown.
    pub secret: bool,
}

impl TextFile {
    /// Reads a file; one that is a vault envelope as a whole is opened.
    pub fn read(path: &Path, secrets: &VaultSecrets) -> Result<Self, Diagnostic> {
        let name = path.display().to_string();
        let failed = |why: &str| Diagnostic::new(format!("cannot read `{name}`: {why}"));
        let bytes = std::fs::read(path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => failed("no such file"),
            ErrorKind::IsADirectory => failed("it is a directory"),
            _ => failed(&error.to_string()),
        })?;
        let not_text = || failed("it is not text in UTF-8");
        let text = String::from_utf8(bytes).map_err(|_| not_text())?;
        if !vault::is_vault(&text) {
            let source = Arc::new(Source { name, text });
            return Ok(Self {
                source,
                secret: false,
            });
        }
        let opened = vault::open(&text, secrets).map_err(|mut error| {
            error.message = format!("cannot open `{name}`: {}", error.message);
            error
        })?;
        let text = String::from_utf8(opened).map_err(|_| not_text())?;
        let source = Arc::new(Source { name, text });
        Ok(Self {
            source,
            secret: true,
        })
    }
}

impl Reading {
    /// Reads a YAML file of variables, with one document at most; an empty file is null.
    ///
    /// # Errors
    /// When it cannot be read or opened, or is not YAML.
    pub fn variables_in(&self, path: &Path) -> Result<Node, Diagnostic> {
        self.variables(&TextFile::read(path, &self.secrets)?)
    }

    /// The only document of a file, which holds variables; those of an encrypted file are kept out of what is shown.
    ///
    /// # Errors
    /// When it is not YAML.
    pub fn variables(&self, file: &TextFile) -> Result<Node, Diagnostic> {
        let node = self.document(file)?;
        if file.secret {
            self.secrets.hidden.add_file(&node);
        }
        Ok(node)
    }

    /// The only document of a file; of an encrypted file, places keep line and column but no text.
    ///
    /// # Errors
    /// When it is not YAML.
    pub fn document(&self, file: &TextFile) -> Result<Node, Diagnostic> {
        let mut loaded = load_one_with(&file.source, self.duplicates != Duplicates::Refused);
        if file.secret {
            let masked = Arc::new(mask(&file.source));
            match &mut loaded {
                Ok((node, doubles)) => {
                    move_to(node, &masked);
                    doubles.iter_mut().for_each(|double| hide(double, &masked));
                }
                Err(error) => hide(error, &masked),
            }
        }
        let (node, doubles) = loaded?;
        if self.duplicates == Duplicates::Warned {
            doubles.into_iter().for_each(|it| self.warnings.add(it));
        }
        Ok(node)
    }
}

fn hide(diagnostic: &mut Diagnostic, masked: &Arc<Source>) {
    for label in &mut diagnostic.labels {
        label.span = label.span.in_source(masked);
    }
}

/// The same lines, each character hidden.
fn mask(source: &Source) -> Source {
    let hide = |character: char| {
        if character == '\n' {
            "\n".to_owned()
        } else {
            "*".repeat(character.len_utf8())
        }
    };
    Source {
        name: source.name.clone(),
        text: source.text.chars().map(hide).collect(),
    }
}

fn move_to(node: &mut Node, source: &Arc<Source>) {
    node.span = node.span.in_source(source);
    match &mut node.kind {
        Kind::Seq(items) => items.iter_mut().for_each(|item| move_to(item, source)),
        Kind::Map(map) => {
            for entry in map.values_mut() {
                entry.key = entry.key.in_source(source);
                move_to(&mut entry.value, source);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    #[test]
    fn encrypted_files_are_opened_and_their_text_is_not_shown() {
        let reading = Reading::from(VaultSecrets::new().with("", "pw"));
        let file = write(&vault::seal(b"a: 1\npassword: geheim\n", b"pw", None));
        let node = reading.variables_in(file.path()).unwrap();
        let password = node.get("password").unwrap();
        assert_eq!(password.as_str(), Some("geheim"));
        assert_eq!(
            (password.span.line_column(), password.span.text()),
            ((2, 11), "******")
        );

        let file = write(&vault::seal(b"password: 'geheim\n", b"pw", None));
        let error = reading.variables_in(file.path()).unwrap_err();
        assert!(
            error
                .span()
                .unwrap()
                .source()
                .unwrap()
                .text
                .starts_with("****")
        );
    }

    #[test]
    fn keys_that_are_given_twice_are_refused_warned_of_or_passed_over() {
        let sealed = vault::seal(b"a: geheim\na: 2\n", b"pw", None);
        let read = |text: &str, duplicates| {
            let reading = Reading {
                duplicates,
                ..VaultSecrets::new().with("", "pw").into()
            };
            let node = reading.variables_in(write(text).path())?;
            let said: Vec<_> = reading.warnings.take();
            Ok::<_, Diagnostic>((node.to_json().to_string(), said))
        };
        for text in ["a: 1\na: 2\n", &sealed] {
            let refused = read(text, Duplicates::Refused).unwrap_err();
            assert_eq!(refused.message, "Found duplicate mapping key 'a'.");
            let (passed, said) = read(text, Duplicates::Ignored).unwrap();
            assert_eq!((&*passed, said.len()), (r#"{"a":2}"#, 0));
            let (passed, said) = read(text, Duplicates::Warned).unwrap();
            assert_eq!((&*passed, said.len()), (r#"{"a":2}"#, 1));
            assert_eq!(said[0].span().unwrap().line_column(), (2, 1));
            let shown = &said[0].span().unwrap().source().unwrap().text;
            assert!(!shown.contains("geheim"), "{shown}");
        }
    }

    #[test]
    fn files_that_cannot_be_read_are_named() {
        let missing = Reading::default()
            .variables_in(Path::new("/nowhere/x.yml"))
            .unwrap_err();
        assert_eq!(
            missing.message,
            "cannot read `/nowhere/x.yml`: no such file"
        );
        let sealed = write(&vault::seal(b"a: 1", b"pw", None));
        let error = Reading::from(VaultSecrets::new().with("", "other"))
            .variables_in(sealed.path())
            .unwrap_err();
        assert!(error.message.starts_with("cannot open `"), "{error}");
    }
}
