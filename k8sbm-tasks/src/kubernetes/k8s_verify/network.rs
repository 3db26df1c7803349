//! T10 to T13 and T18: names, pods, services, load balancers, and the way to the kubelets.

use super::{
    K8sVerify,
    row::Row,
    workload::{Fetched, Workload},
};
use crate::kubernetes::cluster::{Cluster, Key, Patience, jsonpath};
use k8sbm_core::task::Result;
use serde_json::json;
use std::time::Duration;

/// T10: each node's pod finds names of the cluster, and of the world where one is said.
pub(super) async fn names(task: &K8sVerify, workload: &Workload<'_>) -> Result<Vec<Row>> {
    let key = Key {
        api_version: "v1".into(),
        kind: "Service".into(),
        namespace: Some("default".into()),
        name: "kubernetes".into(),
    };
    let service = workload.cluster.get(&key).await?.unwrap_or_default();
    let wanted = service["spec"]["clusterIP"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let inside = format!("kubernetes.default.svc.{}.", task.cluster_domain);
    let mut rows = Vec::new();
    for pod in &workload.pods {
        let asked = [
            (Some(&inside), Some(&wanted)),
            (task.external_name.as_ref(), None),
        ];
        for (name, address) in asked {
            let Some(name) = name else { continue };
            let said = workload
                .exec(&pod.name, &format!("nslookup {name}"))
                .await?;
            let row = match said {
                Err(why) => Row::failed("T10", &pod.node, format!("{name}: {why}")),
                Ok(said) => {
                    let found = address.is_none_or(|it| said.contains(it.as_str()));
                    let detail = if found {
                        format!("{name} is found")
                    } else {
                        format!("{name} is not {wanted}: {}", said.replace('\n', " "))
                    };
                    Row::of("T10", &pod.node, found, detail)
                }
            };
            rows.push(row);
        }
    }
    Ok(rows)
}

/// T11: each node's pod reaches each node's pod, with small packets and large bodies.
pub(super) async fn pods(workload: &Workload<'_>) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for from in &workload.pods {
        let targets = workload.pods.iter().map(|to| bracketed(&to.address));
        let targets: Vec<String> = targets.collect();
        let list = targets.join(" ");
        let script = format!(
            "for a in {list}; do r=$(wget -q -T 4 -O - \"http://$a:8080/\" 2>&1); n=$(wget -q -T 4 -O - \"http://$a:8080/large\" 2>/dev/null | wc -c); echo \"$a $n $r\"; done"
        );
        let said = match workload.exec(&from.name, &script).await? {
            Ok(said) => said,
            Err(why) => {
                rows.push(Row::failed("T11", &from.node, why));
                continue;
            }
        };
        let mut wrong = Vec::new();
        for to in &workload.pods {
            let line = said
                .lines()
                .find(|line| line.split(' ').next() == Some(&*bracketed(&to.address)));
            let mut words = line.unwrap_or_default().split(' ').skip(1);
            let (length, name) = (
                words.next().unwrap_or_default(),
                words.collect::<Vec<_>>().join(" "),
            );
            if name != to.node {
                wrong.push(format!("{} is not reached: {name}", to.node));
            } else if length != "65536" {
                wrong.push(format!(
                    "{} gave {length} of 65536 bytes: is the MTU right?",
                    to.node
                ));
            }
        }
        let detail = if wrong.is_empty() {
            format!("reaches {} of {} nodes", targets.len(), targets.len())
        } else {
            wrong.join("; ")
        };
        rows.push(Row::of("T11", &from.node, wrong.is_empty(), detail));
    }
    Ok(rows)
}

fn bracketed(address: &str) -> String {
    if address.contains(':') {
        format!("[{address}]")
    } else {
        address.to_owned()
    }
}

