//! YAML, as PyYAML writes it.

use crate::{
    node::{self, Source},
    template::{
        call::{Call, Operation, fail},
        finish::finish,
    },
    value::{Flow, Value, YamlStyle, from_data, yaml_text},
};
use minijinja::Error;
use std::sync::Arc;

const OPTIONS: &[&str] = &[
    "indent",
    "default_flow_style",
    "width",
    "sort_keys",
    "explicit_start",
    "explicit_end",
    "allow_unicode",
    "line_break",
    "default_style",
    "canonical",
    "version",
    "tags",
    "encoding",
];

pub(super) const FILTERS: &[Operation] = &[
    Operation::new(&["to_yaml"], OPTIONS, |value, call| {
        write(value, call, 2, Flow::Leaves)
    }),
    Operation::new(&["to_nice_yaml"], OPTIONS, |value, call| {
        write(value, call, 4, Flow::Never)
    }),
    Operation::new(&["from_yaml"], &[], |value, _| read(value)),
    Operation::new(&["from_yaml_all"], &[], |value, _| read_all(value)),
];

fn write(value: &Value, call: &Call<'_>, indent: usize, flow: Flow) -> Result<Value, Error> {
    let number = |name: &str| {
        Ok::<_, Error>(
            call.whole(name)?
                .and_then(|number| usize::try_from(number).ok()),
        )
    };
    let unlimited = call.value("width")?.is_some_and(|width| {
        f64::try_from(width).is_ok_and(|width| width < 0.0 || width.is_infinite())
    });
    let width = if unlimited {
        Some(usize::MAX)
    } else {
        number("width")?
    };
    let style = YamlStyle {
        indent: number("indent")?.unwrap_or(indent),
        flow: match call.value("default_flow_style")? {
            None => flow,
            Some(choice) if choice.is_none() => Flow::Leaves,
            Some(choice) => {
                if choice.is_true() {
                    Flow::Always
                } else {
                    Flow::Never
                }
            }
        },
        width: width.unwrap_or(80),
        sort_keys: call.value("sort_keys")?.is_none_or(|sort| sort.is_true()),
        explicit_start: call.flag("explicit_start")?,
        explicit_end: call.flag("explicit_end")?,
    };
    Ok(Value::from(yaml_text(&finish(value.clone())?, &style)))
}

fn source(value: &Value) -> Result<Option<Arc<Source>>, Error> {
    match value.as_str() {
        Some(text) => Ok(Some(Arc::new(Source {
            name: "text".to_owned(),
            text: text.to_owned(),
        }))),
        None => Ok(None),
    }
}

fn read(value: &Value) -> Result<Value, Error> {
    let Some(source) = source(value)? else {
        return Ok(value.clone());
    };
    let node = node::load_one(&source)
        .map_err(|problem| fail(format!("the text is not YAML: {}", problem.message)))?;
    Ok(from_data(&node))
}

fn read_all(value: &Value) -> Result<Value, Error> {
    if value.is_none() {
        return Ok(Value::from(Vec::<Value>::new()));
    }
    let Some(source) = source(value)? else {
        return Ok(value.clone());
    };
    let nodes = node::load(&source)
        .map_err(|problem| fail(format!("the text is not YAML: {}", problem.message)))?;
    Ok(Value::from(nodes.iter().map(from_data).collect::<Vec<_>>()))
}
