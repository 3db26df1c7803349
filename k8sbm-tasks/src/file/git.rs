//! The `git` module.

mod checkout;

use self::checkout::Checkout;
use k8sbm_core::{
    connection::quote,
    host::Command,
    task::{Diff, Error, Example, Plan, Probe, Result, Returns, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

/// Makes a directory be a checkout of a git repository, at a version.
///
/// The repository is asked which commit the version is, and nothing is fetched where that is checked out already. Git
/// has to be on the host. What was changed in files that git knows is never lost unless `force` says so; files that it
/// does not know are left alone.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Git {
    /// The repository: an address of https or ssh, or a path of the host.
    #[serde(alias = "name")]
    pub(super) repo: String,
    /// The directory, which is made where it is not there; with `bare` the repository itself.
    pub(super) dest: String,
    /// A branch, a tag, or the 40 digits of a commit. Default: the branch that the repository shows first.
    #[serde(default = "head")]
    pub(super) version: String,
    /// What the repository is called in the checkout.
    #[serde(default = "origin")]
    pub(super) remote: String,
    /// Whether a checkout that is not there is made.
    #[serde(default = "yes")]
    clone: bool,
    /// Whether a checkout that is there is brought to the version.
    #[serde(default = "yes")]
    update: bool,
    /// Whether changes in files that git knows are thrown away.
    #[serde(default)]
    pub(super) force: bool,
    /// How many commits are fetched. Default: all.
    pub(super) depth: Option<u32>,
    /// Whether only the branch or tag is fetched.
    #[serde(default)]
    pub(super) single_branch: bool,
    /// Whether the repositories inside it are checked out too.
    #[serde(default = "yes")]
    pub(super) recursive: bool,
    /// Whether it is a repository without files, as servers have it.
    #[serde(default)]
    pub(super) bare: bool,
    /// What else is fetched, such as `+refs/pull/7/head:refs/heads/pr7`.
    pub(super) refspec: Option<String>,
    /// The private key for ssh, on the host.
    key_file: Option<String>,
    /// Whether ssh believes any host.
    #[serde(default)]
    accept_hostkey: bool,
    /// Whether ssh believes a host that it does not know yet.
    #[serde(default)]
    accept_newhostkey: bool,
    /// More options for ssh, such as `-o ConnectTimeout=10`.
    ssh_opts: Option<String>,
    /// The program. Default: `git`.
    #[serde(default = "git")]
    executable: String,
}

fn head() -> String {
    "HEAD".into()
}

fn origin() -> String {
    "origin".into()
}

fn git() -> String {
    "git".into()
}

fn yes() -> bool {
    true
}

impl Task for Git {
    const NAME: &'static str = "git";

    fn validate(&self) -> Result<()> {
        if !self.dest.starts_with('/') {
            let dest = &self.dest;
            return Err(
                Error::arguments(format!("`dest` is absolute, and not `{dest}`")).about(["dest"]),
            );
        }
        if self.depth == Some(0) {
            return Err(Error::arguments("`depth` is at least 1").about(["depth"]));
        }
        let dashed = [&self.repo, &self.version, &self.remote];
        match dashed
            .iter()
            .find(|it| it.is_empty() || it.starts_with('-'))
        {
            Some(word) => Err(Error::arguments(format!(
                "`{word}` is no repository, version or name of one"
            ))),
            None => Ok(()),
        }
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        let standing = Checkout::of(self, host).await?;
        let before = standing.as_ref().and_then(|it| it.commit.clone());
        plan.returns("before", json!(before));
        let wanted_at_all = match &standing {
            Some(_) => self.update,
            None => self.clone,
        };
        if !wanted_at_all {
            plan.returns("after", json!(before));
            return Ok(plan);
        }
        if let Some(there) = &standing
            && there.is_edited
            && !self.force
        {
            return Err(Error::failed(format!(
                "Local modifications exist in the destination: {} (force=no).",
                self.dest
            ))
            .hint("`git status` there says which; `force: true` throws them away"));
        }
        let wanted = self.asked(host).await?;
        plan.returns("after", json!(wanted.commit));
        let moved = standing.as_ref().is_some_and(|it| it.url != self.repo);
        plan.returns("remote_url_changed", json!(moved));
        let edited = standing.as_ref().is_some_and(|it| it.is_edited);
        if before.as_ref() == Some(&wanted.commit) && !moved && !edited {
            return Ok(plan);
        }
        let commands = match &standing {
            Some(_) => self.updating(&wanted, moved),
            None => self.cloning(&wanted),
        };
        let side = |commit: Option<&str>| commit.map(|it| format!("{it}\n")).unwrap_or_default();
        let diff = Diff::text(
            &self.dest,
            side(before.as_deref()),
            side(Some(&wanted.commit)),
        );
        let verb = if standing.is_some() {
            "update"
        } else {
            "clone"
        };
        plan.act_with(format!("{verb} {}", self.dest), diff, async move |host| {
            for command in commands {
                host.check(command).await?;
            }
            Ok(Returns::new())
        });
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "A release of a repository",
                yaml: "git:\n  repo: https://github.com/kubernetes-sigs/kubespray.git\n  dest: /opt/kubespray\n  version: v2.28.0\n",
            },
            Example {
                title: "The newest commit of a branch alone, by a key of the host",
                yaml: "git:\n  repo: git@git.example.com:team/manifests.git\n  dest: /srv/manifests\n  version: main\n  depth: 1\n  single_branch: true\n  key_file: /root/.ssh/deploy\n  accept_newhostkey: true\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            (
                "before",
                "The commit that was checked out; nothing where there was none.",
            ),
            ("after", "The commit that is checked out now."),
            (
                "remote_url_changed",
                "Whether the checkout came from another repository before.",
            ),
        ]
    }
}