/// T12: the service answers at its own address, and at its port on every node and further address.
pub(super) async fn services(task: &K8sVerify, workload: &Workload<'_>) -> Result<Vec<Row>> {
    let spec = &workload.service["spec"];
    let cluster_ip = spec["clusterIP"].as_str().unwrap_or_default();
    let port = spec["ports"][0]["nodePort"].as_i64().unwrap_or(0);
    let mut addresses: Vec<String> = workload.pods.iter().map(|pod| pod.host.clone()).collect();
    addresses.extend(task.vip.clone());
    let mut urls = vec![format!("http://{}:80/", bracketed(cluster_ip))];
    urls.extend(
        addresses
            .iter()
            .map(|it| format!("http://{}:{port}/", bracketed(it))),
    );
    let nodes: Vec<&str> = workload.pods.iter().map(|it| &*it.node).collect();
    let mut rows = Vec::new();
    for pod in &workload.pods {
        let row = match workload.fetch(pod, &urls).await? {
            Err(why) => Row::failed("T12", &pod.node, why),
            Ok(found) => {
                let right = |it: &&Fetched| nodes.contains(&&*it.body);
                let wrong: Vec<String> = found
                    .iter()
                    .filter(|it| !right(it))
                    .map(|it| format!("{} gives nothing {}", it.url, it.body))
                    .collect();
                let all = wrong.is_empty() && found.len() == urls.len();
                let detail = if all {
                    format!(
                        "ClusterIP {cluster_ip}, port {port} on {} addresses",
                        addresses.len()
                    )
                } else {
                    wrong.join("; ")
                };
                Row::of("T12", &pod.node, all, detail)
            }
        };
        rows.push(row);
    }
    Ok(rows)
}

/// T13: a service of type LoadBalancer gets an address, and answers there.
pub(super) async fn load_balancer(task: &K8sVerify, workload: &Workload<'_>) -> Result<Vec<Row>> {
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "balanced", "namespace": task.namespace},
        "spec": {"type": "LoadBalancer", "selector": {"app": "k8sbm-verify"}, "ports": [{"port": 80, "targetPort": 8080}]}});
    workload
        .cluster
        .apply(std::slice::from_ref(&service), true)
        .await?;
    let key = Key::of(&service);
    let mut address = None;
    for _ in 0..30 {
        let now = workload.cluster.get(&key).await?.unwrap_or_default();
        let given = jsonpath(&now, "{.status.loadBalancer.ingress[0].ip}")?;
        address = given.first().and_then(|it| it.as_str()).map(str::to_owned);
        if address.is_some() {
            break;
        }
        workload.cluster.probe().wait(Duration::from_secs(1)).await;
    }
    let Some(address) = address else {
        return Ok(vec![Row::of(
            "T13",
            "LoadBalancer",
            false,
            "no address within 30 s",
        )]);
    };
    let Some(pod) = workload.pods.first() else {
        return Ok(vec![Row::of(
            "T13",
            "LoadBalancer",
            false,
            "there is no pod to ask from",
        )]);
    };
    let url = format!("http://{}/", bracketed(&address));
    let found = workload.fetch(pod, &[url]).await?;
    let ok = matches!(&found, Ok(found) if found.iter().any(|it| workload.pods.iter().any(|pod| pod.node == it.body)));
    let detail = if ok {
        format!("{address} answers")
    } else {
        format!("{address} does not answer: {found:?}")
    };
    Ok(vec![Row::of("T13", "LoadBalancer", ok, detail)])
}

/// T18: the API reaches the kubelet of every node: logs and exec.
pub(super) async fn kubelets(workload: &Workload<'_>) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for pod in &workload.pods {
        let logs = workload
            .cluster
            .look(
                &["logs", "-n", workload.namespace, &pod.name, "--tail=5"],
                None,
            )
            .await?;
        let logged = logs.success() && logs.text().contains("ready on");
        let exec = workload.exec(&pod.name, "echo \"$NODE\"").await?;
        let executed = exec.as_ref().is_ok_and(|said| said.trim() == pod.node);
        let detail = match (logged, executed) {
            (true, true) => "logs and exec work".to_owned(),
            (false, _) => format!("no logs: {}", logs.error_text().trim()),
            (_, false) => format!("no exec: {}", exec.unwrap_or_else(|why| why).trim()),
        };
        rows.push(Row::of("T18", &pod.node, logged && executed, detail));
    }
    Ok(rows)
}

/// Waits for what the tests made, with their patience.
pub(super) fn patience(task: &K8sVerify) -> Patience {
    Patience {
        pause: Duration::from_secs(1),
        ..Patience::seconds(task.timeout)
    }
}

/// Removes what the tests made; its end is not waited for.
pub(super) async fn clean(cluster: &Cluster, namespace: &str) {
    let words = [
        "delete",
        "namespace",
        namespace,
        "--ignore-not-found",
        "--wait=false",
    ];
    // What fails here was told before, or is told when the next run makes the namespace.
    let _ = cluster.order(&words, None, Duration::from_secs(60)).await;
}
