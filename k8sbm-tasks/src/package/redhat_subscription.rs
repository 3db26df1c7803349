//! The `redhat_subscription` module.

use super::subscription::Manager;
use k8sbm_core::{
    host::{Command, Host},
    task::{Diff, Error, Example, Plan, Probe, Result, Returns, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value as Json};

const PURPOSE: &str = "/etc/rhsm/syspurpose/syspurpose.json";

/// Registers a host of Red Hat Enterprise Linux with its subscription, or takes it out.
///
/// A host that is registered stays as it is, unless `force_register` is said.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RedhatSubscription {
    /// Whether the host is registered.
    #[serde(default)]
    state: State,
    /// Who registers it.
    #[serde(default)]
    username: Option<String>,
    /// The password to it. It is never shown.
    #[serde(default)]
    password: Option<String>,
    /// A token in place of user and password.
    #[serde(default)]
    token: Option<String>,
    /// Keys that register it, in place of a user; several stand with commas between.
    #[serde(default)]
    activationkey: Option<String>,
    /// The organisation, which `activationkey` needs.
    #[serde(default)]
    org_id: Option<String>,
    /// The environment in the organisation.
    #[serde(default)]
    environment: Option<String>,
    /// Registers the host anew though it is registered.
    #[serde(default)]
    force_register: bool,
    /// Whether subscriptions that fit are attached.
    #[serde(default, alias = "autosubscribe")]
    #[schemars(extend("aliases" = ["autosubscribe"]))]
    auto_attach: bool,
    /// Ids of pools of subscriptions to attach, when it is registered.
    #[serde(default)]
    pool_ids: Vec<String>,
    /// What kind of thing is registered.
    #[serde(default)]
    consumer_type: Option<String>,
    /// The name it is registered by. Default: the host's.
    #[serde(default)]
    consumer_name: Option<String>,
    /// The id of an earlier registration that is taken up.
    #[serde(default)]
    consumer_id: Option<String>,
    /// The release that it stays with, such as `9.4`.
    #[serde(default)]
    release: Option<String>,
    /// What the host is for.
    #[serde(default)]
    syspurpose: Option<Purpose>,
    /// The server of subscriptions.
    #[serde(default)]
    server_hostname: Option<String>,
    /// Its port.
    #[serde(default)]
    server_port: Option<String>,
    /// The path on it.
    #[serde(default)]
    server_prefix: Option<String>,
    /// `1` where its certificate does not matter.
    #[serde(default)]
    server_insecure: Option<String>,
    /// A proxy on the way to it.
    #[serde(default)]
    server_proxy_hostname: Option<String>,
    /// `http` or `https`.
    #[serde(default)]
    server_proxy_scheme: Option<String>,
    /// The proxy's port.
    #[serde(default)]
    server_proxy_port: Option<String>,
    /// Who asks at the proxy.
    #[serde(default)]
    server_proxy_user: Option<String>,
    /// The password for the proxy. It is never shown.
    #[serde(default)]
    server_proxy_password: Option<String>,
    /// Where packages come from.
    #[serde(default)]
    rhsm_baseurl: Option<String>,
    /// The file of the authority that is believed about it.
    #[serde(default)]
    rhsm_repo_ca_cert: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    /// It is.
    #[default]
    Present,
    /// It is not.
    Absent,
}

/// What a host is for.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Purpose {
    /// What it is used for, such as `Production`.
    usage: Option<String>,
    /// Its role, such as `Red Hat Enterprise Server`.
    role: Option<String>,
    /// How soon help comes, such as `Premium`.
    service_level_agreement: Option<String>,
    /// What else it has.
    addons: Option<Vec<String>>,
    /// Whether the server is told.
    sync: bool,
}

impl Task for RedhatSubscription {
    const NAME: &'static str = "redhat_subscription";