/// What a version is.
pub(super) struct Wanted {
    pub(super) commit: String,
    pub(super) kind: Version,
}

/// How a version is named.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    /// What the repository shows first.
    Head,
    Branch,
    Tag,
    Commit,
}

impl Git {
    pub(super) fn command<'a>(&'a self, words: impl IntoIterator<Item = &'a str>) -> Command {
        let argv = std::iter::once(self.executable.as_str()).chain(words);
        let command = Command::new(argv).env("GIT_TERMINAL_PROMPT", "0");
        match self.ssh() {
            Some(ssh) => command.env("GIT_SSH_COMMAND", ssh),
            None => command,
        }
    }

    fn ssh(&self) -> Option<String> {
        let mut words = Vec::new();
        if let Some(key) = &self.key_file {
            let key = quote(key);
            words.push(format!("-o IdentitiesOnly=yes -i {key}"));
        }
        if self.accept_hostkey {
            words.push("-o StrictHostKeyChecking=no".into());
        } else if self.accept_newhostkey {
            words.push("-o StrictHostKeyChecking=accept-new".into());
        }
        words.extend(self.ssh_opts.clone());
        (!words.is_empty()).then(|| format!("ssh -o BatchMode=yes {}", words.join(" ")))
    }

    /// Asks the repository which commit the version is.
    async fn asked(&self, host: &Probe) -> Result<Wanted> {
        let version = &self.version;
        let is_commit = version.len() == 40 && version.bytes().all(|it| it.is_ascii_hexdigit());
        if is_commit {
            return Ok(Wanted {
                commit: version.to_ascii_lowercase(),
                kind: Version::Commit,
            });
        }
        let names = [
            (version.clone(), Version::Head),
            (format!("refs/heads/{version}"), Version::Branch),
            (format!("refs/tags/{version}^{{}}"), Version::Tag),
            (format!("refs/tags/{version}"), Version::Tag),
        ];
        let asked: Vec<&str> = names.iter().map(|(name, _)| name.as_str()).collect();
        let words = ["ls-remote", "--", &self.repo].into_iter().chain(asked);
        let told = host.query_beyond(self.command(words)).await?;
        if !told.success() {
            let why = told.error_text();
            return Err(Error::failed(format!(
                "cannot ask {}: {}",
                self.repo,
                why.trim()
            )));
        }
        let text = told.text();
        let commit = |name: &str| {
            let mut lines = text.lines().filter_map(|line| line.split_once('\t'));
            lines
                .find(|(_, known)| *known == name)
                .map(|(commit, _)| commit.to_owned())
        };
        let mut found = names.iter().filter_map(|(name, kind)| {
            Some(Wanted {
                commit: commit(name)?,
                kind: *kind,
            })
        });
        found.next().ok_or_else(|| {
            Error::failed(format!("{} has no branch or tag `{version}`", self.repo))
                .hint("a commit is named by all its 40 digits")
        })
    }
}

#[cfg(test)]
mod tests;
