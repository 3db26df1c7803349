//! Variables with their places, and the mistakes found while reading them.

use k8sbm_core::{
    diagnostic::{Diagnostic, nearest},
    node::Span,
    vars::{Said, Survey},
};
use std::{fmt::Display, str::FromStr, sync::Arc};

/// A value and where it was written.
#[derive(Clone, Debug)]
pub(super) struct Placed<T> {
    pub value: T,
    pub span: Span,
}

/// Reads what the inventory says, and gathers what is wrong with it.
pub(super) struct Reading<'a> {
    survey: &'a Survey,
    /// The host whose variables stand for the cluster's.
    first: Arc<str>,
    pub mistakes: Vec<Diagnostic>,
}

impl<'a> Reading<'a> {
    /// Reads the cluster's variables as `first` has them.
    pub fn new(survey: &'a Survey, first: Arc<str>) -> Self {
        Self {
            survey,
            first,
            mistakes: Vec::new(),
        }
    }

    /// The hosts of a group.
    pub fn group(&self, name: &str) -> Vec<Arc<str>> {
        self.survey.group(name)
    }

    /// Notes a mistake at a place.
    pub fn wrong(&mut self, span: &Span, message: impl Into<String>, help: impl Into<String>) {
        let mistake = Diagnostic::new(message).label(span, "");
        let help = help.into();
        let mistake = if help.is_empty() {
            mistake
        } else {
            mistake.help(help)
        };
        // Hosts share most variables, and so their mistakes.
        let known =
            |other: &Diagnostic| other.message == mistake.message && other.span() == mistake.span();
        if !self.mistakes.iter().any(known) {
            self.mistakes.push(mistake);
        }
    }

    /// A variable of a host.
    pub fn of_host(&mut self, host: &str, name: &str) -> Option<Said> {
        match self.survey.said(host, name) {
            Ok(said) => said,
            Err(error) => {
                let span = error.span().cloned().unwrap_or_else(Span::none);
                self.wrong(&span, error.message, error.help.unwrap_or_default());
                None
            }
        }
    }

    /// A variable of the cluster.
    pub fn said(&mut self, name: &str) -> Option<Said> {
        let first = self.first.clone();
        self.of_host(&first, name)
    }

    /// A variable that a cluster cannot do without; `what` says what it is, with an example.
    pub fn required(&mut self, name: &str, what: &str) -> Option<Said> {
        let before = self.mistakes.len();
        let said = self.said(name);
        if said.is_none() && self.mistakes.len() == before {
            let message = format!("`{name}` is missing");
            self.mistakes
                .push(Diagnostic::new(message).help(format!("set it in `group_vars/all`: {what}")));
        }
        said
    }

    /// One of a few words.
    pub fn choice(&mut self, said: &Said, name: &str, words: &[&str]) -> Option<String> {
        let text = said.text();
        if words.contains(&&*text) {
            return Some(text);
        }
        let help = match nearest(&text, words.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("it is one of {}", words.join(", ")),
        };
        self.wrong(&said.span, format!("`{name}` cannot be `{text}`"), help);
        None
    }

    /// A value that is written as a text.
    pub fn parsed<T: FromStr<Err: Display>>(
        &mut self,
        said: &Said,
        name: &str,
        what: &str,
    ) -> Option<Placed<T>> {
        let text = said.text();
        match text.trim().parse() {
            Ok(value) => Some(Placed {
                value,
                span: said.span.clone(),
            }),
            Err(error) => {
                let error: T::Err = error;
                self.wrong(
                    &said.span,
                    format!("`{name}` is `{text}`: {}", error.to_string().to_lowercase()),
                    format!("it is {what}"),
                );
                None
            }
        }
    }
}
