//! The `getent` module.

use k8sbm_core::task::{Effect, Error, Example, Plan, Probe, Result, Returns, Task};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

/// Reads one of the host's databases of names, such as users or hosts, and sets it as the fact `getent_DATABASE`.
///
/// The fact has a list of fields for each key. A key with several entries has a list of such lists.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Getent {
    /// The database: `passwd`, `group`, `shadow`, `hosts`, `services`, and others that the host has.
    database: String,
    /// The key to look up; all entries, when absent.
    #[serde(default)]
    key: Option<String>,
    /// What stands between fields. Default: a colon in databases of users and groups, white space in others.
    #[serde(default)]
    split: Option<String>,
    /// Whether a key that is not there fails the task. Default true; otherwise it has the value null.
    #[serde(default = "yes")]
    fail_key: bool,
    /// Which service of `/etc/nsswitch.conf` is asked, and no other.
    #[serde(default)]
    service: Option<String>,
}

fn yes() -> bool {
    true
}

impl Task for Getent {
    const NAME: &'static str = "getent";

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let mut argv = vec!["getent"];
        if let Some(service) = &self.service {
            argv.extend(["-s", service]);
        }
        argv.push(&self.database);
        argv.extend(self.key.as_deref());
        let output = host.query(argv).await?;
        let entries = match (output.status, &self.key) {
            (0, _) => self.entries(&output.text()),
            (2, Some(key)) if !self.fail_key => Map::from_iter([(key.clone(), Json::Null)]),
            (status, _) => {
                let message = match status {
                    1 => "Missing arguments, or database unknown.",
                    2 => "One or more supplied key could not be found in the database.",
                    3 => "Enumeration not supported on this database.",
                    127 => "the host has no `getent`",
                    _ => "Unexpected failure!",
                };
                return Err(Error::failed(message)
                    .returning("rc", status)
                    .returning("stderr", output.error_text().trim_end()));
            }
        };
        let mut facts = Returns::new();
        facts.insert(format!("getent_{}", self.database), Json::Object(entries));
        let mut plan = Plan::default();
        plan.returns("ansible_facts", facts.clone());
        plan.effect(Effect::Facts(facts));
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Where a user's home is",
                yaml: "- getent:\n    database: passwd\n    key: etcd\n- debug:\n    msg: \"{{ ansible_facts.getent_passwd.etcd[4] }}\"\n",
            },
            Example {
                title: "Whether there is a group",
                yaml: "- getent:\n    database: group\n    key: docker\n    fail_key: false\n- fail:\n    msg: docker was here\n  when: ansible_facts.getent_group.docker is not none\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[(
            "ansible_facts",
            "The fact `getent_DATABASE`: for each key a list of its fields.",
        )]
    }
}

impl Getent {
    fn entries(&self, text: &str) -> Map<String, Json> {
        let colons = ["passwd", "shadow", "group", "gshadow"];
        let between = match &self.split {
            Some(between) => Some(between.as_str()),
            None => colons.contains(&self.database.as_str()).then_some(":"),
        };
        let mut entries: Vec<(String, Vec<Json>)> = Vec::new();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let mut fields: Vec<&str> = match between {
                Some(between) => line.split(between).collect(),
                None => line.split_whitespace().collect(),
            };
            let key = fields.remove(0);
            match entries.iter_mut().find(|(known, _)| known == key) {
                Some((_, all)) => all.push(json!(fields)),
                None => entries.push((key.to_owned(), vec![json!(fields)])),
            }
        }
        let value = |mut all: Vec<Json>| match all.len() {
            1 => all.remove(0),
            _ => Json::Array(all),
        };
        entries
            .into_iter()
            .map(|(key, all)| (key, value(all)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Desk, plan_on, probe, told};
    use k8sbm_core::connection::FakeHost;
    use serde_json::json;

    async fn facts(host: FakeHost, arguments: &str) -> serde_json::Value {
        let host = probe(host, Desk::default());
        let plan = plan_on(&host, "getent", arguments).await.unwrap();
        assert!(plan.is_empty());
        plan.returns["ansible_facts"].clone()
    }

    #[tokio::test]
    async fn entries_are_split_into_fields() {
        let passwd = "root:x:0:0:root:/root:/bin/bash\n";
        let host = FakeHost::new().query(["getent", "passwd", "root"], passwd);
        assert_eq!(
            facts(host, "{database: passwd, key: root}").await,
            json!({"getent_passwd": {"root": ["x", "0", "0", "root", "/root", "/bin/bash"]}})
        );
        let hosts =
            "127.0.0.1       localhost\n127.0.0.1       localhost lo\n10.0.0.1  n1 n1.lan\n";
        let host = FakeHost::new().query(["getent", "-s", "files", "hosts"], hosts);
        assert_eq!(
            facts(host, "{database: hosts, service: files}").await,
            json!({"getent_hosts": {"127.0.0.1": [["localhost"], ["localhost", "lo"]], "10.0.0.1": ["n1", "n1.lan"]}})
        );
    }

    #[tokio::test]
    async fn a_key_that_is_not_there_is_null_or_a_failure() {
        let host = || FakeHost::new().query_fails(["getent", "group", "docker"], 2, "");
        assert_eq!(
            facts(host(), "{database: group, key: docker, fail_key: false}").await,
            json!({"getent_group": {"docker": null}})
        );
        let said = told(
            &probe(host(), Desk::default()),
            "getent",
            "{database: group, key: docker}",
        )
        .await;
        assert_eq!(
            said,
            "error: One or more supplied key could not be found in the database."
        );
    }
}
