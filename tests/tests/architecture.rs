//! The rules of ARCHITECTURE.md that can be read off the text of the code.

use std::{
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the crate stands in the workspace")
        .to_path_buf()
}

/// The Rust files below a folder, with their text before the tests at the bottom.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut open = vec![root().join(folder)];
    let mut found = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).expect("the folder is there") {
            let path = entry.expect("the folder can be read").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") && !is_test(&path) {
                let text = fs::read_to_string(&path).expect("the file can be read");
                let code = text
                    .split("#[cfg(test)]")
                    .next()
                    .unwrap_or_default()
                    .to_owned();
                found.push((path, code));
            }
        }
    }
    assert!(!found.is_empty(), "there is nothing below {folder}");
    found
}

/// Whether a file holds tests, or what only tests use.
fn is_test(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name == "tests.rs" || name == "testing.rs" || name == "fixture.rs")
}

/// Lines of code, not of comments, that hold one of `words`.
fn uses(folder: &str, words: &[&str]) -> Vec<String> {
    let code = |line: &&str| !line.trim_start().starts_with("//");
    let mut found = Vec::new();
    for (path, text) in sources(folder) {
        for line in text
            .lines()
            .filter(code)
            .filter(|line| words.iter().any(|word| line.contains(word)))
        {
            found.push(format!(
                "{}: {}",
                path.strip_prefix(root()).unwrap_or(&path).display(),
                line.trim()
            ));
        }
    }
    found
}

#[test]
fn the_core_is_silent() {
    let words = [
        "println!",
        "eprintln!",
        "print!(",
        "env::var",
        "env::args",
        "home_dir",
        "process::exit",
    ];
    assert_eq!(uses("k8sbm-core/src", &words), Vec::<String>::new());
    assert_eq!(uses("k8sbm-tasks/src", &words), Vec::<String>::new());
}

#[test]
fn crates_know_their_place() {
    assert_eq!(
        uses("k8sbm-core/src", &["k8sbm_tasks", "k8sbm_cli"]),
        Vec::<String>::new()
    );
    // What a file of Kubernetes holds is read with the engine's own loader; arguments come typed.
    let yaml = ["serde_yaml", "variables_in"];
    assert_eq!(uses("k8sbm-tasks/src", &yaml), Vec::<String>::new());
    let main = fs::read_to_string(root().join("k8sbm-cli/src/main.rs"))
        .expect("the command has a main.rs");
    assert!(main.lines().count() < 100, "main.rs holds logic");
}

#[test]
fn files_are_short() {
    let mut long = Vec::new();
    for folder in ["k8sbm-core/src", "k8sbm-tasks/src", "k8sbm-cli/src"] {
        for (path, text) in sources(folder) {
            let lines = text.lines().count();
            if lines > 700 {
                long.push(format!(
                    "{}: {lines} lines",
                    path.strip_prefix(root()).unwrap_or(&path).display()
                ));
            }
        }
    }
    assert_eq!(long, Vec::<String>::new());
}

/// Modules that no laws file in `tests/laws` holds to the laws, and why.
const WITHOUT_LAWS: [(&str, &str); 10] = [
    (
        "cluster_inventory",
        "judges the inventory, and asks no host",
    ),
    ("fail", "always fails"),
    ("gather_facts", "is `setup` by another name"),
    ("include_vars", "reads the controller alone"),
    (
        "kubeadm_certs",
        "needs a cluster: only tests on hosts in memory hold it",
    ),
    (
        "kubeadm_init",
        "makes a cluster: the end-to-end tests hold it",
    ),
    (
        "kubeadm_join",
        "needs two hosts: the end-to-end tests hold it",
    ),
    (
        "kubeadm_token",
        "needs a cluster: only tests on hosts in memory hold it",
    ),
    (
        "kubeadm_upgrade",
        "needs a cluster and two releases: the end-to-end tests hold it",
    ),
    (
        "reboot",
        "cuts the connection that the laws ask through: it has a test of its own",
    ),
];

#[test]
fn every_module_is_held_to_the_laws_or_says_why_not() {
    let registry = k8sbm_tasks::registry();
    let held = |name: &str| {
        root()
            .join("tests/laws")
            .join(format!("{name}.yml"))
            .exists()
    };
    let without: Vec<&str> = registry
        .modules()
        .map(|module| module.name)
        .filter(|name| !held(name))
        .collect();
    let said: Vec<&str> = WITHOUT_LAWS.iter().map(|(name, _)| *name).collect();
    let mut unsaid = without.clone();
    unsaid.retain(|name| !said.contains(name));
    assert!(
        unsaid.is_empty(),
        "write tests/laws/NAME.yml for {unsaid:?}, or say in WITHOUT_LAWS why there is none"
    );
    let mut needless = said;
    needless.retain(|name| !without.contains(name));
    assert!(needless.is_empty(), "these have laws now: {needless:?}");
}
