use crate::{
    storage::lvm::testing,
    testing::{Desk, apply_on, plan_on, probe, refusal, told},
};
use k8sbm_core::{connection::FakeHost, task::Probe};

/// 15 extents of 4 MiB, 9 of them free; `a` has 2.
fn host() -> FakeHost {
    testing::host(
        "  vg0;3;62914560;37748736;4194304\n",
        "  /dev/loop4;vg0;67108864;62914560;1048576\n",
        "  vg0;a;8388608;-wi-a-----\n  vg0;pool;8388608;twi-a-tz--\n  vg0;thin;8388608;Vwi---tz--\n  vg0;unknown;8388608;-wi-XX----\n  other;b;8388608;-wi-a-----\n",
    )
}

async fn tells(task: &str) -> String {
    told(
        &probe(host(), Desk::default()),
        "community.general.lvol",
        task,
    )
    .await
}

#[tokio::test]
async fn volumes_are_made() {
    insta::assert_snapshot!(tells("{vg: vg0, lv: new, size: 512}").await, @"");
    insta::assert_snapshot!(tells("{vg: vg0, lv: new, size: 100%FREE, active: false, opts: \"-r 16 --addtag 'a b'\", pvs: [/dev/loop4]}").await, @"");
    insta::assert_snapshot!(tells("{vg: vg0, lv: a, snapshot: before, size: 50%ORIGIN}").await, @"");
    insta::assert_snapshot!(tells("{vg: vg0, lv: thin, snapshot: before}").await, @"");
    insta::assert_snapshot!(tells("{vg: vg0, thinpool: more, size: 1g}").await, @"");
    insta::assert_snapshot!(tells("{vg: vg0, thinpool: pool, lv: new, size: 10g}").await, @"");
    insta::assert_snapshot!(tells("{vg: vg0, lv: new}").await, @"");
    insta::assert_snapshot!(tells("{vg: vg0, lv: new, size: -5m}").await, @"");
    insta::assert_snapshot!(tells("{vg: vg0, lv: pool, snapshot: before, size: 5m}").await, @"");
}

#[tokio::test]
async fn a_volume_that_is_so_is_left_alone() {
    for task in [
        "{vg: vg0, lv: a, size: 8}",
        "{vg: vg0, lv: a, size: 8M}",
        // Rounded up to whole extents.
        "{vg: vg0, lv: a, size: 5m}",
        "{vg: vg0, lv: a, size: 4, shrink: false}",
        "{vg: vg0, lv: a}",
        "{vg: vg0, lv: a, size: 14%VG}",
        "{vg: vg0, lv: a, size: 10%VG}",
        "{vg: vg0, lv: a, size: 5%FREE}",
        "{vg: vg0, lv: a, size: +0%FREE}",
        "{vg: vg0, lv: unknown, size: 8}",
        "{vg: vg0, lv: unknown, active: false}",
        "{vg: vg0, lv: gone, state: absent}",
        "{vg: none, lv: a, state: absent}",
    ] {
        assert_eq!(tells(task).await, "", "{task}");
    }
    let host = probe(host(), Desk::default());
    let plan = plan_on(&host, "lvol", "{vg: vg0, lv: a, size: 8192k}");
    let returns = plan.await.unwrap().returns;
    assert_eq!(
        serde_json::to_string(&returns).unwrap(),
        r#"{"vg":"vg0","lv":"a","size":8192.0}"#
    );
}

#[tokio::test]
async fn a_volume_grows() {
    insta::assert_snapshot!(tells("{vg: vg0, lv: a, size: 13m, resizefs: true}").await, @"");
    insta::assert_snapshot!(tells("{vg: vg0, lv: a, size: 50%VG}").await, @"");
    insta::assert_snapshot!(tells("{vg: vg0, lv: a, size: +100%FREE, pvs: /dev/loop4}").await, @"");
    insta::assert_snapshot!(tells("{vg: vg0, lv: a, size: 50%PVS}").await, @"");
    insta::assert_snapshot!(tells("{vg: vg0, lv: a, size: 1g}").await, @"");
}

#[tokio::test]
async fn a_volume_shrinks_and_goes_only_by_force() {
    insta::assert_snapshot!(tells("{vg: vg0, lv: a, size: 4}").await, @"");
    insta::assert_snapshot!(tells("{vg: vg0, lv: a, size: 4, force: true}").await, @"");
    insta::assert_snapshot!(tells("{vg: vg0, lv: a, size: -4m, force: true, shrink: false}").await, @"");
    insta::assert_snapshot!(tells("{vg: vg0, lv: a, size: -8m, force: true}").await, @"");
    insta::assert_snapshot!(tells("{vg: vg0, lv: a, state: absent}").await, @"");
    insta::assert_snapshot!(tells("{vg: vg0, lv: a, state: absent, force: true}").await, @"");
}

#[tokio::test]
async fn volumes_are_activated() {
    assert_eq!(
        tells("{vg: vg0, lv: thin}").await,
        "run lvchange -ay vg0/thin"
    );
    assert_eq!(
        tells("{vg: vg0, lv: a, active: false}").await,
        "run lvchange -an vg0/a"
    );
}

#[tokio::test]
async fn what_is_missing_is_named() {
    insta::assert_snapshot!(tells("{vg: none, lv: a, size: 8}").await, @"");
    insta::assert_snapshot!(tells("{vg: vg0, thinpool: none, lv: x, size: 8}").await, @"");
    insta::assert_snapshot!(tells("{vg: vg0, lv: none, snapshot: x, size: 8}").await, @"");
    let host: Probe = probe(host(), Desk::default());
    let error = apply_on(&host, "lvol", "{vg: none, lv: a, size: 8}")
        .await
        .unwrap_err();
    assert_eq!(error.message, "the volume group none is not there");
}

#[test]
fn mistakes_are_found_before_any_host_is_asked() {
    let said = |yaml| refusal("lvol", yaml).to_string();
    insta::assert_snapshot!(said("{vg: vg0, size: 8}"), @"");
    insta::assert_snapshot!(said("{vg: vg0, thinpool: pool, snapshot: x}"), @"");
    insta::assert_snapshot!(said("{vg: vg0, lv: a, size: 10GiB}"), @"");
    insta::assert_snapshot!(said("{vg: vg0, lv: a, size: 10%ORIGIN}"), @"");
    insta::assert_snapshot!(said("{vg: vg0, lv: a, thinpool: pool, size: 10%VG}"), @"");
    insta::assert_snapshot!(said("{vg: vg0, lv: a, opts: \"'\"}"), @"");
}
