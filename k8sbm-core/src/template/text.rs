//! Template files.

use super::{
    Compat, Engine, TemplateError, diagnose::Written, dialect::Dialect, includes::Including,
    output, source::Form,
};
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
            .and_then(|compiled| dialect.run(&compiled, scope, Compat::V2_19))
            .and_then(|value| output::text(&value, &text))
            .map_err(|error| {
                let written = Written {
                    dialect: &dialect,
                    text: &text,
                    form: Form::File,
                    span: &span,
                };
                self.diagnose_in(written, &error, scope)
            })?;
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

#[cfg(test)]
mod tests {
    use crate::{node::Source, task::TemplateOptions, template::fixture::scope};
    use serde_json::json;
    use std::{fs, sync::Arc};

    fn rendered(name: &str, text: &str, options: &TemplateOptions) -> String {
        let scope = scope(json!({"n": 1, "l": [1, 2], "s": "a\\b"}));
        let source = Arc::new(Source {
            name: name.into(),
            text: text.into(),
        });
        match scope.store().engine.text(&source, &scope, options) {
            Ok(text) => text,
            Err(error) => format!("error: {error}"),
        }
    }

    #[test]
    fn blocks_leave_no_empty_lines() {
        let text = "a\n  {% for x in l %}\n  - {{ x }}\n  {% endfor %}\n{# c #}\nb\n";
        let plain = TemplateOptions::default();
        let stripped = TemplateOptions {
            lstrip_blocks: true,
            ..plain.clone()
        };
        let kept = TemplateOptions {
            trim_blocks: false,
            ..plain.clone()
        };
        let shown = [&plain, &stripped, &kept]
            .map(|options| format!("{:?}", rendered("t.j2", text, options)));
        insta::assert_snapshot!(shown.join("\n"), @r#"
            "a\n    - 1\n    - 2\n  b\n"
            "a\n  - 1\n  - 2\nb\n"
            "a\n  \n  - 1\n  \n  - 2\n  \n\nb\n"
            "#);
    }

    #[test]
    fn a_first_line_sets_options_and_delimiters_can_be_others() {
        let plain = TemplateOptions::default();
        let header = "#jinja2: lstrip_blocks: True, variable_start_string: '[[', variable_end_string: ']]'\n  {% if n %}\n[[ n ]]{{ n }}\n  {% endif %}\n";
        assert_eq!(rendered("t.j2", header, &plain), "1{{ n }}\n");
        let windows = TemplateOptions {
            newline_sequence: "\r\n".into(),
            ..plain.clone()
        };
        assert_eq!(rendered("t.j2", "a\n{{ n }}\n", &windows), "a\r\n1\r\n");
        assert_eq!(
            rendered("t.j2", "#jinja2: nonsense: 1\nx", &plain),
            "error: t.j2:1:1: templates have no option \"nonsense\""
        );
    }

    #[test]
    fn backslashes_are_read_by_the_template() {
        assert_eq!(
            rendered("t.j2", "{{ 'a\\tb' }}{{ s }}", &TemplateOptions::default()),
            "a\tba\\b"
        );
    }

    #[test]
    fn values_alone_become_text() {
        let shown = ["{{ l }}\n", "{{ none }}", "{{ true }}\n", "", "{{ n }}"];
        let shown = shown.map(|text| rendered("t.j2", text, &TemplateOptions::default()));
        assert_eq!(shown, ["[1, 2]\n", "", "True\n", "", "1"]);
    }

    #[test]
    fn files_are_included_and_their_mistakes_have_places() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
        fs::write(path("part.j2"), "part {{ n }}\n").unwrap();
        fs::write(path("base.j2"), "<{% block b %}base{% endblock %}>").unwrap();
        fs::write(path("macros.j2"), "{% macro m(x) %}[{{ x }}]{% endmacro %}").unwrap();
        fs::write(path("bad.j2"), "fine\n{{ nope.x }}\n").unwrap();
        let show = |text: &str| {
            rendered(&path("main.j2"), text, &TemplateOptions::default()).replace(&path(""), "/")
        };
        let shown = [
            "a {% include 'part.j2' %}b\n",
            "{% extends 'base.j2' %}{% block b %}own {{ super() }}{% endblock %}",
            "{% from 'macros.j2' import m %}{{ m(n) }}",
            "{% import 'macros.j2' as macros %}{{ macros.m('x') }}",
            "{% include 'none.j2' ignore missing %}ok",
            "{% include 'none.j2' %}",
            "{% include 'bad.j2' %}",
            "one\n{{ n }} {{ nope }}\n",
        ]
        .map(show);
        insta::assert_snapshot!(shown.join("\n"), @"
        a part 1b

        <own base>
        [1]
        [x]
        ok
        error: /main.j2:1:4: tried to include non-existing template 'none.j2'
        error: /bad.j2:2:4: 'nope' is undefined
        error: /main.j2:2:12: 'nope' is undefined
        ");
        fs::write(path("part.j2"), "changed\n").unwrap();
        assert_eq!(show("{% include 'part.j2' %}!"), "changed!");
    }
}
