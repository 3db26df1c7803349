use crate::testing::{Desk, apply_on, here, plan_on, probe, refusal};
use k8sbm_core::{connection::Local, task::Probe};
use std::{fs, os::unix::fs::PermissionsExt, path::Path};

fn with_files() -> Probe {
    let desk = Desk::with_files(&[("motd", "hello\n"), ("tree/a", "a"), ("tree/b/c", "c")]);
    probe(Local::new(), desk)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// Copies, and expects that there is nothing to do afterwards.
async fn copied(host: &Probe, arguments: &str) -> k8sbm_core::task::Returns {
    let returns = apply_on(host, "copy", arguments).await.unwrap();
    let again = plan_on(host, "copy", arguments).await.unwrap();
    assert!(again.is_empty(), "{again:?}");
    returns
}

#[tokio::test]
async fn text_is_written_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    let arguments = format!("{{content: hello, dest: {}, mode: '0640'}}", path.display());
    let plan = plan_on(&here(), "copy", &arguments).await.unwrap();
    assert_eq!(plan.returns["mode"], "0640");
    assert_eq!(plan.returns["size"], 5);
    assert_eq!(
        plan.returns["checksum"],
        "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"
    );
    assert!(!path.exists(), "planning writes nothing");
    copied(&here(), &arguments).await;
    assert_eq!(
        (fs::read_to_string(&path).unwrap(), mode(&path)),
        ("hello".into(), 0o640)
    );
}

#[tokio::test]
async fn a_file_keeps_its_name_in_a_directory() {
    let (folder, host) = (tempfile::tempdir().unwrap(), with_files());
    let dest = folder.path().display();
    let returns = copied(
        &host,
        &format!("{{src: motd, dest: {dest}, mode: preserve}}"),
    )
    .await;
    assert_eq!(returns["dest"], format!("{dest}/motd"));
    assert_eq!(mode(&folder.path().join("motd")), 0o640);
    copied(
        &host,
        &format!("{{src: motd, dest: {dest}/new/sub/, directory_mode: '0711'}}"),
    )
    .await;
    assert_eq!(mode(&folder.path().join("new/sub")), 0o711);
    assert_eq!(
        fs::read(folder.path().join("new/sub/motd")).unwrap(),
        b"hello\n"
    );
}

#[tokio::test]
async fn a_directory_comes_with_its_name_or_without() {
    let (folder, host) = (tempfile::tempdir().unwrap(), with_files());
    let dest = folder.path().display();
    copied(&host, &format!("{{src: tree, dest: {dest}}}")).await;
    assert_eq!(fs::read(folder.path().join("tree/b/c")).unwrap(), b"c");
    copied(
        &host,
        &format!("{{src: tree/, dest: {dest}, mode: '0600'}}"),
    )
    .await;
    assert_eq!(mode(&folder.path().join("a")), 0o600);
    copied(
        &host,
        &format!("{{src: {dest}/tree/, dest: {dest}/twin, remote_src: true}}"),
    )
    .await;
    assert_eq!(fs::read(folder.path().join("twin/b/c")).unwrap(), b"c");
}

#[tokio::test]
async fn links_are_replaced_or_followed() {
    let folder = tempfile::tempdir().unwrap();
    let (link, target) = (folder.path().join("link"), folder.path().join("target"));
    fs::write(&target, "same").unwrap();
    std::os::unix::fs::symlink("target", &link).unwrap();
    let dest = link.display();
    copied(
        &here(),
        &format!("{{content: new, dest: {dest}, follow: true}}"),
    )
    .await;
    assert_eq!(fs::read(&target).unwrap(), b"new");
    assert!(link.is_symlink());
    copied(&here(), &format!("{{content: new, dest: {dest}}}")).await;
    assert!(!link.is_symlink());
}

#[tokio::test]
async fn what_is_there_may_stay_or_be_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    fs::write(&path, "old").unwrap();
    let dest = path.display();
    let keep = format!("{{content: new, dest: {dest}, force: false}}");
    assert!(plan_on(&here(), "copy", &keep).await.unwrap().is_empty());
    let returns = copied(
        &here(),
        &format!("{{content: new, dest: {dest}, backup: true}}"),
    )
    .await;
    assert_eq!(
        fs::read(returns["backup_file"].as_str().unwrap()).unwrap(),
        b"old"
    );
}

#[tokio::test]
async fn a_file_that_is_refused_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    fs::write(&path, "old").unwrap();
    let arguments = format!(
        "{{content: new, dest: {}, validate: grep -q old %s}}",
        path.display()
    );
    assert!(apply_on(&here(), "copy", &arguments).await.is_err());
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        1,
        "nothing is left behind"
    );
    let wrong = format!(
        "{{content: new, dest: {}, checksum: 'abc'}}",
        path.display()
    );
    assert!(plan_on(&here(), "copy", &wrong).await.is_err());
}

#[test]
fn arguments_that_make_no_sense_are_refused() {
    for arguments in [
        "dest: /x",
        "{dest: /x, src: a, content: b}",
        "{dest: /x/, content: b}",
        "{dest: /x, content: b, validate: visudo}",
        "{dest: /x, content: b, mode: rwx}",
    ] {
        refusal("copy", arguments);
    }
}
