//! Devices on a host in memory.

use crate::{
    storage::lvm,
    testing::{Desk, probe, refusal, told},
};
use k8sbm_core::connection::FakeHost;

const DEV: &str = "/dev/sdb";
const OTHER: &str = "/dev/sdc";

/// A disk of 100 MiB with what blkid says of it, mounted there.
fn host(blkid: &str, mounted: &str) -> FakeHost {
    let export = |dev| ["blkid", "-c", "/dev/null", "-o", "export", dev];
    let has = |program| ["sh", "-c", "command -v -- \"$1\"", "sh", program];
    let findmnt = [
        "findmnt",
        "--noheadings",
        "--output",
        "TARGET",
        "--source",
        DEV,
    ];
    FakeHost::new()
        .file(DEV, vec![0; 100 << 20])
        .query(export(DEV), blkid)
        .query_fails(export(OTHER), 2, "")
        .query(findmnt, mounted)
        .query(has("mkfs.xfs"), "/usr/sbin/mkfs.xfs\n")
        .query_fails(has("mkfs.btrfs"), 127, "")
}

async fn said(host: FakeHost, arguments: &str) -> String {
    let host = probe(host, Desk::default());
    told(&host, "community.general.filesystem", arguments).await
}

const EXT4: &str = "DEVNAME=/dev/sdb\nUUID=8f9b3f6c\nBLOCK_SIZE=4096\nTYPE=ext4\n";

#[tokio::test]
async fn a_file_system_is_made_once() {
    insta::assert_snapshot!(said(host("", ""), "{dev: /dev/sdb, fstype: xfs, opts: -L data}").await, @"
    run mkfs.xfs -f -L data /dev/sdb
    + xfs
    ");
    assert_eq!(
        said(
            host(EXT4, "/srv"),
            "{dev: /dev/sdb, type: ext4, force: true}"
        )
        .await,
        ""
    );
    insta::assert_snapshot!(said(host("", ""), "{dev: /dev/sdb, fstype: btrfs}").await, @"
    error: the host has no mkfs.btrfs
    hint: install the package `btrfs-progs` before
    ");
    insta::assert_snapshot!(said(host("", ""), "{dev: /dev/sdc, fstype: xfs}").await, @"
    make it xfs, once /dev/sdc is there
    warning: /dev/sdc is not there yet: unless an earlier task makes it, this one fails
    ");
}

#[tokio::test]
async fn nothing_is_overwritten_unasked() {
    insta::assert_snapshot!(said(host(EXT4, ""), "{dev: /dev/sdb, fstype: xfs}").await, @"
    error: '/dev/sdb' is already used as ext4, use force=true to overwrite
    hint: all that is in it would be lost
    ");
    insta::assert_snapshot!(said(host("PTTYPE=gpt\n", ""), "{dev: /dev/sdb, fstype: xfs}").await, @"
    error: '/dev/sdb' is already used as gpt, use force=true to overwrite
    hint: all that is in it would be lost
    ");
    insta::assert_snapshot!(said(host(EXT4, "/srv\n"), "{dev: /dev/sdb, fstype: xfs, force: true}").await, @"
    error: /dev/sdb is mounted at /srv, and would be lost
    hint: unmount it first, with `mount`
    ");
    insta::assert_snapshot!(said(host(EXT4, ""), "{dev: /dev/sdb, fstype: xfs, force: true}").await, @"
    run mkfs.xfs -f /dev/sdb
    - ext4
    + xfs
    ");
}

#[tokio::test]
async fn what_marks_it_is_taken_away() {
    insta::assert_snapshot!(said(host(EXT4, ""), "{dev: /dev/sdb, state: absent}").await, @"
    run wipefs --all /dev/sdb
    - ext4
    ");
    assert_eq!(
        said(host("", ""), "{dev: /dev/sdb, state: absent}").await,
        ""
    );
    assert_eq!(
        said(host("", ""), "{dev: /dev/sdc, state: absent}").await,
        ""
    );
}

#[tokio::test]
async fn it_grows_with_its_device() {
    let tune2fs = |blocks: u64| format!("Block count:  {blocks}\nBlock size:  4096\n");
    let of = |blocks| host(EXT4, "").query(["tune2fs", "-l", DEV], &tune2fs(blocks));
    let arguments = "{dev: /dev/sdb, fstype: ext4, resizefs: true}";
    assert_eq!(said(of(25_600), arguments).await, "");
    assert_eq!(said(of(25_000), arguments).await, "");
    insta::assert_snapshot!(said(of(12_800), arguments).await, @"
    run resize2fs /dev/sdb
    - 52428800 bytes
    + 104857600 bytes
    ");
    let xfs = "TYPE=xfs\n";
    insta::assert_snapshot!(said(host(xfs, ""), "{dev: /dev/sdb, fstype: xfs, resizefs: true}").await, @"
    error: /dev/sdb needs to be mounted for xfs operations
    hint: mount it first, with `mount`
    ");
    let info = "data     =   bsize=4096   blocks=12800, imaxpct=25\n";
    let mounted = host(xfs, "/srv\n").query(["xfs_info", "/srv"], info);
    insta::assert_snapshot!(said(mounted, "{dev: /dev/sdb, fstype: xfs, resizefs: true}").await, @"
    run xfs_growfs /srv
    - 52428800 bytes
    + 104857600 bytes
    ");
}

#[tokio::test]
async fn a_uuid_is_given_once() {
    let with = |uuid: &str| format!("{{dev: /dev/sdb, fstype: ext4, uuid: {uuid}}}");
    assert_eq!(said(host(EXT4, ""), &with("8f9b3f6c")).await, "");
    insta::assert_snapshot!(said(host(EXT4, ""), &with("random")).await, @"
    run tune2fs -U random /dev/sdb
    - 8f9b3f6c
    + random
    ");
    let refused = |arguments: &str| refusal("filesystem", arguments).message;
    insta::assert_snapshot!(refused("{dev: /dev/sdb, fstype: vfat, uuid: a}"), @"a file system of type vfat cannot be given a UUID here");
    insta::assert_snapshot!(refused("{dev: /dev/sdb, fstype: xfs, uuid: a, resizefs: true}"), @"`resizefs` and `uuid` are mutually exclusive");
    insta::assert_snapshot!(refused("{dev: /dev/sdb}"), @"`fstype` is missing");
    insta::assert_snapshot!(refused("{dev: /dev/sdb, fstype: zfs}"), @"`fstype` must be one of bcachefs, btrfs, ext2, ext3, ext4, ext4dev, f2fs, lvm, ocfs2, reiserfs, swap, vfat, xfs, not `zfs`");
}

#[tokio::test]
async fn a_physical_volume_is_a_whole_number_of_extents() {
    let dev = "/dev/loop4";
    let groups = "  vg0;1;62914560;46137344;4194304\n";
    let of = |size: usize| {
        let volumes = "  /dev/loop4;vg0;67108864;62914560;1048576\n";
        let host = lvm::testing::host(groups, volumes, "");
        host.file(dev, vec![0; size])
            .query(
                ["blkid", "-c", "/dev/null", "-o", "export", dev],
                "TYPE=LVM2_member\n",
            )
            .query(
                [
                    "findmnt",
                    "--noheadings",
                    "--output",
                    "TARGET",
                    "--source",
                    dev,
                ],
                "",
            )
    };
    let arguments = "{dev: /dev/loop4, fstype: lvm, resizefs: true}";
    assert_eq!(said(of(64 << 20), arguments).await, "");
    let grown = said(of(128 << 20), arguments).await;
    assert!(grown.starts_with("run pvresize /dev/loop4"), "{grown}");
}
