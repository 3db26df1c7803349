//! JSON in and out.

use super::{Dict, Value};
use minijinja::value::ValueKind;
use serde_json::{Map, Number, Value as Json};

/// Takes in JSON, such as a module's result or a host's facts.
pub fn from_json(json: Json) -> Value {
    match json {
        Json::Null => Value::from(()),
        Json::Bool(truth) => Value::from(truth),
        Json::Number(number) => from_number(&number),
        Json::String(text) => Value::from(text),
        Json::Array(items) => Value::from(items.into_iter().map(from_json).collect::<Vec<_>>()),
        Json::Object(entries) => Value::from_object(
            entries
                .into_iter()
                .map(|(key, value)| (Value::from(key), from_json(value)))
                .collect::<Dict>(),
        ),
    }
}

fn from_number(number: &Number) -> Value {
    if let Some(whole) = number.as_i64() {
        Value::from(whole)
    } else if let Some(whole) = number.as_u64() {
        Value::from(whole)
    } else {
        Value::from(number.as_f64().unwrap_or(f64::NAN))
    }
}

/// Gives out JSON; what JSON cannot hold (an undefined item, a function) becomes null or text.
pub fn to_json(value: &Value) -> Json {
    match value.kind() {
        ValueKind::Undefined | ValueKind::None | ValueKind::Invalid => Json::Null,
        ValueKind::Bool => Json::Bool(value.is_true()),
        ValueKind::Number => to_number(value),
        ValueKind::Seq | ValueKind::Iterable => Json::Array(
            value
                .try_iter()
                .into_iter()
                .flatten()
                .map(|item| to_json(&item))
                .collect(),
        ),
        ValueKind::Map => Json::Object(entries(value)),
        _ => Json::String(value.to_string()),
    }
}

fn to_number(value: &Value) -> Json {
    if value.is_integer() {
        if let Some(small) = value.as_i64() {
            return Json::from(small);
        }
        if let Ok(large) = u64::try_from(value.clone()) {
            return Json::from(large);
        }
        // JSON readers take larger numbers as floats
        return value
            .to_string()
            .parse::<f64>()
            .ok()
            .and_then(Number::from_f64)
            .map_or(Json::Null, Json::Number);
    }
    f64::try_from(value.clone())
        .ok()
        .and_then(Number::from_f64)
        .map_or(Json::Null, Json::Number)
}

fn entries(value: &Value) -> Map<String, Json> {
    let Some(pairs) = value.as_object().and_then(|object| object.try_iter_pairs()) else {
        return Map::new();
    };
    pairs
        .map(|(key, item)| (super::python_str(&key), to_json(&item)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn json_survives_the_way_in_and_out() {
        let given = json!({"a": [1, 2.5, null, true, "x"], "b": {"c": {}}, "big": u64::MAX});
        assert_eq!(to_json(&from_json(given.clone())), given);
    }

    #[test]
    fn absent_keys_are_undefined() {
        assert!(
            from_json(json!({"a": 1}))
                .get_attr("b")
                .unwrap()
                .is_undefined()
        );
    }

    #[test]
    fn whole_floats_stay_floats() {
        assert_eq!(to_json(&from_json(json!(1.0))).to_string(), "1.0");
    }
}
