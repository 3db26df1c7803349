//! Scopes for tests.

use super::{Compat, Engine};
use crate::{
    controller::LocalController,
    node::{Kind, Map, Node, Source, Span, Tag},
    vars::{HostVars, Layer, Level, Scope, Store},
};
use serde_json::Value as Json;
use std::sync::Arc;

/// A scope with variables, strings in which are templates.
pub(crate) fn scope(vars: Json) -> Scope {
    scope_in(Compat::V2_19, vars)
}

/// A scope in a dialect.
pub(crate) fn scope_in(compat: Compat, vars: Json) -> Scope {
    let engine = Arc::new(Engine::new(compat, Arc::new(LocalController::default())));
    let store = Arc::new(Store::new(
        engine,
        Arc::new(layer(Level::Extra, "extra vars", Json::Null)),
    ));
    let layers: Arc<[Arc<Layer>]> =
        Arc::new([Arc::new(layer(Level::InventoryHost, "inventory", vars))]);
    let host = Arc::new(HostVars::new(
        "node1.lan",
        layers,
        Arc::new(["workers".into()]),
    ));
    store.add_host(host.clone());
    store.set_groups(
        [("all".into(), Arc::from(["node1.lan".into()]))]
            .into_iter()
            .collect(),
    );
    Scope::new(&store, &host)
}

/// A layer of variables.
pub(crate) fn layer(level: Level, label: &str, vars: Json) -> Layer {
    let map = match Node::from_json(&vars, &Span::none()).kind {
        Kind::Map(map) => map,
        _ => Map::new(),
    };
    Layer::from_map(level, label, &map)
}

/// A string that stands in a file of its own.
pub(crate) fn text(text: &str) -> Node {
    let source = Arc::new(Source {
        name: "site.yml".into(),
        text: text.into(),
    });
    Node {
        kind: Kind::Str(text.into()),
        span: Span::new(&source, 0..text.len()),
        tag: Tag::None,
    }
}

/// What a string renders to, as JSON, or the error.
pub(crate) fn rendered(scope: &Scope, template: &str) -> String {
    match scope.store().engine.value(&text(template), scope) {
        Ok(value) => crate::value::to_json(&value).to_string(),
        Err(error) => format!("error: {error}"),
    }
}
