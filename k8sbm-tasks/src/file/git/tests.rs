//! What `git` does on hosts that are not there.

use crate::testing::{Desk, plan_on, probe, refusal, told};
use k8sbm_core::{connection::FakeHost, host::Output};

const OLD: &str = "1111111111111111111111111111111111111111";
const NEW: &str = "2222222222222222222222222222222222222222";

/// A host with a checkout, whose repository shows a newer commit; `edited` is what git says was changed.
fn host(edited: &'static str) -> FakeHost {
    let shown = format!(
        "{NEW}\tHEAD\n{OLD}\trefs/heads/main\n{NEW}\trefs/heads/old/main\n{OLD}\trefs/tags/v1\n{NEW}\trefs/tags/v1^{{}}\n"
    );
    let said = |word: &'static str, text: String| {
        move |host: FakeHost| {
            let output = Output {
                stdout: text.clone().into_bytes(),
                ..Output::default()
            };
            host.queries(
                move |command| command.line().contains(word),
                move |_, _| output.clone(),
            )
        }
    };
    let host = FakeHost::new().directory("/srv/copy/.git");
    let host = said("ls-remote", shown)(host);
    let host = said("rev-parse", OLD.to_owned())(host);
    let host = said("config", "/srv/origin\n".to_owned())(host);
    said("status", edited.to_owned())(host)
}

#[tokio::test]
async fn a_checkout_goes_to_what_the_repository_shows() {
    let host = probe(host(""), Desk::default());
    for (version, commit) in [("HEAD", NEW), ("v1", NEW)] {
        let args = format!("{{repo: /srv/origin, dest: /srv/copy, version: {version}}}");
        let plan = plan_on(&host, "git", &args).await.unwrap();
        assert_eq!(plan.returns["after"], commit, "{version}");
        assert_eq!(plan.returns["before"], OLD);
        assert!(!plan.is_empty());
    }
    let main = "{repo: /srv/origin, dest: /srv/copy, version: main}";
    assert!(plan_on(&host, "git", main).await.unwrap().is_empty());
    let old = format!("{{repo: /srv/origin, dest: /srv/copy, version: '{OLD}'}}");
    assert!(plan_on(&host, "git", &old).await.unwrap().is_empty());
    let moved = format!("{{repo: /srv/moved, dest: /srv/copy, version: '{OLD}'}}");
    let plan = plan_on(&host, "git", &moved).await.unwrap();
    assert_eq!(plan.returns["remote_url_changed"], true);
    insta::assert_snapshot!(told(&host, "git", "{repo: /srv/origin, dest: /srv/copy}").await, @r"
    update /srv/copy
    - 1111111111111111111111111111111111111111
    + 2222222222222222222222222222222222222222
    ");
}

#[tokio::test]
async fn what_was_changed_is_not_lost() {
    let host = probe(host(" M file\n"), Desk::default());
    let args = "{repo: /srv/origin, dest: /srv/copy, version: main}";
    let refused = plan_on(&host, "git", args).await.unwrap_err();
    insta::assert_snapshot!(refused, @r"
    Local modifications exist in the destination: /srv/copy (force=no).
    ");
    let force = "{repo: /srv/origin, dest: /srv/copy, version: main, force: true}";
    assert!(!plan_on(&host, "git", force).await.unwrap().is_empty());
    let left = "{repo: /srv/origin, dest: /srv/copy, update: false}";
    assert!(plan_on(&host, "git", left).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_not_meant_is_refused() {
    let held = FakeHost::new().file("/srv/copy/mine", "");
    let host = probe(held, Desk::default());
    let args = "{repo: /srv/origin, dest: /srv/copy}";
    let refused = plan_on(&host, "git", args).await.unwrap_err();
    insta::assert_snapshot!(refused, @r"
    /srv/copy is no checkout, and not empty
    ");
    let mut said = String::new();
    for args in [
        "{repo: /srv/origin, dest: srv/copy}",
        "{repo: --upload-pack=x, dest: /srv/copy}",
        "{repo: /srv/origin, dest: /srv/copy, depth: 0}",
    ] {
        said.push_str(&format!("{}\n", refusal("git", args)));
    }
    insta::assert_snapshot!(said, @r"
    task.yml:1:21: `dest` is absolute, and not `srv/copy`
    task.yml:1:1: `--upload-pack=x` is no repository, version or name of one
    task.yml:1:38: `depth` is at least 1
    ");
}
