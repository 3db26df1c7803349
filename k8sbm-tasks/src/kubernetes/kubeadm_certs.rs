//! The `kubeadm_certs` module.

mod renewing;

use super::kubeadm::run_kubeadm;
use k8sbm_core::{
    host::{Command, Host},
    task::{Diff, Error, Example, Plan, Probe, Result, Returns, Task},
};
use renewing::Renewing;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value as Json, json};

/// Renews the certificates of a host of the control plane before they end, and lets what uses them read them anew.
///
/// kubeadm's certificates are good for a year; an upgrade renews them as well. Authorities, which last ten years, are
/// not renewed. Hosts of the control plane should come one after another: `throttle: 1`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KubeadmCerts {
    /// For how many days a certificate must still be good. Default 30.
    #[serde(default = "thirty")]
    renew_before: u32,
    /// Whether the static pods that use what was renewed are restarted, and waited for. Default true.
    #[serde(default = "yes")]
    restart: bool,
    /// Seconds to wait for this host's API server after that. Default 120.
    #[serde(default = "two_minutes")]
    timeout: u64,
}

fn thirty() -> u32 {
    30
}

fn yes() -> bool {
    true
}

fn two_minutes() -> u64 {
    120
}

impl Task for KubeadmCerts {
    const NAME: &'static str = "kubeadm_certs";

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let ask = Command::new(["kubeadm", "certs", "check-expiration", "-o", "json"]);
        let output = host.query_beyond(ask).await?;
        let seen: Json = serde_json::from_slice(&output.stdout).map_err(|_| {
            let said = output.error_text();
            Error::failed(format!(
                "it cannot be seen how long the certificates last: {}",
                said.trim()
            ))
        })?;
        let listed = seen["certificates"].as_array().into_iter().flatten();
        let here: Vec<Certificate> = listed.filter_map(Certificate::read).collect();
        if here.is_empty() {
            return Err(
                Error::failed("there are no certificates of kubeadm on this host")
                    .hint("this is for the hosts of the control plane"),
            );
        }
        let mut plan = Plan::default();
        plan.returns(
            "certificates",
            here.iter().map(Certificate::told).collect::<Vec<_>>(),
        );
        let ends = |it: &&Certificate| it.days < i64::from(self.renew_before);
        let ending: Vec<&Certificate> = here.iter().filter(ends).collect();
        let foreign = |it: &&Certificate| it.external;
        for certificate in ending.iter().copied().filter(foreign) {
            plan.warn(format!(
                "`{}` ends in {} days, and kubeadm has no authority to renew it",
                certificate.name, certificate.days
            ));
        }
        let ending: Vec<&Certificate> = ending.into_iter().filter(|it| !foreign(it)).collect();
        let names: Vec<String> = ending.iter().map(|it| it.name.clone()).collect();
        plan.returns("renewed", names.clone());
        if names.is_empty() {
            return Ok(plan);
        }
        let line = |it: &&Certificate| format!("{}: {} days\n", it.name, it.days);
        let before: String = ending.iter().map(line).collect();
        let after: String = names
            .iter()
            .map(|name| format!("{name}: renewed\n"))
            .collect();
        let diff = Diff::text("certificates", before, after);
        let restart = self.restart.then(|| Renewing::new(&names, self.timeout));
        let summary = format!("renew {}", names.join(", "));
        plan.act_with(summary, diff, |host: Host| async move {
            for name in &names {
                let renew = Command::new(["kubeadm", "certs", "renew", name]);
                run_kubeadm(&host, "certs renew", renew).await?;
            }
            if let Some(renewing) = restart {
                renewing.restart(&host).await?;
            }
            Ok(Returns::new())
        });
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Renew what ends within three months, one host after another",
                yaml: "- kubeadm_certs:\n    renew_before: 90\n  throttle: 1\n",
            },
            Example {
                title: "Say how long the certificates last, and renew nothing that lasts at all",
                yaml: "- kubeadm_certs:\n    renew_before: 0\n  register: certs\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            (
                "certificates",
                "Each with `name`, `days` it is good for, and `expires`, as they were before.",
            ),
            ("renewed", "The names of those that were renewed."),
        ]
    }
}

/// A certificate as kubeadm sees it.
struct Certificate {
    name: String,
    days: i64,
    expires: String,
    external: bool,
}

impl Certificate {
    fn read(listed: &Json) -> Option<Self> {
        if listed["missing"] == true {
            return None;
        }
        Some(Self {
            name: listed["name"].as_str()?.to_owned(),
            days: listed["residualTime"].as_i64()? / 86_400,
            expires: listed["expirationDate"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            external: listed["externallyManaged"] == true,
        })
    }

    fn told(&self) -> Json {
        json!({"name": self.name, "days": self.days, "expires": self.expires})
    }
}

#[cfg(test)]
mod tests;
