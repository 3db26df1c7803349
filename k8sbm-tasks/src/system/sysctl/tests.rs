use super::*;
use crate::testing::{Desk, probe, refusal, told};
use k8sbm_core::connection::FakeHost;

#[test]
fn a_name_is_found_below_proc() {
    assert_eq!(proc_path("vm.swappiness"), "/proc/sys/vm/swappiness");
    assert_eq!(
        proc_path("net.ipv4.conf.eth0/100.rp_filter"),
        "/proc/sys/net/ipv4/conf/eth0.100/rp_filter"
    );
    assert_eq!(
        proc_path("net/ipv4/conf/eth0.100/rp_filter"),
        "/proc/sys/net/ipv4/conf/eth0.100/rp_filter"
    );
}

#[test]
fn a_value_is_set_once() {
    let file = "# mine\nvm.swappiness = 60\nfs.file-max=10\nvm.swappiness=1\n";
    insta::assert_snapshot!(with(file, "vm.swappiness", Some("10")), @r"
        # mine
        vm.swappiness=10
        fs.file-max=10
        ");
    insta::assert_snapshot!(with(file, "vm.swappiness", None), @r"
        # mine
        fs.file-max=10
        ");
    assert_eq!(with("", "a.b", Some("1 2")), "a.b=1 2\n");
    assert_eq!(with("a.b = 1", "a.b", Some("1")), "a.b = 1");
    assert_eq!(with("#a.b = 1\n", "a.b", None), "#a.b = 1\n");
}

#[test]
fn white_space_makes_no_difference() {
    assert!(same("1024\t65535\n", "1024 65535"));
    assert!(!same("1024", "1024 65535"));
}

fn host() -> Probe {
    let host = FakeHost::new()
        .file("/etc/sysctl.conf", "vm.swappiness=10\n")
        .file("/proc/sys/vm/swappiness", "60\n")
        .file("/proc/sys/net/ipv4/ip_forward", "1\n");
    probe(host, Desk::default())
}

#[tokio::test]
async fn file_and_kernel_are_compared() {
    insta::assert_snapshot!(told(&host(), "sysctl", "{name: vm.swappiness, value: 10}").await, @r"
        sysctl -p /etc/sysctl.conf
        - vm.swappiness = 60
        + vm.swappiness = 10
        ");
    assert_eq!(
        told(
            &host(),
            "sysctl",
            "{name: vm.swappiness, value: 10, reload: false}"
        )
        .await,
        ""
    );
    insta::assert_snapshot!(
        told(&host(), "sysctl", "{name: net.ipv4.ip_forward, value: yes, sysctl_file: /etc/k.conf, sysctl_set: true}").await,
        @r"
        write /etc/k.conf
        + net.ipv4.ip_forward=1
        sysctl -p /etc/k.conf
        "
    );
}

#[tokio::test]
async fn what_the_kernel_does_not_have_may_be_ignored() {
    let yaml = "{name: net.bridge.x, value: 1, sysctl_file: /etc/k.conf}";
    insta::assert_snapshot!(told(&host(), "sysctl", yaml).await, @r"
        write /etc/k.conf
        + net.bridge.x=1
        sysctl -p /etc/k.conf
        - net.bridge.x = (unknown to the kernel)
        + net.bridge.x = 1
        ");
    let yaml = "{name: net.bridge.x, value: 1, sysctl_file: /etc/k.conf, ignoreerrors: true}";
    assert!(!told(&host(), "sysctl", yaml).await.contains("unknown"));
}

#[test]
fn a_value_is_needed() {
    assert_eq!(
        refusal("sysctl", "{name: a.b}").message,
        "value cannot be blank"
    );
}
