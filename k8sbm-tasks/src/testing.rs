//! Modules by name on hosts that are not there, for the tests of all families.

use k8sbm_core::{
    connection::{Answer, Connection, ConnectionError, Request, RunAs},
    diagnostic::Diagnostic,
    node::{Node, Source, load_one},
    task::{Erased, Plan, Probe, Result},
};
use std::sync::Arc;

/// Arguments in YAML.
pub(crate) fn arguments(yaml: &str) -> Node {
    let source = Arc::new(Source {
        name: "task.yml".into(),
        text: yaml.into(),
    });
    load_one(&source).unwrap()
}

/// A task of a module.
pub(crate) fn parse(module: &str, yaml: &str) -> Result<Arc<dyn Erased>, Diagnostic> {
    let registry = crate::registry();
    registry.get(module).unwrap().parse(&arguments(yaml))
}

/// Why a module refuses its arguments.
pub(crate) fn refusal(module: &str, yaml: &str) -> Diagnostic {
    let parsed = parse(module, yaml);
    parsed
        .err()
        .unwrap_or_else(|| panic!("{module} takes {yaml}"))
}

/// What a task plans that asks nothing of its host.
pub(crate) async fn plan(module: &str, yaml: &str) -> Result<Plan> {
    let probe = Probe::of("nowhere", Arc::new(Nowhere));
    parse(module, yaml).unwrap().plan(&probe).await
}

/// A host that nobody may ask.
#[derive(Debug)]
struct Nowhere;

#[async_trait::async_trait]
impl Connection for Nowhere {
    async fn send(&self, _: &RunAs, asked: Vec<Request>) -> Result<Vec<Answer>, ConnectionError> {
        panic!("asked of a host that nobody may ask: {asked:?}")
    }

    async fn reset(&self) {}

    async fn close(&self) {}
}
