//! What `pacman` does to hosts in memory.

use crate::testing::{Desk, plan_on, probe, refusal, told};
use k8sbm_core::{connection::FakeHost, task::Probe};

fn host(more: impl Fn(FakeHost) -> FakeHost) -> Probe {
    let host = FakeHost::new().query(["pacman", "--query"], "bash 5.2-1\niptables 1:1.8-1\n");
    probe(more(host), Desk::default())
}

fn no_group(host: FakeHost, name: &str) -> FakeHost {
    host.query_fails(
        ["pacman", "--sync", "--groups", name],
        1,
        "error: group not found",
    )
}

#[tokio::test]
async fn what_is_missing_is_installed() {
    let it = host(|it| {
        let it = it.query(
            ["pacman", "--sync", "--groups", "tools"],
            "tools bash\ntools jq\n",
        );
        no_group(it, "nftables")
    });
    insta::assert_snapshot!(told(&it, "pacman", "name: [bash, nftables, tools]").await, @r"
    run pacman --noconfirm --noprogressbar --sync --needed nftables jq
    + nftables
    + jq
    ");
    let plan = plan_on(&it, "pacman", "pkg: [bash, nftables]")
        .await
        .unwrap();
    assert_eq!(plan.returns["packages"], serde_json::json!(["nftables"]));
    assert_eq!(
        told(&it, "community.general.pacman", "name: bash").await,
        ""
    );
}

#[tokio::test]
async fn what_is_there_is_removed() {
    let it = host(|it| no_group(it, "nftables"));
    insta::assert_snapshot!(told(&it, "pacman", "{name: [iptables, nftables], state: absent, force: true}").await, @r"
    run pacman --noconfirm --noprogressbar --remove --nodeps --nodeps iptables
    - iptables
    ");
    assert_eq!(
        told(&it, "pacman", "{name: nftables, state: removed}").await,
        ""
    );
}

#[tokio::test]
async fn the_newest_is_asked_of_the_lists() {
    let it = host(|it| it.query(["pacman", "--query", "--upgrades", "--quiet"], "bash\n"));
    insta::assert_snapshot!(told(&it, "pacman", "{name: [bash, iptables], state: latest, update_cache: true}").await, @r"
    update the package lists (no change)
    run pacman --noconfirm --noprogressbar --sync --needed bash
    + bash
    ");
    insta::assert_snapshot!(told(&it, "pacman", "{upgrade: true, upgrade_extra_args: --ignore linux}").await, @r"
    run pacman --noconfirm --noprogressbar --sync --sysupgrade --ignore linux
    + bash
    ");
}

#[tokio::test]
async fn a_file_is_installed_by_its_own_way() {
    let file = "/root/k3s-1.34-1-x86_64.pkg.tar.zst";
    let it = host(|it| it.query(["pacman", "--query", "--file", file], "k3s 1.34-1\n"));
    insta::assert_snapshot!(told(&it, "pacman", &format!("{{name: {file}, reason: dependency}}")).await, @r"
    run pacman --noconfirm --noprogressbar --upgrade --needed /root/k3s-1.34-1-x86_64.pkg.tar.zst
    + /root/k3s-1.34-1-x86_64.pkg.tar.zst
    run pacman --noconfirm --noprogressbar --database --asdeps k3s
    ");
    assert_eq!(super::of_file("https://x/a-b-1.0-1-any.pkg.tar.xz"), "a-b");
}

#[tokio::test]
async fn arguments_and_hosts_that_make_no_sense_are_refused() {
    refusal("pacman", "{}");
    refusal("pacman", "{name: bash, upgrade: true}");
    let host = FakeHost::new().query_fails(["pacman", "--query"], 127, "not found");
    let said = told(&probe(host, Desk::default()), "pacman", "name: bash").await;
    assert!(said.starts_with("error: the host has no pacman"), "{said}");
}
