//! Objects with a label that the manifest no longer has.

use super::K8s;
use crate::kubernetes::cluster::{Cluster, Difference, Key, differences};
use k8sbm_core::task::{Plan, Probe, Result, Returns};
use serde_json::Value as Json;
use std::{collections::BTreeSet, time::Duration};

/// Kinds that are looked at beside the manifest's own.
const USUAL: &[&str] = &[
    "ConfigMap.v1.",
    "CronJob.v1.batch",
    "DaemonSet.v1.apps",
    "Deployment.v1.apps",
    "Ingress.v1.networking.k8s.io",
    "Job.v1.batch",
    "PersistentVolumeClaim.v1.",
    "Secret.v1.",
    "Service.v1.",
    "ServiceAccount.v1.",
    "StatefulSet.v1.apps",
];

/// Says which objects would be deleted.
pub(super) async fn plan(
    selector: &str,
    objects: &[Json],
    task: &K8s,
    host: &Probe,
    plan: &mut Plan,
) -> Result<()> {
    let Some(cluster) = Cluster::open(host, &task.kubeconfig).await? else {
        return Ok(());
    };
    let wanted: Vec<Key> = objects.iter().map(Key::of).collect();
    let mut kinds: BTreeSet<String> = USUAL.iter().map(|it| (*it).to_owned()).collect();
    // A kind that comes with the manifest has no former objects.
    let current = cluster.current(objects).await?;
    kinds.extend(current.iter().map(|it| Key::of(it).resource()));
    let kinds = kinds.into_iter().collect::<Vec<_>>().join(",");
    let namespaces: BTreeSet<&str> = wanted
        .iter()
        .filter_map(|it| it.namespace.as_deref())
        .collect();
    let all = cluster.list(&[&kinds, "-A", "-l", selector]).await?;
    let former = |it: &Json| {
        let key = Key::of(it);
        let inside = key
            .namespace
            .as_deref()
            .is_none_or(|it| namespaces.contains(it));
        let owned = it["metadata"]["ownerReferences"]
            .as_array()
            .is_some_and(|it| !it.is_empty());
        inside && !owned && !wanted.iter().any(|wanted| key.answers(wanted))
    };
    let former: Vec<Json> = all.into_iter().filter(former).collect();
    let gone: Vec<Difference> = former
        .iter()
        .filter_map(|it| Difference::between(Key::of(it), Some(it), None))
        .collect();
    if gone.is_empty() {
        return Ok(());
    }
    let (summary, diff) = differences(&gone);
    let (kubeconfig, limit) = (
        task.kubeconfig.clone(),
        Duration::from_secs(task.wait_timeout),
    );
    plan.act_with(summary, diff, move |host| async move {
        let cluster = Cluster::there(&host, &kubeconfig).await?;
        cluster.delete(&former, limit).await?;
        Ok(Returns::new())
    });
    Ok(())
}
