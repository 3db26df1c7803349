//! JSON to tree and back.

use super::{Entry, Kind, Map, Node, Span};
use serde_json::{Number, Value};

impl Node {
    /// A JSON value as a tree whose every part stands at `span`.
    pub fn from_json(value: &Value, span: &Span) -> Self {
        let kind = match value {
            Value::Null => Kind::Null,
            Value::Bool(value) => Kind::Bool(*value),
            Value::Number(number) => match (number.as_i64(), number.as_u64()) {
                (Some(number), _) => Kind::Int(number),
                (None, Some(large)) => Kind::Str(large.to_string().into()),
                (None, None) => Kind::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            Value::String(text) => Kind::Str(text.as_str().into()),
            Value::Array(items) => Kind::Seq(
                items
                    .iter()
                    .map(|item| Self::from_json(item, span))
                    .collect(),
            ),
            Value::Object(map) => {
                let entry = |value| Entry {
                    key: span.clone(),
                    value: Self::from_json(value, span),
                };
                Kind::Map(
                    map.iter()
                        .map(|(key, value)| (key.as_str().into(), entry(value)))
                        .collect::<Map>(),
                )
            }
        };
        Self::at(kind, span.clone())
    }

    /// The tree as JSON; numbers that JSON cannot hold (infinities) become null.
    pub fn to_json(&self) -> Value {
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(value) => Value::Bool(*value),
            Kind::Int(number) => Value::Number((*number).into()),
            Kind::Float(number) => Number::from_f64(*number).map_or(Value::Null, Value::Number),
            Kind::Str(text) => Value::String(text.to_string()),
            Kind::Seq(items) => Value::Array(items.iter().map(Self::to_json).collect()),
            Kind::Map(map) => Value::Object(
                map.iter()
                    .map(|(key, entry)| (key.to_string(), entry.value.to_json()))
                    .collect(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_went_in_comes_out() {
        let value = json!({"b": [1, 2.5, null, true], "a": {"text": "{{ x }}"}});
        let node = Node::from_json(&value, &Span::none());
        assert_eq!(node.to_json(), value);
        assert_eq!(
            node.to_json().to_string(),
            value.to_string(),
            "the order of keys is kept"
        );
        assert_eq!(serde_json::to_value(&node).unwrap(), value);
        assert_eq!(
            serde_json::from_value::<Node>(value.clone())
                .unwrap()
                .to_json(),
            value
        );
    }

    #[test]
    fn numbers_beyond_64_bits_stay_text() {
        let node = Node::from_json(&json!(u64::MAX), &Span::none());
        assert_eq!(node.as_str(), Some("18446744073709551615"));
    }
}
