//! Values of a chart, with those that the user adds.

use k8sbm_core::task::{Error, Result};
use serde_json::{Map, Value as Json};

/// Puts the user's values over ours, mapping by mapping.
pub(super) fn overlay(ours: &mut Json, over: Option<&Json>) {
    let Some(Json::Object(over)) = over else {
        if let Some(other) = over.filter(|it| !it.is_null()) {
            *ours = other.clone();
        }
        return;
    };
    if !ours.is_object() {
        *ours = Json::Object(Map::new());
    }
    if let Json::Object(ours) = ours {
        for (key, value) in over {
            overlay(ours.entry(key.clone()).or_insert(Json::Null), Some(value));
        }
    }
}

/// Refuses what is no network such as `10.244.0.0/16`.
pub(super) fn check_network(argument: &str, text: &str) -> Result<()> {
    let parsed = text.split_once('/').and_then(|(address, length)| {
        let address: std::net::IpAddr = address.parse().ok()?;
        let length: u8 = length.parse().ok()?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        (length <= longest).then_some(())
    });
    parsed.ok_or_else(|| {
        Error::arguments(format!("`{argument}` is `{text}`, which is no network"))
            .hint("say it as `10.244.0.0/16`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_users_values_win() {
        let mut ours = json!({"a": {"b": 1, "c": [1]}, "d": 2});
        overlay(
            &mut ours,
            Some(&json!({"a": {"b": 3, "e": {"f": 4}}, "d": [5]})),
        );
        assert_eq!(
            ours,
            json!({"a": {"b": 3, "c": [1], "e": {"f": 4}}, "d": [5]})
        );
        overlay(&mut ours, None);
        assert!(ours.is_object());
    }

    #[test]
    fn networks_are_checked() {
        for right in ["10.0.0.0/8", "fd00::/64"] {
            assert!(check_network("x", right).is_ok());
        }
        for wrong in ["10.0.0.0", "10.0.0.0/33", "a/8"] {
            assert!(check_network("x", wrong).is_err());
        }
    }
}
