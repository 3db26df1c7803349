//! Patches of objects that are there.

use super::K8s;
use crate::kubernetes::cluster::{
    Cluster, Difference, Key, Patience, differences, no_cluster, result,
};
use k8sbm_core::task::{Plan, Probe, Result, Returns};
use serde_json::Value as Json;
use std::time::Duration;

/// Says what patching would change; what is not there is passed over with a warning.
pub(super) async fn plan(
    objects: Vec<Json>,
    task: &K8s,
    host: &Probe,
    plan: &mut Plan,
) -> Result<()> {
    let Some(cluster) = Cluster::open(host, &task.kubeconfig).await? else {
        return Err(no_cluster(&task.kubeconfig));
    };
    let current = cluster.current(&objects).await?;
    let how = match task.merge_type.first().map(String::as_str) {
        Some("merge") => "merge",
        Some("json") => "json",
        _ => "strategic",
    };
    let (mut found, mut patched, mut orders) = (Vec::new(), Vec::new(), Vec::new());
    for object in &objects {
        let wanted = Key::of(object);
        let Some(before) = current.iter().find(|it| Key::of(it).answers(&wanted)) else {
            plan.warn(format!("{wanted} is not there, and is not patched"));
            continue;
        };
        let words = words(before, object, how);
        let mut dry = words.clone();
        dry.push("--dry-run=server".into());
        let after: Json = crate::kubernetes::cluster::read(&cluster.ask(&dry).await?)?;
        if let Some(difference) = Difference::between(Key::of(before), Some(before), Some(&after)) {
            found.push(difference);
            orders.push(words);
        }
        patched.push(after);
    }
    plan.returns("result", result(&patched));
    let (kubeconfig, patience) = (task.kubeconfig.clone(), task.patience());
    if found.is_empty() {
        let unready = |patience: &Patience| patched.iter().any(|it| patience.missing(it).is_some());
        if let Some(patience) = patience.filter(unready) {
            plan.observe("wait until it is ready", move |host| async move {
                let cluster = Cluster::there(&host, &kubeconfig).await?;
                patience.until_ready(&cluster, &patched).await?;
                Ok(Returns::new())
            });
        }
        return Ok(());
    }
    let (summary, diff) = differences(&found);
    plan.act_with(summary, diff, move |host| async move {
        let cluster = Cluster::there(&host, &kubeconfig).await?;
        for words in orders {
            cluster.order(&words, None, Duration::from_secs(60)).await?;
        }
        Ok(Returns::new())
    });
    Ok(())
}

fn words(before: &Json, patch: &Json, how: &str) -> Vec<String> {
    let key = Key::of(before);
    let mut words = vec!["patch".into(), key.resource(), key.name];
    if let Some(namespace) = key.namespace {
        words.extend(["-n".into(), namespace]);
    }
    // The strategic merge is for kinds that the API was built with; others have the plain one.
    let native = !key.api_version.contains('.') || key.api_version.contains(".k8s.io/");
    let how = if how == "strategic" && !native {
        "merge"
    } else {
        how
    };
    let patch = match patch.get("patch") {
        Some(operations) if how == "json" => operations.to_string(),
        _ => patch.to_string(),
    };
    words.extend(
        [
            "--type",
            how,
            "--field-manager",
            "k8sbm",
            "-o",
            "json",
            "-p",
        ]
        .map(str::to_owned),
    );
    words.push(patch);
    words
}
