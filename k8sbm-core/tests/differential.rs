//! Templates against what ansible-core 2.19 and Python make of them.
//!
//! Every line of a recording is an expression, a template or a condition with the value that
//! ansible-core 2.19.14 gave, or the kind of its error. What differs on purpose is listed here.

use k8sbm_core::{
    controller::LocalController,
    node::{Kind, Node, Source, Span, Tag, load_one},
    template::{Compat, Engine},
    value::{from_json, to_json},
    vars::{HostVars, Layer, Level, Names, Scope, Store, Variable},
};
use serde_json::Value as Json;
use std::{collections::BTreeMap, sync::Arc};

/// What differs, and why; a text stands for all lines that contain it.
const DIFFERENCES: &[(&str, &str)] = &[
    (
        "1e20 ~ ''",
        "`~` prints very large floats with all their digits",
    ),
    (
        "groupby('zip', default='-')",
        "the default of groupby is used, which ansible-core ignores",
    ),
    (
        "'0x0f-0x11'",
        "a short sequence may be hexadecimal, as its documentation says",
    ),
    ("{% break %}", "loop controls are always on"),
    ("{% continue %}", "loop controls are always on"),
    (
        "{{ omit }}",
        "what is omitted as a whole is null, and its user decides",
    ),
    (
        "{{ n }} == 7",
        "braces in conditions are a warning, as in 2.18",
    ),
];

/// A host with the variables of a recording; `ready` ones are never templates.
fn scope(vars: &Json, ready: bool) -> Scope {
    let engine = Arc::new(Engine::new(
        Compat::V2_19,
        Arc::new(LocalController::default()),
    ));
    let extra = Layer::new(Level::Extra, "extra vars", Names::default());
    let store = Arc::new(Store::new(engine, Arc::new(extra)));
    // As an inventory has them: JSON is YAML, too, but for numbers with an exponent and no point.
    let written = Source {
        name: "inventory.yml".into(),
        text: vars.to_string().replace("1e+20", "1.0e+20"),
    };
    let node = load_one(&Arc::new(written)).expect("variables are YAML");
    let map = node.as_map().cloned().unwrap_or_default();
    let layer = if ready {
        let value = |json: &Json| Variable::ready(from_json(json.clone()), Span::none());
        let vars = vars
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, json)| (name.as_str().into(), value(json)));
        Layer::new(Level::InventoryHost, "inventory", vars.collect())
    } else {
        Layer::from_map(Level::InventoryHost, "inventory", &map)
    };
    let host = Arc::new(HostVars::new(
        "localhost",
        Arc::new([Arc::new(layer)]),
        Arc::new([]),
    ));
    store.add_host(host.clone());
    Scope::new(&store, &host)
}

fn text(text: String) -> Node {
    let source = Arc::new(Source {
        name: "test.yml".into(),
        text: text.clone(),
    });
    let span = Span::new(&source, 0..text.len());
    Node {
        kind: Kind::Str(text.into()),
        span,
        tag: Tag::None,
    }
}

fn given(scope: &Scope, kind: &str, template: &str) -> Result<Json, String> {
    let engine = &scope.store().engine;
    let value = match kind {
        "condition" => engine
            .condition(&text(template.to_owned()), scope)
            .map(Json::from),
        "expression" => engine
            .value(&text(format!("{{{{ {template} }}}}")), scope)
            .map(|value| to_json(&value)),
        _ => engine
            .value(&text(template.to_owned()), scope)
            .map(|value| to_json(&value)),
    };
    value.map_err(|error| error.to_string())
}

/// Compares a recording, and says what differs; gives the texts of the list that were needed.
fn compare(recording: &str) -> BTreeMap<&'static str, usize> {
    let mut lines = recording
        .lines()
        .map(|line| serde_json::from_str::<Json>(line).unwrap());
    let head = lines.next().unwrap();
    let scope = scope(&head["vars"], head.get("ready").is_some());
    let mut wrong = Vec::new();
    let mut excused = BTreeMap::new();
    let mut total = 0;
    for line in lines {
        total += 1;
        let (kind, template) = (
            line["kind"].as_str().unwrap(),
            line["text"].as_str().unwrap(),
        );
        let (wanted, given) = (line.get("v"), given(&scope, kind, template));
        let same = match (wanted, &given) {
            (Some(wanted), Ok(given)) => wanted == given,
            (None, Err(_)) => true,
            _ => false,
        };
        match DIFFERENCES.iter().find(|(text, _)| template.contains(text)) {
            _ if same => {}
            Some((text, _)) => *excused.entry(*text).or_default() += 1,
            None => wrong.push(format!(
                "{kind} {template}\n  recorded: {line}\n  here:     {given:?}"
            )),
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {total} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    excused
}

#[test]
fn templates_give_what_ansible_gives() {
    let excused = compare(include_str!("differential/ansible-core-2.19.jsonl"));
    let idle = DIFFERENCES
        .iter()
        .map(|(text, _)| text)
        .filter(|text| !excused.contains_key(*text));
    assert_eq!(
        idle.collect::<Vec<_>>(),
        Vec::<&&str>::new(),
        "these are listed as different and are not"
    );
}

#[test]
fn json_and_yaml_are_written_as_python_writes_them() {
    compare(include_str!("differential/python-writers.jsonl"));
}
