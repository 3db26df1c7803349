//! `k8s_verify`: whether a cluster does what a cluster is for.

mod control_plane;
mod data;
mod etcd;
mod inside;
mod network;
mod row;
mod standing;
mod workload;

use self::{
    row::{Row, table},
    standing::Standing,
    workload::Workload,
};
use super::cluster::{Cluster, admin_conf};
use k8sbm_core::{
    host::Host,
    task::{Error, Example, Plan, Probe, Result, Returns, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::time::Duration;
use tokio::time::Instant;

/// Verifies a cluster by using it, and says so in a table; fails where a line of it fails.
///
/// Runs on a host of the control plane. Tests that need pods put a namespace of their own into the cluster, with one pod
/// on each node, and take it away in the end. They run at each call, but not in check mode.
///
/// - `T1` the API is well, at its address and at that of each control plane
/// - `T2` every node is ready, and all are of one version
/// - `T3` etcd: members healthy, one leader, no learner, no alarm
/// - `T4` controller manager and scheduler have a leader
/// - `T5` the system's pods are ready, and do not restart
/// - `T10` pods find names
/// - `T11` each node's pod reaches each node's pod, with large bodies too
/// - `T12` services answer, at their address and at a port of every node
/// - `T13` a service of type LoadBalancer gets an address, and answers there
/// - `T15` a volume keeps what was written
/// - `T18` logs and exec work on every node
/// - `T19` secrets are encrypted in etcd
/// - `T20` certificates last long enough
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct K8sVerify {
    /// The tests. Default all but `T13`, `T15` and `T19`, which need what not every cluster has.
    #[serde(default = "usual")]
    tests: Vec<Test>,
    /// The image of the test's pods: with `sh`, `httpd`, `wget` and `nslookup`, as busybox has them.
    #[serde(default = "image")]
    image: String,
    /// The namespace of the test's pods.
    #[serde(default = "namespace")]
    namespace: String,
    /// The version that all shall have. Default that of the API.
    version: Option<String>,
    /// A further address at which ports of nodes answer, such as a virtual IP.
    vip: Option<String>,
    /// A name of the world that pods shall find. Default none.
    external_name: Option<String>,
    /// The cluster's own domain.
    #[serde(default = "cluster_domain")]
    cluster_domain: String,
    /// The storage class of the volume. Default the cluster's default.
    storage_class: Option<String>,
    /// How to reach etcd.
    #[serde(default)]
    etcd: Etcd,
    /// How many days certificates must last.
    #[serde(default = "thirty")]
    certificate_days: i64,
    /// How many seconds the system's pods must run without a restart. Those that have not yet run for so long are
    /// watched; on a cluster that has been up for a while nothing is waited for.
    #[serde(default = "twenty")]
    settle: u64,
    /// Seconds to wait for the test's pods.
    #[serde(default = "two_minutes")]
    timeout: u64,
    /// The kubeconfig on the host. Default `/etc/kubernetes/admin.conf`.
    #[serde(default = "admin_conf")]
    kubeconfig: String,
}

/// How to reach etcd.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Etcd {
    /// Where it listens.
    endpoints: Vec<String>,
    /// The authority of its certificates.
    cacert: String,
    /// The certificate to show to it.
    cert: String,
    /// The key of that certificate.
    key: String,
}

impl Default for Etcd {
    fn default() -> Self {
        let path = |name: &str| format!("/etc/kubernetes/pki/etcd/{name}");
        Self {
            endpoints: vec!["https://127.0.0.1:2379".into()],
            cacert: path("ca.crt"),
            cert: path("server.crt"),
            key: path("server.key"),
        }
    }
}

/// What was seen without pods of our own.
struct Looked {
    standing: Standing,
    /// From when on the system's pods have run for long enough.
    settled: Instant,
    rows: Vec<Row>,
}

/// A test.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq)]
enum Test {
    /// The API.
    T1,
    /// Nodes and versions.
    T2,
    /// etcd.
    T3,
    /// Leaders.
    T4,
    /// Pods of the system.
    T5,
    /// Names.
    T10,
    /// Pods.
    T11,
    /// Services.
    T12,
    /// Load balancers.
    T13,
    /// Volumes.
    T15,
    /// Kubelets.
    T18,
    /// Encryption.
    T19,
    /// Certificates.
    T20,
}

fn usual() -> Vec<Test> {
    use Test::*;
    vec![T1, T2, T3, T4, T5, T10, T11, T12, T18, T20]
}

fn image() -> String {
    "docker.io/library/busybox:1.36".into()
}

fn namespace() -> String {
    "k8sbm-verify".into()
}

fn cluster_domain() -> String {
    "cluster.local".into()
}

fn thirty() -> i64 {
    30
}

fn twenty() -> u64 {
    20
}

fn two_minutes() -> u64 {
    120
}

impl K8sVerify {
    fn wants(&self, test: Test) -> bool {
        self.tests.contains(&test)
    }

    async fn verify(self, host: Host) -> Result<Returns> {
        let cluster = Cluster::there(&host, &self.kubeconfig).await?;
        // The nodes start the pods while the rest is looked at.
        let put = workload::put(&self, &cluster).await;
        let (looked, mut rows) = tokio::join!(self.look(&cluster), self.try_out(&cluster, put));
        let looked = match looked {
            Ok(looked) => looked,
            Err(error) => {
                self.clean(&cluster).await;
                return Err(error);
            }
        };
        let Looked {
            standing, settled, ..
        } = &looked;
        let encryption = data::encryption(&self, &cluster, standing);
        rows.extend(self.made(Test::T19, "T19", encryption).await);
        let after = async {
            host.wait(settled.saturating_duration_since(Instant::now()))
                .await;
            let after = cluster.list(&["pods", "-A"]).await?;
            Ok(control_plane::pods(&standing.pods, &after))
        };
        let (after, ()) = tokio::join!(self.made(Test::T5, "T5", after), self.clean(&cluster));
        rows.extend(looked.rows.into_iter().chain(after));
        rows.sort_by_key(|row| row.test.trim_start_matches('T').parse::<u32>().unwrap_or(0));
        judged(&rows)
    }

    /// What needs no pods of our own.
    async fn look(&self, cluster: &Cluster) -> Result<Looked> {
        let standing = Standing::of(self, cluster).await?;
        let settled =
            Instant::now() + control_plane::unsettled(&standing.pods, standing.now, self.settle);
        let version = self.version.as_deref();
        let leases = async { Ok(control_plane::leases(&standing)) };
        let days = self.certificate_days;
        let (api, versions, etcd, leases, certificates) = tokio::join!(
            self.made(Test::T1, "T1", control_plane::api(cluster, &standing)),
            self.made(
                Test::T2,
                "T2",
                control_plane::versions(cluster, &standing, version)
            ),
            self.made(Test::T3, "T3", etcd::etcd(self, cluster, &standing)),
            self.made(Test::T4, "T4", leases),
            self.made(Test::T20, "T20", control_plane::certificates(cluster, days)),
        );
        let rows = [api, versions, etcd, leases, certificates].concat();
        Ok(Looked {
            standing,
            settled,
            rows,
        })
    }

    /// What a test says, where it is wanted.
    async fn made(
        &self,
        test: Test,
        name: &'static str,
        rows: impl Future<Output = Result<Vec<Row>>>,
    ) -> Vec<Row> {
        match self.wants(test) {
            // An error keeps one test from being made, not the others.
            true => {
                let rows = rows.await;
                rows.unwrap_or_else(|error| vec![Row::failed(name, "test", error)])
            }
            false => Vec::new(),
        }
    }

    /// Whether a test needs a namespace of its own.
    fn tries_out(&self) -> bool {
        self.asks_pods() || self.wants(Test::T15) || self.wants(Test::T19)
    }

    /// Whether a test asks pods of each node.
    fn asks_pods(&self) -> bool {
        use Test::*;
        let these = [T10, T11, T12, T13, T18];
        these.into_iter().any(|test| self.wants(test))
    }

    /// What needs pods of our own, once they are put into the cluster.
    async fn try_out(&self, cluster: &Cluster, put: Result<()>) -> Vec<Row> {
        if let Err(error) = put {
            return vec![Row::failed("T11", "pods of the test", error)];
        }
        let (pods, volume) = tokio::join!(
            self.try_network(cluster),
            self.made(Test::T15, "T15", data::volume(self, cluster)),
        );
        [pods, volume].concat()
    }

    /// Removes what the tests made; its end is not waited for.
    async fn clean(&self, cluster: &Cluster) {
        if !self.tries_out() {
            return;
        }
        let words = ["delete", "namespace", &self.namespace];
        let how = ["--ignore-not-found", "--wait=false"];
        // What fails here was told before, or is told when the next run makes the namespace.
        let _ = cluster
            .order(&[&words[..], &how].concat(), None, Duration::from_secs(60))
            .await;
    }

    async fn try_network(&self, cluster: &Cluster) -> Vec<Row> {
        if !self.asks_pods() {
            return Vec::new();
        }
        let workload = match Workload::ready(self, cluster).await {
            Ok(workload) => workload,
            Err(error) => return vec![Row::failed("T11", "pods of the test", error)],
        };
        let mut rows = match self.ask_pods(&workload).await {
            Ok(rows) => rows,
            Err(error) => vec![Row::failed("T11", "pods of the test", error)],
        };
        let balanced = network::load_balancer(self, &workload);
        rows.extend(self.made(Test::T13, "T13", balanced).await);
        rows
    }

    async fn ask_pods(&self, workload: &Workload<'_>) -> Result<Vec<Row>> {
        let questions = network::questions(self, workload);
        let scripts: Vec<String> = questions.iter().map(|it| it.script()).collect();
        let said = workload.exec_all(&scripts).await?;
        let mut rows = Vec::new();
        for (pod, answers) in workload.pods.iter().zip(said) {
            let judged = questions.iter().zip(answers);
            rows.extend(judged.map(|(question, said)| question.row(pod, said)));
        }
        Ok(rows)
    }
}

fn judged(rows: &[Row]) -> Result<Returns> {
    let list: Vec<Json> = rows.iter().map(Row::json).collect();
    let table = table(rows);
    let wrong = rows.iter().filter(|row| !row.ok).count();
    if wrong > 0 {
        return Err(
            Error::failed(format!("{wrong} of {} lines failed\n{table}", rows.len()))
                .returning("rows", json!(list)),
        );
    }
    Ok(Returns::from_iter([
        ("msg".to_owned(), json!(table)),
        ("table".to_owned(), json!(table.lines().collect::<Vec<_>>())),
        ("rows".to_owned(), json!(list)),
    ]))
}

impl Task for K8sVerify {
    const NAME: &'static str = "k8s_verify";
    const ALWAYS_ACTS: bool = true;

    fn validate(&self) -> Result<()> {
        if self.tests.is_empty() {
            return Err(Error::arguments("`tests` is empty"));
        }
        if ["default", "kube-system", "kube-public", "kube-node-lease"].contains(&&*self.namespace)
        {
            return Err(Error::arguments(format!(
                "`namespace` is deleted in the end, and `{}` must stay",
                self.namespace
            )));
        }
        Ok(())
    }

    async fn plan(&self, _: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        let this = self.clone();
        let tests: Vec<String> = self.tests.iter().map(|test| format!("{test:?}")).collect();
        plan.observe(
            format!("verify the cluster: {}", tests.join(", ")),
            |host| this.verify(host),
        );
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "What every cluster must do",
                yaml: "- k8s_verify:\n    version: 1.36.4\n  register: verified\n- debug:\n    var: verified.table\n",
            },
            Example {
                title: "Load balancer and volumes too, with an image of a mirror",
                yaml: "k8s_verify:\n  tests: [T11, T12, T13, T15]\n  image: registry.example.org/busybox:1.36\n  vip: 192.168.1.100\n  storage_class: openebs-hostpath\n",
            },
            Example {
                title: "That secrets are encrypted, with etcd beside the cluster",
                yaml: "k8s_verify:\n  tests: [T3, T19]\n  etcd:\n    endpoints: [https://10.0.0.11:2379]\n    cacert: /etc/etcd/ca.crt\n    cert: /etc/etcd/client.crt\n    key: /etc/etcd/client.key\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            (
                "rows",
                "One for each line: `test`, `subject`, `ok`, `detail`. They reach JUnit as cases of their own.",
            ),
            ("table", "The same as a table, line by line."),
        ]
    }
}

#[cfg(test)]
mod tests;
