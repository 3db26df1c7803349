//! `helm_repository`: where a host's helm finds charts.

use super::helm::no_helm;
use k8sbm_core::{
    host::Command,
    task::{Diff, Error, Example, Plan, Probe, Result, Returns, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;

/// Makes a repository of charts known to the helm of a host.
///
/// A release can do without, by naming the repository's URL itself. Charts in OCI registries need none.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HelmRepository {
    /// What charts of it are called by: `name/chart`.
    #[serde(alias = "repo_name")]
    #[schemars(extend("aliases" = ["repo_name"]))]
    name: String,
    /// Its URL.
    #[serde(alias = "repo_url")]
    #[schemars(extend("aliases" = ["repo_url"]))]
    url: Option<String>,
    /// User to log in as.
    #[serde(alias = "repo_username")]
    #[schemars(extend("aliases" = ["repo_username"]))]
    username: Option<String>,
    /// Password of the user. Say `no_log: true` on the task.
    #[serde(alias = "repo_password")]
    #[schemars(extend("aliases" = ["repo_password"]))]
    password: Option<String>,
    /// Whether it shall be known.
    #[serde(default, alias = "repo_state")]
    #[schemars(extend("aliases" = ["repo_state"]))]
    state: State,
    /// The program. Default `helm`.
    #[serde(default = "helm")]
    binary_path: String,
    /// Taken for Ansible's sake: a repository with another URL is always replaced.
    #[serde(default, alias = "force")]
    #[schemars(extend("aliases" = ["force"]))]
    #[expect(dead_code, reason = "always so")]
    force_update: bool,
}

fn helm() -> String {
    "helm".into()
}

/// Whether a repository shall be known.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "lowercase")]
enum State {
    /// It is known.
    #[default]
    Present,
    /// It is not.
    Absent,
}

impl Task for HelmRepository {
    const NAME: &'static str = "helm_repository";

    fn validate(&self) -> Result<()> {
        if self.state == State::Present && self.url.is_none() {
            return Err(Error::arguments("`url` is needed"));
        }
        if self.username.is_some() != self.password.is_some() {
            return Err(Error::arguments("`username` and `password` go together"));
        }
        Ok(())
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        let output = host
            .query([&*self.binary_path, "repo", "list", "-o", "json"])
            .await?;
        if output.status == 127 {
            return Err(no_helm());
        }
        // Where none is known, helm says so as an error.
        let known: Json = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let known = known
            .as_array()
            .into_iter()
            .flatten()
            .find(|it| it["name"] == *self.name);
        let before = known
            .and_then(|it| it["url"].as_str())
            .map(|it| it.trim_end_matches('/'));
        let wanted = self.url.as_deref().map(|it| it.trim_end_matches('/'));
        let wanted = wanted.filter(|_| self.state == State::Present);
        if before == wanted {
            return Ok(plan);
        }
        let side = |url: Option<&str>| {
            url.map(|it| format!("{} {it}\n", self.name))
                .unwrap_or_default()
        };
        let diff = Diff::text("repositories of helm", side(before), side(wanted));
        let program = &*self.binary_path;
        let command = match wanted {
            Some(url) => Command::new([program, "repo", "add", &self.name, url, "--force-update"]),
            None => Command::new([program, "repo", "remove", &self.name]),
        };
        let summary = format!(
            "{} repository {}",
            if wanted.is_some() { "add" } else { "remove" },
            self.name
        );
        let login = self
            .username
            .clone()
            .zip(self.password.clone())
            .filter(|_| wanted.is_some());
        plan.act_with(summary, diff, move |host| async move {
            host.check(signed_in(command, login)).await?;
            Ok(Returns::new())
        });
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "A public repository",
                yaml: "kubernetes.core.helm_repository:\n  name: metallb\n  repo_url: https://metallb.github.io/metallb\n",
            },
            Example {
                title: "One that asks who comes",
                yaml: "helm_repository:\n  name: ours\n  url: https://charts.example.org\n  username: deploy\n  password: \"{{ charts_password }}\"\nno_log: true\n",
            },
        ]
    }
}

/// The password goes in by standard input, where no list of processes shows it.
fn signed_in(mut command: Command, login: Option<(String, String)>) -> Command {
    if let (Some((user, password)), k8sbm_core::host::Program::Argv(argv)) =
        (login, &mut command.program)
    {
        argv.extend(["--username".into(), user, "--password-stdin".into()]);
        command.stdin = Some(password.into_bytes());
    }
    command
}

#[cfg(test)]
mod tests {
    use crate::testing::{Desk, apply_on, probe, refusal, told};
    use k8sbm_core::connection::FakeHost;

    const LIST: [&str; 5] = ["helm", "repo", "list", "-o", "json"];

    #[tokio::test]
    async fn a_repository_becomes_known() {
        let yaml = "{name: metallb, repo_url: https://metallb.github.io/metallb}";
        let host = FakeHost::new()
            .query_fails(LIST, 1, "Error: no repositories to show")
            .command(
                [
                    "helm",
                    "repo",
                    "add",
                    "metallb",
                    "https://metallb.github.io/metallb",
                    "--force-update",
                ],
                "",
            );
        insta::assert_snapshot!(told(&probe(host.clone(), Desk::default()), "helm_repository", yaml).await, @r"
        add repository metallb
        + metallb https://metallb.github.io/metallb
        ");
        apply_on(&probe(host, Desk::default()), "helm_repository", yaml)
            .await
            .unwrap();
    }

    #[tokio::test]
    async fn one_that_is_known_stays_or_goes() {
        let host = || {
            let list = r#"[{"name":"metallb","url":"https://metallb.github.io/metallb/"}]"#;
            probe(FakeHost::new().query(LIST, list), Desk::default())
        };
        assert_eq!(
            told(
                &host(),
                "helm_repository",
                "{name: metallb, url: https://metallb.github.io/metallb}"
            )
            .await,
            ""
        );
        let gone = told(&host(), "helm_repository", "{name: metallb, state: absent}").await;
        assert!(gone.starts_with("remove repository metallb"), "{gone}");
        assert_eq!(
            told(&host(), "helm_repository", "{name: other, state: absent}").await,
            ""
        );
    }

    #[test]
    fn a_user_has_a_password() {
        assert!(
            refusal("helm_repository", "{name: a, url: b, username: c}")
                .message
                .contains("go together")
        );
        assert!(
            refusal("helm_repository", "{name: a}")
                .message
                .contains("`url` is needed")
        );
    }
}
