//! What is put into the cluster to test it: a pod on each node that serves and asks, and a service before them.

use super::K8sVerify;
use crate::kubernetes::cluster::{Cluster, Key, Patience};
use futures::future::try_join_all;
use k8sbm_core::task::Result;
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
}

/// A container that serves.
pub(super) fn container(image: &str) -> Json {
    json!({"name": "probe", "image": image, "imagePullPolicy": "IfNotPresent", "command": ["sh", "-c", SERVE],
        "env": [{"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}],
        "ports": [{"containerPort": 8080}],
        "readinessProbe": {"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 1}})
}

fn manifest(task: &K8sVerify) -> Vec<Json> {
    let labels = json!({"app": "k8sbm-verify"});
    let namespace = &task.namespace;
    vec![
        namespace_object(namespace),
        json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "probe", "namespace": namespace},
            "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": {
                "terminationGracePeriodSeconds": 0, "automountServiceAccountToken": false,
                "tolerations": [{"operator": "Exists"}], "containers": [container(&task.image)]}}}}),
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "probe", "namespace": namespace},
            "spec": {"type": "NodePort", "selector": labels, "ports": [{"port": 80, "targetPort": 8080}]}}),
    ]
}

/// The namespace of the tests.
pub(super) fn namespace_object(name: &str) -> Json {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
}

/// Makes the namespace, once that of an earlier run is gone.
pub(super) async fn make_namespace(task: &K8sVerify, cluster: &Cluster) -> Result<()> {
    let namespace = namespace_object(&task.namespace);
    for _ in 0..60 {
        match cluster.get(&Key::of(&namespace)).await? {
            Some(there) if there["status"]["phase"] == "Terminating" => {
                cluster.probe().wait(Duration::from_secs(1)).await;
            }
            _ => break,
        }
    }
    cluster.apply(&[namespace], true).await?;
    Ok(())
}

impl<'a> Workload<'a> {
    /// Puts it into the cluster, and waits until it serves.
    pub(super) async fn start(task: &'a K8sVerify, cluster: &'a Cluster) -> Result<Self> {
        let objects = manifest(task);
        cluster.apply(&objects, true).await?;
        let ready = Patience {
            pause: Duration::from_millis(500),
            ..Patience::seconds(task.timeout)
        };
        let found = ready.until_ready(cluster, &objects).await?;
        let service = found
            .into_iter()
            .find(|it| it["kind"] == "Service")
            .unwrap_or_default();
        let all = cluster
            .list(&["pods", "-n", &task.namespace, "-l", "app=k8sbm-verify"])
            .await?;
        let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
        let pods = all
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
            namespace: &task.namespace,
            pods: pods.collect(),
            service,
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
        let mut all = Vec::with_capacity(self.pods.len());
        for some in self.pods.chunks(AT_ONCE) {
            let mut asked = Vec::with_capacity(some.len());
            for pod in some {
                asked.push(self.exec(&pod.name, &whole));
            }
            for said in try_join_all(asked).await? {
                all.push(parted(said, scripts.len()));
            }
        }
        Ok(all)
    }
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

/// A script that fetches URLs, a line for each with what came back.
pub(super) fn fetching(urls: &[String]) -> String {
    format!(
        "for u in {}; do if r=$(wget -q -T 4 -O - \"$u\" 2>&1 | tr -d '\\0' | head -c 200); [ -n \"$r\" ]; then echo \"$u|$r\"; else echo \"$u|\"; fi; done",
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
