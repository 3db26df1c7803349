//! The `apt_repository` module.

use super::{
    apt::{AptGet, update},
    sources::{self, MAIN, PARTS, Source},
};
use k8sbm_core::{
    host::{Attributes, FileChange, Host, Mode},
    task::{Error, Example, Plan, Probe, Result, Returns, Task, WriteFile},
};
use schemars::JsonSchema;
use serde::Deserialize;
use std::time::Duration;

/// Says where packages come from, as lines of `/etc/apt/sources.list.d`.
///
/// `deb822_repository` says it in the newer form, with the key beside it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AptRepository {
    /// The line: `deb [signed-by=/etc/apt/keyrings/k.asc] https://example.org/debian bookworm main`.
    repo: String,
    /// Whether packages come from there.
    #[serde(default)]
    state: State,
    /// The file in `/etc/apt/sources.list.d`, without `.list`. Default: by the address.
    #[serde(default)]
    filename: Option<String>,
    /// Mode of a new file. Default 0644.
    #[serde(default)]
    mode: Option<Mode>,
    /// Brings the package lists up to date after a change. Default true. Where that fails, the change is taken back.
    #[serde(default = "yes", alias = "update-cache")]
    #[schemars(extend("aliases" = ["update-cache"]))]
    update_cache: bool,
    /// How often a failing update is tried. Default 5.
    #[serde(default = "five")]
    update_cache_retries: u32,
    /// Seconds of the longest pause between two tries. Default 12.
    #[serde(default = "twelve")]
    update_cache_retry_max_delay: u32,
    /// Refused when `false`: apt's own settings say whom it trusts.
    #[serde(default = "yes")]
    validate_certs: bool,
    /// Taken for Ansible's sake: it matters to PPAs alone, which are refused.
    #[serde(default)]
    #[expect(dead_code, reason = "of PPAs alone")]
    codename: Option<String>,
    /// Taken for Ansible's sake: nothing needs to be installed for this module.
    #[serde(default)]
    #[expect(dead_code, reason = "taken, and of no use")]
    install_python_apt: Option<bool>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    /// They do.
    #[default]
    Present,
    /// They do not.
    Absent,
}

fn yes() -> bool {
    true
}

fn five() -> u32 {
    5
}

fn twelve() -> u32 {
    12
}

impl Task for AptRepository {
    const NAME: &'static str = "apt_repository";

    fn validate(&self) -> Result<()> {
        if self.repo.starts_with("ppa:") {
            return Err(Error::arguments("PPAs are not looked up").hint(
                "`deb822_repository` takes the archive's address and the address of its key",
            ));
        }
        if !self.validate_certs {
            return Err(
                Error::arguments("`validate_certs: false` would have no effect").hint(
                    "apt decides itself: `Acquire::https::Verify-Peer` in /etc/apt/apt.conf.d",
                ),
            );
        }
        self.source().map(|_| ())
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let source = self.source()?;
        let files = read(host).await?;
        let changed: Vec<(String, String, String)> = match self.state {
            State::Present => self.present(&source, &files),
            State::Absent => {
                let without = |(path, text): &(String, String)| {
                    (path.clone(), text.clone(), sources::without(text, &source))
                };
                files.iter().map(without).collect()
            }
        };
        let mut plan = Plan::default();
        let (mut added, mut removed, mut before) = (Vec::new(), Vec::new(), Vec::new());
        for (path, old, new) in changed.into_iter().filter(|(_, old, new)| old != new) {
            let known = files.iter().any(|(it, _)| *it == path);
            before.push((path.clone(), known.then_some(old)));
            if new.trim().is_empty() && path != MAIN {
                plan.absent(host, &path).await?;
                removed.push(path);
                continue;
            }
            let file = WriteFile {
                path: path.clone(),
                content: new.into(),
                attributes: Attributes {
                    mode: (!known).then(|| self.mode.clone().unwrap_or(Mode::octal(0o644))),
                    ..Attributes::default()
                },
                ..WriteFile::default()
            };
            plan.write(host, file).await?;
            if !known {
                added.push(path);
            }
        }
        if self.update_cache && !before.is_empty() {
            self.update(&mut plan, before);
        }
        plan.returns("repo", self.repo.clone());
        plan.returns(
            "state",
            if self.state == State::Present {
                "present"
            } else {
                "absent"
            },
        );
        plan.returns("sources_added", added);
        plan.returns("sources_removed", removed);
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Packages of Kubernetes 1.34",
                yaml: "apt_repository:\n  repo: deb [signed-by=/etc/apt/keyrings/kubernetes.asc] https://pkgs.k8s.io/core:/stable:/v1.34/deb/ /\n  filename: kubernetes\n",
            },
            Example {
                title: "No packages of Docker",
                yaml: "apt_repository:\n  repo: deb https://download.docker.com/linux/debian bookworm stable\n  state: absent\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("repo", "The line."),
            ("state", "`present` or `absent`."),
            ("sources_added", "Files that are new."),
            ("sources_removed", "Files that are gone."),
        ]
    }
}

