//! Template files.

use super::{Engine, TemplateError, dialect::Dialect, includes::Including, output, source::Form};
use crate::{
    diagnostic::Diagnostic,
    node::{Source, Span},
    task::TemplateOptions,
    vars::Scope,
};
use std::{
    path::Path,
    sync::{Arc, PoisonError},
};

/// What a first line begins with that sets options of its template.
const HEADER: &str = "#jinja2:";

impl Engine {
    /// Renders the text of a template file.
    ///
    /// `{% include %}` and its kin look beside the file, then along the scope's search path.
    pub fn text(
        &self,
        source: &Arc<Source>,
        scope: &Scope,
        options: &TemplateOptions,
    ) -> Result<String, TemplateError> {
        let (options, skipped) = self.header(source, options)?;
        let text: Arc<str> = source.text[skipped..].into();
        let span = Span::new(source, skipped..source.text.len());
        let dialect = self.dialect(&options).map_err(|error| {
            let words = error
                .detail()
                .map_or_else(|| error.to_string(), str::to_owned);
            Diagnostic::new(format!("the delimiters do not work: {words}"))
        })?;
        let own = Path::new(&source.name).parent().map(Path::to_owned);
        let _including =
            Including::from(own.into_iter().chain(scope.folders("templates")).collect());
        let rendered = dialect
            .source(&text, Form::File)
            .and_then(|compiled| dialect.run(&compiled, scope, self.compat))
            .and_then(|value| output::text(&value, &text))
            .map_err(|error| self.diagnose_in(&dialect, &error, &text, Form::File, &span, scope))?;
        Ok(if options.newline_sequence == "\n" {
            rendered
        } else {
            rendered.replace('\n', &options.newline_sequence)
        })
    }

    /// The options with those of a `#jinja2:` line, and how long that line is.
    pub(super) fn header(
        &self,
        source: &Arc<Source>,
        options: &TemplateOptions,
    ) -> Result<(TemplateOptions, usize), Diagnostic> {
        let mut options = options.clone();
        let Some(rest) = source.text.strip_prefix(HEADER) else {
            return Ok((options, 0));
        };
        let end = rest.find('\n').unwrap_or(rest.len());
        let place = Span::new(source, 0..HEADER.len() + end);
        for pair in rest[..end].split(',') {
            let (name, value) = pair
                .split_once(':')
                .map_or((pair.trim(), ""), |(name, value)| {
                    (name.trim(), value.trim())
                });
            let truth = || match value.to_lowercase().as_str() {
                "true" => Ok(true),
                "false" => Ok(false),
                _ => Err(
                    Diagnostic::new(format!("{name} is True or False, not {value:?}"))
                        .label(&place, ""),
                ),
            };
            let text = value.trim_matches(['"', '\'']).to_owned();
            match name {
                "trim_blocks" => options.trim_blocks = truth()?,
                "lstrip_blocks" => options.lstrip_blocks = truth()?,
                "keep_trailing_newline" => {}
                "newline_sequence" => {
                    options.newline_sequence = text.replace("\\n", "\n").replace("\\r", "\r");
                }
                "variable_start_string" => options.variable.0 = text,
                "variable_end_string" => options.variable.1 = text,
                "block_start_string" => options.block.0 = text,
                "block_end_string" => options.block.1 = text,
                "comment_start_string" => options.comment.0 = text,
                "comment_end_string" => options.comment.1 = text,
                _ => {
                    return Err(
                        Diagnostic::new(format!("templates have no option {name:?}"))
                            .label(&place, ""),
                    );
                }
            }
        }
        Ok((options, (HEADER.len() + end + 1).min(source.text.len())))
    }

    /// The environment for a set of options.
    pub(super) fn dialect(
        &self,
        options: &TemplateOptions,
    ) -> Result<Arc<Dialect>, minijinja::Error> {
        // only what is read differs between dialects
        let key = TemplateOptions {
            newline_sequence: String::new(),
            ..options.clone()
        };
        let dialects = self.dialects.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = dialects.iter().find(|(known, _)| *known == key) {
            return Ok(known.clone());
        }
        drop(dialects);
        let dialect = Arc::new(Dialect::new(options, &self.controller)?);
        let mut dialects = self
            .dialects
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        dialects.push((key, dialect.clone()));
        Ok(dialect)
    }
}