    fn validate(&self) -> Result<()> {
        if self.state == State::Absent {
            return Ok(());
        }
        let user = self.username.is_some() || self.token.is_some();
        if self.activationkey.is_some() && self.org_id.is_none() {
            return Err(Error::arguments("`activationkey` needs `org_id`").about(["activationkey"]));
        }
        if self.activationkey.is_some() && user {
            return Err(Error::arguments(
                "`activationkey` and a user are mutually exclusive",
            ));
        }
        if self.username.is_some() != self.password.is_some() {
            return Err(Error::arguments(
                "`username` and `password` need each other",
            ));
        }
        if !user && self.activationkey.is_none() {
            return Err(
                Error::arguments("it is not said who registers the host").hint(
                    "`username` with `password`, `token`, or `activationkey` with `org_id` says it",
                ),
            );
        }
        if self.auto_attach && !self.pool_ids.is_empty() {
            return Err(Error::arguments(
                "`auto_attach` and `pool_ids` are mutually exclusive",
            ));
        }
        Ok(())
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let manager = Manager::of(host).await?;
        let registered = manager.is_registered(host).await?;
        let mut plan = Plan::default();
        if self.state == State::Absent {
            if registered {
                plan.run(["subscription-manager", "unregister"]);
            }
            return Ok(plan);
        }
        let purpose = self.plan_purpose(host, &mut plan).await?;
        if registered && !self.force_register {
            if purpose && self.syspurpose.as_ref().is_some_and(|it| it.sync) {
                plan.run(["subscription-manager", "status"]);
            }
            return Ok(plan);
        }
        for secret in [&self.password, &self.token, &self.server_proxy_password]
            .into_iter()
            .flatten()
        {
            host.controller().keep_secret(secret);
        }
        let who = match (&self.username, &self.activationkey, &self.org_id) {
            (Some(user), ..) => format!("as {user}"),
            (_, Some(_), Some(organisation)) => format!("by a key of {organisation}"),
            _ => "by a token".to_owned(),
        };
        let commands = self.commands();
        let diff = Diff::text("subscription", "state: absent\n", "state: present\n");
        plan.act_with(
            format!("register the host {who}"),
            diff,
            async move |host: Host| {
                for command in commands {
                    let output = host.run(command).await?;
                    if !output.success() {
                        // The command itself is not told: it has the password.
                        let said = [output.error_text(), output.text()].join("\n");
                        return Err(Error::failed(format!(
                            "the host was not registered: {}",
                            said.trim()
                        ))
                        .returning("rc", output.status)
                        .returning("stderr", output.error_text().trim_end())
                        .returning("stdout", output.text().trim_end()));
                    }
                }
                Ok(Returns::new())
            },
        );
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Register a host by a key of the organisation",
                yaml: "redhat_subscription:\n  activationkey: kubernetes-nodes\n  org_id: \"1234567\"\n  auto_attach: true\n",
            },
            Example {
                title: "Take a host out that goes elsewhere",
                yaml: "redhat_subscription:\n  state: absent\n",
            },
        ]
    }
}

impl RedhatSubscription {
    /// Settings first, then the registration, then what is attached.
    fn commands(&self) -> Vec<Command> {
        let mut commands = Vec::new();
        let settings = [
            ("server.hostname", &self.server_hostname),
            ("server.port", &self.server_port),
            ("server.prefix", &self.server_prefix),
            ("server.insecure", &self.server_insecure),
            ("server.proxy_hostname", &self.server_proxy_hostname),
            ("server.proxy_scheme", &self.server_proxy_scheme),
            ("server.proxy_port", &self.server_proxy_port),
            ("server.proxy_user", &self.server_proxy_user),
            ("server.proxy_password", &self.server_proxy_password),
            ("rhsm.baseurl", &self.rhsm_baseurl),
            ("rhsm.repo_ca_cert", &self.rhsm_repo_ca_cert),
        ];
        let settings = settings.into_iter().filter_map(|(name, value)| {
            let value = value.as_ref()?;
            Some(format!("--{name}={value}"))
        });
        let settings: Vec<String> = settings.collect();
        if !settings.is_empty() {
            let argv = ["subscription-manager", "config"].map(str::to_owned);
            commands.push(Command::new(argv.into_iter().chain(settings)));
        }
        let mut argv = vec!["subscription-manager".to_owned(), "register".into()];
        if self.force_register {
            argv.push("--force".into());
        }
        if self.auto_attach {
            argv.push("--auto-attach".into());
        }
        let options = [
            ("--org", &self.org_id),
            ("--activationkey", &self.activationkey),
            ("--username", &self.username),
            ("--password", &self.password),
            ("--token", &self.token),
            ("--environments", &self.environment),
            ("--type", &self.consumer_type),
            ("--name", &self.consumer_name),
            ("--consumerid", &self.consumer_id),
            ("--release", &self.release),
        ];
        for (option, value) in options {
            if let Some(value) = value {
                argv.extend([option.to_owned(), value.clone()]);
            }
        }
        commands.push(Command::new(argv));
        if !self.pool_ids.is_empty() {
            let attach = ["subscription-manager", "attach"].map(str::to_owned);
            let pools = self
                .pool_ids
                .iter()
                .flat_map(|it| ["--pool".to_owned(), it.clone()]);
            commands.push(Command::new(attach.into_iter().chain(pools)));
        }
        commands
    }

    /// What the host is for stands in a file; what it says beside stays.
    async fn plan_purpose(&self, host: &Probe, plan: &mut Plan) -> Result<bool> {
        let Some(purpose) = &self.syspurpose else {
            return Ok(false);
        };
        let text = host.read_text(PURPOSE).await?.unwrap_or_default();
        let before: Map<String, Json> = serde_json::from_str(&text).unwrap_or_default();
        let mut after = before.clone();
        let words = [
            ("usage", &purpose.usage),
            ("role", &purpose.role),
            ("service_level_agreement", &purpose.service_level_agreement),
        ];
        for (name, value) in words {
            if let Some(value) = value {
                after.insert(name.to_owned(), value.as_str().into());
            }
        }
        if let Some(addons) = &purpose.addons {
            after.insert("addons".into(), addons.clone().into());
        }
        if after == before {
            return Ok(false);
        }
        let text = serde_json::to_string_pretty(&after)
            .map_err(|error| Error::failed(format!("{PURPOSE}: {error}")))?;
        plan.file(host, PURPOSE, format!("{text}\n")).await
    }
}

#[cfg(test)]
mod tests;
