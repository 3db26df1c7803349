use crate::testing::{Desk, apply_on, plan_on, probe, refusal, told};
use k8sbm_core::{
    connection::FakeHost,
    host::{Command, Host, Output, Program},
};
use std::fs;

const SHA: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
const STORED: &str = "/var/lib/k8sbm/artifacts/sha256/2c/2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
const KUBEADM: &str = "{name: kubeadm, dest: /usr/local/bin/kubeadm}";

/// A lock whose one artefact is a file with `hello` in it.
fn desk(folder: &tempfile::TempDir, sha256: &str) -> Desk {
    fs::write(folder.path().join("kubeadm"), "hello").unwrap();
    let directory = folder.path().display();
    let variables = format!(
        "artifacts_directory: {directory}\nartifacts: {{kubeadm: {{version: 1.34.9, url: 'https://dl.k8s.io/kubeadm', sha256: {sha256}}}}}"
    );
    Desk {
        variables: variables.leak(),
        ..Desk::default()
    }
}

fn bare() -> FakeHost {
    FakeHost::new().directory("/usr/local/bin")
}

#[tokio::test]
async fn a_program_is_installed_once_and_again_when_it_was_changed() {
    let folder = tempfile::tempdir().unwrap();
    let fake = bare();
    let host = probe(fake.clone(), desk(&folder, SHA));
    insta::assert_snapshot!(told(&host, "artifact", KUBEADM).await, @r"
        install kubeadm 1.34.9 as /usr/local/bin/kubeadm
        + sha256: 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824
        ");
    let returns = apply_on(&host, "artifact", KUBEADM).await.unwrap();
    assert_eq!(returns["version"], "1.34.9");
    assert_eq!(fake.content("/usr/local/bin/kubeadm").unwrap(), "hello");
    assert_eq!(fake.content(STORED).unwrap(), "hello");
    assert!(
        plan_on(&host, "artifact", KUBEADM)
            .await
            .unwrap()
            .is_empty()
    );

    // Somebody writes into it, and the directory has it no more.
    fake.write("/usr/local/bin/kubeadm", "other");
    Host::new(host.clone()).machine().forget();
    fs::remove_file(folder.path().join("kubeadm")).unwrap();
    let error = plan_on(&host, "artifact", KUBEADM).await.unwrap_err();
    assert!(
        error.message.contains("there is no `bin/kubeadm`"),
        "{error}"
    );
}

#[tokio::test]
async fn a_file_that_was_there_before_needs_no_sending() {
    let folder = tempfile::tempdir().unwrap();
    let fake = bare().file("/usr/local/bin/kubeadm", "hello");
    let host = probe(fake, desk(&folder, SHA));
    insta::assert_snapshot!(told(&host, "artifact", KUBEADM).await, @r"
        set mode 0755 of /usr/local/bin/kubeadm
        - mode: 0644
        + mode: 0755
        ");
}

#[tokio::test]
async fn a_wrong_checksum_is_told_while_planning() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = "0".repeat(64);
    let host = probe(bare(), desk(&folder, &format!("'{wrong}'")));
    let error = plan_on(&host, "artifact", KUBEADM).await.unwrap_err();
    let start = "the artefact kubeadm 1.34.9: ";
    assert!(error.message.starts_with(start), "{error}");
    assert!(
        error
            .message
            .ends_with(&format!("has the checksum {SHA}, not {wrong}")),
        "{error}"
    );
}

#[tokio::test]
async fn without_a_checksum_the_directory_is_believed_with_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let fake = bare();
    let host = probe(fake.clone(), desk(&folder, "~"));
    let plan = plan_on(&host, "artifact", KUBEADM).await.unwrap();
    assert_eq!(plan.returns["sha256"], SHA);
    assert_eq!(
        plan.warnings,
        ["the artefact kubeadm has no `sha256` in the lock: it is taken as the directory has it"]
    );
}

#[tokio::test]
async fn a_member_is_taken_out_of_its_archive_on_the_host() {
    let folder = tempfile::tempdir().unwrap();
    let tar = |command: &Command| matches!(&command.program, Program::Argv(argv) if argv[2].starts_with("tar "));
    let fake = bare().commands(tar, |host, command| {
        let Program::Argv(argv) = &command.program else {
            return Output::default();
        };
        assert_eq!(argv[5], "etcd/etcdctl");
        drop(host.clone().file(&argv[6], "taken out"));
        Output::default()
    });
    let host = probe(fake.clone(), desk(&folder, SHA));
    let task = "{name: kubeadm, kind: archive, member: etcd/etcdctl, dest: /usr/local/bin/etcdctl}";
    apply_on(&host, "artifact", task).await.unwrap();
    assert_eq!(fake.content("/usr/local/bin/etcdctl").unwrap(), "taken out");
    assert!(plan_on(&host, "artifact", task).await.unwrap().is_empty());
    assert_eq!(fake.content(&format!("{STORED}.etcdctl")), None);
    let other = task.replace("etcd/etcdctl", "etcd/etcd");
    assert!(!plan_on(&host, "artifact", &other).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_not_locked_is_refused_with_the_nearest_name() {
    let folder = tempfile::tempdir().unwrap();
    let host = probe(bare(), desk(&folder, SHA));
    insta::assert_snapshot!(told(&host, "artifact", "{name: kubeadmn, dest: /x}").await, @r"
        error: there is no artefact `kubeadmn` in the lock
        hint: did you mean `kubeadm`?
        ");
}

#[test]
fn arguments_that_make_no_sense_are_refused() {
    for more in [
        "dest: bin/x",
        "dest: /usr/bin/",
        "{dest: /x, sha256: abc, file: x}",
        "dest: /x\nkind: rpm",
    ] {
        refusal(
            "artifact",
            &format!(
                "{{name: x, {}}}",
                more.trim_matches(['{', '}']).replace('\n', ", ")
            ),
        );
    }
}
