//! The part of JSONPath that waiting needs.

use k8sbm_core::task::{Error, Result};
use serde_json::Value as Json;

/// The values at a path such as `{.status.conditions[*].type}`, `.spec.taints[0]` or `.data['a.b']`.
///
/// # Errors
/// When the path cannot be read.
pub(crate) fn jsonpath<'a>(value: &'a Json, path: &str) -> Result<Vec<&'a Json>> {
    let wrong = || {
        Error::failed(format!("`{path}` is no path that can be followed"))
            .hint("names, [0], [*] and ['a.b'] are known: {.status.loadBalancer.ingress[0].ip}")
    };
    let mut rest = path.trim();
    if let Some(inner) = rest.strip_prefix('{') {
        rest = inner.strip_suffix('}').ok_or_else(wrong)?;
    }
    rest = rest.strip_prefix('$').unwrap_or(rest);
    let mut found = vec![value];
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let (index, after) = inner.split_once(']').ok_or_else(wrong)?;
            rest = after;
            found = match index.trim_matches(['\'', '"']) {
                "*" => found.into_iter().flat_map(children).collect(),
                name if name.len() < index.len() => {
                    found.into_iter().filter_map(|it| it.get(name)).collect()
                }
                number => {
                    let number: usize = number.parse().map_err(|_| wrong())?;
                    found.into_iter().filter_map(|it| it.get(number)).collect()
                }
            };
            continue;
        }
        rest = rest.strip_prefix('.').unwrap_or(rest);
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        if name.is_empty() || name.contains(['(', '?', '@']) {
            return Err(wrong());
        }
        rest = after;
        found = match name {
            "*" => found.into_iter().flat_map(children).collect(),
            name => found.into_iter().filter_map(|it| it.get(name)).collect(),
        };
    }
    Ok(found)
}

fn children(value: &Json) -> Vec<&Json> {
    match value {
        Json::Array(items) => items.iter().collect(),
        Json::Object(map) => map.values().collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_lead_to_values() {
        let value = json!({"a": {"b.c": 1, "list": [{"ip": "x"}, {"ip": "y"}]}});
        let at = |path| {
            jsonpath(&value, path)
                .unwrap()
                .into_iter()
                .cloned()
                .collect::<Vec<_>>()
        };
        assert_eq!(at("{.a.list[*].ip}"), [json!("x"), json!("y")]);
        assert_eq!(at("a.list[1].ip"), [json!("y")]);
        assert_eq!(at("$.a['b.c']"), [json!(1)]);
        assert!(at(".a.nothing").is_empty());
        assert!(jsonpath(&value, "{.a[?(@.x)]}").is_err());
        assert!(jsonpath(&value, "{.a").is_err());
    }
}
