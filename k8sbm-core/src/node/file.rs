//! YAML files of the controller, encrypted or not.

use super::{Kind, Node, Source, load_one};
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

    /// Reads its only document, which holds variables; those of an encrypted file are kept out of what is shown.
    pub fn variables(&self, secrets: &VaultSecrets) -> Result<Node, Diagnostic> {
        let node = self.load()?;
        if self.secret {
            secrets.hidden.add_file(&node);
        }
        Ok(node)
    }

    /// Reads its only document; of an encrypted file, places keep line and column but no text.
    pub fn load(&self) -> Result<Node, Diagnostic> {
        let loaded = load_one(&self.source);
        if !self.secret {
            return loaded;
        }
        let masked = Arc::new(mask(&self.source));
        match loaded {
            Ok(mut node) => {
                move_to(&mut node, &masked);
                Ok(node)
            }
            Err(mut error) => {
                for label in &mut error.labels {
                    label.span = label.span.in_source(&masked);
                }
                Err(error)
            }
        }
    }
}

/// Reads the only document of a YAML file of variables; an empty file is null.
pub fn load_file(path: &Path, secrets: &VaultSecrets) -> Result<Node, Diagnostic> {
    TextFile::read(path, secrets)?.variables(secrets)
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
        let secrets = VaultSecrets::new().with("", "pw");
        let file = write(&vault::seal(b"a: 1\npassword: geheim\n", b"pw", None));
        let node = load_file(file.path(), &secrets).unwrap();
        let password = node.get("password").unwrap();
        assert_eq!(password.as_str(), Some("geheim"));
        assert_eq!(
            (password.span.line_column(), password.span.text()),
            ((2, 11), "******")
        );

        let file = write(&vault::seal(b"password: 'geheim\n", b"pw", None));
        let error = load_file(file.path(), &secrets).unwrap_err();
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
    fn files_that_cannot_be_read_are_named() {
        let missing = load_file(Path::new("/nowhere/x.yml"), &VaultSecrets::new()).unwrap_err();
        assert_eq!(
            missing.message,
            "cannot read `/nowhere/x.yml`: no such file"
        );
        let sealed = write(&vault::seal(b"a: 1", b"pw", None));
        let error = load_file(sealed.path(), &VaultSecrets::new().with("", "other")).unwrap_err();
        assert!(error.message.starts_with("cannot open `"), "{error}");
    }
}
