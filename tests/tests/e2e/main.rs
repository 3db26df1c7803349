//! Bare hosts to a cluster, with real Kubernetes, as a user builds and runs one. Each part prints its time.
//!
//! `K8SBM_ARTIFACTS` names a directory with `bin/` (kubeadm, kubelet, kubectl, crictl) and `images/`: an archive `NAME_TAG.tar` for each image that kubeadm and Flannel need, and
//! busybox. Without it the tests are skipped.

mod artifacts;
mod cluster;

use cluster::{Cluster, took};
use std::time::{Duration, Instant};

#[test]
fn a_lab_is_built_scaled_and_taken_away() {
    let Some(lab) = Cluster::bare("lab", "site", &["lab1", "lab2", "lab3"]) else {
        return;
    };
    let start = Instant::now();
    let check = lab.run("site", &["--check"]);
    let run = lab.run("site", &[]);
    let mistook = check.mistook(&run);
    assert!(mistook.is_empty(), "{mistook:#?}");
    lab.is_converged();
    took("built and converged", start);

    let start = Instant::now();
    let leaves = ["-e", "remove=lab3"];
    let confirmed = ["-e", "remove=lab3", "-e", "confirm=lab"];
    let refused = lab.attempt("scale", &leaves);
    assert!(!refused.success, "it goes without the cluster's name");
    lab.run("scale", &confirmed);
    assert_eq!(lab.nodes("lab1"), 2);
    assert_eq!(lab.run("scale", &confirmed).ended("changed").count(), 0);
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
    lab.run("reset", &["-e", "confirm=lab"]);
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
    let held = format!("ip -oneline address show to {}/32", ha.api());
    let mut hosts = ["ha1", "ha2", "ha3"].into_iter();
    let holder = hosts.find(|host| !ha.fleet.exec(ha.own(host), &held).is_empty());
    let holder = holder.expect("a host holds the API's address");
    ha.fleet.kill(ha.own(holder));
    let first = ha.answers_again("ha4", Instant::now());
    assert!(first < Duration::from_secs(5), "{first:?}");
    ha.fleet.start(ha.own(holder));
    took("a host lost and back", start);

    let start = Instant::now();
    ha.run("scale", &["-e", "remove=ha3", "-e", "confirm=ha"]);
    assert_eq!(ha.nodes("ha1"), 3);
    ha.run("scale", &[]);
    assert_eq!(ha.nodes("ha1"), 4);
    took("a host of the control plane removed and added", start);
}
