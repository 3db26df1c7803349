//! What `pip` does on hosts that are not there.

use crate::testing::{Desk, apply_on, plan_on, probe, refusal, told};
use k8sbm_core::{connection::FakeHost, host::Command};

const WHICH: [&str; 3] = ["sh", "-c", "command -v pip3 || command -v python3"];
const LIST: [&str; 4] = [
    "/usr/bin/pip3",
    "list",
    "--format=json",
    "--disable-pip-version-check",
];
const LISTED: &str =
    r#"[{"name": "PyYAML", "version": "6.0"}, {"name": "kubernetes", "version": "31.0.0"}]"#;

fn host() -> FakeHost {
    FakeHost::new()
        .query(WHICH, "/usr/bin/pip3\n")
        .query(LIST, LISTED)
}

#[tokio::test]
async fn what_is_missing_is_installed() {
    let host = probe(host(), Desk::default());
    assert_eq!(
        told(&host, "pip", "name: [pyyaml, 'kubernetes>=30']").await,
        ""
    );
    insta::assert_snapshot!(told(&host, "pip", "{name: [pyyaml, 'kubernetes<31', jmespath], extra_args: '--find-links \"/a b\"'}").await, @r#"
    /usr/bin/pip3 install --find-links '/a b' pyyaml 'kubernetes<31' jmespath
    + kubernetes<31
    + jmespath
    "#);
    insta::assert_snapshot!(told(&host, "pip", "{name: kubernetes, version: '32.0'}").await, @r"
    /usr/bin/pip3 install kubernetes==32.0
    + kubernetes==32.0
    ");
}

#[tokio::test]
async fn what_is_there_is_removed() {
    let host = probe(host(), Desk::default());
    insta::assert_snapshot!(told(&host, "pip", "{name: [PyYAML, jmespath], state: absent}").await, @r"
    /usr/bin/pip3 uninstall -y PyYAML jmespath
    - PyYAML
    ");
    assert_eq!(
        told(&host, "pip", "{name: jmespath, state: absent}").await,
        ""
    );
}

#[tokio::test]
async fn pip_says_beforehand_what_a_file_asks_for() {
    let dry = |said: &str| {
        let words = ["/usr/bin/pip3", "install", "--dry-run", "-r", "/r.txt"];
        probe(host().query(words, said), Desk::default())
    };
    let file = "requirements: /r.txt";
    assert_eq!(
        told(&dry("Requirement already satisfied: six\n"), "pip", file).await,
        ""
    );
    insta::assert_snapshot!(told(&dry("Collecting six\nWould install six-1.16 x-2\n"), "pip", file).await, @r"
    /usr/bin/pip3 install -r /r.txt
    + six-1.16
    + x-2
    ");
    let newer = ["/usr/bin/pip3", "install", "--dry-run", "-U", "kubernetes"];
    let host = host().query(newer, "Would install kubernetes-32\n");
    let said = told(
        &probe(host, Desk::default()),
        "pip",
        "{name: kubernetes, state: latest}",
    )
    .await;
    assert!(said.contains("+ kubernetes-32"), "{said}");
}

#[tokio::test]
async fn an_old_pip_is_tried_and_says_what_came_of_it() {
    let words = ["/usr/bin/pip3", "install", "--dry-run", "-r", "/r.txt"];
    let host = host()
        .query_fails(words, 2, "no such option: --dry-run")
        .command(LIST, LISTED)
        .command(
            ["/usr/bin/pip3", "install", "-r", "/r.txt"],
            "Requirement already satisfied: six\n",
        );
    let host = probe(host, Desk::default());
    let returned = apply_on(&host, "pip", "requirements: /r.txt")
        .await
        .unwrap();
    assert_eq!(returned["changed"], false);
}

#[tokio::test]
async fn an_environment_is_made_first() {
    let host = FakeHost::new();
    let arguments =
        "{name: six, virtualenv: /opt/v, virtualenv_command: python3 -m venv, umask: '0022'}";
    insta::assert_snapshot!(told(&probe(host, Desk::default()), "pip", arguments).await, @r"
    run python3 -m venv /opt/v
    - state: absent
    + state: directory
    /opt/v/bin/python -m pip install six
    + six
    ");
    let there = |command: &Command| command.line().starts_with("/opt/v/bin/python -m pip list");
    let host = FakeHost::new().file("/opt/v/bin/activate", "");
    let host = host.queries(there, |_, _| k8sbm_core::host::Output {
        stdout: br#"[{"name": "six", "version": "1.16"}]"#.to_vec(),
        ..Default::default()
    });
    let plan = plan_on(&probe(host, Desk::default()), "pip", arguments)
        .await
        .unwrap();
    assert!(plan.is_empty());
    assert_eq!(plan.returns["virtualenv"], "/opt/v");
}

#[tokio::test]
async fn a_host_without_pip_is_told_as_such() {
    let host = FakeHost::new().query_fails(WHICH, 127, "");
    insta::assert_snapshot!(told(&probe(host, Desk::default()), "pip", "name: six").await, @r"
    error: Unable to find any of pip3 to use. pip needs to be installed.
    hint: the package `python3-pip` has it, on most hosts
    ");
}

#[test]
fn arguments_that_exclude_each_other_are_refused() {
    for wrong in [
        "state: latest",
        "{name: six, requirements: /r.txt}",
        "{name: six, version: '1', state: latest}",
        "{name: [six, x], version: '1'}",
        "{name: six, executable: pip3, virtualenv: /v}",
        "{name: six, umask: '9'}",
    ] {
        refusal("pip", wrong);
    }
}
