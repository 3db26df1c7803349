use crate::testing::{Desk, apply_on, plan_on, probe, refusal};
use k8sbm_core::{connection::Local, host::Host};
use std::{fs, process::Command};

#[tokio::test]
async fn an_archive_is_unpacked_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir_all(path("from/bin")).unwrap();
    fs::create_dir(path("to")).unwrap();
    fs::write(path("from/bin/tool"), "1").unwrap();
    let mut tar = Command::new("tar");
    tar.arg("-C")
        .arg(folder.path())
        .args(["-czf"])
        .arg(path("x.tgz"))
        .arg("from");
    assert!(tar.status().unwrap().success());
    let desk = Desk::default();
    desk.files
        .lock()
        .unwrap()
        .insert("/play/x.tgz".into(), fs::read(path("x.tgz")).unwrap());
    let host = probe(Local::new(), desk);
    let dest = path("to").display().to_string();
    let remote = format!(
        "{{src: {}, dest: {dest}, remote_src: true, list_files: true}}",
        path("x.tgz").display()
    );
    let returns = apply_on(&host, "unarchive", &remote).await.unwrap();
    assert_eq!(
        returns["files"],
        serde_json::json!(["from/", "from/bin/", "from/bin/tool"])
    );
    assert!(
        plan_on(&host, "unarchive", &remote)
            .await
            .unwrap()
            .is_empty()
    );
    let local = format!(
        "{{src: x.tgz, dest: {dest}, extra_opts: --strip-components=1, mode: 'u=rwX,go='}}"
    );
    assert!(
        !plan_on(&host, "unarchive", &local)
            .await
            .unwrap()
            .is_empty()
    );
    apply_on(&host, "unarchive", &local).await.unwrap();
    assert!(
        plan_on(&host, "unarchive", &local)
            .await
            .unwrap()
            .is_empty()
    );
    // Somebody else does this, and what was seen before is forgotten in time.
    fs::write(path("to/bin/tool"), "2").unwrap();
    Host::new(host.clone()).machine().forget();
    apply_on(&host, "unarchive", &local).await.unwrap();
    assert_eq!(fs::read(path("to/bin/tool")).unwrap(), b"1");
    let creates = format!("{{src: nothing, dest: {dest}, creates: {dest}/bin}}");
    assert!(
        plan_on(&host, "unarchive", &creates)
            .await
            .unwrap()
            .skipped
            .is_some()
    );
}

#[test]
fn arguments_that_make_no_sense_are_refused() {
    for more in [
        "src: a.zip",
        "src: a.tgz, include: a, exclude: b",
        "src: a.tgz, copy: true, remote_src: true",
    ] {
        refusal("unarchive", &format!("{{dest: /x, {more}}}"));
    }
}
