//! What is checked out, and the commands that change it.

use super::{Git, Version, Wanted};
use k8sbm_core::{
    host::Command,
    task::{Error, Probe, Result},
};

/// A checkout that is there.
pub(super) struct Checkout {
    /// The commit; nothing where there is none yet.
    pub(super) commit: Option<String>,
    /// Where it comes from.
    pub(super) url: String,
    /// Whether files that git knows were changed.
    pub(super) is_edited: bool,
}

impl Checkout {
    /// Looks at the directory; nothing where it is missing or empty.
    pub(super) async fn of(git: &Git, host: &Probe) -> Result<Option<Self>> {
        let (dest, inner) = (&git.dest, format!("{}/.git", git.dest));
        let place = if git.bare {
            format!("{dest}/objects")
        } else {
            inner
        };
        if !host.exists(&place).await? {
            let held = host.stat_follow(dest).await?.is_some_and(|it| it.is_dir())
                && host.list(dest).await?.is_some_and(|it| !it.is_empty());
            return match held {
                true => Err(
                    Error::failed(format!("{dest} is no checkout, and not empty"))
                        .hint("move away what is in it, or name another directory"),
                ),
                false => Ok(None),
            };
        }
        let url = format!("remote.{}.url", git.remote);
        // Looking must not write the index anew.
        let status = [
            "--no-optional-locks",
            "status",
            "--porcelain",
            "--untracked-files=no",
        ];
        let (commit, url, status) = tokio::join!(
            host.query_command(git.inside(["rev-parse", "--verify", "--quiet", "HEAD"])),
            host.query_command(git.inside(["config", "--get", &url])),
            host.query_command(git.inside(status)),
        );
        let (commit, status) = (commit?, status?);
        if !git.bare && !status.success() {
            let why = status.error_text();
            return Err(Error::failed(format!(
                "git cannot read {dest}: {}",
                why.trim()
            )));
        }
        Ok(Some(Self {
            commit: commit.success().then(|| commit.text().trim().to_owned()),
            url: url?.text().trim().to_owned(),
            is_edited: !git.bare && !status.text().trim().is_empty(),
        }))
    }
}

impl Git {
    fn inside<'a>(&'a self, words: impl IntoIterator<Item = &'a str>) -> Command {
        self.command(["-C", &self.dest].into_iter().chain(words))
    }

    /// Makes the checkout.
    pub(super) fn cloning(&self, wanted: &Wanted) -> Vec<Command> {
        let depth = self.depth.map(|it| it.to_string());
        let mut words = vec!["clone", "--quiet", "--origin", &self.remote];
        if let Some(depth) = &depth {
            words.extend(["--depth", depth]);
        }
        if self.single_branch {
            words.push("--single-branch");
        }
        if self.bare {
            words.push("--bare");
        }
        if matches!(wanted.kind, Version::Branch | Version::Tag) {
            words.extend(["--branch", &self.version]);
        }
        words.extend(["--", &self.repo, &self.dest]);
        let mut commands = vec![self.command(words)];
        if self.refspec.is_some() || wanted.kind == Version::Commit && !self.bare {
            commands.push(self.fetched(wanted));
        }
        if wanted.kind == Version::Commit && !self.bare {
            commands.push(self.checked_out(wanted));
        }
        commands.extend(self.inner_ones());
        commands
    }

    /// Brings it to the version.
    pub(super) fn updating(&self, wanted: &Wanted, moved: bool) -> Vec<Command> {
        let mut commands = Vec::new();
        if moved {
            let url = format!("remote.{}.url", self.remote);
            commands.push(self.inside(["config", &url, &self.repo]));
        }
        commands.push(self.fetched(wanted));
        if !self.bare {
            commands.push(self.checked_out(wanted));
        }
        commands.extend(self.inner_ones());
        commands
    }

    fn fetched(&self, wanted: &Wanted) -> Command {
        let depth = self.depth.map(|it| it.to_string());
        let mut words = vec!["fetch", "--quiet", "--force"];
        match &depth {
            Some(depth) => words.extend(["--depth", depth]),
            None => words.push("--tags"),
        }
        let (version, remote) = (&self.version, &self.remote);
        let own = match wanted.kind {
            Version::Branch if self.bare => format!("+refs/heads/{version}:refs/heads/{version}"),
            Version::Branch => format!("+refs/heads/{version}:refs/remotes/{remote}/{version}"),
            Version::Tag => format!("+refs/tags/{version}:refs/tags/{version}"),
            Version::Head if self.bare => "+refs/heads/*:refs/heads/*".into(),
            Version::Head => "HEAD".into(),
            // Not every server gives a commit by its name; all branches have it, where all is fetched.
            Version::Commit if self.depth.is_some() => wanted.commit.clone(),
            Version::Commit => format!("+refs/heads/*:refs/remotes/{remote}/*"),
        };
        words.extend([remote.as_str(), &own]);
        words.extend(self.refspec.as_deref());
        self.inside(words)
    }

    fn checked_out(&self, wanted: &Wanted) -> Command {
        let mut words = vec!["checkout", "--quiet", "--force"];
        match wanted.kind {
            Version::Branch => words.extend(["-B", &self.version]),
            Version::Tag | Version::Commit => words.push("--detach"),
            Version::Head => words = vec!["reset", "--quiet", "--hard"],
        }
        words.push(&wanted.commit);
        self.inside(words)
    }

    fn inner_ones(&self) -> Option<Command> {
        let words = ["submodule", "--quiet", "update", "--init", "--recursive"];
        (self.recursive && !self.bare).then(|| self.inside(words))
    }
}
