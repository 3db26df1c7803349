//! Template files rendered into a value.

use super::{Lookup, ask::Ask};
use crate::{
    node::Source,
    task::TemplateOptions,
    template::{TemplateError, about, call::entries},
    value::Value,
};
use minijinja::Error;
use std::sync::Arc;

pub(super) const LOOKUPS: &[Lookup] = &[Lookup::new(&["template"], |ask| {
    ask.texts()?
        .iter()
        .map(|name| template(ask, name))
        .collect()
})];

fn template(ask: &Ask<'_>, name: &str) -> Result<Value, Error> {
    ask.options_are(&[
        "variable_start_string",
        "variable_end_string",
        "comment_start_string",
        "comment_end_string",
        "trim_blocks",
        "lstrip_blocks",
        "template_vars",
        "convert_data",
        "jinja2_native",
    ])?;
    let path = ask.path(name, "templates")?;
    let source = Arc::new(Source {
        name: path.to_string_lossy().into_owned(),
        text: ask.read(&path)?,
    });
    let defaults = TemplateOptions::default();
    let pair = |what: &str, default: (String, String)| {
        Ok::<_, Error>((
            ask.text(&format!("{what}_start_string"))?
                .unwrap_or(default.0),
            ask.text(&format!("{what}_end_string"))?
                .unwrap_or(default.1),
        ))
    };
    let options = TemplateOptions {
        trim_blocks: ask.flag("trim_blocks", true)?,
        lstrip_blocks: ask.flag("lstrip_blocks", false)?,
        variable: pair("variable", defaults.variable.clone())?,
        comment: pair("comment", defaults.comment.clone())?,
        ..defaults
    };
    let mut scope = about(ask.scope.clone(), &path).with_local("template_path", Value::from(name));
    if let Some(vars) = ask.option("template_vars")? {
        for (name, value) in entries(&vars)? {
            scope = scope.with_local(name.to_string(), value);
        }
    }
    ask.engine()
        .text(&source, &scope, &options)
        // Ansible gives `None` where nothing was rendered; line ends at the end are put back in any case.
        .map(|text| match text.trim_end_matches('\n').is_empty() {
            true => Value::from(()),
            false => Value::from(text),
        })
        .map_err(TemplateError::raise)
}
