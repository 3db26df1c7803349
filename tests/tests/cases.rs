//! Playbooks that load, and playbooks with one mistake each: what is said of it is kept in a snapshot.

use k8sbm_core::{
    controller::LocalController,
    diagnostic::Diagnostic,
    playbook::{Loader, Playbook},
    template::{Compat, Engine},
    vars::{Layer, Level, Names},
};
use std::{
    fmt::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

fn load(path: &Path) -> Result<Playbook, Vec<Diagnostic>> {
    let controller = Arc::new(LocalController::default());
    let engine = Arc::new(Engine::new(Compat::V2_19, controller));
    let extra = Arc::new(Layer::new(Level::Extra, "extra vars", Names::new()));
    let registry = Arc::new(k8sbm_tasks::registry());
    // Tests run in the directory of their package: paths from there are the same on all machines.
    let path = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap();
    Loader::new(registry, engine, extra)
        .with_roles_path(vec![PathBuf::from("cases/roles")])
        .playbook(path)
}

/// Each mistake with its place and help, and further places and notes below it.
fn said(diagnostics: &[Diagnostic]) -> String {
    let mut text = String::new();
    for diagnostic in diagnostics {
        writeln!(text, "{diagnostic}").unwrap();
        for label in diagnostic.labels.iter().skip(1) {
            writeln!(text, "  at {}: {}", label.span, label.text).unwrap();
        }
        for note in &diagnostic.notes {
            writeln!(text, "  note: {note}").unwrap();
        }
    }
    text
}

#[test]
fn what_is_wrong_is_refused_with_its_place() {
    insta::glob!("../cases/invalid", "*.yml", |path| {
        let errors = load(path).expect_err("the mistake was not seen");
        for error in &errors {
            assert!(error.span().is_some(), "no place: {error}");
        }
        insta::assert_snapshot!(said(&errors));
    });
}

#[test]
fn what_is_doubtful_loads_with_a_warning() {
    insta::glob!("../cases/doubtful", "*.yml", |path| match load(path) {
        Ok(playbook) => insta::assert_snapshot!(said(&playbook.warnings)),
        Err(errors) => panic!("{}", said(&errors)),
    });
}

#[test]
fn what_is_right_loads() {
    insta::glob!("../cases/valid", "*.yml", |path| match load(path) {
        Ok(playbook) => assert!(playbook.warnings.is_empty(), "{}", said(&playbook.warnings)),
        Err(errors) => panic!("{}", said(&errors)),
    });
}
