use crate::testing::{Desk, apply_on, plan_on, probe, refusal, told};
use k8sbm_core::{connection::FakeHost, host::Output, task::Probe};

const EMPTY: &str = "BYT;\n/dev/sdb:65536kiB:scsi:512:512:unknown:A disk:;\n";
const TWO: &str = "BYT;\n/dev/sdb:65536kiB:scsi:512:512:gpt:A disk:;\n1:1024kiB:32768kiB:31744kiB:ext4:etcd:;\n2:32768kiB:49152kiB:16384kiB::data:boot, esp;\n";

fn print(unit: &str) -> Vec<String> {
    let line = format!("parted -s -m /dev/sdb -- unit {unit} print");
    line.split(' ').map(str::to_owned).collect()
}

fn disk(text: &str) -> Probe {
    disk_with(text, "")
}

/// A disk with what blkid says of it.
fn disk_with(text: &str, blkid: &str) -> Probe {
    let export = ["blkid", "-c", "/dev/null", "-o", "export", "/dev/sdb"];
    let host = FakeHost::new().query(print("KiB"), text);
    probe(host.query(export, blkid), Desk::default())
}

/// A blank disk on which each command of parted leaves the next of these.
fn changing(texts: &'static [&'static str]) -> FakeHost {
    let host = FakeHost::new().file("/count", "");
    let host = host.queries(
        |_| true,
        |host, _| Output {
            stdout: texts_at(host, texts_of(host)).into(),
            ..Output::default()
        },
    );
    let joined = texts.join("\0");
    host.file("/texts", joined).commands(
        |_| true,
        |host, _| {
            let count = host.content("/count").unwrap_or_default();
            host.write("/count", count + "x");
            Output::default()
        },
    )
}

fn texts_of(host: &FakeHost) -> String {
    host.content("/texts").unwrap()
}

fn texts_at(host: &FakeHost, texts: String) -> String {
    let at = host.content("/count").unwrap().len();
    texts.split('\0').nth(at).unwrap().to_owned()
}

