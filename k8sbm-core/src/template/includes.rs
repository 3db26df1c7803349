//! Template files that templates include, import and extend.

use super::source::{self, Form};
use crate::controller::Controller;
use minijinja::syntax::SyntaxConfig;
use std::{
    borrow::Cow,
    cell::RefCell,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::{Path, PathBuf},
};

/// The first letter of the names of templates that are files; the rest is what the file holds,
/// as a number of sixteen digits, and its path.
const FILE: char = 'f';
const DIGITS: usize = 16;

thread_local! {
    /// Where the template being rendered looks for what it includes.
    static FOLDERS: RefCell<Vec<PathBuf>> = const { RefCell::new(Vec::new()) };
}

/// Looks in folders for what is included, until it is dropped.
pub(super) struct Including(Vec<PathBuf>);

impl Including {
    /// Looks in `folders`.
    pub fn from(folders: Vec<PathBuf>) -> Self {
        Self(FOLDERS.replace(folders))
    }
}

impl Drop for Including {
    fn drop(&mut self) {
        FOLDERS.set(std::mem::take(&mut self.0));
    }
}

/// The name of the template that a written name stands for.
pub(super) fn resolve<'n>(controller: &dyn Controller, written: &'n str) -> Cow<'n, str> {
    let found = FOLDERS.with_borrow(|folders| controller.find(written, folders));
    let Some(path) = found else {
        return Cow::Borrowed(written);
    };
    let Ok(content) = controller.read(&path) else {
        return Cow::Borrowed(written);
    };
    // a file that changed since it was read is another template
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    Cow::Owned(format!("{FILE}{:016x}{}", hasher.finish(), path.display()))
}

/// The file that a template's name stands for.
pub(super) fn path(name: &str) -> Option<&Path> {
    name.strip_prefix(FILE)?.get(DIGITS..).map(Path::new)
}

/// The text of the file that a template's name stands for, with its guards.
pub(super) fn read(
    controller: &dyn Controller,
    name: &str,
    syntax: &SyntaxConfig,
) -> Option<String> {
    let text = String::from_utf8(controller.read(path(name)?).ok()?).ok()?;
    Some(match source::read(&text, Form::File, syntax) {
        Ok((_, guarded)) => guarded,
        // minijinja will say what is wrong with it
        Err(_) => text,
    })
}
