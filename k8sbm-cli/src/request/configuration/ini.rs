//! An INI file as Python's configparser reads it.

use k8sbm_core::{
    diagnostic::Diagnostic,
    node::{Source, Span},
};
use std::sync::Arc;

/// `KEY = VALUE` in a section.
pub struct Setting<'a> {
    /// The section.
    pub section: &'a str,
    /// The key, in lower case.
    pub key: String,
    /// The value, with what goes on in further lines.
    pub value: String,
    /// The line.
    pub span: Span,
}

/// The settings of a file, as Python's configparser reads them: `#` and `;` begin comments, ` ;` within a line too,
/// and what is indented goes on with the value before.
pub fn settings(source: &Arc<Source>) -> Result<Vec<Setting<'_>>, Diagnostic> {
    let mut all: Vec<Setting<'_>> = Vec::new();
    let (mut section, mut at) = ("", 0);
    for line in source.text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let text = line.split(" ;").next().unwrap_or_default().trim_end();
        let span = || Span::new(source, start..start + line.trim_end().len());
        let tidy = text.trim_start();
        if tidy.is_empty() || tidy.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = tidy
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            section = name;
        } else if let (true, Some(last)) = (tidy.len() < text.len(), all.last_mut()) {
            last.value = format!("{} {tidy}", last.value).trim().to_owned();
        } else if let Some((key, value)) = tidy.split_once(['=', ':']) {
            all.push(Setting {
                section,
                key: key.trim().to_lowercase(),
                value: value.trim().to_owned(),
                span: span(),
            });
        } else {
            return Err(
                Diagnostic::new("this is neither `[SECTION]` nor `KEY = VALUE`").label(&span(), ""),
            );
        }
    }
    Ok(all)
}
