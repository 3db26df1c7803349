use super::full_name;
use crate::testing::{Desk, apply_on, plan_on, probe, refusal, told};
use k8sbm_core::connection::FakeHost;
use std::fs;

const SHA: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
const LIST: [&str; 5] = ["ctr", "-n", "k8s.io", "images", "ls"];
const PAUSE: &str = "{name: 'registry.k8s.io/pause:3.10.1'}";

fn list() -> impl Iterator<Item = &'static str> {
    LIST.into_iter().chain(["-q"])
}

fn desk(folder: &tempfile::TempDir) -> Desk {
    fs::write(folder.path().join("pause_3.10.1.tar"), "hello").unwrap();
    let variables = format!(
        "artifacts_directory: {}\nartifacts: {{pause: {{kind: image, image: 'registry.k8s.io/pause:3.10.1', sha256: {SHA}}}}}",
        folder.path().display()
    );
    Desk {
        variables: variables.leak(),
        ..Desk::default()
    }
}

#[test]
fn names_are_those_of_containerd() {
    for (name, full) in [
        ("busybox", "docker.io/library/busybox:latest"),
        ("flannel/flannel:v0.27", "docker.io/flannel/flannel:v0.27"),
        ("localhost:5000/x", "localhost:5000/x:latest"),
        ("quay.io/a/b@sha256:00", "quay.io/a/b@sha256:00"),
    ] {
        assert_eq!(full_name(name), full);
    }
}

#[tokio::test]
async fn what_is_there_is_left_alone_and_removed_when_asked() {
    let fake = FakeHost::new().query(list(), "registry.k8s.io/pause:3.10.1\nsha256:00\n");
    let host = probe(fake, Desk::default());
    assert!(plan_on(&host, "image", PAUSE).await.unwrap().is_empty());
    insta::assert_snapshot!(told(&host, "image", "{name: 'registry.k8s.io/pause:3.10.1', state: absent}").await, @r"
        run ctr -n k8s.io images rm --sync registry.k8s.io/pause:3.10.1
        - registry.k8s.io/pause:3.10.1: present
        + registry.k8s.io/pause:3.10.1: absent
        ");
}

#[tokio::test]
async fn a_missing_image_is_imported_from_the_locks_archive_which_does_not_stay() {
    let folder = tempfile::tempdir().unwrap();
    let stored = format!("/var/lib/k8sbm/artifacts/sha256/2c/{SHA}");
    let import = ["ctr", "-n", "k8s.io", "images", "import", &stored];
    let fake = FakeHost::new()
        .query(list(), "")
        .command(import, "unpacking registry.k8s.io/pause:3.10.1\n")
        .command(list(), "registry.k8s.io/pause:3.10.1\n");
    let host = probe(fake.clone(), desk(&folder));
    insta::assert_snapshot!(told(&host, "image", PAUSE).await, @r"
        import registry.k8s.io/pause:3.10.1 from pause
        - registry.k8s.io/pause:3.10.1: absent
        + registry.k8s.io/pause:3.10.1: present
        ");
    apply_on(&host, "image", PAUSE).await.unwrap();
    assert_eq!(fake.content(&stored), None);
    let kept = "{name: 'registry.k8s.io/pause:3.10.1', keep: true}";
    apply_on(&host, "image", kept).await.unwrap();
    assert_eq!(fake.content(&stored).unwrap(), "hello");
}

#[tokio::test]
async fn an_archive_with_another_image_is_an_error() {
    let task = "{name: pause, path: /srv/pause.tar}";
    let fake = FakeHost::new()
        .query(list(), "")
        .command(
            ["ctr", "-n", "k8s.io", "images", "import", "/srv/pause.tar"],
            "unpacking x\n",
        )
        .command(list(), "docker.io/library/x:1\n");
    let error = apply_on(&probe(fake, Desk::default()), "image", task)
        .await
        .unwrap_err();
    assert_eq!(
        error.message,
        "the archive has no image docker.io/library/pause:latest"
    );
    assert_eq!(error.hint.unwrap(), "containerd said: unpacking x");
}

#[tokio::test]
async fn before_containerd_is_there_it_would_be_imported() {
    let fake = FakeHost::new().query_fails(list(), 127, "ctr: not found");
    let host = probe(fake, Desk::default());
    insta::assert_snapshot!(told(&host, "image", PAUSE).await, @r"
        pull registry.k8s.io/pause:3.10.1
        - registry.k8s.io/pause:3.10.1: absent
        + registry.k8s.io/pause:3.10.1: present
        ");
    let archives = "{name: 'registry.k8s.io/pause:3.10.1', pull: false}";
    let error = plan_on(&host, "image", archives).await.unwrap_err();
    assert_eq!(
        error.message,
        "there is no archive with registry.k8s.io/pause:3.10.1"
    );
}

#[test]
fn arguments_that_make_no_sense_are_refused() {
    for arguments in [
        "{name: ''}",
        "{name: a b}",
        "{name: a, path: x.tar}",
        "{name: a, path: /x.tar, file: y}",
    ] {
        refusal("image", arguments);
    }
}
