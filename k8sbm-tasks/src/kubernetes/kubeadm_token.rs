//! The `kubeadm_token` module.

use super::kubeadm::{ADMIN, ca_cert_hash, create_token, delete_token, upload_certs};
use jiff::{SignedDuration, Timestamp};
use k8sbm_core::{
    host::{Command, Host},
    task::{Error, Example, Plan, Probe, Result, Returns, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Deserializer, Value as Json};

/// Makes what a host joins a cluster with, on a host of its control plane, or takes a token away.
///
/// `kubeadm_join` with `from` does so by itself; this is for hosts that join in another way. A token of the same use
/// that was made here before is taken again while it is good for long enough. Tokens and keys are never shown;
/// `register` sees them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KubeadmToken {
    /// Whether there shall be a token.
    #[serde(default)]
    state: State,
    /// The token itself, such as `abcdef.0123456789abcdef`. Default: one is made up. With `state: absent` its first
    /// half is enough.
    token: Option<String>,
    /// How long it is good for, such as `2h0m0s`; `0` is for ever. Default two hours.
    #[serde(default = "two_hours")]
    ttl: String,
    /// For how many minutes a token that is there must still be good to be taken again. Default 15.
    #[serde(default = "fifteen")]
    at_least: i64,
    /// What it is for: `signing`, `authentication` or both. Default both.
    #[serde(default)]
    usages: Vec<Usage>,
    /// Groups it brings its bearer into. Default: those who may become nodes.
    #[serde(default)]
    groups: Vec<String>,
    /// What it is called in lists; by it the token is found again.
    #[serde(default = "description")]
    description: String,
    /// Whether the certificates of the control plane are put into the cluster for two hours too, with a new key each
    /// time.
    #[serde(default)]
    upload_certs: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    /// There shall.
    #[default]
    Present,
    /// There shall not.
    Absent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Usage {
    Signing,
    Authentication,
}

impl Usage {
    fn name(self) -> &'static str {
        match self {
            Self::Signing => "signing",
            Self::Authentication => "authentication",
        }
    }
}

fn two_hours() -> String {
    "2h0m0s".into()
}

fn fifteen() -> i64 {
    15
}

fn description() -> String {
    "for hosts that join, by k8sbm".into()
}

impl Task for KubeadmToken {
    const NAME: &'static str = "kubeadm_token";

    fn validate(&self) -> Result<()> {
        match &self.token {
            None if self.state == State::Absent => Err(Error::arguments(
                "which `token` shall be absent is not said",
            )),
            Some(token) if self.state == State::Present && !is_token(token) => {
                Err(Error::arguments("`token` is no bootstrap token")
                    .hint("six letters or digits, a point, and sixteen more")
                    .about(["token"]))
            }
            _ => Ok(()),
        }
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        if let Some(token) = self.token.as_ref().filter(|token| is_token(token)) {
            host.controller().keep_secret(token);
        }
        let list = [
            "kubeadm",
            "token",
            "list",
            "--kubeconfig",
            ADMIN,
            "-o",
            "json",
        ];
        let output = host.query_beyond(Command::new(list)).await?;
        let there = output.success();
        let tokens = tokens(&output.stdout);
        let mut plan = Plan::default();
        match self.state {
            State::Absent => self.absent(&mut plan, &tokens),
            State::Present => self.present(host, &mut plan, &tokens).await?,
        }
        if !there && plan.is_empty() {
            let said = output.error_text();
            return Err(Error::failed(format!(
                "the tokens cannot be listed: {}",
                said.trim()
            )));
        }
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "What workers join with",
                yaml: "- kubeadm_token:\n    ttl: 30m0s\n  delegate_to: \"{{ groups.control_plane[0] }}\"\n  run_once: true\n  register: join\n- debug:\n    msg: the cluster is {{ join.ca_cert_hash }}\n",
            },
            Example {
                title: "What hosts of the control plane join with",
                yaml: "kubeadm_token:\n  upload_certs: true\n",
            },
            Example {
                title: "A token that is no longer needed",
                yaml: "kubeadm_token:\n  token: \"{{ join.token }}\"\n  state: absent\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            (
                "token",
                "The token. It is hidden wherever it would be shown.",
            ),
            (
                "ca_cert_hash",
                "By what those who join know the cluster: `sha256:...`.",
            ),
            (
                "certificate_key",
                "With `upload_certs`, what opens the certificates. It is hidden, too.",
            ),
        ]
    }
}

