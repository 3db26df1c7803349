//! Bare hosts to a cluster, with real Kubernetes, as a user builds and runs one. Each part prints its time.
//!
//! `K8SBM_ARTIFACTS` names a directory with `bin/` and `images/`: kubeadm, kubelet, kubectl and crictl, and for the Hard
//! Way kube-apiserver, kube-controller-manager, kube-scheduler, kube-proxy, etcd, etcdctl and etcdutl; an archive
//! `NAME_TAG.tar` for each image that kubeadm and Flannel need, and busybox. Without it the tests are skipped. Where the
//! internet is open, `tests/e2e/artifacts DIR` downloads them.
//!
//! The laboratory has volumes where there is `local-path-provisioner`, and addresses for services where there are
//! `metallb-controller`, `metallb-speaker`, `charts/metallb-VERSION.tgz` and helm. It says what it is without.
//! `K8SBM_ARTIFACTS_NEXT` names those of the next releases, one after the other, with `:` between them, to which a
//! cluster is taken.
//!
//! What check mode says of bare hosts is held to what the run then does to them.

mod artifacts;
mod beyond;
mod cluster;
mod platform;
mod upgrade;

use cluster::{Cluster, took};
use std::time::Instant;

#[test]
fn a_lab_is_built_scaled_and_taken_away() {
    let Some(lab) = Cluster::bare("lab", "site", &["lab1", "lab2", "lab3"]) else {
        return;
    };
    lab.asks_for_all();
    let start = Instant::now();
    let check = lab.run("site", &["--check"]);
    let run = lab.run("site", &[]);
    let mistook = check.mistook(&run);
    assert!(mistook.is_empty(), "{mistook:#?}");
    lab.is_converged();
    took("built and converged", start);

    beyond::moves(&lab, "lab1");
    platform::comes_up(&lab, "lab1");

    let start = Instant::now();
    let leaves = ["-e", "remove=lab3"];
    let confirmed = ["-e", "remove=lab3", "-e", "confirm=lab"];
    lab.refuses("scale", &leaves, "say `-e confirm=lab`");
    lab.run("scale", &confirmed);
    assert_eq!(lab.nodes("lab1"), 2);
    assert_eq!(lab.run("scale", &confirmed).ended("changed").count(), 0);
    let other = lab.of_release("1.34.1").to_string();
    lab.refuses("scale", &["-e", &other], "upgrade.yml brings them to it");
    let came = lab.run("scale", &[]);
    assert_eq!(lab.nodes("lab1"), 3);
    let touched: Vec<_> = came
        .ended("changed")
        .filter(|end| end.host != "lab3")
        .collect();
    assert!(touched.is_empty(), "{touched:?}");
    assert_eq!(lab.run("scale", &[]).ended("changed").count(), 0);
    took("a worker removed and added", start);

    let start = Instant::now();
    lab.goes("lab");
    lab.run("site", &[]);
    assert_eq!(lab.nodes("lab1"), 3);
    took("reset and built again", start);
}

#[test]
fn a_control_plane_of_three_outlives_its_hosts() {
    let Some(ha) = Cluster::bare("ha", "site", &["ha1", "ha2", "ha3", "ha4"]) else {
        return;
    };
    let start = Instant::now();
    ha.run("site", &[]);
    ha.is_converged();
    took("built and converged", start);

    let start = Instant::now();
    let lost = ha.loses_its_holder(&["ha1", "ha2", "ha3"], "ha4");
    ha.fleet.start(ha.own(lost));
    ha.verifies("a host lost and back", start);

    let start = Instant::now();
    ha.goes_off_and_on();
    ha.verifies("all hosts off and on", start);

    let start = Instant::now();
    ha.refuses(
        "scale",
        &["-e", "remove=ha2,ha3", "-e", "confirm=ha"],
        "etcd would have 1 member, of which 1 are healthy, and 2 are needed",
    );
    ha.run("scale", &["-e", "remove=ha3", "-e", "confirm=ha"]);
    assert_eq!(ha.nodes("ha1"), 3);
    ha.run("scale", &[]);
    assert_eq!(ha.nodes("ha1"), 4);
    took("a host of the control plane removed and added", start);

    let start = Instant::now();
    ha.run("scale", &["-e", "remove=ha3", "-e", "confirm=ha"]);
    ha.is_interrupted("scale", "ha3", "/etc/kubernetes/manifests/etcd.yaml");
    // The host that died was one of those that keep the lock.
    ha.refuses("scale", &[], "is being changed by");
    let broken = ["-e", "break_lock=true"];
    ha.refuses("scale", &broken, "was begun here and not ended");
    ha.run("scale", &["-e", "repair=true"]);
    ha.verifies("a host that died while it joined, repaired", start);
}

#[test]
fn the_hard_way_outlives_its_hosts() {
    let hosts = ["server-0", "server-1", "server-2", "node-0", "node-1"];
    let Some(hard) = Cluster::bare("hard-way-ha", "hard-way", &hosts) else {
        return;
    };
    let start = Instant::now();
    let check = hard.run("hard-way", &["--check"]);
    let run = hard.run("hard-way", &[]);
    let mistook = check.mistook(&run);
    assert!(mistook.is_empty(), "{mistook:#?}");
    hard.is_converged();
    took("built and converged", start);

    let start = Instant::now();
    let lost = hard.loses_its_holder(&hosts[..3], "node-0");
    hard.fleet.start(hard.own(lost));
    hard.verifies("a host lost and back", start);

    let start = Instant::now();
    hard.goes_off_and_on();
    hard.verifies("all hosts off and on", start);

    let start = Instant::now();
    hard.refuses(
        "scale",
        &["-e", "remove=server-0", "-e", "confirm=hard-way"],
        "server-0 keeps the keys of the authorities",
    );
    hard.refuses(
        "scale",
        &["-e", "remove=server-1,server-2", "-e", "confirm=hard-way"],
        "etcd would have 1 member, of which 1 are healthy, and 2 are needed",
    );
    for (host, nodes) in [("node-1", 1), ("server-2", 2)] {
        let leaves = format!("remove={host}");
        let flags = ["-e", &leaves, "-e", "confirm=hard-way"];
        hard.run("scale", &flags);
        assert_eq!(hard.nodes("server-1"), nodes);
        assert!(hard.traces_of(host).is_empty(), "{}", hard.traces_of(host));
        assert_eq!(hard.run("scale", &flags).ended("changed").count(), 0);
        hard.run("scale", &[]);
        assert_eq!(hard.run("scale", &[]).ended("changed").count(), 0);
        assert_eq!(hard.nodes("server-1"), 2);
    }
    hard.is_converged();
    took(
        "a node and a host of the control plane removed and added",
        start,
    );

    let start = Instant::now();
    hard.goes("hard-way");
    hard.run("hard-way", &[]);
    hard.is_converged();
    took("reset and built again", start);
}
