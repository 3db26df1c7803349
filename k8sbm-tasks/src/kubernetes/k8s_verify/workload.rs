//! What is put into the cluster to test it: a pod on each node that serves and asks, and a service before them.

use super::{K8sVerify, Test};
use crate::kubernetes::cluster::{Cluster, Patience};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use k8sbm_core::{
    host::Output,
    task::{Error, Result},
};
use serde_json::{Value as Json, json};
use std::time::Duration;

/// What the pods do: serve their node's name, and a body that no single packet holds.
const SERVE: &str = "mkdir -p /tmp/www && echo \"$NODE\" >/tmp/www/index.html && head -c 65536 /dev/zero >/tmp/www/large && echo ready on $NODE && exec httpd -f -p 8080 -h /tmp/www";

/// A pod of the test, where it runs.
#[derive(Clone, Debug)]
pub(super) struct Pod {
    pub(super) name: String,
    pub(super) node: String,
    pub(super) address: String,
    pub(super) host: String,
}

/// What was put into the cluster.
pub(super) struct Workload<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) namespace: &'a str,
    pub(super) pods: Vec<Pod>,
    pub(super) service: Json,
    /// The API as a service.
    pub(super) api: Json,
    /// What the pods said, where somebody wants to know.
    pub(super) logs: Output,
}

/// A container that serves.
pub(super) fn container(image: &str) -> Json {
    json!({"name": "probe", "image": image, "imagePullPolicy": "IfNotPresent", "command": ["sh", "-c", SERVE],
        "env": [{"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}],
        "ports": [{"containerPort": 8080}],
        "readinessProbe": {"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 1}})
}

/// The objects of the pods that ask each other.
fn pods_and_service(task: &K8sVerify) -> [Json; 2] {
    let labels = json!({"app": "k8sbm-verify"});
    let namespace = &task.namespace;
    [
        json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "probe", "namespace": namespace},
            "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": {
                "terminationGracePeriodSeconds": 0, "automountServiceAccountToken": false,
                "tolerations": [{"operator": "Exists"}], "containers": [container(&task.image)]}}}}),
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "probe", "namespace": namespace},
            "spec": {"type": "NodePort", "selector": labels, "ports": [{"port": 80, "targetPort": 8080}]}}),
    ]
}

/// Makes the namespace of the tests, and the pods where a test asks them, once what an earlier run left is gone.
pub(super) async fn put(task: &K8sVerify, cluster: &Cluster) -> Result<()> {
    if !task.tries_out() {
        return Ok(());
    }
    let namespace =
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": task.namespace}});
    let mut objects = vec![namespace];
    if task.asks_pods() {
        objects.extend(pods_and_service(task));
    }
    for _ in 0..60 {
        match cluster.apply(&objects, true).await {
            Ok(made) if made.iter().all(|it| it["status"]["phase"] != "Terminating") => {
                return Ok(());
            }
            Err(refusal) if !refusal.error.message.contains("is being terminated") => {
                return Err(refusal.into());
            }
            _ => cluster.probe().wait(Duration::from_secs(1)).await,
        }
    }
    let namespace = &task.namespace;
    Err(Error::failed(format!(
        "the namespace {namespace} of an earlier run has not gone within a minute"
    )))
}

impl<'a> Workload<'a> {
    /// Waits until what was put there serves.
    pub(super) async fn ready(task: &'a K8sVerify, cluster: &'a Cluster) -> Result<Self> {
        let namespace = &*task.namespace;
        let rollout = [
            "rollout",
            "status",
            "daemonset/probe",
            "--namespace",
            namespace,
            "--timeout=60s",
        ];
        // It sees at once what asking again and again sees late; why it ends otherwise is asked below.
        let _ = cluster.order(&rollout, None, Duration::from_secs(90)).await;
        let mut objects = pods_and_service(task).to_vec();
        objects.push(json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "kubernetes", "namespace": "default"}}));
        let found = Patience::seconds(task.timeout)
            .until_ready(cluster, &objects)
            .await?;
        let label = ["-n", namespace, "-l", "app=k8sbm-verify"];
        let pods = [&["pods"], &label[..]].concat();
        let (pods, logs) = tokio::join!(cluster.list(&pods), logs(task, cluster, &label));
        let service = |namespace: &str| {
            let own = found
                .iter()
                .find(|it| it["kind"] == "Service" && it["metadata"]["namespace"] == namespace);
            own.cloned().unwrap_or_default()
        };
        let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
        let pods = pods?;
        let pods = pods
            .iter()
            .filter(|it| it["metadata"]["deletionTimestamp"].is_null())
            .map(|it| Pod {
                name: text(&it["metadata"]["name"]),
                node: text(&it["spec"]["nodeName"]),
                address: text(&it["status"]["podIP"]),
                host: text(&it["status"]["hostIP"]),
            });
        Ok(Self {
            cluster,
            namespace,
            pods: pods.collect(),
            service: service(namespace),
            api: service("default"),
            logs: logs?,
        })
    }

    /// What a script prints in a pod, or what it complains of.
    pub(super) async fn exec(&self, pod: &str, script: &str) -> Result<Result<String, String>> {
        exec(self.cluster, self.namespace, pod, script).await
    }

    /// What each of some scripts prints in each pod, or complains of; pods are asked side by side.
    pub(super) async fn exec_all(
        &self,
        scripts: &[String],
    ) -> Result<Vec<Vec<Result<String, String>>>> {
        let whole: String = scripts
            .iter()
            .map(|script| format!("( {script} ) 2>&1; echo \"{MARK}$?\"\n"))
            .collect();
        let mut asked = Vec::with_capacity(self.pods.len());
        for pod in &self.pods {
            asked.push(self.exec(&pod.name, &whole));
        }
        let said = stream::iter(asked).buffered(AT_ONCE);
        said.map_ok(|said| parted(said, scripts.len()))
            .try_collect()
            .await
    }
}

