//! Why an object does not become ready: its conditions, its pods, their containers, their last words.

use super::{Cluster, ready};
use serde_json::{Map, Value as Json, json};

/// How many pods are told of, and how many lines of each.
const PODS: usize = 3;
const LINES: &str = "--tail=5";

/// What is wrong with an object and its pods; empty where nothing can be said.
pub(crate) async fn trouble(cluster: &Cluster, object: &Json) -> String {
    let mut told = Vec::new();
    if labels(object).is_none() && !["Node", "Pod"].contains(&kind(object)) {
        told.extend(conditions(object));
        told.extend(warning(cluster, object).await);
    }
    told.extend(of_pods(cluster, pods(cluster, object).await).await);
    told.join("\n")
}

/// What is wrong with the pods of a namespace that have something by this name, or else with any of them.
pub(crate) async fn trouble_in(cluster: &Cluster, namespace: &str, name: &str) -> String {
    let pods = named(cluster, namespace, name).await;
    of_pods(cluster, pods).await.join("\n")
}

/// What pods say; those of one kind fail alike, and one of them is enough.
async fn of_pods(cluster: &Cluster, pods: Vec<Json>) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    let mut reasons: Vec<String> = Vec::new();
    for pod in pods {
        let said = of_pod(cluster, &pod).await;
        let reason = said
            .split_once(": ")
            .map_or(&*said, |(_, reason)| reason)
            .to_owned();
        if !reasons.contains(&reason) {
            reasons.push(reason);
            told.push(said);
        }
        if told.len() == PODS {
            break;
        }
    }
    told
}

fn kind(object: &Json) -> &str {
    object["kind"].as_str().unwrap_or_default()
}

/// The labels by which an object knows its pods.
fn labels(object: &Json) -> Option<&Map<String, Json>> {
    match kind(object) {
        "Service" => object["spec"]["selector"].as_object(),
        _ => object["spec"]["selector"]["matchLabels"].as_object(),
    }
}

/// The pods of an object that are not ready.
async fn pods(cluster: &Cluster, object: &Json) -> Vec<Json> {
    if kind(object) == "Pod" {
        return vec![object.clone()];
    }
    let namespace = object["metadata"]["namespace"].as_str();
    let Some(labels) = labels(object) else {
        // What an operator makes of an object, it labels by the object's name, each in its own way.
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        return match namespace {
            Some(namespace) => named(cluster, namespace, name).await,
            None => Vec::new(),
        };
    };
    let labels = labels
        .iter()
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()));
    let selector = labels.collect::<Vec<_>>().join(",");
    let words = [
        "pods",
        "-n",
        namespace.unwrap_or("default"),
        "-l",
        &selector,
    ];
    not_ready(cluster, &words).await
}

async fn not_ready(cluster: &Cluster, words: &[&str]) -> Vec<Json> {
    let all = cluster.list(words).await.unwrap_or_default();
    all.into_iter()
        .filter(|pod| ready::missing(pod).is_some())
        .collect()
}

/// The pods of a namespace that are not ready: those with a label of this value, or else all.
async fn named(cluster: &Cluster, namespace: &str, name: &str) -> Vec<Json> {
    let pods = not_ready(cluster, &["pods", "-n", namespace]).await;
    let labelled = |pod: &&Json| {
        let labels = pod["metadata"]["labels"].as_object();
        labels.is_some_and(|labels| labels.values().any(|value| value == name))
    };
    let own: Vec<Json> = pods.iter().filter(labelled).cloned().collect();
    if own.is_empty() { pods } else { own }
}

/// What the status of an object says that is not well.
fn conditions(object: &Json) -> Vec<String> {
    let all = object["status"]["conditions"].as_array();
    let not = all
        .into_iter()
        .flatten()
        .filter(|it| it["status"] != "True");
    let mut told: Vec<String> = not.take(PODS).map(ready::told).collect();
    if let Some(message) = object["status"]["message"].as_str().map(str::trim)
        && !message.is_empty()
        && !told.iter().any(|it| it.contains(message))
    {
        told.push(message.to_owned());
    }
    told
}

/// The last warning that the API has of an object.
async fn warning(cluster: &Cluster, object: &Json) -> Option<String> {
    let name = object["metadata"]["name"].as_str()?;
    let namespace = object["metadata"]["namespace"].as_str()?;
    let about = format!("involvedObject.name={name},type=Warning");
    let words = ["events", "-n", namespace, "--field-selector", &about];
    let events = cluster.list(&words).await.unwrap_or_default();
    let own = events.iter().filter(|it| {
        it["type"] == "Warning"
            && it["involvedObject"]["name"] == name
            && it["involvedObject"]["kind"] == object["kind"]
    });
    let time = |it: &&Json| {
        let times = [&it["lastTimestamp"], &it["eventTime"]];
        times.into_iter().find_map(Json::as_str).map(str::to_owned)
    };
    let last = own.max_by_key(time)?;
    let text = |key: &str| last[key].as_str().unwrap_or_default().trim();
    Some(format!("{}: {}", text("reason"), text("message")))
}

