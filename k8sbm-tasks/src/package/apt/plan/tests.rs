use crate::testing::{Desk, probe, refusal, told};
use k8sbm_core::{
    connection::FakeHost,
    host::{Command, Output},
    task::Probe,
};

/// A host with curl and mawk; jq can be installed, curl upgraded, and nothing else is known.
fn debian() -> FakeHost {
    let asks = |program: &'static str| move |command: &Command| command.line().starts_with(program);
    let installed = "curl\tamd64\t7.88.1-10\tii \tcurl\tweb\t\nmawk\tamd64\t1.3.4\tii \tmawk\tutils\tawk\napt\tamd64\t2.6.1\tii \tapt\tadmin\tapt-transport-https (= 2.6.1)\n";
    FakeHost::new()
        .queries(asks("dpkg-query"), move |_, _| printed(0, installed, ""))
        .queries(asks("apt-get"), |_, command| simulated(&command.line()))
        .query(["apt-cache", "pkgnames"], "curl\njq\nmawk\n")
        .query(["apt-cache", "pkgnames", "awk"], "awkward\n")
        .query(
            ["apt-cache", "pkgnames", "apt-transport-https"],
            "apt-transport-https\n",
        )
        .query(["date", "+%s"], "2000")
}

fn printed(status: i32, stdout: &str, stderr: &str) -> Output {
    Output {
        status,
        stdout: stdout.into(),
        stderr: stderr.into(),
    }
}

fn simulated(line: &str) -> Output {
    let mut moves = String::new();
    if line.contains("remove") {
        return printed(0, "Remv curl [7.88.1-10]\n", "");
    }
    if line.contains(" jqq") {
        return printed(100, "", "E: Unable to locate package jqq\n");
    }
    if line.contains(" jq") {
        moves.push_str("Inst libjq1 (1.6-2.1 Debian [amd64])\nInst jq (1.6-2.1 Debian [amd64])\n");
    }
    if line.contains(" apt-transport-https") {
        moves.push_str("Inst apt-transport-https (2.6.1 Debian [all])\n");
    }
    if line.contains(" curl") || line.contains("upgrade") {
        moves.push_str("Inst curl [7.88.1-10] (7.88.1-11 Debian [amd64])\n");
    }
    printed(0, &moves, "")
}

fn host() -> Probe {
    probe(debian(), Desk::default())
}

#[tokio::test]
async fn what_is_there_asks_apt_nothing() {
    assert_eq!(
        told(
            &host(),
            "apt",
            "{name: [curl, awk, 'curl=7.*', 'curl>=7.1']}"
        )
        .await,
        ""
    );
    assert_eq!(
        told(&host(), "apt", "{name: [jq, ''], state: absent}").await,
        ""
    );
    assert_eq!(
        told(&host(), "apt", "{name: jq, only_upgrade: true}").await,
        ""
    );
}

#[tokio::test]
async fn a_package_of_the_name_itself_is_not_there_because_another_provides_it() {
    insta::assert_snapshot!(told(&host(), "apt", "{name: [apt-transport-https, awk]}").await, @r"
        apt-get install apt-transport-https
        + apt-transport-https 2.6.1
        ");
}

#[tokio::test]
async fn what_is_missing_is_one_call() {
    insta::assert_snapshot!(told(&host(), "apt", "{name: [jq, curl], install_recommends: false}").await, @r"
        apt-get install jq
        + jq 1.6-2.1
        + libjq1 1.6-2.1
        ");
    insta::assert_snapshot!(told(&host(), "apt", "{pkg: 'jq, curl', state: latest}").await, @r"
        apt-get install jq curl
        - curl 7.88.1-10
        + curl 7.88.1-11
        + jq 1.6-2.1
        + libjq1 1.6-2.1
        ");
    insta::assert_snapshot!(told(&host(), "apt", "{name: 'c*l', state: absent, purge: true}").await, @r"
        apt-get remove curl
        - curl 7.88.1-10
        ");
    insta::assert_snapshot!(told(&host(), "apt", "{upgrade: safe}").await, @r"
        apt-get upgrade --with-new-pkgs
        - curl 7.88.1-10
        + curl 7.88.1-11
        ");
}

#[tokio::test]
async fn a_package_that_nobody_has_is_told_with_its_neighbour() {
    insta::assert_snapshot!(told(&host(), "apt", "{name: jqq}").await, @r"
        error: No package matching 'jqq' is available
        hint: did you mean `jq`?
        ");
    insta::assert_snapshot!(told(&host(), "apt", "{name: 'jq>=2'}").await, @r"
        error: no available installation candidate for jq>=2
        hint: the newest that the repositories of the host have is 1.6-2.1
        ");
    insta::assert_snapshot!(told(&host(), "apt", "{name: 'zz*'}").await, @"error: No package(s) matching 'zz*' available");
}

#[tokio::test]
async fn old_lists_are_updated_first() {
    insta::assert_snapshot!(told(&host(), "apt", "{update_cache: true, cache_valid_time: 60}").await, @r"
        update the package lists
        - updated: never
        + updated: now
        ");
    insta::assert_snapshot!(told(&host(), "apt", "{name: jqq, update_cache: true}").await, @r"
        update the package lists (no change)
        apt-get install jqq, once the package lists are up to date
        + jqq
        ");
    insta::assert_snapshot!(told(&host(), "apt", "{name: mawk, state: latest, update_cache: true}").await, @r"
        update the package lists (no change)
        apt-get install mawk, should the new lists offer more (no change)
        ");
}

#[tokio::test]
async fn a_package_that_came_for_others_is_kept_for_itself() {
    let states =
        "Package: curl\nArchitecture: amd64\nAuto-Installed: 1\n\nPackage: x\nAuto-Installed: 1\n";
    let host = probe(
        debian().file("/var/lib/apt/extended_states", states),
        Desk::default(),
    );
    insta::assert_snapshot!(told(&host, "apt", "{name: [curl, mawk]}").await, @r"
        run apt-mark manual curl
        - curl: for others
        + curl: for itself
        ");
}

#[test]
fn arguments_that_contradict_each_other_are_refused() {
    assert_eq!(
        refusal("apt", "{name: a, deb: /b.deb}").message,
        "`deb` and `name` are mutually exclusive"
    );
    assert_eq!(
        refusal("apt", "{name: 'a=1', state: latest}").message,
        "version number inconsistent with state=latest: a=1"
    );
    assert_eq!(
        refusal("apt", "{name: '*'}").message,
        "`*` stands alone, and with `state: latest`"
    );
}
