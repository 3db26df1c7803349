//! The `alternatives` module.

mod display;

use self::display::{Alternative, Display, Slave};
use k8sbm_core::{
    host::Command,
    task::{Diff, Error, Example, Plan, Probe, Result, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Says which of several programs a name stands for, as `update-alternatives` keeps it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Alternatives {
    /// The name, such as `iptables`.
    name: String,
    /// The program that it shall stand for, such as `/usr/sbin/iptables-legacy`.
    path: Option<String>,
    /// The path of the name itself, for a name that is not known yet.
    link: Option<String>,
    /// How much a new program weighs where nobody chooses. Default 50.
    priority: Option<i64>,
    /// Names that go with it.
    #[serde(default, alias = "slaves")]
    #[schemars(extend("aliases" = ["slaves"]))]
    subcommands: Vec<Slave>,
    /// The family of a new program, on hosts of the RHEL family.
    family: Option<String>,
    /// Whether the program is `selected` (the default), only `present`, `absent`, or whether the weightiest counts
    /// (`auto`).
    #[serde(default)]
    state: State,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "lowercase")]
enum State {
    /// The name stands for it.
    #[default]
    Selected,
    /// It is among those that the name may stand for.
    Present,
    /// It is not.
    Absent,
    /// It is, and the weightiest counts.
    Auto,
}

const PROGRAM: &str = "update-alternatives";

impl Alternatives {
    /// The words that make the program known, where it is not known so.
    fn install(&self, path: &str, known: &Display) -> Result<Option<Vec<String>>> {
        let there = known.alternatives.iter().find(|it| it.path == path);
        let heavy = |it: &Alternative| self.priority.is_none_or(|wanted| wanted == it.priority);
        let has = |it: &Alternative| self.subcommands.iter().all(|slave| known.has(it, slave));
        if there.is_some_and(|it| heavy(it) && has(it)) {
            return Ok(None);
        }
        let link = self.link.clone().or_else(|| known.link.clone());
        let Some(link) = link else {
            return Err(Error::failed(
                "Needed to install the alternative, but unable to do so as we are missing the link",
            )
            .hint("say `link`: the path that shall stand for it"));
        };
        let priority = self.priority.or(there.map(|it| it.priority));
        let priority = priority.unwrap_or(50).to_string();
        let mut words = vec![
            "--install".to_owned(),
            link,
            self.name.clone(),
            path.into(),
            priority,
        ];
        words.extend(
            self.family
                .iter()
                .flat_map(|it| ["--family".to_owned(), it.clone()]),
        );
        for slave in &self.subcommands {
            let parts = [&slave.link, &slave.name, &slave.path];
            words.push("--slave".into());
            words.extend(parts.map(String::clone));
        }
        Ok(Some(words))
    }
}

fn run(plan: &mut Plan, words: Vec<String>, diff: Option<Diff>) {
    let all = [PROGRAM.to_owned()].into_iter().chain(words);
    plan.run_command(Command::new(all), diff);
}

impl Task for Alternatives {
    const NAME: &'static str = "alternatives";

    fn validate(&self) -> Result<()> {
        if self.path.is_none() && self.state != State::Auto {
            return Err(Error::arguments("`path` is missing"));
        }
        Ok(())
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let asked = Command::new([PROGRAM, "--display", &self.name]).env("LC_ALL", "C");
        let path = self.path.as_deref().unwrap_or_default();
        let (output, there) = tokio::join!(host.query_command(asked), host.exists(path));
        let (output, there) = (output?, there?);
        if output.status == 127 {
            return Err(Error::failed(format!("the host has no {PROGRAM}")));
        }
        let known = Display::read(&self.name, &output.text());
        let mut plan = Plan::default();
        let is_known = known.alternatives.iter().any(|it| it.path == path);
        if self.state == State::Absent {
            if is_known {
                let diff = Diff::text(&self.name, format!("{path}\n"), "");
                run(
                    &mut plan,
                    vec!["--remove".into(), self.name.clone(), path.into()],
                    Some(diff),
                );
            }
            return Ok(plan);
        }
        if !path.is_empty() {
            if !there && !is_known {
                return Err(Error::failed(format!(
                    "Specified path {path} does not exist"
                )));
            }
            if let Some(words) = self.install(path, &known)? {
                let diff = Diff::text(&self.name, "", format!("{path}\n"));
                run(&mut plan, words, Some(diff));
            }
        }
        let now = known.current.clone().unwrap_or_default();
        match self.state {
            State::Selected if now != path || known.auto => {
                let diff = Diff::text(&self.name, format!("{now}\n"), format!("{path}\n"));
                run(
                    &mut plan,
                    vec!["--set".into(), self.name.clone(), path.into()],
                    Some(diff),
                );
            }
            State::Auto if !known.auto => {
                let diff = Diff::text(&self.name, "manual mode\n", "auto mode\n");
                run(
                    &mut plan,
                    vec!["--auto".into(), self.name.clone()],
                    Some(diff),
                );
            }
            _ => {}
        }
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "The old iptables",
                yaml: "community.general.alternatives:\n  name: iptables\n  path: /usr/sbin/iptables-legacy\n",
            },
            Example {
                title: "A program of ours among the editors",
                yaml: "alternatives:\n  name: editor\n  path: /usr/local/bin/ours\n  link: /usr/bin/editor\n  priority: 10\n  state: present\n",
            },
        ]
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Desk, probe, refusal, told};
    use k8sbm_core::{connection::FakeHost, task::Probe};

    const SHOWN: &str = "iptables - auto mode\n  link best version is /usr/sbin/iptables-nft\n  link currently points to /usr/sbin/iptables-nft\n  link iptables is /usr/sbin/iptables\n  slave iptables-save is /usr/sbin/iptables-save\n/usr/sbin/iptables-legacy - priority 10\n  slave iptables-save: /usr/sbin/iptables-legacy-save\n/usr/sbin/iptables-nft - priority 20\n  slave iptables-save: /usr/sbin/iptables-nft-save\n";

    fn host() -> Probe {
        let host = FakeHost::new()
            .file("/usr/sbin/iptables-legacy", "")
            .file("/usr/sbin/iptables-nft", "")
            .file("/opt/own", "")
            .queries(
                |_| true,
                |_, _| k8sbm_core::host::Output {
                    stdout: SHOWN.into(),
                    ..Default::default()
                },
            );
        probe(host, Desk::default())
    }

    #[tokio::test]
    async fn a_program_is_selected() {
        insta::assert_snapshot!(told(&host(), "alternatives", "{name: iptables, path: /usr/sbin/iptables-legacy}").await, @r"
        run update-alternatives --set iptables /usr/sbin/iptables-legacy
        - /usr/sbin/iptables-nft
        + /usr/sbin/iptables-legacy
        ");
        assert_eq!(
            told(&host(), "alternatives", "{name: iptables, state: auto}").await,
            ""
        );
        let yaml = "{name: iptables, path: /usr/sbin/iptables-nft, state: present, priority: 20}";
        assert_eq!(told(&host(), "alternatives", yaml).await, "");
    }

    #[tokio::test]
    async fn a_program_becomes_known() {
        let yaml = "{name: iptables, path: /opt/own, state: present, slaves: [{name: a, link: /usr/bin/a, path: /opt/a}]}";
        insta::assert_snapshot!(told(&host(), "alternatives", yaml).await, @r"
        run update-alternatives --install /usr/sbin/iptables iptables /opt/own 50 --slave /usr/bin/a a /opt/a
        + /opt/own
        ");
        let yaml = "{name: iptables, path: /opt/nothing}";
        assert_eq!(
            told(&host(), "alternatives", yaml).await,
            "error: Specified path /opt/nothing does not exist"
        );
        let yaml = "{name: iptables, path: /usr/sbin/iptables-nft, state: absent}";
        assert!(
            told(&host(), "alternatives", yaml)
                .await
                .starts_with("run update-alternatives --remove iptables")
        );
        refusal("alternatives", "{name: iptables}");
    }
}
