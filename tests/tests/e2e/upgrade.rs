//! A cluster is taken to the next releases while it does its work: requests to a service and to the API are counted.

use crate::{
    artifacts::next_artifacts,
    cluster::{Cluster, took},
};
use k8sbm_tests::fleet;
use std::{
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

/// What is asked meanwhile: three pods of which two must always be there, and which end as their users would want it.
const SERVICE: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: docker.io/library/busybox:1.36
          command: [sh, -c, \"mkdir /www; echo here >/www/index.html; exec httpd -f -p 8080 -h /www\"]
          lifecycle: {preStop: {exec: {command: [sleep, \"10\"]}}}
          readinessProbe: {httpGet: {port: 8080, path: /index.html}, periodSeconds: 2, timeoutSeconds: 5}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {minAvailable: 2, selector: {matchLabels: {app: web}}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: NodePort, selector: {app: web}, ports: [{port: 80, targetPort: 8080, nodePort: 30080}]}
";

/// How requests went.
#[derive(Default)]
struct Count {
    asked: usize,
    failed: usize,
    /// The longest time without an answer.
    gap: Duration,
}

impl Count {
    /// Asks again and again until it is told to end.
    fn while_not(ended: &AtomicBool, mut ask: impl FnMut(usize) -> bool) -> Self {
        let (mut count, mut last) = (Self::default(), Instant::now());
        while !ended.load(Ordering::Relaxed) {
            let answered = ask(count.asked);
            count.asked += 1;
            if answered {
                count.gap = count.gap.max(last.elapsed());
                last = Instant::now();
            } else {
                count.failed += 1;
            }
            thread::sleep(Duration::from_millis(50));
        }
        count
    }

    fn tell(&self, what: &str) {
        let Self { asked, failed, gap } = self;
        let _ = writeln!(
            io::stderr(),
            "{what}: {failed} of {asked} requests failed, at most {gap:.1?} without an answer"
        );
    }
}

/// Whether the service answers at a node.
fn answers(node: SocketAddr) -> bool {
    let limit = Duration::from_secs(10);
    let ask = || -> io::Result<String> {
        let mut stream = TcpStream::connect_timeout(&node, limit)?;
        stream.set_read_timeout(Some(limit))?;
        stream.write_all(b"GET /index.html HTTP/1.0\r\n\r\n")?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        Ok(text)
    };
    ask().is_ok_and(|text| text.ends_with("here\n"))
}

#[test]
fn a_cluster_is_upgraded_while_it_does_its_work() {
    let next = match next_artifacts() {
        Ok(next) => next,
        Err(reason) => return fleet::skip(&reason),
    };
    let Some(ha) = Cluster::bare("ha", "site", &["ha1", "ha2", "ha3", "ha4"]) else {
        return;
    };
    let start = Instant::now();
    ha.sets(|all| all["control_plane_takes_workloads"] = true.into());
    ha.run("site", &[]);
    took("built", start);
    let apply = format!("apply -f - <<'END'{SERVICE}END");
    ha.kubectl("ha1", &apply);
    ha.kubectl("ha1", "rollout status deployment/web --timeout=180s");

    // kubeadm goes from one minor release to the next one only.
    if let [_, .., last] = &next[..] {
        ha.takes(last);
        ha.refuses("upgrade", &[], "kubeadm does not go from");
    }
    for next in &next {
        upgraded(&ha, next);
    }
}

/// Takes the cluster to the release of a directory of artefacts.
fn upgraded(ha: &Cluster, next: &Path) {
    let versions = "get nodes -o jsonpath='{.items[*].status.nodeInfo.kubeletVersion}'";
    let old = ha.kubectl("ha1", versions);
    ha.takes(next);
    let version = ha.variables()["kubernetes_version"].clone();
    let new = format!("v{} ", version.as_str().unwrap()).repeat(4);
    assert_ne!(
        old,
        new.trim_end(),
        "{} has the same release",
        next.display()
    );
    ha.refuses(
        "site",
        &[],
        "playbooks/upgrade.yml takes a cluster to another release",
    );
    ha.run("upgrade", &["--check"]);
    assert_eq!(ha.kubectl("ha1", versions), old);

    let start = Instant::now();
    let (service, api) = counted(ha);
    took(&format!("upgraded to {version}"), start);
    service.tell("the service");
    api.tell("the API");
    assert_eq!(ha.kubectl("ha1", versions), new.trim_end());
    // Where the machine itself stands still for a moment, a request may be lost.
    assert!(
        service.failed * 100 <= service.asked,
        "{} of {}",
        service.failed,
        service.asked
    );
    assert!(
        api.gap < Duration::from_secs(60),
        "{:?} without the API",
        api.gap
    );

    let again = ha.run("upgrade", &[]);
    assert_eq!(again.ended("changed").count(), 0);
    ha.is_converged();
}

/// Upgrades while the service and the API are asked.
fn counted(ha: &Cluster) -> (Count, Count) {
    let nodes: Vec<SocketAddr> = ha
        .fleet
        .hosts()
        .iter()
        .map(|it| (it.address, 30080).into())
        .collect();
    let ended = AtomicBool::new(false);
    let ask = format!(
        "curl --silent --insecure --fail --max-time 5 https://{}:8443/readyz",
        ha.api()
    );
    thread::scope(|scope| {
        let service =
            scope.spawn(|| Count::while_not(&ended, |at| answers(nodes[at % nodes.len()])));
        let api = scope.spawn(|| {
            Count::while_not(&ended, |_| {
                ha.fleet.try_exec(ha.own("ha4"), &ask).status.success()
            })
        });
        let told = ha.attempt("upgrade", &[]);
        ended.store(true, Ordering::Relaxed);
        let counts = (service.join().unwrap(), api.join().unwrap());
        told.expect_success("the upgrade");
        counts
    })
}
