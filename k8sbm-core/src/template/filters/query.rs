//! Questions to data: JMESPath, and what differs between two values.

use crate::{
    template::{
        call::{Call, Operation, fail},
        finish::finish,
    },
    value::{JsonStyle, Value, from_json, json_text, to_json},
};
use minijinja::Error;
use similar::TextDiff;

pub(super) const FILTERS: &[Operation] = &[
    Operation::new(&["json_query"], &["expr"], json_query).of(&["community.general"]),
    Operation::new(&["fact_diff"], &["after", "plugin", "common"], fact_diff)
        .of(&["ansible.utils"]),
    Operation::new(&["version_sort"], &[], version_sort).of(&["community.general"]),
];

fn json_query(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let expression = call.need_text("expr")?;
    let compiled = jmespath::compile(&expression);
    let compiled = compiled.map_err(|error| {
        fail(format!(
            "{expression:?} is not a JMESPath expression: {error}"
        ))
    })?;
    let data = to_json(&finish(value.clone())?);
    let found = compiled
        .search(data)
        .map_err(|error| fail(format!("the query failed: {error}")))?;
    let found = serde_json::to_value(&*found)
        .map_err(|error| fail(format!("the query gave no data: {error}")))?;
    Ok(from_json(found))
}

fn fact_diff(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let style = JsonStyle {
        indent: Some("    ".into()),
        sort_keys: true,
        comma: ",".into(),
        ..JsonStyle::default()
    };
    let text = |value: &Value| match value.as_str() {
        Some(text) => Ok(text.to_owned()),
        None => json_text(&finish(value.clone())?, &style).map_err(fail),
    };
    let (before, after) = (text(value)?, text(&call.need("after")?)?);
    let diff = TextDiff::from_lines(&before, &after);
    Ok(Value::from(
        diff.unified_diff().header("before", "after").to_string(),
    ))
}

fn version_sort(value: &Value, _: &Call<'_>) -> Result<Value, Error> {
    let mut versions = crate::template::call::items(value)?;
    let mut failure = None;
    versions.sort_by(|left, right| {
        crate::template::tests::loose(&left.to_string(), &right.to_string()).unwrap_or_else(
            |error| {
                failure.get_or_insert(error);
                std::cmp::Ordering::Equal
            },
        )
    });
    failure.map_or_else(|| Ok(Value::from(versions)), Err)
}
