//! When an object is ready.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;

/// A condition in an object's status.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Condition {
    /// Its type, such as `Available`.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// Its status. Default `True`.
    #[serde(default = "true_word")]
    pub(crate) status: String,
    /// Its reason, if that matters too.
    pub(crate) reason: Option<String>,
}

fn true_word() -> String {
    "True".into()
}

impl Condition {
    /// Why the condition does not hold; nothing when it does.
    pub(crate) fn missing(&self, object: &Json) -> Option<String> {
        let Some(found) = condition(object, &self.kind) else {
            return Some(format!("it has no condition {} yet", self.kind));
        };
        let status = found["status"].as_str().unwrap_or_default();
        let reason = found["reason"].as_str().unwrap_or_default();
        let holds = status.eq_ignore_ascii_case(&self.status)
            && self.reason.as_deref().is_none_or(|wanted| wanted == reason);
        (!holds).then(|| told(found))
    }
}

/// A condition of an object, by type.
pub(crate) fn condition<'a>(object: &'a Json, kind: &str) -> Option<&'a Json> {
    let all = object["status"]["conditions"].as_array()?;
    all.iter().find(|it| {
        it["type"]
            .as_str()
            .is_some_and(|it| it.eq_ignore_ascii_case(kind))
    })
}

/// A condition in words.
pub(super) fn told(condition: &Json) -> String {
    let text = |key: &str| condition[key].as_str().unwrap_or_default();
    let mut told = format!("{} is {}", text("type"), text("status"));
    if !text("reason").is_empty() {
        told.push_str(&format!(" ({})", text("reason")));
    }
    if !text("message").is_empty() {
        told.push_str(&format!(": {}", text("message").trim()));
    }
    told
}

fn holds(object: &Json, kind: &str) -> Option<String> {
    let wanted = Condition {
        kind: kind.into(),
        status: true_word(),
        reason: None,
    };
    wanted.missing(object)
}

/// What an object still waits for; nothing when it is ready, or is of a kind that is ready by being there.
pub(crate) fn missing(object: &Json) -> Option<String> {
    let (spec, status) = (&object["spec"], &object["status"]);
    let number = |key: &str| status[key].as_i64().unwrap_or(0);
    let seen = || {
        let generation = object["metadata"]["generation"].as_i64().unwrap_or(0);
        (number("observedGeneration") < generation)
            .then(|| "its controller has not seen it yet".to_owned())
    };
    let count = |have: i64, want: i64, what: &str| {
        (have < want).then(|| format!("{have} of {want} pods {what}"))
    };
    let replicas = spec["replicas"].as_i64().unwrap_or(1);
    match object["kind"].as_str().unwrap_or_default() {
        "Deployment" => seen()
            .or_else(|| {
                count(
                    number("updatedReplicas"),
                    replicas,
                    "are of the new version",
                )
            })
            .or_else(|| count(number("availableReplicas"), replicas, "are available"))
            .or_else(|| {
                let old = number("replicas") - number("updatedReplicas");
                (old > 0).then(|| format!("{old} pods of the old version are still there"))
            }),
        "DaemonSet" => {
            let want = number("desiredNumberScheduled");
            seen()
                .or_else(|| {
                    count(
                        number("updatedNumberScheduled"),
                        want,
                        "are of the new version",
                    )
                })
                .or_else(|| count(number("numberAvailable"), want, "are available"))
        }
        "StatefulSet" => seen()
            .or_else(|| {
                count(
                    number("updatedReplicas"),
                    replicas,
                    "are of the new version",
                )
            })
            .or_else(|| count(number("readyReplicas"), replicas, "are ready")),
        "ReplicaSet" | "ReplicationController" => {
            seen().or_else(|| count(number("readyReplicas"), replicas, "are ready"))
        }
        "Pod" if status["phase"] == "Succeeded" => None,
        "Pod" => holds(object, "Ready").map(|why| match status["phase"].as_str() {
            Some(phase) if phase != "Running" => format!("it is {phase}; {why}"),
            _ => why,
        }),
        "Job" => holds(object, "Complete").map(|why| match condition(object, "Failed") {
            Some(failed) => told(failed),
            None => why,
        }),
        "Node" => holds(object, "Ready"),
        "CustomResourceDefinition" => holds(object, "Established"),
        "APIService" => holds(object, "Available"),
        "PersistentVolumeClaim" => phase(status, "Bound"),
        "Namespace" => phase(status, "Active"),
        _ => None,
    }
}

fn phase(status: &Json, wanted: &str) -> Option<String> {
    let phase = status["phase"].as_str().unwrap_or("new");
    (phase != wanted).then(|| format!("it is {phase}, not {wanted}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_missing_is_said() {
        let told = |object: Json| missing(&object).unwrap_or_else(|| "ready".into());
        let deployment = |status: Json| json!({"kind": "Deployment", "metadata": {"generation": 2}, "spec": {"replicas": 3}, "status": status});
        insta::assert_snapshot!(told(deployment(json!({"observedGeneration": 1}))), @"its controller has not seen it yet");
        insta::assert_snapshot!(told(deployment(json!({"observedGeneration": 2, "updatedReplicas": 3, "availableReplicas": 1, "replicas": 3}))), @"1 of 3 pods are available");
        insta::assert_snapshot!(told(deployment(json!({"observedGeneration": 2, "updatedReplicas": 3, "availableReplicas": 3, "replicas": 4}))), @"1 pods of the old version are still there");
        insta::assert_snapshot!(told(deployment(json!({"observedGeneration": 2, "updatedReplicas": 3, "availableReplicas": 3, "replicas": 3}))), @"ready");
        insta::assert_snapshot!(told(json!({"kind": "Pod", "status": {"phase": "Pending", "conditions": [{"type": "Ready", "status": "False", "reason": "ContainersNotReady", "message": "no x"}]}})), @"it is Pending; Ready is False (ContainersNotReady): no x");
        insta::assert_snapshot!(told(json!({"kind": "PersistentVolumeClaim", "status": {"phase": "Pending"}})), @"it is Pending, not Bound");
        insta::assert_snapshot!(told(json!({"kind": "ConfigMap"})), @"ready");
    }
}
