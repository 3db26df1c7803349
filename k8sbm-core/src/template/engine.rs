//! The engine: one for a run, shared by everything that renders.

use super::{
    TemplateError,
    diagnose::Written,
    dialect::Dialect,
    finish,
    source::{Form, Source},
};
use crate::{
    controller::Controller,
    diagnostic::{Diagnostic, Warnings},
    node::Span,
    task::TemplateOptions,
    value::Value,
    vars::Scope,
};
use minijinja::Error;
use std::{
    collections::HashSet,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
};

/// Which dialect of Ansible's is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compat {
    /// As ansible-core up to 2.18: conditions may give anything, and count as Python counts; text
    /// that a template wrote like a list or a mapping is one.
    V2_18,
    /// As ansible-core from 2.19: conditions have to give a boolean.
    #[default]
    V2_19,
}

/// Decrypts the text of a `!vault` value.
pub type Decrypt = dyn Fn(&str) -> Result<String, Diagnostic> + Send + Sync;

/// Compiles and renders templates; one for a run.
pub struct Engine {
    /// The dialect.
    pub compat: Compat,
    /// What lookups reach.
    pub controller: Arc<dyn Controller>,
    decrypt: Option<Box<Decrypt>>,
    /// Texts that were sealed one by one, opened.
    opened: Mutex<HashSet<String>>,
    /// What strings in playbooks are read with.
    pub(super) inline: Dialect,
    /// What template files are read with, by their options.
    pub(super) dialects: RwLock<Vec<(TemplateOptions, Arc<Dialect>)>>,
    warnings: Warnings,
}

impl Engine {
    /// An engine that speaks a dialect and reaches a controller.
    pub fn new(compat: Compat, controller: Arc<dyn Controller>) -> Self {
        Self {
            compat,
            decrypt: None,
            opened: Mutex::default(),
            inline: Dialect::standard(&controller),
            controller,
            dialects: RwLock::default(),
            warnings: Warnings::default(),
        }
    }

    /// The same engine, able to decrypt `!vault` values.
    #[must_use]
    pub fn with_decrypt(
        mut self,
        decrypt: impl Fn(&str) -> Result<String, Diagnostic> + Send + Sync + 'static,
    ) -> Self {
        self.decrypt = Some(Box::new(decrypt));
        self
    }

    /// The same engine, adding its warnings to these.
    #[must_use]
    pub fn with_warnings(mut self, warnings: Warnings) -> Self {
        self.warnings = warnings;
        self
    }

    /// Takes the warnings that were collected, each once.
    pub fn take_warnings(&self) -> Vec<Diagnostic> {
        self.warnings.take()
    }

    /// Collects a warning, unless the same waits already.
    pub(super) fn warn(&self, warning: Diagnostic) {
        self.warnings.add(warning);
    }

    /// Decrypts the text of a `!vault` value.
    pub(super) fn decrypt(&self, text: &str, span: &Span) -> Result<String, TemplateError> {
        match &self.decrypt {
            Some(decrypt) => {
                let opened = decrypt(text).map_err(|diagnostic| diagnostic.or_at(span))?;
                self.opened().insert(opened.clone());
                Ok(opened)
            }
            None => {
                let message = "the value is encrypted, and no vault password was given";
                Err(Diagnostic::new(message).label(span, "").into())
            }
        }
    }

    /// Whether a text was sealed by itself, wherever it has got to since.
    pub(super) fn was_sealed(&self, text: &str) -> bool {
        self.opened().contains(text)
    }

    fn opened(&self) -> MutexGuard<'_, HashSet<String>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Renders a compiled string in a scope.
    pub(super) fn run(&self, source: &Source, scope: &Scope) -> Result<Value, Error> {
        self.inline.run(source, scope, self.compat)
    }

    /// Renders all lazy parts of a value.
    pub(crate) fn finish(&self, value: Value, scope: &Scope) -> Result<Value, TemplateError> {
        finish::finish(value)
            .map_err(|error| self.diagnose(error, "", Form::Inline, &Span::none(), scope))
    }

    /// Turns an error in a string into what is shown.
    pub(super) fn diagnose(
        &self,
        error: Error,
        text: &str,
        form: Form,
        span: &Span,
        scope: &Scope,
    ) -> TemplateError {
        self.diagnose_in(
            Written {
                dialect: &self.inline,
                text,
                form,
                span,
            },
            &error,
            scope,
        )
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("compat", &self.compat)
            .finish_non_exhaustive()
    }
}
