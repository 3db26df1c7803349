use crate::testing::{apply_on, here, plan_on, refusal};
use std::{fs, os::unix::fs::MetadataExt, path::Path};

/// Makes it so, and expects that there is nothing to do afterwards.
async fn made(path: &Path, more: &str) -> k8sbm_core::task::Returns {
    let arguments = format!("{{path: {}, {more}}}", path.display());
    let returns = apply_on(&here(), "file", &arguments).await.unwrap();
    let again = plan_on(&here(), "file", &arguments).await.unwrap();
    assert!(again.is_empty(), "{again:?}");
    returns
}

async fn failure(path: &Path, more: &str) -> String {
    let arguments = format!("{{path: {}, {more}}}", path.display());
    let failed = plan_on(&here(), "file", &arguments).await.unwrap_err();
    failed
        .message
        .replace(&*path.parent().unwrap().to_string_lossy(), "")
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

#[tokio::test]
async fn directories_are_made_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (folder.path().join("a"), folder.path().join("a/b"));
    let returns = made(&b, "state: directory, mode: '0750'").await;
    assert_eq!((mode(&a), mode(&b)), (0o750, 0o750));
    assert_eq!(
        (&returns["mode"], &returns["state"]),
        (&"0750".into(), &"directory".into())
    );
    fs::write(b.join("x"), "").unwrap();
    made(&a, "recurse: true, mode: 'u=rwX,go='").await;
    assert_eq!((mode(&b), mode(&b.join("x"))), (0o700, 0o600));
    let returns = made(&a, "state: absent").await;
    assert_eq!(returns["state"], "absent");
    assert!(!a.exists());
}

#[tokio::test]
async fn files_are_touched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    let keep = "access_time: preserve, modification_time: preserve";
    assert_eq!(
        failure(&path, "state: file").await,
        "/x is absent, cannot continue"
    );
    let returns = made(&path, &format!("state: touch, mode: '0600', {keep}")).await;
    assert_eq!((mode(&path), &returns["size"]), (0o600, &0.into()));
    made(
        &path,
        "state: touch, access_time: '202601010000.00', modification_time: '202601010000.00'",
    )
    .await;
    let times = fs::metadata(&path).unwrap();
    assert_eq!(times.atime(), times.mtime());
    made(&path, "mode: a+r").await;
    assert_eq!(mode(&path), 0o644);
    let now = format!("{{path: {}, state: touch}}", path.display());
    assert!(!plan_on(&here(), "file", &now).await.unwrap().is_empty());
}

#[tokio::test]
async fn links_are_made_and_moved() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("one"), "").unwrap();
    fs::write(path("two"), "").unwrap();
    made(&path("link"), "src: one, state: link").await;
    let returns = made(&path("link"), "src: two, state: link, mode: '0600'").await;
    assert_eq!(fs::read_link(path("link")).unwrap(), Path::new("two"));
    assert_eq!(
        (mode(&path("two")), &returns["src"]),
        (0o600, &"two".into())
    );
    let hard = format!("src: {}, state: hard", path("one").display());
    made(&path("hard"), &hard).await;
    assert_eq!(fs::metadata(path("one")).unwrap().nlink(), 2);
    insta::assert_snapshot!(failure(&path("link"), "src: none, state: link").await, @"the link would point to /none, which does not exist");
    insta::assert_snapshot!(failure(&path("two"), "src: one, state: link").await, @"/two is a file, and is not replaced by a link");
    insta::assert_snapshot!(failure(&path("two"), &hard).await, @"/two is another file, and is not replaced by a link");
    made(&path("two"), "src: none, state: link, force: true").await;
    assert!(path("two").is_symlink());
    fs::create_dir_all(path("full/x")).unwrap();
    insta::assert_snapshot!(failure(&path("full"), "src: one, state: link, force: true").await, @"the directory /full is not empty, and is not replaced by a link");
}

#[test]
fn arguments_that_make_no_sense_are_refused() {
    for more in [
        "attributes: +i",
        "state: hardlink",
        "access_time: yesterday",
    ] {
        refusal("file", &format!("{{path: /x, {more}}}"));
    }
}
