//! What rendering costs; run with
//! `cargo test --release -p k8sbm-core --test render_cost -- --ignored --nocapture`.

use k8sbm_core::{
    controller::LocalController,
    node::{Kind, Map, Node, Span, Tag},
    template::{Compat, Engine},
    value::{from_json, to_node},
    vars::{HostVars, Layer, Level, Names, Scope, Store},
};
use serde_json::json;
use std::{hint::black_box, io::Write as _, sync::Arc, time::Instant};

/// How often each thing is done.
const ROUNDS: u32 = 100_000;

fn layer(level: Level, vars: serde_json::Value) -> Arc<Layer> {
    let map = match to_node(&from_json(vars), &Span::none()).kind {
        Kind::Map(map) => map,
        _ => Map::new(),
    };
    Arc::new(Layer::from_map(level, "a layer", &map))
}

/// A host as in a real run: twelve layers of fifty names each, and facts.
fn scope() -> Scope {
    let engine = Arc::new(Engine::new(
        Compat::V2_19,
        Arc::new(LocalController::default()),
    ));
    let extra = Layer::new(Level::Extra, "extra vars", Names::default());
    let store = Arc::new(Store::new(engine, Arc::new(extra)));
    let filler = |level, prefix: &str| {
        let names = (0..50).map(|index| (format!("{prefix}_{index}"), json!(index)));
        layer(level, names.collect())
    };
    let mut inventory: Vec<Arc<Layer>> = (0..6)
        .map(|index| filler(Level::InventoryGroupVars, &format!("group{index}")))
        .collect();
    inventory.push(layer(
        Level::InventoryHost,
        json!({"port": 6443, "name": "node1", "url": "https://{{ name }}:{{ port }}", "far": "{{ url }}/x", "flag": true,
               "downloads": {"etcd": {"url": "{{ url }}/etcd", "sha": "abc"}}}),
    ));
    let mut task: Vec<Arc<Layer>> = vec![filler(Level::RoleDefaults, "default")];
    task.extend((0..4).map(|index| filler(Level::Play, &format!("play{index}"))));
    task.push(filler(Level::Task, "task"));
    let host = Arc::new(HostVars::new("node1", inventory.into(), Arc::new([])));
    host.add_facts((0..100).map(|index| {
        (
            format!("ansible_fact{index}").into(),
            from_json(json!(index)),
        )
    }));
    host.set(
        &"result".into(),
        from_json(json!({"rc": 0, "stdout": "ok", "changed": false})),
        Span::none(),
    );
    store.add_host(host.clone());
    Scope::new(&store, &host).with_layers(task.into())
}

fn text(text: &str) -> Node {
    Node {
        kind: Kind::Str(text.into()),
        span: Span::none(),
        tag: Tag::None,
    }
}

#[test]
#[ignore = "measures"]
fn rendering_costs() {
    let scope = scope();
    let engine = scope.store().engine.clone();
    let templates = [
        "plain",
        "{{ port }}",
        "{{ name }}:{{ port }}",
        "{{ url }}",
        "{{ far }}",
        "{{ downloads.etcd.url }}",
        "{{ result.rc }}",
        "{{ ansible_facts.fact7 }}",
        "{{ ansible_fact7 }}",
        "{{ name | upper }}",
        "{{ nope | default('x') }}",
    ];
    let conditions = [
        "flag",
        "result.rc == 0",
        "result is changed and port == 6443",
        "nope is defined",
        "ansible_facts['fact3'] == 3",
    ];
    let mut out = std::io::stderr();
    for template in templates {
        let node = text(template);
        let started = Instant::now();
        for _ in 0..ROUNDS {
            black_box(engine.render(&node, &scope)).unwrap();
        }
        writeln!(
            out,
            "{:>8.0} ns  {template}",
            started.elapsed().as_nanos() as f64 / f64::from(ROUNDS)
        )
        .unwrap();
    }
    for condition in conditions {
        let node = text(condition);
        let started = Instant::now();
        for _ in 0..ROUNDS {
            black_box(engine.condition(&node, &scope)).unwrap();
        }
        writeln!(
            out,
            "{:>8.0} ns  when: {condition}",
            started.elapsed().as_nanos() as f64 / f64::from(ROUNDS)
        )
        .unwrap();
    }
}
