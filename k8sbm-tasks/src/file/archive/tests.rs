//! Archives of this machine's own files, made for real.

use crate::testing::{apply_on, here, plan_on, refusal};
use std::{fs, path::Path, process::Command};

fn ground() -> tempfile::TempDir {
    let ground = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("a/one", "1"),
        ("a/b/two", "22"),
        ("a/it's", "3"),
        ("c", "4"),
    ] {
        let path = ground.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    ground
}

/// The names in an archive, sorted.
fn names(archive: &Path) -> String {
    let output = Command::new("tar")
        .arg("-tf")
        .arg(archive)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut names: Vec<&str> = text.lines().collect();
    names.sort_unstable();
    names.join(" ")
}

async fn changes(arguments: &str) -> bool {
    let host = here();
    !plan_on(&host, "archive", arguments)
        .await
        .unwrap()
        .is_empty()
}

#[tokio::test]
async fn a_directory_is_packed_once() {
    let ground = ground();
    let at = ground.path().display();
    let arguments = format!("{{path: {at}/a, dest: {at}/a.tgz, exclusion_patterns: ['*/two']}}");
    let returns = apply_on(&here(), "community.general.archive", &arguments)
        .await
        .unwrap();
    assert_eq!(names(&ground.path().join("a.tgz")), "a/b/ a/it's a/one");
    assert_eq!(returns["dest_state"], "archive");
    assert_eq!(returns["arcroot"], format!("{at}/"));
    assert!(!changes(&arguments).await);
    fs::write(ground.path().join("a/one"), "other").unwrap();
    assert!(changes(&arguments).await);
}

#[tokio::test]
async fn a_single_file_is_only_compressed() {
    let ground = ground();
    let at = ground.path().display();
    let arguments = format!("{{path: {at}/c, mode: '0600'}}");
    apply_on(&here(), "archive", &arguments).await.unwrap();
    let read = Command::new("gzip")
        .arg("-dc")
        .arg(ground.path().join("c.gz"))
        .output()
        .unwrap();
    assert_eq!(read.stdout, b"4");
    assert!(!changes(&arguments).await);
    let forced = format!("{{path: {at}/c, force_archive: true, dest: {at}/c.tar, format: tar}}");
    apply_on(&here(), "archive", &forced).await.unwrap();
    assert_eq!(names(&ground.path().join("c.tar")), "c");
}

#[tokio::test]
async fn patterns_are_the_hosts_and_sources_can_go() {
    let ground = ground();
    let at = ground.path().display();
    let arguments = format!(
        "{{path: ['{at}/a/*', {at}/none], exclude_path: [{at}/a/b], dest: {at}/x.tgz, remove: true}}"
    );
    let returns = apply_on(&here(), "archive", &arguments).await.unwrap();
    assert_eq!(names(&ground.path().join("x.tgz")), "a/it's a/one");
    assert_eq!(returns["dest_state"], "incomplete");
    assert_eq!(
        returns["missing"],
        serde_json::json!([format!("{at}/none")])
    );
    assert!(!ground.path().join("a/one").exists() && ground.path().join("a/b/two").exists());
    assert!(!changes(&arguments).await);
}

#[tokio::test]
async fn an_archive_among_its_sources_stays() {
    let ground = ground();
    let at = ground.path().display();
    let arguments = format!("{{path: '{at}/*', dest: {at}/all.tgz, remove: true}}");
    apply_on(&here(), "archive", &arguments).await.unwrap();
    let archive = ground.path().join("all.tgz");
    assert_eq!(names(&archive), "a/b/ a/b/two a/it's a/one c");
    assert!(!ground.path().join("a").exists());
    assert!(!changes(&arguments).await);
    apply_on(&here(), "archive", &arguments).await.unwrap();
    assert_eq!(names(&archive), "a/b/ a/b/two a/it's a/one c");
}

#[tokio::test]
async fn what_is_not_packed_is_not_removed() {
    let ground = ground();
    let at = ground.path().display();
    let arguments = format!(
        "{{path: {at}/a, dest: {at}/a.tgz, exclusion_patterns: ['*/two'], remove: true, mode: '0600'}}"
    );
    apply_on(&here(), "archive", &arguments).await.unwrap();
    assert!(!ground.path().join("a/one").exists() && ground.path().join("a/b/two").exists());
    assert!(!changes(&arguments).await);
    assert_eq!(names(&ground.path().join("a.tgz")), "a/b/ a/it's a/one");
    let excluded = format!("{{path: {at}/c, exclusion_patterns: [c], remove: true}}");
    assert!(!changes(&excluded).await);
}

#[tokio::test]
async fn what_cannot_be_packed_is_said() {
    let ground = ground();
    let at = ground.path().display();
    let refused = async |arguments: String| {
        let planned = plan_on(&here(), "archive", &arguments).await;
        planned.unwrap_err().message.replace(&at.to_string(), "")
    };
    let nothing = refused(format!("{{path: {at}/n*, dest: {at}/x.tgz}}")).await;
    assert_eq!(nothing, "Error, no source paths were found");
    let nowhere = refused(format!("{{path: {at}/a}}")).await;
    assert_eq!(
        nowhere,
        "Error, must specify \"dest\" when archiving multiple files or trees"
    );
    let inside = refused(format!(
        "{{path: {at}/a, dest: {at}/a/x.tgz, remove: true}}"
    ))
    .await;
    assert!(inside.contains("can not be contained"), "{inside}");
    let error = refusal("archive", "{path: /srv, dest: /x, format: rar}");
    assert_eq!(
        error.message,
        "`format` must be one of bz2, gz, tar, xz, zip, not `rar`"
    );
    let made = format!("{{path: {at}/a, dest: {at}/none/x.tgz}}");
    let failed = apply_on(&here(), "archive", &made).await.unwrap_err();
    assert!(failed.message.contains("x.tgz cannot be made"), "{failed}");
}
