use super::*;
use crate::testing::{Desk, probe, told};
use k8sbm_core::{connection::FakeHost, host::Output};

#[test]
fn fstab_is_turned_off_and_on() {
    let fstab = "UUID=1 / ext4 defaults 0 1\n# UUID=3 none swap sw 0 0\nUUID=2 none swap sw 0 0\n/swap.img\tnone\tswap\tsw\n";
    let (off, lines) = commented(fstab);
    insta::assert_snapshot!(off, @r"
        UUID=1 / ext4 defaults 0 1
        # UUID=3 none swap sw 0 0
        # swap off: UUID=2 none swap sw 0 0
        # swap off: /swap.img	none	swap	sw
        ");
    assert_eq!(lines.len(), 2);
    assert_eq!(commented(&off), (off.clone(), vec![]));
    assert_eq!(uncommented(&off), (fstab.to_owned(), lines));
}

#[test]
fn the_kernel_says_what_is_in_use() {
    let text = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n/dev/sda2                               partition\t1048572\t\t2048\t\t-2\n";
    let swaps: Vec<_> = text.lines().filter_map(in_use).collect();
    assert_eq!(swaps.len(), 1);
    assert_eq!(
        (swaps[0].device.as_str(), swaps[0].used),
        ("/dev/sda2", 2048)
    );
}

const UNITS: &str = "Id=dev-zram0.swap\nLoadState=loaded\nFragmentPath=/run/systemd/generator/dev-zram0.swap\n\
        UnitFileState=generated\nActiveState=active\n\nId=zramswap.service\nLoadState=not-found\nFragmentPath=\n";

fn host() -> FakeHost {
    FakeHost::new()
        .file("/etc/fstab", "/dev/sda2 none swap sw 0 0\n")
        .file(
            "/proc/swaps",
            "Filename Type Size Used Priority\n/dev/zram0 partition 1024 0 100\n",
        )
        .queries(
            |it| it.line().contains("systemctl show"),
            |_, _| Output {
                stdout: UNITS.into(),
                ..Output::default()
            },
        )
}

#[tokio::test]
async fn every_way_back_is_closed() {
    insta::assert_snapshot!(told(&probe(host(), Desk::default()), "swap", "{state: off}").await, @r"
        write /etc/fstab
        - /dev/sda2 none swap sw 0 0
        + # swap off: /dev/sda2 none swap sw 0 0
        make directory /var/lib/k8sbm
        - state: absent
        + state: directory
        write /var/lib/k8sbm/swap-off
        + mask dev-zram0.swap
        run systemctl mask --now dev-zram0.swap
        - dev-zram0.swap: masked: no
        + dev-zram0.swap: masked: yes
        swapoff -a
        - /dev/zram0 partition 1024 KiB
        systemctl daemon-reload (no change)
        ");
}

#[tokio::test]
async fn what_was_turned_off_comes_back() {
    let off = FakeHost::new()
        .file(
            "/etc/fstab",
            "# swap off: /dev/sda2 none swap sw 0 0\n# /dev/sdb none swap sw\n",
        )
        .file(RECORD, "mask dev-zram0.swap\n");
    insta::assert_snapshot!(told(&probe(off, Desk::default()), "swap", "{state: on}").await, @r"
        write /etc/fstab
        - # swap off: /dev/sda2 none swap sw 0 0
        - # /dev/sdb none swap sw
        + /dev/sda2 none swap sw 0 0
        + # /dev/sdb none swap sw
        run systemctl unmask dev-zram0.swap
        - dev-zram0.swap: masked: yes
        + dev-zram0.swap: masked: no
        remove /var/lib/k8sbm/swap-off
        - state: file
        + state: absent
        systemctl daemon-reload (no change)
        turn swap on
        ");
    let never = FakeHost::new().file("/etc/fstab", "# /dev/sdb none swap sw\n");
    assert_eq!(
        told(&probe(never, Desk::default()), "swap", "{state: on}").await,
        ""
    );
}

#[tokio::test]
async fn memory_that_is_missing_is_told() {
    let swaps = "Filename Type Size Used Priority\n/dev/sda2 partition 4194304 2097152 -2\n";
    let full = FakeHost::new()
        .file("/proc/swaps", swaps)
        .queries(
            |it| it.line().contains("systemctl"),
            |_, _| Output::default(),
        )
        .command_fails(
            ["swapoff", "-a"],
            4,
            "swapoff: /dev/sda2: swapoff failed: Cannot allocate memory\n",
        );
    let error = crate::testing::apply_on(&probe(full, Desk::default()), "swap", "{state: off}")
        .await
        .unwrap_err();
    assert!(
        error.message.starts_with("/dev/sda2 cannot be turned off"),
        "{error}"
    );
    assert!(error.hint.unwrap().starts_with("2048 MiB are swapped out"));
}
