//! JSON.

use super::Filters;
use crate::{
    template::finish::finish,
    value::{from_json, to_json},
};
use minijinja::{Error, ErrorKind, Value};

pub(super) fn register(filters: &mut Filters<'_>) {
    filters.builtin(&["to_json"], |value: &Value| -> Result<String, Error> {
        Ok(to_json(&finish(value.clone())?).to_string())
    });
    filters.builtin(&["from_json"], |text: &str| -> Result<Value, Error> {
        let parsed = serde_json::from_str(text);
        parsed
            .map(from_json)
            .map_err(|error| Error::new(ErrorKind::InvalidOperation, format!("no JSON: {error}")))
    });
}
