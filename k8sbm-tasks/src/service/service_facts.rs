//! The `service_facts` module.

use k8sbm_core::{
    host::Command,
    task::{Effect, Error, Example, Plan, Probe, Result, Returns, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

/// What each part of the answer begins with.
const MARK: &str = "== ";
const QUERY: &str = "export LC_ALL=C
echo '== units'
systemctl list-units --no-pager --no-legend --plain --all --type service || exit
echo '== files'
systemctl list-unit-files --no-pager --no-legend --all --type service
echo '== scripts'
[ ! -x /usr/sbin/service ] || /usr/sbin/service --status-all 2>/dev/null </dev/null";

/// States that say more than whether a unit is enabled.
const BAD: [&str; 3] = ["not-found", "masked", "failed"];

/// Lists the host's services as the fact `services`.
///
/// Each has a `name`, a `state` (`running`, `stopped`, ...), a `status` (`enabled`, `disabled`, `static`, `masked`,
/// `not-found`, ...) and a `source` (`systemd` or `sysv`).
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServiceFacts {}

impl Task for ServiceFacts {
    const NAME: &'static str = "service_facts";

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let output = host.query_command(Command::shell(QUERY)).await?;
        if !output.text().contains("== files") {
            return Err(Error::failed("the services of the host cannot be listed")
                .hint("services are listed where systemd runs")
                .returning("stderr", output.error_text().trim_end()));
        }
        let mut facts = Returns::new();
        facts.insert("services".into(), Json::Object(services(&output.text())));
        let mut plan = Plan::default();
        plan.returns("ansible_facts", facts.clone());
        plan.effect(Effect::Facts(facts));
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[Example {
            title: "Stop a firewall where there is one",
            yaml: "- service_facts:\n- service:\n    name: firewalld\n    state: stopped\n  when: \"'firewalld.service' in services\"\n",
        }]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[(
            "ansible_facts",
            "The fact `services`, by the name of each service.",
        )]
    }
}

fn services(text: &str) -> Map<String, Json> {
    let mut services = Map::new();
    let mut part = "";
    for line in text.lines() {
        if let Some(name) = line.strip_prefix(MARK) {
            part = name;
            continue;
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        match (part, &words[..]) {
            ("units", [name, load, active, sub, ..]) => {
                let bad = [load, active, sub].into_iter().find(|it| BAD.contains(it));
                let state = if *sub == "running" {
                    "running"
                } else {
                    "stopped"
                };
                let status = bad.unwrap_or(active);
                services.insert((*name).into(), service(name, state, status, "systemd"));
            }
            ("files", [name, state, ..]) => match services.get_mut(*name) {
                Some(known) => {
                    if !BAD.iter().any(|it| known["status"] == *it) {
                        known["status"] = json!(state);
                    }
                }
                None => {
                    services.insert((*name).into(), service(name, "inactive", state, "systemd"));
                }
            },
            ("scripts", ["[", sign, "]", name]) => {
                let state = if *sign == "+" { "running" } else { "stopped" };
                let service = json!({ "name": name, "state": state, "source": "sysv" });
                services.insert((*name).into(), service);
            }
            _ => {}
        }
    }
    services
}

fn service(name: &str, state: &str, status: &str, source: &str) -> Json {
    json!({ "name": name, "state": state, "status": status, "source": source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_what_systemd_and_init_scripts_say() {
        let services = services(
            "== units\n\
            cron.service loaded active running Regular background program\n\
            ntp.service not-found inactive dead ntp.service\n\
            bad.service loaded failed failed failed to say\n\
            == files\n\
            cron.service enabled enabled\n\
            ntp.service disabled enabled\n\
            getty@.service enabled enabled\n\
            == scripts\n [ + ]  cron\n [ - ]  x11\n",
        );
        let line = |name: &str| {
            let it = &services[name];
            format!("{} {} {}", it["state"], it["status"], it["source"])
        };
        assert_eq!(line("cron.service"), r#""running" "enabled" "systemd""#);
        assert_eq!(line("ntp.service"), r#""stopped" "not-found" "systemd""#);
        assert_eq!(line("bad.service"), r#""stopped" "failed" "systemd""#);
        assert_eq!(line("getty@.service"), r#""inactive" "enabled" "systemd""#);
        assert_eq!(line("cron"), r#""running" null "sysv""#);
    }
}
