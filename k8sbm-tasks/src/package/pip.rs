//! The `pip` module.

mod command;
mod requirement;

use self::{command::Pip as Program, requirement::Requirement};
use k8sbm_core::{
    connection::words,
    host::{Command, Host},
    task::{Diff, Error, Example, Plan, Probe, Result, Returns, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

/// Installs and removes packages of Python with pip.
///
/// What is installed is asked of pip; where packages are named by a file of requirements, by an address, or `latest`
/// is wanted, pip says beforehand what it would install, if it is new enough to (22.2).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pip {
    /// Packages: `kubernetes`, `kubernetes==31.0`, `kubernetes>=30,<32`, an address, or an archive of the host.
    #[serde(default)]
    name: Vec<String>,
    /// A file of requirements on the host.
    #[serde(default)]
    requirements: Option<String>,
    /// The version of the one package, such as `31.0` or `>=30`.
    #[serde(default)]
    version: Option<String>,
    /// What shall be true of them.
    #[serde(default)]
    state: State,
    /// A virtual environment to install into, which is made where it is not there.
    #[serde(default)]
    virtualenv: Option<String>,
    /// What makes it. Default: `virtualenv`; `python3 -m venv` is the other way.
    #[serde(default = "virtualenv")]
    virtualenv_command: String,
    /// The Python for it, where `virtualenv` makes it.
    #[serde(default)]
    virtualenv_python: Option<String>,
    /// Whether it sees the packages of the host.
    #[serde(default)]
    virtualenv_site_packages: bool,
    /// The program, such as `pip3.11`. Default: that of the virtual environment, or `pip3`, or `python3 -m pip`.
    #[serde(default)]
    executable: Option<String>,
    /// More options, as in a shell: `--user --no-index`.
    #[serde(default)]
    extra_args: Option<String>,
    /// Whether packages stay where their source is, and are only pointed to.
    #[serde(default)]
    editable: bool,
    /// The directory to run in. Default `/tmp`.
    #[serde(default)]
    chdir: Option<String>,
    /// The file mode creation mask, such as `"0022"`.
    #[serde(default)]
    umask: Option<String>,
    /// Whether packages may be installed beside those that the host's own package manager keeps.
    #[serde(default)]
    break_system_packages: bool,
}

/// What shall be true of packages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    /// Installed.
    #[default]
    Present,
    /// Not installed.
    Absent,
    /// Installed in the newest version there is.
    Latest,
    /// Installed again, whatever is there.
    ForceReinstall,
}

fn virtualenv() -> String {
    "virtualenv".into()
}

impl Task for Pip {
    const NAME: &'static str = "pip";

    fn validate(&self) -> Result<()> {
        if self.name.is_empty() && self.requirements.is_none() {
            return Err(Error::arguments("it is not said what to install")
                .hint("`name` or `requirements` says it"));
        }
        if !self.name.is_empty() && self.requirements.is_some() {
            return Err(Error::arguments(
                "`name` and `requirements` are mutually exclusive",
            ));
        }
        if self.executable.is_some() && self.virtualenv.is_some() {
            return Err(Error::arguments(
                "`executable` and `virtualenv` are mutually exclusive",
            ));
        }
        if self.version.is_some() && self.state == State::Latest {
            return Err(Error::arguments(
                "version is incompatible with state=latest",
            ));
        }
        if self.version.is_some() && self.name.len() > 1 {
            return Err(Error::arguments("`version` is of one package alone")
                .hint("say it with each name: `kubernetes==31.0`")
                .about(["version"]));
        }
        if let Some(umask) = &self.umask {
            command::mask(umask)?;
        }
        Ok(())
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let pip = Program::of(self, host).await?;
        let mut plan = Plan::default();
        plan.returns("name", json!(self.name));
        plan.returns("requirements", json!(self.requirements));
        plan.returns("virtualenv", json!(pip.environment));
        plan.returns("version", json!(self.version));
        plan.returns("state", json!(self.state.word()));
        if let Some(made) = &pip.to_make {
            let path = pip.environment.as_deref().unwrap_or_default();
            plan.run_command(
                made.clone(),
                Some(Diff::text(path, "state: absent\n", "state: directory\n")),
            );
            if self.state == State::Absent {
                return Ok(plan);
            }
        }
        let wanted = self.wanted();
        let changes = if pip.to_make.is_some() {
            Foreseen::Packages(wanted.iter().map(Requirement::text).collect())
        } else {
            self.foresee(host, &pip, &wanted).await?
        };
        let (before, after) = match changes {
            Foreseen::Packages(names) if names.is_empty() => return Ok(plan),
            Foreseen::Packages(names) => {
                let names: String = names.iter().map(|it| format!("{it}\n")).collect();
                match self.state {
                    State::Absent => (names, String::new()),
                    _ => (String::new(), names),
                }
            }
            Foreseen::Nobody => (String::new(), "what pip finds missing\n".into()),
        };
        let command = pip.command(self.words(&wanted)?);
        plan.returns("cmd", command::argv(&command));
        let list = pip.list();
        let summary = command.line();
        plan.act_with(
            summary,
            Diff::text("packages", before, after),
            async move |host| install(&host, command, list).await,
        );
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "What modules of Ansible ask for, in an environment of its own",
                yaml: "pip:\n  name: [\"kubernetes>=31,<32\", PyYAML]\n  virtualenv: /opt/ansible\n  virtualenv_command: python3 -m venv\n",
            },
            Example {
                title: "What a file lists, from a folder of the host",
                yaml: "pip:\n  requirements: /opt/app/requirements.txt\n  extra_args: --no-index --find-links /opt/wheels\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("name", "The packages as they were named."),
            ("requirements", "The file of requirements."),
            ("version", "The version that was asked for."),
            ("virtualenv", "The virtual environment."),
            ("state", "The state that was asked for."),
            ("cmd", "What was run, where something was."),
            ("stdout", "What pip said, where it was run."),
            ("stderr", "What it complained about."),
        ]
    }
}