impl AptRepository {
    fn source(&self) -> Result<Source> {
        let source = Source::parse(&self.repo).filter(|it| it.enabled);
        source.ok_or_else(|| {
            Error::arguments(format!("Invalid repository string: {}", self.repo))
                .hint("a repository looks like `deb https://example.org/debian bookworm main`")
        })
    }

    /// Each file that lists it, with it turned on; or one more file.
    fn present(
        &self,
        source: &Source,
        files: &[(String, String)],
    ) -> Vec<(String, String, String)> {
        let listed = |(path, text): &(String, String)| {
            Some((path.clone(), text.clone(), sources::enabled(text, source)?))
        };
        let listed: Vec<_> = files.iter().filter_map(listed).collect();
        if !listed.is_empty() {
            return listed;
        }
        let path = match &self.filename {
            Some(name) if name.contains('/') => format!("{name}.list"),
            Some(name) => format!("{PARTS}/{name}.list"),
            None => format!("{PARTS}/{}", source.file_name()),
        };
        let there = files.iter().find(|(it, _)| *it == path);
        let text = there.map(|(_, text)| text.clone()).unwrap_or_default();
        let after = sources::with(&text, source);
        vec![(path, text, after)]
    }

    /// A repository that does not answer would stop every later update, so it is taken out again.
    fn update(&self, plan: &mut Plan, before: Vec<(String, Option<String>)>) {
        let apt = AptGet {
            lock_timeout: Duration::from_secs(60),
            ..AptGet::default()
        };
        let retries = self.update_cache_retries;
        let longest = Duration::from_secs(self.update_cache_retry_max_delay.into());
        plan.observe("update the package lists", async move |host: Host| {
            let result = update(&host, &apt, retries, longest).await;
            if result.is_err() {
                for (path, text) in before {
                    host.change(restored(path, text)).await?;
                }
            }
            result.map(|()| Returns::new())
        });
    }
}

fn restored(path: String, text: Option<String>) -> FileChange {
    match text {
        Some(text) => FileChange::Write {
            path,
            content: text.into(),
            attributes: Attributes::default(),
            validate: None,
            backup: None,
            in_place: false,
        },
        None => FileChange::Remove { path },
    }
}

/// The files that list repositories, with their text.
async fn read(host: &Probe) -> Result<Vec<(String, String)>> {
    let names = host.list(PARTS).await?;
    let parts = names.iter().flat_map(|names| names.iter());
    let parts = parts
        .filter(|name| name.ends_with(".list"))
        .map(|name| format!("{PARTS}/{name}"));
    let paths: Vec<String> = [MAIN.to_owned()].into_iter().chain(parts).collect();
    let texts =
        futures::future::try_join_all(paths.iter().map(|path| host.read_text(path))).await?;
    let files = paths.into_iter().zip(texts);
    Ok(files
        .filter_map(|(path, text)| Some((path, text?)))
        .collect())
}
