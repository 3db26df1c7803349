//! Values of Rust as nodes made in code.

use super::{Entry, Kind, Map, Node, Span};
use std::sync::Arc;

/// Variables made in code, by name.
pub fn vars<'a>(list: impl IntoIterator<Item = (&'a str, Node)>) -> Map {
    list.into_iter()
        .map(|(name, value)| (name.into(), value.into()))
        .collect()
}

impl From<Node> for Entry {
    fn from(value: Node) -> Self {
        Self {
            key: Span::none(),
            value,
        }
    }
}

impl From<bool> for Node {
    fn from(value: bool) -> Self {
        Self::new(Kind::Bool(value))
    }
}

impl From<i64> for Node {
    fn from(number: i64) -> Self {
        Self::new(Kind::Int(number))
    }
}

impl From<f64> for Node {
    fn from(number: f64) -> Self {
        Self::new(Kind::Float(number))
    }
}

impl From<&str> for Node {
    fn from(text: &str) -> Self {
        Self::new(Kind::Str(text.into()))
    }
}

impl From<String> for Node {
    fn from(text: String) -> Self {
        Self::new(Kind::Str(text.into()))
    }
}

impl From<Arc<str>> for Node {
    fn from(text: Arc<str>) -> Self {
        Self::new(Kind::Str(text))
    }
}

impl<T: Into<Self>> From<Vec<T>> for Node {
    fn from(items: Vec<T>) -> Self {
        Self::new(Kind::Seq(items.into_iter().map(Into::into).collect()))
    }
}

impl From<Map> for Node {
    fn from(map: Map) -> Self {
        Self::new(Kind::Map(map))
    }
}

impl<T: Into<Self>> From<Option<T>> for Node {
    fn from(value: Option<T>) -> Self {
        value.map_or_else(Self::default, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_become_nodes() {
        let node = Node::from(vars([
            ("ports", vec![80, 443].into()),
            ("name", "web".into()),
            ("on", true.into()),
            ("none", Node::from(None::<bool>)),
        ]));
        assert_eq!(
            node.to_json(),
            json!({"ports": [80, 443], "name": "web", "on": true, "none": null})
        );
    }
}
