//! Why an object does not become ready: its pods, their containers, their last words.

use super::{Cluster, ready};
use serde_json::Value as Json;

/// How many pods are told of, and how many lines of each.
const PODS: usize = 3;
const LINES: &str = "--tail=5";

/// What is wrong with the pods of an object; empty where nothing can be said.
pub(crate) async fn trouble(cluster: &Cluster, object: &Json) -> String {
    let mut told: Vec<String> = Vec::new();
    let mut reasons: Vec<String> = Vec::new();
    for pod in pods(cluster, object).await {
        let said = of_pod(cluster, &pod).await;
        let reason = said
            .split_once(": ")
            .map_or(&*said, |(_, reason)| reason)
            .to_owned();
        // Pods of one kind fail alike: one of them is enough.
        if !reasons.contains(&reason) {
            reasons.push(reason);
            told.push(said);
        }
        if told.len() == PODS {
            break;
        }
    }
    told.join("\n")
}

/// The pods of an object that are not ready.
async fn pods(cluster: &Cluster, object: &Json) -> Vec<Json> {
    if object["kind"] == "Pod" {
        return vec![object.clone()];
    }
    let labels = match object["kind"].as_str() {
        Some("Service") => object["spec"]["selector"].as_object(),
        _ => object["spec"]["selector"]["matchLabels"].as_object(),
    };
    let Some(labels) = labels else {
        return Vec::new();
    };
    let labels = labels
        .iter()
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()));
    let selector = labels.collect::<Vec<_>>().join(",");
    let namespace = object["metadata"]["namespace"]
        .as_str()
        .unwrap_or("default");
    let words = ["pods", "-n", namespace, "-l", &selector];
    let all = cluster.list(&words).await.unwrap_or_default();
    all.into_iter()
        .filter(|pod| ready::missing(pod).is_some())
        .collect()
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
    match ready::condition(pod, "PodScheduled") {
        Some(scheduled) if scheduled["status"] == "False" => {
            format!(
                "pod {name}: not scheduled: {}",
                scheduled["message"].as_str().unwrap_or_default()
            )
        }
        _ => format!("pod {name}: {}", ready::missing(pod).unwrap_or_default()),
    }
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
    use serde_json::json;

    #[test]
    fn a_container_says_why() {
        let told = |container: Json| failing(&container).unwrap_or_default();
        insta::assert_snapshot!(told(json!({"state": {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image \"x\""}}})), @r#"ImagePullBackOff: Back-off pulling image "x""#);
        insta::assert_snapshot!(told(json!({"state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": {"reason": "Error", "exitCode": 2}}})), @"CrashLoopBackOff, last ended as Error with exit code 2");
        insta::assert_snapshot!(told(json!({"state": {"running": {}}, "ready": false})), @"runs, but is not ready");
        insta::assert_snapshot!(told(json!({"state": {"waiting": {"reason": "PodInitializing"}}})), @"");
    }
}