/// The logs of the pods, where a test wants them.
async fn logs(task: &K8sVerify, cluster: &Cluster, label: &[&str]) -> Result<Output> {
    if !task.wants(Test::T18) {
        return Ok(Output::default());
    }
    let how = ["--prefix", "--tail=5", "--ignore-errors"];
    let words = [&["logs"], label, &how].concat();
    cluster.look(&words, None).await
}

/// What stands behind what a script printed, before its exit code.
const MARK: &str = "--k8sbm-verify-- ";
/// How many pods are asked at once.
const AT_ONCE: usize = 8;

/// What each of `count` scripts printed, or complained of.
fn parted(said: Result<String, String>, count: usize) -> Vec<Result<String, String>> {
    let (said, refused) = match said {
        Ok(said) => (said, String::new()),
        Err(why) => (String::new(), why),
    };
    let mut rest = &*said;
    let next = |_| {
        let (text, behind) = rest.split_once(MARK).ok_or_else(|| refused.clone())?;
        let (code, behind) = behind.split_once('\n').unwrap_or((behind, ""));
        rest = behind;
        match code.trim() {
            "0" => Ok(text.to_owned()),
            _ => Err(text.trim().to_owned()),
        }
    };
    (0..count).map(next).collect()
}

/// An address as it stands in a URL.
pub(super) fn bracketed(address: &str) -> String {
    if address.contains(':') {
        format!("[{address}]")
    } else {
        address.to_owned()
    }
}

/// A script that fetches URLs, a line for each with what came back. Some are asked again: who lets a service be reached
/// hears of it a moment after its pods are ready.
pub(super) fn fetching(urls: &[String]) -> String {
    format!(
        "n=5; for u in {}; do until r=$(wget -q -T 4 -O - \"$u\" 2>&1) || [ $n = 0 ]; do n=$((n-1)); sleep 1; done; echo \"$u|$r\"; done",
        urls.join(" ")
    )
}

/// What such a script found.
pub(super) fn fetched(said: &str) -> Vec<Fetched> {
    let lines = said.lines().filter_map(|line| line.split_once('|'));
    let found = lines.map(|(url, body)| Fetched {
        url: url.into(),
        body: body.trim().into(),
    });
    found.collect()
}

/// What a URL gave.
#[derive(Clone, Debug)]
pub(super) struct Fetched {
    pub(super) url: String,
    pub(super) body: String,
}

/// What a script prints in a pod, or what it complains of.
pub(super) async fn exec(
    cluster: &Cluster,
    namespace: &str,
    pod: &str,
    script: &str,
) -> Result<Result<String, String>> {
    let output = cluster
        .look(
            &["exec", "-n", namespace, pod, "--", "sh", "-c", script],
            None,
        )
        .await?;
    Ok(match output.success() {
        true => Ok(output.text()),
        false => Err(
            format!("{} {}", output.text().trim(), output.error_text().trim())
                .trim()
                .to_owned(),
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_several_scripts_printed_is_parted() {
        let said = format!("one\n{MARK}0\nno such name\n{MARK}1\n");
        let parts = parted(Ok(said), 3);
        assert_eq!(
            parts,
            [
                Ok("one\n".to_owned()),
                Err("no such name".to_owned()),
                Err(String::new())
            ]
        );
        let gone = parted(Err("the pod is gone".into()), 1);
        assert_eq!(gone, [Err("the pod is gone".to_owned())]);
    }
}
