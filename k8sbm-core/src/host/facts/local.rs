//! Facts that the host brings itself, from its `facts.d`.

use super::Facts;
use super::gathered::{Gathered, base_name};
use serde_json::{Map, Value as Json};

pub(super) fn add(gathered: &Gathered, facts: &mut Facts) {
    let mut local = Map::new();
    let mut records = gathered.records().peekable();
    while let Some((name, content)) = records.next() {
        let Some(path) = name.strip_prefix("local:") else {
            continue;
        };
        let status = records.next_if(|(name, _)| *name == "status");
        let status = status.map_or("0", |(_, status)| status.trim());
        let fact = match status {
            "0" => data(path, content),
            status => Json::from(format!(
                "failure executing fact script ({path}), rc: {status}"
            )),
        };
        local.insert(base_name(path).trim_end_matches(".fact").to_owned(), fact);
    }
    facts.insert("local".into(), local.into());
}

/// JSON, or sections of `key = value` lines.
fn data(path: &str, content: &str) -> Json {
    if let Ok(json) = serde_json::from_str(content) {
        return json;
    }
    let mut sections: Map<String, Json> = Map::new();
    for line in content.lines() {
        let line = line.trim_end();
        if line.trim().is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            sections
                .entry(name)
                .or_insert_with(|| Json::Object(Map::new()));
            continue;
        }
        let pair = line.split_once(['=', ':']);
        match (pair, sections.values_mut().next_back()) {
            (Some((key, value)), Some(Json::Object(section))) => {
                section.insert(key.trim().to_lowercase(), value.trim().into());
            }
            _ => {
                return format!(
                    "error loading facts as JSON or ini - please check content: {path}"
                )
                .into();
            }
        }
    }
    sections.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_json_or_sections() {
        let text = "\u{1e}local:/etc/ansible/facts.d/a.fact\u{1f}{\"x\": [1]}\n\u{1e}status\u{1f}0\n\
            \u{1e}local:/etc/ansible/facts.d/b.fact\u{1f}; comment\n[one]\nKey = value\ntwo: 2\n\u{1e}status\u{1f}0\n\
            \u{1e}local:/etc/ansible/facts.d/c.fact\u{1f}\u{1e}status\u{1f}3\n\
            \u{1e}local:/etc/ansible/facts.d/d.fact\u{1f}neither\n\u{1e}status\u{1f}0\n";
        let mut facts = Facts::new();
        add(&Gathered::read(text.as_bytes()), &mut facts);
        insta::assert_json_snapshot!(facts["local"], @r#"
        {
          "a": {
            "x": [
              1
            ]
          },
          "b": {
            "one": {
              "key": "value",
              "two": "2"
            }
          },
          "c": "failure executing fact script (/etc/ansible/facts.d/c.fact), rc: 3",
          "d": "error loading facts as JSON or ini - please check content: /etc/ansible/facts.d/d.fact"
        }
        "#);
    }
}
