use crate::{
    storage::lvm::testing::host,
    testing::{Desk, apply_on, probe, refusal, told},
};
use k8sbm_core::{connection::FakeHost, host::Output, task::Probe};

const VG0: &str = "  vg0;1;62914560;46137344;4194304\n";
const PVS: &str = "  /dev/loop4;vg0;67108864;62914560;1048576\n  /dev/mapper/disk;vg0;134217728;62914560;1048576\n  /dev/loop6;other;67108864;62914560;1048576\n";

fn lvm(groups: &str, physical: &str, logical: &str) -> Probe {
    probe(host(groups, physical, logical), Desk::default())
}

#[tokio::test]
async fn a_group_is_made() {
    let host = lvm("", "", "");
    insta::assert_snapshot!(told(&host, "community.general.lvg", "{vg: data, pvs: [/dev/sdb, /dev/mapper/disk, /dev/sdb], pesize: 128K, pv_options: --dataalignment 1m, vg_options: --addtag k8s}").await, @r"
    run pvcreate --dataalignment 1m -f /dev/sdb
    run pvcreate --dataalignment 1m -f /dev/dm-1
    run vgcreate --addtag k8s -s 128K data /dev/sdb /dev/dm-1
    ");
    assert_eq!(
        told(&host, "lvg", "vg: data").await,
        "error: the volume group data is not there, and `pvs` names no devices for it"
    );
    assert_eq!(told(&host, "lvg", "{vg: data, state: absent}").await, "");
    insta::assert_snapshot!(told(&host, "lvg", "{vg: data, pvs: /dev/sdu}").await, @"
    error: /dev/sdu is already used as ext4, and would be lost
    hint: `force: true` makes it a physical volume all the same
    ");
    assert!(
        told(&host, "lvg", "{vg: data, pvs: /dev/sdu, force: true}")
            .await
            .starts_with("run pvcreate -f /dev/sdu")
    );
}

#[tokio::test]
async fn a_group_that_is_so_is_left_alone() {
    let host = lvm(VG0, PVS, "");
    for task in [
        "vg: vg0",
        "{vg: vg0, pvs: '/dev/dm-1,/dev/loop4'}",
        "{vg: vg0, pvs: /dev/loop4, remove_extra_pvs: false}",
    ] {
        assert_eq!(told(&host, "lvg", task).await, "", "{task}");
    }
}

#[tokio::test]
async fn devices_come_go_and_grow() {
    let host = lvm(VG0, PVS, "");
    insta::assert_snapshot!(told(&host, "lvg", "{vg: vg0, pvs: [/dev/loop4, /dev/sdb]}").await, @r"
    run pvcreate -f /dev/sdb
    run vgextend vg0 /dev/sdb
    run vgreduce --force vg0 /dev/dm-1
    ");
    insta::assert_snapshot!(told(&host, "lvg", "{vg: vg0, pvs: [/dev/loop4, /dev/mapper/disk], pvresize: true}").await, @"run pvresize /dev/dm-1");
    insta::assert_snapshot!(told(&host, "lvg", "{vg: vg0, pvs: [/dev/loop4, /dev/loop6]}").await, @"error: /dev/loop6 is in the volume group other already");
    insta::assert_snapshot!(told(&host, "lvg", "{vg: vg0, pvs: /dev/loop4, remove_extra_pvs: false, reset_pv_uuid: true, reset_vg_uuid: true}").await, @r"
    run vgchange -u vg0
    run pvchange -u /dev/loop4
    run pvchange -u /dev/dm-1
    ");
}

#[tokio::test]
async fn a_group_goes_with_its_volumes_only_by_force() {
    let host = lvm(VG0, PVS, "");
    insta::assert_snapshot!(told(&host, "lvg", "{vg: vg0, state: absent}").await, @r"
    error: the volume group vg0 has logical volumes, and is not removed without force
    hint: `force: true` removes them, and all that is on them
    ");
    insta::assert_snapshot!(told(&host, "lvg", "{vg: vg0, state: absent, force: true}").await, @"run vgremove --force vg0");
    let empty = lvm("  vg0;0;62914560;62914560;4194304\n", PVS, "");
    assert_eq!(
        told(&empty, "lvg", "{vg: vg0, state: absent}").await,
        "run vgremove --force vg0"
    );
}

#[tokio::test]
async fn volumes_are_activated_now_and_at_boot() {
    let asked = ["vgs", "--noheadings", "-o", "vg_autoactivation", "vg0"];
    let logical =
        "  vg0;a;8388608;-wi-a-----\n  vg0;b;8388608;-wi-------\n  vg0;c;8388608;-wi-XX----\n";
    let told_of = async |at_boot: &str, logical: &str, state: &str| {
        let host = host(VG0, PVS, logical).query(asked, at_boot);
        told(
            &probe(host, Desk::default()),
            "lvg",
            &format!("{{vg: vg0, state: {state}}}"),
        )
        .await
    };
    assert_eq!(
        told_of("  enabled\n", logical, "active").await,
        "run vgchange --activate y vg0"
    );
    assert_eq!(
        told_of("  enabled\n", logical, "inactive").await,
        "run vgchange --setautoactivation n vg0\nrun vgchange --activate n vg0"
    );
    assert_eq!(told_of("  enabled\n", "", "active").await, "");
    let old = host(VG0, PVS, logical).query_fails(asked, 5, "Unrecognised field");
    assert_eq!(
        told(
            &probe(old, Desk::default()),
            "lvg",
            "{vg: vg0, state: active}"
        )
        .await,
        "run vgchange --activate y vg0"
    );
    let new = host("", "", "").query(["vgcreate", "--help"], "[ --setautoactivation y|n ]");
    insta::assert_snapshot!(told(&probe(new, Desk::default()), "lvg", "{vg: data, pvs: /dev/sdb, state: inactive}").await, @r"
    run pvcreate -f /dev/sdb
    run vgcreate --setautoactivation n -s 4 data /dev/sdb
    ");
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let task = "{vg: data, pvs: [/dev/sdb, /dev/sdx]}";
    let host = lvm("", "", "");
    insta::assert_snapshot!(told(&host, "lvg", task).await, @r"
    make it part of the volume group data, once /dev/sdx is there
    warning: /dev/sdx is not there yet: unless an earlier task makes it, this one fails
    ");
    let error = apply_on(&host, "lvg", task).await.unwrap_err();
    assert_eq!(error.message, "/dev/sdx is not there");
    let bare = FakeHost::new().queries(
        |_| true,
        |_, _| Output {
            status: 127,
            ..Output::default()
        },
    );
    insta::assert_snapshot!(told(&probe(bare, Desk::default()), "lvg", task).await, @r"
    error: the host has no vgs
    hint: install the package `lvm2` before
    ");
}

#[test]
fn mistakes_are_found_before_any_host_is_asked() {
    let said = |yaml| refusal("lvg", yaml).to_string();
    insta::assert_snapshot!(said("{vg: --all, pvs: /dev/sdb}"), @"task.yml:1:2: `--all` is no name of a volume group");
    insta::assert_snapshot!(said("{vg: data, reset_pv_uuid: true}"), @"task.yml:1:1: `reset_pv_uuid` needs `pvs`");
}
