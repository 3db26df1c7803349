//! What lint found, as SARIF 2.1.0 (OASIS).

use crate::render::Weight;
use k8sbm_core::{diagnostic::Diagnostic, node::Span};
use serde_json::{Value, json};

/// A log with one run.
pub fn log(found: &[(Weight, Diagnostic)]) -> String {
    let results: Vec<Value> = found
        .iter()
        .map(|(weight, diagnostic)| result(*weight, diagnostic))
        .collect();
    let rules = [Weight::Error, Weight::Warning].map(|weight| {
        let (id, about) = rule(weight);
        json!({ "id": id, "shortDescription": { "text": about } })
    });
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "k8sbm",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "results": results,
        }],
    });
    format!("{log:#}\n")
}

fn rule(weight: Weight) -> (&'static str, &'static str) {
    match weight {
        Weight::Error => ("mistake", "a run would refuse this, or fail there"),
        Weight::Warning => ("warning", "this may not do what it seems to"),
    }
}

fn result(weight: Weight, diagnostic: &Diagnostic) -> Value {
    let level = match weight {
        Weight::Error => "error",
        Weight::Warning => "warning",
    };
    let help = diagnostic.help.iter().chain(&diagnostic.notes);
    let text = help.fold(diagnostic.message.clone(), |text, more| {
        format!("{text}\n{more}")
    });
    let locations: Vec<Value> = diagnostic.span().map(location).into_iter().collect();
    json!({
        "ruleId": rule(weight).0,
        "level": level,
        "message": { "text": text },
        "locations": locations,
    })
}

fn location(span: &Span) -> Value {
    let (line, column) = span.line_column();
    let file = span.source().map_or("", |source| &*source.name);
    json!({ "physicalLocation": {
        "artifactLocation": { "uri": file.strip_prefix("./").unwrap_or(file) },
        "region": { "startLine": line, "startColumn": column },
    } })
}
