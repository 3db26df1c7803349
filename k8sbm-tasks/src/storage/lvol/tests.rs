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
    insta::assert_snapshot!(tells("{vg: vg0, lv: new, size: 512}").await, @r"
    run lvcreate --yes -n new -L 512m vg0
    + size: 512
    ");
    insta::assert_snapshot!(tells("{vg: vg0, lv: new, size: 100%FREE, active: false, opts: \"-r 16 --addtag 'a b'\", pvs: [/dev/loop4]}").await, @r"
    run lvcreate --yes -n new -l 100%FREE -r 16 --addtag 'a b' vg0 /dev/loop4
    + size: 100%FREE
    run lvchange -an vg0/new
    ");
    insta::assert_snapshot!(tells("{vg: vg0, lv: a, snapshot: before, size: 50%ORIGIN}").await, @r"
    run lvcreate --yes -l 50%ORIGIN -s -n before vg0/a
    + size: 50%ORIGIN
    ");
    insta::assert_snapshot!(tells("{vg: vg0, lv: thin, snapshot: before}").await, @r"
    run lvcreate --yes -s -n before vg0/thin
    + size: that of its origin
    ");
    insta::assert_snapshot!(tells("{vg: vg0, thinpool: more, size: 1g}").await, @r"
    run lvcreate --yes -L 1g -T vg0/more
    + size: 1g
    ");
    insta::assert_snapshot!(tells("{vg: vg0, thinpool: pool, lv: new, size: 10g}").await, @r"
    run lvcreate --yes -n new -V 10g -T vg0/pool
    + size: 10g
    ");
    insta::assert_snapshot!(tells("{vg: vg0, lv: new}").await, @r"
    error: vg0/new is not there
    hint: say `size`, so that it can be made
    ");
    insta::assert_snapshot!(tells("{vg: vg0, lv: new, size: -5m}").await, @"error: vg0/new is not there, and cannot be made smaller");
    insta::assert_snapshot!(tells("{vg: vg0, lv: pool, snapshot: before, size: 5m}").await, @"error: vg0/pool is a thin pool, and cannot have snapshots");
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
        "{vg: vg0, lv: a, size: 11%VG}",
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
    insta::assert_snapshot!(tells("{vg: vg0, lv: a, size: 13m, resizefs: true}").await, @r"
    run lvextend --resizefs -L 13m vg0/a
    - size: 8388608 B
    + size: 16777216 B
    ");
    insta::assert_snapshot!(tells("{vg: vg0, lv: a, size: 50%VG}").await, @r"
    run lvextend -l 50%VG vg0/a
    - size: 8388608 B
    + size: 33554432 B
    ");
    insta::assert_snapshot!(tells("{vg: vg0, lv: a, size: +100%FREE, pvs: /dev/loop4}").await, @r"
    run lvextend -l +100%FREE vg0/a /dev/loop4
    - size: 8388608 B
    + size: 46137344 B
    ");
    insta::assert_snapshot!(tells("{vg: vg0, lv: a, size: 50%PVS}").await, @r"
    run lvextend -l 50%PVS vg0/a
    - size: 8388608 B
    + size: 33554432 B
    ");
    insta::assert_snapshot!(tells("{vg: vg0, lv: a, size: 1g}").await, @"error: vg0/a cannot grow by 1065353216 B: vg0 has 37748736 B left");
}

#[tokio::test]
async fn a_volume_shrinks_and_goes_only_by_force() {
    insta::assert_snapshot!(tells("{vg: vg0, lv: a, size: 4}").await, @r"
    error: vg0/a has 8388608 B, and is not made smaller without force
    hint: `force: true` does it, and what lies behind the new end is lost; `shrink: false` leaves it
    ");
    insta::assert_snapshot!(tells("{vg: vg0, lv: a, size: 4, force: true}").await, @r"
    run lvreduce --force -L 4m vg0/a
    - size: 8388608 B
    + size: 4194304 B
    ");
    insta::assert_snapshot!(tells("{vg: vg0, lv: a, size: -4m, force: true, shrink: false}").await, @r"
    run lvreduce --force -L -4m vg0/a
    - size: 8388608 B
    + size: 4194304 B
    ");
    insta::assert_snapshot!(tells("{vg: vg0, lv: a, size: -8m, force: true}").await, @"error: nothing would be left of vg0/a");
    insta::assert_snapshot!(tells("{vg: vg0, lv: a, state: absent}").await, @r"
    error: the logical volume vg0/a is not removed without force
    hint: `force: true` removes it, and all that is on it
    ");
    insta::assert_snapshot!(tells("{vg: vg0, lv: a, state: absent, force: true}").await, @"run lvremove --force vg0/a");
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
    insta::assert_snapshot!(tells("{vg: none, lv: a, size: 8}").await, @r"
    make none/a, once the volume group none is there
    warning: the volume group none is not there yet: unless an earlier task makes it, this one fails
    ");
    insta::assert_snapshot!(tells("{vg: vg0, thinpool: none, lv: x, size: 8}").await, @r"
    make vg0/x, once the thin pool vg0/none is there
    warning: the thin pool vg0/none is not there yet: unless an earlier task makes it, this one fails
    ");
    insta::assert_snapshot!(tells("{vg: vg0, lv: none, snapshot: x, size: 8}").await, @r"
    make vg0/x, once the logical volume vg0/none is there
    warning: the logical volume vg0/none is not there yet: unless an earlier task makes it, this one fails
    ");
    let host: Probe = probe(host(), Desk::default());
    let error = apply_on(&host, "lvol", "{vg: none, lv: a, size: 8}")
        .await
        .unwrap_err();
    assert_eq!(error.message, "the volume group none is not there");
}

#[test]
fn mistakes_are_found_before_any_host_is_asked() {
    let said = |yaml| refusal("lvol", yaml).to_string();
    insta::assert_snapshot!(said("{vg: vg0, size: 8}"), @"task.yml:1:1: no logical volume is named (say `lv` or `thinpool`)");
    insta::assert_snapshot!(said("{vg: vg0, thinpool: pool, snapshot: x}"), @"task.yml:1:1: `snapshot` needs `lv`: the volume that it is of");
    insta::assert_snapshot!(said("{vg: vg0, lv: a, size: 10GiB}"), @"task.yml:1:18: `10GiB` is no size of a logical volume (say a number with one of the units b, s, k, m, g, t, p and e, or a share such as `100%FREE`)");
    insta::assert_snapshot!(said("{vg: vg0, lv: a, size: 10%ORIGIN}"), @"task.yml:1:18: only snapshots have an origin to be a share of");
    insta::assert_snapshot!(said("{vg: vg0, lv: a, thinpool: pool, size: 10%VG}"), @"task.yml:1:34: a thin volume is no share of anything");
    insta::assert_snapshot!(said("{vg: vg0, lv: a, opts: \"'\"}"), @"task.yml:1:18: a quote is not closed in `'`");
}