impl KubeadmToken {
    fn absent(&self, plan: &mut Plan, tokens: &[Json]) {
        let wanted = self.token.clone().unwrap_or_default();
        let id = id(&wanted).to_owned();
        let there = |it: &&Json| it["token"].as_str().is_some_and(|it| self::id(it) == id);
        if tokens.iter().any(|it| there(&it)) {
            plan.act(format!("delete the token {id}"), |host| async move {
                delete_token(&host, &wanted).await?;
                Ok(Returns::new())
            });
        }
    }

    async fn present(&self, host: &Probe, plan: &mut Plan, tokens: &[Json]) -> Result<()> {
        if let Some(ca) = host.read_text("/etc/kubernetes/pki/ca.crt").await? {
            plan.returns("ca_cert_hash", ca_cert_hash(&ca)?);
        }
        let known = tokens.iter().find(|it| self.is_as_wanted(it));
        match known.and_then(|it| it["token"].as_str()) {
            Some(token) => {
                host.controller().keep_secret(token);
                plan.returns("token", token);
            }
            None => {
                let (ttl, more) = (self.ttl.clone(), self.more());
                plan.act("make a bootstrap token", |host: Host| async move {
                    let more: Vec<&str> = more.iter().map(String::as_str).collect();
                    let token = create_token(&host, &ttl, &more).await?;
                    let mut returns = Returns::from_iter([("token".to_owned(), token.into())]);
                    if let Some(ca) = host.probe().read_text("/etc/kubernetes/pki/ca.crt").await? {
                        returns.insert("ca_cert_hash".into(), ca_cert_hash(&ca)?.into());
                    }
                    Ok(returns)
                });
            }
        }
        if self.upload_certs {
            plan.act(
                "upload the certificates of the control plane",
                |host: Host| async move {
                    let key = upload_certs(&host).await?;
                    Ok(Returns::from_iter([(
                        "certificate_key".to_owned(),
                        key.into(),
                    )]))
                },
            );
        }
        Ok(())
    }

    /// Whether a token that is there serves, and for long enough.
    fn is_as_wanted(&self, token: &Json) -> bool {
        match &self.token {
            Some(wanted) if token["token"] != **wanted => return false,
            None if token["description"] != *self.description => return false,
            _ => {}
        }
        let has = |usage: &Usage| {
            let usages = token["usages"].as_array().into_iter().flatten();
            usages.into_iter().any(|it| it == usage.name())
        };
        let both = [Usage::Signing, Usage::Authentication];
        let wanted = if self.usages.is_empty() {
            &both[..]
        } else {
            &self.usages
        };
        let groups = token["groups"].as_array().into_iter().flatten();
        let groups: Vec<&str> = groups.filter_map(Json::as_str).collect();
        let expires = token["expires"].as_str().map(str::parse::<Timestamp>);
        let lasts = match expires {
            Some(Ok(end)) => {
                end.duration_since(Timestamp::now()) > SignedDuration::from_mins(self.at_least)
            }
            Some(Err(_)) => false,
            None => true,
        };
        lasts && wanted.iter().all(has) && self.groups.iter().all(|it| groups.contains(&&**it))
    }

    fn more(&self) -> Vec<String> {
        let mut more = vec!["--description".to_owned(), self.description.clone()];
        if !self.usages.is_empty() {
            let names: Vec<&str> = self.usages.iter().map(|it| it.name()).collect();
            more.extend(["--usages".to_owned(), names.join(",")]);
        }
        if !self.groups.is_empty() {
            more.extend(["--groups".to_owned(), self.groups.join(",")]);
        }
        // Last: it has no name.
        more.extend(self.token.clone());
        more
    }
}

/// kubeadm prints one object after another.
fn tokens(stdout: &[u8]) -> Vec<Json> {
    Deserializer::from_slice(stdout)
        .into_iter()
        .map_while(std::result::Result::ok)
        .collect()
}

fn id(token: &str) -> &str {
    token.split('.').next().unwrap_or_default()
}

fn is_token(text: &str) -> bool {
    let part = |text: &str, length| {
        text.len() == length
            && text
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    text.split_once('.')
        .is_some_and(|(id, secret)| part(id, 6) && part(secret, 16))
}

#[cfg(test)]
mod tests;
