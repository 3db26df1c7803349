//! TOML, as containerd reads it.

use serde_json::{Map, Value as Json};
use std::fmt::Write as _;

/// A mapping as the text of a TOML file: what is plain first, then each table with its whole name.
pub(super) fn text(root: &Map<String, Json>) -> String {
    let mut text = String::new();
    table(&mut text, &mut Vec::new(), root);
    text
}

fn table(text: &mut String, path: &mut Vec<String>, entries: &Map<String, Json>) {
    let is_table = |value: &Json| value.is_object();
    let plain = || {
        let entries = entries.iter();
        entries.filter(|(_, value)| !is_table(value) && !value.is_null())
    };
    // A table that only has others in it need not be named.
    if !path.is_empty() && (plain().next().is_some() || entries.is_empty()) {
        if !text.is_empty() {
            text.push('\n');
        }
        let _ = writeln!(text, "[{}]", path.join("."));
    }
    for (name, value) in plain() {
        let _ = writeln!(text, "{} = {}", key(name), inline(value));
    }
    for (name, value) in entries {
        if let Some(entries) = value.as_object() {
            path.push(key(name));
            table(text, path, entries);
            path.pop();
        }
    }
}

fn key(name: &str) -> String {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    match !name.is_empty() && name.bytes().all(is_bare) {
        true => name.to_owned(),
        false => string(name),
    }
}

fn inline(value: &Json) -> String {
    match value {
        Json::String(text) => string(text),
        Json::Array(items) => {
            let items: Vec<String> = items.iter().map(inline).collect();
            format!("[{}]", items.join(", "))
        }
        Json::Object(entries) => {
            let entries = entries.iter();
            let pairs: Vec<String> = entries
                .map(|(name, value)| format!("{} = {}", key(name), inline(value)))
                .collect();
            format!("{{ {} }}", pairs.join(", "))
        }
        other => other.to_string(),
    }
}

/// JSON's escapes are TOML's, but for DEL, which JSON lets stand.
fn string(text: &str) -> String {
    Json::from(text).to_string().replace('\x7f', "\\u007f")
}

/// Puts `more` over `base`: mappings are joined, all else is replaced.
pub(super) fn merge(base: &mut Map<String, Json>, more: &Map<String, Json>) {
    for (name, value) in more {
        match (base.get_mut(name), value) {
            (Some(Json::Object(base)), Json::Object(more)) => merge(base, more),
            _ => drop(base.insert(name.clone(), value.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn tables_have_their_whole_names() {
        let mut root = json!({
            "plugins": {"io.containerd.grpc.v1.cri": {"cni": {"bin_dir": "/opt/cni/bin"}, "sandbox_image": "a\"b"}},
            "version": 2,
            "oom_score": null,
            "list": [1, "x", {"a b": true}],
        });
        let more = json!({"plugins": {"io.containerd.grpc.v1.cri": {"cni": {"bin_dir": "/x", "new": true}}}, "empty": {}});
        let root = root.as_object_mut().unwrap();
        merge(root, more.as_object().unwrap());
        insta::assert_snapshot!(text(root), @r#"
        version = 2
        list = [1, "x", { "a b" = true }]

        [plugins."io.containerd.grpc.v1.cri"]
        sandbox_image = "a\"b"

        [plugins."io.containerd.grpc.v1.cri".cni]
        bin_dir = "/x"
        new = true

        [empty]
        "#);
    }
}
