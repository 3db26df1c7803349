//! T15 and T19: volumes keep what was written; secrets are encrypted where they rest.

use super::{
    K8sVerify, etcd::etcdctl, network::patience, row::Row, standing::Standing, workload::exec,
};
use crate::kubernetes::cluster::Cluster;
use k8sbm_core::task::Result;
use serde_json::{Value as Json, json};
use std::time::Duration;

/// T15: a claim is bound, and what one pod wrote another reads.
pub(super) async fn volume(task: &K8sVerify, cluster: &Cluster) -> Result<Vec<Row>> {
    Ok(vec![match keeps(task, cluster).await {
        Ok(detail) => Row::of(
            "T15",
            "volume",
            detail.is_ok(),
            detail.unwrap_or_else(|why| why),
        ),
        Err(error) => Row::failed("T15", "volume", error),
    }])
}

async fn keeps(task: &K8sVerify, cluster: &Cluster) -> Result<Result<String, String>> {
    let mut claim = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data", "namespace": task.namespace},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "16Mi"}}}});
    if let Some(class) = &task.storage_class {
        claim["spec"]["storageClassName"] = class.clone().into();
    }
    let pod = |name: &str| {
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": task.namespace}, "spec": {
            "terminationGracePeriodSeconds": 0,
            "containers": [{"name": "probe", "image": task.image, "imagePullPolicy": "IfNotPresent", "command": ["sh", "-c", "sleep 3600"],
                "volumeMounts": [{"name": "data", "mountPath": "/data"}]}],
            "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]}})
    };
    let run = async |object: &Json| {
        cluster.apply(std::slice::from_ref(object), true).await?;
        patience(task)
            .until_ready(cluster, std::slice::from_ref(object))
            .await
    };
    cluster.apply(&[claim], true).await?;
    let writer = pod("writer");
    run(&writer).await?;
    if let Err(why) = exec(
        cluster,
        &task.namespace,
        "writer",
        "echo kept >/data/written && sync",
    )
    .await?
    {
        return Ok(Err(format!("cannot be written: {why}")));
    }
    cluster.delete(&[writer], Duration::from_secs(60)).await?;
    run(&pod("reader")).await?;
    Ok(
        match exec(cluster, &task.namespace, "reader", "cat /data/written").await? {
            Ok(said) if said.trim() == "kept" => Ok("what one pod wrote another read".into()),
            Ok(said) => Err(format!("another pod read `{}`", said.trim())),
            Err(why) => Err(format!("cannot be read: {why}")),
        },
    )
}

/// T19: a secret is no text in etcd.
pub(super) async fn encryption(
    task: &K8sVerify,
    cluster: &Cluster,
    standing: &Standing,
) -> Result<Vec<Row>> {
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "sealed", "namespace": task.namespace}, "stringData": {"word": "open"}});
    cluster.apply(&[secret], true).await?;
    let path = format!("/registry/secrets/{}/sealed", task.namespace);
    let row = match etcdctl(
        task,
        cluster,
        standing,
        &["get", &path, "--print-value-only"],
    )
    .await?
    {
        Err(why) => Row::failed("T19", "secrets", why),
        Ok(stored) => {
            let start: String = stored
                .chars()
                .take(24)
                .filter(|it| it.is_ascii_graphic())
                .collect();
            let sealed = stored.starts_with("k8s:enc:");
            let detail = if sealed {
                format!("stored as {start}...")
            } else {
                "stored as they are".to_owned()
            };
            Row::of("T19", "secrets", sealed, detail)
        }
    };
    Ok(vec![row])
}
