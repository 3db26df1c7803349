//! One line of what was verified.

use serde_json::{Value as Json, json};

/// One line of what was verified.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// Which test, such as `T11`.
    pub(super) test: &'static str,
    /// What was looked at.
    pub(super) subject: String,
    /// Whether it is as it shall be.
    pub(super) ok: bool,
    /// What was seen.
    pub(super) detail: String,
}

impl Row {
    /// A line about something.
    pub(super) fn of(
        test: &'static str,
        subject: impl Into<String>,
        ok: bool,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            test,
            subject: subject.into(),
            ok,
            detail: detail.into(),
        }
    }

    /// A line about something that an error kept from being looked at.
    pub(super) fn failed(
        test: &'static str,
        subject: impl Into<String>,
        error: impl ToString,
    ) -> Self {
        Self::of(test, subject, false, error.to_string().replace('\n', "; "))
    }

    /// What `register` sees of it.
    pub(super) fn json(&self) -> Json {
        json!({"test": self.test, "subject": self.subject, "ok": self.ok, "detail": self.detail})
    }
}

/// All lines, as a table.
pub(super) fn table(rows: &[Row]) -> String {
    let width = |of: fn(&Row) -> usize| rows.iter().map(of).max().unwrap_or(0);
    let (tests, subjects) = (
        width(|it| it.test.len()),
        width(|it| it.subject.chars().count()),
    );
    let lines = rows.iter().map(|it| {
        let verdict = if it.ok { "ok    " } else { "FAILED" };
        let line = format!(
            "{:tests$}  {verdict}  {:subjects$}  {}",
            it.test, it.subject, it.detail
        );
        line.trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}
