//! T10 to T13 and T18: names, pods, services, load balancers, and the way to the kubelets.

use super::{
    K8sVerify, Test,
    inside::{Inside, Kubelet, Name, Pods, Services},
    row::Row,
    workload::{Workload, bracketed, fetched, fetching},
};
use crate::kubernetes::cluster::{Key, Patience, jsonpath};
use k8sbm_core::task::Result;
use serde_json::json;
use std::time::Duration;

/// What each pod is to be asked.
pub(super) fn questions(task: &K8sVerify, workload: &Workload<'_>) -> Vec<Box<dyn Inside>> {
    let mut questions: Vec<Box<dyn Inside>> = Vec::new();
    if task.wants(Test::T10) {
        let address = workload.api["spec"]["clusterIP"].as_str();
        questions.push(Box::new(Name {
            name: format!("kubernetes.default.svc.{}.", task.cluster_domain),
            address: Some(address.unwrap_or_default().to_owned()),
        }));
        if let Some(name) = &task.external_name {
            questions.push(Box::new(Name {
                name: name.clone(),
                address: None,
            }));
        }
    }
    if task.wants(Test::T11) {
        questions.push(Box::new(Pods(workload.pods.clone())));
    }
    if task.wants(Test::T12) {
        let spec = &workload.service["spec"];
        let hosts = workload.pods.iter().map(|pod| pod.host.clone());
        questions.push(Box::new(Services {
            cluster_ip: spec["clusterIP"].as_str().unwrap_or_default().to_owned(),
            port: spec["ports"][0]["nodePort"].as_i64().unwrap_or(0),
            addresses: hosts.chain(task.vip.clone()).collect(),
            nodes: workload.pods.iter().map(|it| it.node.clone()).collect(),
        }));
    }
    if task.wants(Test::T18) {
        let logs = &workload.logs;
        questions.push(Box::new(Kubelet {
            refused: format!("{}{}", logs.error_text(), failures(&logs.text())),
            logs: logs.text(),
        }));
    }
    questions
}

/// What `kubectl logs --ignore-errors` writes among the logs of those pods whose logs it cannot have.
fn failures(logs: &str) -> String {
    let wrong = |line: &&str| line.starts_with("error: ") || line.contains("] error: ");
    logs.lines().filter(wrong).collect::<Vec<_>>().join("; ")
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
    let script = fetching(&[format!("http://{}/", bracketed(&address))]);
    let mut why = String::new();
    // Who gives an address says so first, and lets it be reached then.
    for _ in 0..10 {
        let said = workload.exec(&pod.name, &script).await?;
        let found = said.map(|said| fetched(&said).into_iter().next());
        match found {
            Err(said) => why = said,
            Ok(None) => why = "nothing came back".into(),
            Ok(Some(found)) if workload.pods.iter().any(|pod| pod.node == found.body) => {
                let detail = format!("{address} answers");
                return Ok(vec![Row::of("T13", "LoadBalancer", true, detail)]);
            }
            Ok(Some(found)) => why = found.body,
        }
        workload.cluster.probe().wait(Duration::from_secs(2)).await;
    }
    let detail = format!("{address} does not answer: {why}");
    Ok(vec![Row::of("T13", "LoadBalancer", false, detail)])
}

/// Waits for what the tests made, with their patience.
pub(super) fn patience(task: &K8sVerify) -> Patience {
    Patience {
        pause: Duration::from_secs(1),
        ..Patience::seconds(task.timeout)
    }
}
