//! Text against patterns.

use crate::template::{
    call::{Call, Operation, fail, text_of},
    filters::pattern,
};
use minijinja::{Error, Value};

pub(super) const TESTS: &[Operation] = &[
    Operation::new(
        &["search"],
        &["pattern", "ignorecase", "multiline"],
        |value, call| find(value, call, "search"),
    ),
    Operation::new(
        &["match"],
        &["pattern", "ignorecase", "multiline"],
        |value, call| find(value, call, "match"),
    ),
    Operation::new(
        &["regex"],
        &["pattern", "ignorecase", "multiline", "match_type"],
        |value, call| {
            find(
                value,
                call,
                call.text("match_type")?.as_deref().unwrap_or("search"),
            )
        },
    ),
    Operation::new(&["lower"], &[], |value, _| {
        let text = text_of(value)?;
        Ok(Value::from(
            text.chars().any(char::is_lowercase) && !text.chars().any(char::is_uppercase),
        ))
    }),
    Operation::new(&["upper"], &[], |value, _| {
        let text = text_of(value)?;
        Ok(Value::from(
            text.chars().any(char::is_uppercase) && !text.chars().any(char::is_lowercase),
        ))
    }),
    Operation::new(&["startingwith"], &["start"], |value, call| {
        Ok(Value::from(
            text_of(value)?.starts_with(&call.need_text("start")?),
        ))
    }),
    Operation::new(&["endingwith"], &["end"], |value, call| {
        Ok(Value::from(
            text_of(value)?.ends_with(&call.need_text("end")?),
        ))
    }),
];

fn find(value: &Value, call: &Call<'_>, how: &str) -> Result<Value, Error> {
    let text = text_of(value)?;
    let wanted = call.text("pattern")?.unwrap_or_default();
    let anchored = match how {
        "search" => wanted,
        "match" => format!("\\A(?:{wanted})"),
        "fullmatch" => format!("\\A(?:{wanted})\\z"),
        other => {
            return Err(fail(format!(
                "Invalid match_type specified. It is search, match or fullmatch, not {other:?}"
            )));
        }
    };
    let regex = pattern(&anchored, call.flag("ignorecase")?, call.flag("multiline")?)?;
    regex
        .is_match(&text)
        .map(Value::from)
        .map_err(|error| fail(format!("the regular expression failed: {error}")))
}