async fn of_pod(cluster: &Cluster, pod: &Json) -> String {
    let name = pod["metadata"]["name"].as_str().unwrap_or_default();
    let namespace = pod["metadata"]["namespace"].as_str().unwrap_or("default");
    let status = &pod["status"];
    let mut containers: Vec<Json> = Vec::new();
    for list in ["initContainerStatuses", "containerStatuses"] {
        containers.extend(status[list].as_array().into_iter().flatten().cloned());
    }
    for container in &containers {
        let Some(reason) = failing(container) else {
            continue;
        };
        let which = container["name"].as_str().unwrap_or_default();
        let mut told = format!("pod {name}: container {which}: {reason}");
        let restarted = container["restartCount"].as_i64().unwrap_or(0) > 0
            && container["state"]["running"].is_null();
        let mut words = vec!["logs", name, "-n", namespace, "-c", which, LINES];
        if restarted {
            words.push("--previous");
        }
        let said = cluster.look(&words, None).await.map(|it| {
            if it.success() {
                it.text()
            } else {
                String::new()
            }
        });
        for line in said.unwrap_or_default().lines() {
            told.push_str(&format!("\n  {line}"));
        }
        return told;
    }
    let mut told = match ready::condition(pod, "PodScheduled") {
        Some(scheduled) if scheduled["status"] == "False" => {
            format!(
                "pod {name}: not scheduled: {}",
                scheduled["message"].as_str().unwrap_or_default()
            )
        }
        _ => {
            let mut told = format!("pod {name}: {}", ready::missing(pod).unwrap_or_default());
            // A volume that cannot be mounted, an address that cannot be had: only events say so.
            if let Some(warning) = warning(cluster, pod).await {
                told.push_str(&format!("\n  {warning}"));
            }
            told
        }
    };
    // Its volumes may be what it waits for.
    for volume in pod["spec"]["volumes"].as_array().into_iter().flatten() {
        let Some(claim) = volume["persistentVolumeClaim"]["claimName"].as_str() else {
            continue;
        };
        let object = json!({"kind": "PersistentVolumeClaim", "metadata": {"name": claim, "namespace": namespace}});
        if let Some(warning) = warning(cluster, &object).await {
            told.push_str(&format!("\n  claim {claim}: {warning}"));
        }
    }
    told
}

/// Why a container does not run well.
fn failing(container: &Json) -> Option<String> {
    let text = |value: &Json| value.as_str().unwrap_or_default().trim().to_owned();
    let state = &container["state"];
    let ended = |it: &Json| {
        format!(
            "{} with exit code {}",
            text(&it["reason"]),
            it["exitCode"].as_i64().unwrap_or(-1)
        )
    };
    if let Some(waiting) = state.get("waiting") {
        let reason = text(&waiting["reason"]);
        if matches!(&*reason, "PodInitializing" | "ContainerCreating") {
            return None;
        }
        let last = &container["lastState"]["terminated"];
        let mut told = reason;
        if !last.is_null() {
            told.push_str(&format!(", last ended as {}", ended(last)));
        }
        let message = text(&waiting["message"]);
        if !message.is_empty() {
            told.push_str(&format!(": {message}"));
        }
        return Some(told);
    }
    match state.get("terminated") {
        Some(it) if it["exitCode"].as_i64() != Some(0) => Some(ended(it)),
        Some(_) => None,
        None if container["ready"] == Json::Bool(false) => Some("runs, but is not ready".into()),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_says_why() {
        let told = |container: Json| failing(&container).unwrap_or_default();
        insta::assert_snapshot!(told(json!({"state": {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image \"x\""}}})), @r#"ImagePullBackOff: Back-off pulling image "x""#);
        insta::assert_snapshot!(told(json!({"state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": {"reason": "Error", "exitCode": 2}}})), @"CrashLoopBackOff, last ended as Error with exit code 2");
        insta::assert_snapshot!(told(json!({"state": {"running": {}}, "ready": false})), @"runs, but is not ready");
        insta::assert_snapshot!(told(json!({"state": {"waiting": {"reason": "PodInitializing"}}})), @"");
    }
}