/// What pip would change.
enum Foreseen {
    /// These.
    Packages(Vec<String>),
    /// Only trying tells.
    Nobody,
}

impl Pip {
    /// The packages as requirements, with the version that stands beside them.
    fn wanted(&self) -> Vec<Requirement> {
        let mut wanted: Vec<_> = requirement::joined(&self.name)
            .iter()
            .map(|it| Requirement::parse(it))
            .collect();
        if let (Some(version), Some(first)) = (&self.version, wanted.first_mut()) {
            *first = first.with_version(version);
        }
        wanted
    }

    /// What pip shall do, with which packages.
    fn words(&self, wanted: &[Requirement]) -> Result<Vec<String>> {
        let verb: &[&str] = match self.state {
            State::Present => &["install"],
            State::Absent => &["uninstall", "-y"],
            State::Latest => &["install", "-U"],
            State::ForceReinstall => &["install", "-U", "--force-reinstall"],
        };
        let mut words: Vec<String> = verb.iter().map(|it| (*it).to_owned()).collect();
        words.extend(self.more()?);
        match &self.requirements {
            Some(file) => words.extend(["-r".to_owned(), file.clone()]),
            None => words.extend(wanted.iter().map(Requirement::text)),
        }
        Ok(words)
    }

    fn more(&self) -> Result<Vec<String>> {
        let mut words = match &self.extra_args {
            Some(text) => words(text).map_err(Error::arguments)?,
            None => Vec::new(),
        };
        if self.editable && !words.iter().any(|it| it == "-e") {
            words.push("-e".into());
        }
        Ok(words)
    }

    async fn foresee(
        &self,
        host: &Probe,
        pip: &Program,
        wanted: &[Requirement],
    ) -> Result<Foreseen> {
        let named = wanted.iter().all(|it| it.name.is_some());
        let texts = |them: Vec<&Requirement>| {
            Foreseen::Packages(them.into_iter().map(Requirement::text).collect())
        };
        if self.state == State::ForceReinstall {
            return Ok(texts(wanted.iter().collect()));
        }
        if self.requirements.is_none() && named {
            let installed = pip.installed(host).await?;
            let there = |it: &&Requirement| installed.iter().any(|(name, _)| it.is(name));
            match self.state {
                State::Absent => return Ok(texts(wanted.iter().filter(there).collect())),
                State::Present => {
                    let missing = wanted.iter().filter(|it| !it.is_satisfied(&installed));
                    return Ok(texts(missing.collect()));
                }
                _ => {
                    let missing: Vec<_> = wanted.iter().filter(|it| !there(it)).collect();
                    if !missing.is_empty() {
                        return Ok(texts(missing));
                    }
                }
            }
        }
        if self.state == State::Absent || self.editable {
            return Ok(Foreseen::Nobody);
        }
        let mut words = self.words(wanted)?;
        words.insert(1, "--dry-run".into());
        let output = host.query_beyond(pip.command(words)).await?;
        if !output.success() {
            // An older pip cannot say; another mistake is told when it is tried.
            return Ok(Foreseen::Nobody);
        }
        let said = output.text();
        let would = said
            .lines()
            .find_map(|it| it.strip_prefix("Would install "));
        let names = would.unwrap_or_default().split_whitespace();
        Ok(Foreseen::Packages(names.map(str::to_owned).collect()))
    }
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::Absent => "absent",
            Self::Latest => "latest",
            Self::ForceReinstall => "forcereinstall",
        }
    }
}

/// Runs pip, and says whether another list of packages came of it.
async fn install(host: &Host, command: Command, list: Command) -> Result<Returns> {
    let again = command::argv(&command)
        .iter()
        .any(|it| it == "--force-reinstall");
    let before = host.run(list.clone()).await?;
    let output = host.check(command).await?;
    let after = host.run(list).await?;
    Ok(Returns::from_iter([
        (
            "changed".to_owned(),
            json!(again || before.stdout != after.stdout),
        ),
        ("stdout".to_owned(), json!(output.text().trim_end())),
        ("stderr".to_owned(), json!(output.error_text().trim_end())),
    ]))
}

#[cfg(test)]
mod tests;
