//! Logical volumes.

use super::Facts;
use super::gathered::Gathered;
use serde_json::{Map, Value as Json, json};

pub(super) fn add(gathered: &Gathered, facts: &mut Facts) {
    let lvm = match gathered.record("vgs") {
        None => Json::from("N/A"),
        Some(groups) => {
            let rows = |name: &str| gathered.record(name).unwrap_or_default().to_owned();
            json!({
                "vgs": table(groups, |row| {
                    json!({ "num_pvs": row[1], "num_lvs": row[2], "size_g": row[5], "free_g": row[6] })
                }, 7),
                "lvs": table(&rows("lvs"), |row| json!({ "vg": row[1], "size_g": row[3] }), 4),
                "pvs": table(&rows("pvs"), |row| {
                    json!({ "vg": row[1], "size_g": row[4], "free_g": row[5] })
                }, 6),
            })
        }
    };
    facts.insert("lvm".into(), lvm);
}

/// Facts by the first column.
fn table(rows: &str, fact: impl Fn(&[&str]) -> Json, columns: usize) -> Map<String, Json> {
    let mut table = Map::new();
    for row in rows.lines() {
        let row: Vec<_> = row.trim().split(',').collect();
        if row.len() >= columns {
            table.insert(row[0].to_owned(), fact(&row));
        }
    }
    table
}
