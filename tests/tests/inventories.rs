//! Inventories of clusters that can be built, and of some that cannot: what is said of those is kept in a snapshot.

use k8sbm_core::{
    connection::{Connection, FakeHost},
    diagnostic::Diagnostic,
    inventory::Inventory,
    node::Reading,
    run::{Connector, Runner, Way},
};
use std::{path::Path, sync::Arc};

/// No host is ever reached.
struct Fakes;

impl Connector for Fakes {
    fn connect(&self, _: &Way) -> Result<Arc<dyn Connection>, String> {
        Ok(Arc::new(FakeHost::new()))
    }
}

fn mistakes(path: &Path) -> Vec<Diagnostic> {
    // Tests run in the directory of their package: paths from there are the same on all machines.
    let path = path
        .strip_prefix(env!("CARGO_MANIFEST_DIR"))
        .unwrap_or(path);
    let inventory = Inventory::load(&[path.display().to_string()], &Reading::default())
        .unwrap_or_else(|error| panic!("{error}"));
    let ready = Runner::new(inventory, k8sbm_tasks::registry(), Arc::new(Fakes))
        .ready(None)
        .unwrap_or_else(|error| panic!("{error}"));
    k8sbm_tasks::inventory_mistakes(&ready.survey())
}

fn said(mistakes: &[Diagnostic]) -> String {
    let lines = mistakes.iter().map(ToString::to_string);
    let text = lines.collect::<Vec<_>>().join("\n");
    text.replace(concat!(env!("CARGO_MANIFEST_DIR"), "/"), "")
}

#[test]
fn what_no_cluster_can_be_built_from_is_refused_with_its_place() {
    insta::glob!("../cases/inventories/invalid", "*.yml", |path| {
        let mistakes = mistakes(path);
        assert!(!mistakes.is_empty(), "the mistake was not seen");
        insta::assert_snapshot!(said(&mistakes));
    });
}

#[test]
fn what_a_cluster_can_be_built_from_has_no_mistakes() {
    insta::glob!("../cases/inventories/valid", "*.yml", |path| {
        assert_eq!(said(&mistakes(path)), "");
    });
}