#[tokio::test]
async fn a_partition_is_made_on_a_blank_disk() {
    insta::assert_snapshot!(told(&disk(EMPTY), "parted", "{device: /dev/sdb, number: 1, state: present, label: gpt, name: data, flags: [lvm], part_end: 32MiB}").await, @r#"
    run parted -s -m -a optimal /dev/sdb -- unit KiB mklabel gpt mkpart primary 0% 32MiB name 1 '"data"' set 1 lvm on
    - table: unknown
    + table: gpt
    + 1: 0% to 32MiB data lvm
    "#);
}

#[tokio::test]
async fn nothing_is_lost_that_is_in_no_partition_or_numbered_after_it() {
    let physical = disk_with(EMPTY, "TYPE=LVM2_member\n");
    insta::assert_snapshot!(told(&physical, "parted", "{device: /dev/sdb, number: 1, state: present}").await, @"
    error: /dev/sdb is already used as LVM2_member, and would be lost
    hint: take it away first, with `filesystem` and `state: absent`
    ");
    let bare =
        "BYT;\n/dev/sdb:65536kiB:scsi:512:512:loop:A disk:;\n1:0.00kiB:65536kiB:65536kiB:ext4::;\n";
    insta::assert_snapshot!(told(&disk(bare), "parted", "{device: /dev/sdb, number: 1, state: absent}").await, @"
    error: /dev/sdb holds a file system and no partitions
    hint: `filesystem` with `state: absent` takes it away
    ");
    let logical = "BYT;\n/dev/sdb:65536kiB:scsi:512:512:msdos:A disk:;\n1:1024kiB:65536kiB:64512kiB:::;\n5:2048kiB:4096kiB:2048kiB:::;\n6:8192kiB:16384kiB:8192kiB:::;\n";
    insta::assert_snapshot!(told(&disk(logical), "parted", "{device: /dev/sdb, number: 5, state: absent}").await, @"
    error: partitions behind 5 of /dev/sdb would be numbered anew, and the next run would remove another
    hint: remove logical partitions from the last one on
    ");
    insta::assert_snapshot!(told(&disk(logical), "parted", "{device: /dev/sdb, number: 6, state: absent}").await, @"
    run parted -s -m -a optimal /dev/sdb -- rm 6
    - table: msdos
    - 1: 1024.0 to 65536.0 kib
    - 5: 2048.0 to 4096.0 kib
    - 6: 8192.0 to 16384.0 kib
    + table: msdos
    + 1: 1024.0 to 65536.0 kib
    + 5: 2048.0 to 4096.0 kib
    ");
}

#[tokio::test]
async fn a_partition_that_is_so_is_left_alone() {
    let host = disk(TWO);
    for task in [
        "{device: /dev/sdb, number: 1, state: present, label: gpt, name: etcd, part_end: 1GiB}",
        "{device: /dev/sdb, number: 2, state: present, label: gpt, flags: [esp]}",
        "{device: /dev/sdb, number: 2, state: present, label: gpt, flags: [boot]}",
        "{device: /dev/sdb, number: 3, state: absent}",
    ] {
        assert_eq!(told(&host, "parted", task).await, "", "{task}");
    }
    let plan = plan_on(&host, "community.general.parted", "device: /dev/sdb")
        .await
        .unwrap();
    assert!(plan.is_empty());
    insta::assert_snapshot!(serde_json::to_string(&plan.returns).unwrap(), @r#"{"disk":{"dev":"/dev/sdb","size":65536.0,"unit":"kib","table":"gpt","model":"A disk","logical_block":512,"physical_block":512},"partitions":[{"num":1,"begin":1024.0,"end":32768.0,"size":31744.0,"fstype":"ext4","name":"etcd","flags":[],"unit":"kib"},{"num":2,"begin":32768.0,"end":49152.0,"size":16384.0,"fstype":"","name":"data","flags":["boot","esp"],"unit":"kib"}],"script":["unit","KiB","print"]}"#);
}

#[tokio::test]
async fn names_and_flags_change_and_partitions_go() {
    let host = disk(TWO);
    insta::assert_snapshot!(told(&host, "parted", "{device: /dev/sdb, number: 2, state: present, label: gpt, name: my data, flags: [lvm]}").await, @r#"
    run parted -s -m -a optimal /dev/sdb -- name 2 '"my data"' set 2 boot off set 2 esp off set 2 lvm on
    - table: gpt
    - 1: 1024.0 to 32768.0 kib etcd
    - 2: 32768.0 to 49152.0 kib data boot esp
    + table: gpt
    + 1: 1024.0 to 32768.0 kib etcd
    + 2: 32768.0 to 49152.0 kib my data lvm
    "#);
    insta::assert_snapshot!(told(&host, "parted", "{device: /dev/sdb, number: 2, state: absent}").await, @r"
    run parted -s -m -a optimal /dev/sdb -- rm 2
    - table: gpt
    - 1: 1024.0 to 32768.0 kib etcd
    - 2: 32768.0 to 49152.0 kib data boot esp
    + table: gpt
    + 1: 1024.0 to 32768.0 kib etcd
    ");
}

#[tokio::test]
async fn another_table_is_refused_while_it_would_cost_partitions() {
    insta::assert_snapshot!(told(&disk(TWO), "parted", "{device: /dev/sdb, number: 1, state: present, align: undefined}").await, @"
    error: /dev/sdb has a partition table of kind gpt, not msdos: its 2 partitions would be lost
    hint: say `label: gpt`, or remove its partitions first
    ");
}

#[tokio::test]
async fn a_partition_grows_and_does_not_shrink() {
    let bytes = "BYT;\n/dev/sdb:67108864B:scsi:512:512:gpt:A disk:;\n1:1048576B:33554431B:32505856B:ext4:etcd:;\n2:33554432B:50331647B:16777216B::data:;\n";
    let host = FakeHost::new()
        .query(print("KiB"), TWO)
        .query(print("B"), bytes)
        .query(
            ["parted", "-s", "-m", "--help"],
            "      --fix  fix problems\n",
        );
    let host = probe(host, Desk::default());
    let to = |end: &str| {
        format!(
            "{{device: /dev/sdb, number: 2, state: present, label: gpt, resize: true, part_end: {end}}}"
        )
    };
    insta::assert_snapshot!(told(&host, "parted", &to("100%")).await, @"
    run parted -s -m --fix -a optimal /dev/sdb -- unit KiB resizepart 2 100%
    - table: gpt
    - 1: 1024.0 to 32768.0 kib etcd
    - 2: 32768.0 to 49152.0 kib data boot esp
    + table: gpt
    + 1: 1024.0 to 32768.0 kib etcd
    + 2: to 100% data boot esp
    ");
    for same in ["48MiB", "75%", "-16MiB", "49152"] {
        assert_eq!(told(&host, "parted", &to(same)).await, "", "{same}");
    }
    insta::assert_snapshot!(told(&host, "parted", &to("40MiB")).await, @"error: partition 2 of /dev/sdb ends at 50331648 B, behind `40MiB`: parted shrinks no partition without being asked by a person");
    insta::assert_snapshot!(told(&host, "parted", &to("40cyl")).await, @r"
    error: it cannot be told how far `40cyl` is
    hint: with `resize`, say `part_end` in bytes, sectors or hundredths
    ");
}

#[tokio::test]
async fn what_parted_did_is_looked_at_again() {
    const MADE: &str =
        "BYT;\n/dev/sdb:65536kiB:scsi:512:512:msdos:A disk:;\n1:1024kiB:32768kiB:31744kiB:::lba;\n";
    const SET: &str = "BYT;\n/dev/sdb:65536kiB:scsi:512:512:msdos:A disk:;\n1:1024kiB:32768kiB:31744kiB:::boot, type=0c;\n";
    let host = changing(&[EMPTY, MADE, SET]);
    let task = "{device: /dev/sdb, number: 1, state: present, flags: [boot], fs_type: fat32}";
    let returns = apply_on(&probe(host.clone(), Desk::default()), "parted", task)
        .await
        .unwrap();
    insta::assert_snapshot!(host.ran().join("\n"), @r"
    parted -s -m -a optimal /dev/sdb -- unit KiB mklabel msdos mkpart primary fat32 0% 100%
    parted -s -m -a optimal /dev/sdb -- set 1 lba off set 1 boot on
    ");
    assert_eq!(returns["partitions"][0]["flags"][0], "boot");
    assert_eq!(
        told(&probe(host, Desk::default()), "parted", task).await,
        ""
    );
}

#[tokio::test]
async fn parted_numbers_partitions_itself() {
    let host = changing(&[TWO]);
    let task = "{device: /dev/sdb, number: 4, state: present, label: gpt}";
    let error = apply_on(&probe(host.clone(), Desk::default()), "parted", task).await;
    assert_eq!(
        error.unwrap_err().message,
        "the next partition of /dev/sdb gets the number 3, not 4"
    );
    assert_eq!(host.ran(), Vec::<String>::new());
}

#[tokio::test]
async fn a_host_without_parted_or_the_disk_says_so() {
    let without = |status, said| {
        probe(
            FakeHost::new().query_fails(print("KiB"), status, said),
            Desk::default(),
        )
    };
    let present = "{device: /dev/sdb, number: 1, state: present}";
    insta::assert_snapshot!(told(&without(127, "sh: parted: not found"), "parted", present).await, @r"
    error: the host has no parted
    hint: install the package `parted` before
    ");
    let missing = "Error: Could not stat device /dev/sdb - No such file or directory.";
    insta::assert_snapshot!(told(&without(1, missing), "parted", present).await, @r"
    make partition 1, once /dev/sdb is there
    warning: /dev/sdb is not there yet: unless an earlier task makes it, this one fails
    ");
    insta::assert_snapshot!(told(&without(1, missing), "parted", "device: /dev/sdb").await, @r"
    error: there is no device /dev/sdb
    hint: `lsblk` lists the disks of the host
    ");
    let error = apply_on(&without(1, missing), "parted", present)
        .await
        .unwrap_err();
    assert_eq!(error.message, "/dev/sdb is not there");
    insta::assert_snapshot!(told(&without(1, "Error: no permission"), "parted", present).await, @"error: parted cannot tell what is on /dev/sdb: Error: no permission");
}

#[test]
fn mistakes_are_found_before_any_host_is_asked() {
    let said = |yaml| refusal("parted", yaml).to_string();
    insta::assert_snapshot!(said("{device: /dev/sdb, state: present}"), @"task.yml:1:1: `number` is missing: it says which partition is meant");
    insta::assert_snapshot!(said("{device: /dev/sdb, number: 0}"), @"task.yml:1:20: partitions are counted from 1");
    insta::assert_snapshot!(said("{device: /dev/sdb, part_end: 10gib}"), @"task.yml:1:20: `10gib` is no place on a disk (say a number and a unit such as `GiB`, `GB` or `%`; upper and lower case count)");
}
