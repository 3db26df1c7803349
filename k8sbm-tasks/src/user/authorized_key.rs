//! The `authorized_key` module.

use super::{accounts::Accounts, group::Presence, public_key::PublicKey};
use k8sbm_core::{
    host::{Attributes, Mode},
    task::{Error, Example, Plan, Probe, Result, Task, WriteFile},
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Says which ssh keys may log in as a user.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuthorizedKey {
    /// The user to log in as.
    user: String,
    /// Public keys, one a line; or `file:///path` of a file on the host that holds them.
    key: String,
    /// Whether the keys may log in.
    #[serde(default)]
    state: Presence,
    /// The file. Default `.ssh/authorized_keys` in the user's home directory.
    #[serde(default)]
    path: Option<String>,
    /// Makes the file's directory, and makes it the user's own. Default true; say `false` with a `path` elsewhere.
    #[serde(default = "yes")]
    manage_dir: bool,
    /// Options that stand before each key, such as `no-port-forwarding,from="10.0.0.0/8"`.
    #[serde(default)]
    key_options: Option<String>,
    /// Removes all other keys from the file.
    #[serde(default)]
    exclusive: bool,
    /// Comment of each key, instead of its own.
    #[serde(default)]
    comment: Option<String>,
    /// Taken for Ansible's sake: no key is fetched from anywhere.
    #[serde(default)]
    #[expect(dead_code, reason = "taken, and of no use where nothing is fetched")]
    validate_certs: Option<bool>,
    /// Taken for Ansible's sake: where the file is a symbolic link, what it points to is written.
    #[serde(default)]
    follow: bool,
}

fn yes() -> bool {
    true
}

impl Task for AuthorizedKey {
    const NAME: &'static str = "authorized_key";

    fn validate(&self) -> Result<()> {
        if self.key.starts_with("http://") || self.key.starts_with("https://") {
            return Err(Error::arguments("keys are not fetched from a URL")
                .hint("`key: \"{{ lookup('url', 'https://...', split_lines=false) }}\"` fetches them here, where it can be seen what was fetched"));
        }
        Ok(())
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let mut accounts = Accounts::of(host).await?;
        accounts.add_user(host, &self.user).await?;
        let Some(user) = accounts.user(&self.user) else {
            return Err(Error::failed(format!(
                "Failed to lookup user {}: no such user",
                self.user
            ))
            .hint("a `user` task before this one can make it"));
        };
        let path = match &self.path {
            Some(path) => path.replace("%h", &user.home).replace("%u", &self.user),
            None => format!("{}/.ssh/authorized_keys", user.home.trim_end_matches('/')),
        };
        let keys = self.keys(host).await?;
        let there = host.read_text(&path).await?.unwrap_or_default();
        let after = match self.state {
            Presence::Present => with(&there, &keys, self.exclusive),
            Presence::Absent => without(&there, &keys),
        };
        let mut plan = Plan::default();
        let owned = |mode| Attributes {
            mode: Some(Mode::octal(mode)),
            owner: Some(self.user.clone()),
            group: Some(user.gid.to_string()),
        };
        if after != there {
            let directory = path
                .rsplit_once('/')
                .map_or("/", |(directory, _)| directory);
            if self.manage_dir && self.state == Presence::Present {
                plan.directory(host, directory, &owned(0o700)).await?;
            }
            let file = WriteFile {
                path: path.clone(),
                content: after.into(),
                attributes: owned(0o600),
                ..WriteFile::default()
            };
            plan.write(host, file).await?;
        }
        plan.returns("user", self.user.clone());
        plan.returns("key", self.key.clone());
        plan.returns("keyfile", path);
        plan.returns("state", self.state.word());
        plan.returns("exclusive", self.exclusive);
        plan.returns("manage_dir", self.manage_dir);
        plan.returns("key_options", self.key_options.clone());
        plan.returns("comment", self.comment.clone());
        plan.returns("follow", self.follow);
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Who may log in as root",
                yaml: "authorized_key:\n  user: root\n  key: \"{{ lookup('file', 'keys/ops.pub') }}\"\n",
            },
            Example {
                title: "These keys, and no others",
                yaml: "authorized_key:\n  user: ops\n  exclusive: true\n  key: |\n    ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJb1 anna@example.org\n    ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJb2 bert@example.org\n",
            },
            Example {
                title: "A key that may come from one network alone",
                yaml: "authorized_key:\n  user: backup\n  key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJb3 backup\n  key_options: 'no-pty,from=\"10.0.0.0/8\"'\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("keyfile", "The file."),
            ("user", "The user."),
            ("key", "The keys, as they were given."),
            ("state", "`present` or `absent`."),
            ("exclusive", "Whether all other keys are removed."),
            ("key_options", "The options before each key."),
            ("comment", "The comment of each key."),
            ("manage_dir", "Whether the directory is looked after."),
            ("follow", "Whether a link was to be followed."),
        ]
    }
}

impl AuthorizedKey {
    async fn keys(&self, host: &Probe) -> Result<Vec<PublicKey>> {
        let text = match self.key.strip_prefix("file://") {
            Some(path) => host
                .read_text(path)
                .await?
                .ok_or_else(|| Error::failed(format!("Path to a key file not found: {path}")))?,
            None => self.key.clone(),
        };
        let lines = text.lines().map(str::trim);
        lines
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(|line| {
                let mut key = PublicKey::parse(line)
                    .ok_or_else(|| Error::failed(format!("invalid key specified: {line}")))?;
                if let Some(options) = &self.key_options {
                    key.options.clone_from(options);
                }
                if let Some(comment) = &self.comment {
                    key.comment.clone_from(comment);
                }
                Ok(key)
            })
            .collect()
    }
}

/// The file with the keys, each once; lines that need no change stay as they are.
fn with(there: &str, keys: &[PublicKey], exclusive: bool) -> String {
    let mut open: Vec<&PublicKey> = keys.iter().collect();
    let mut lines = Vec::new();
    for line in there.lines() {
        let Some(present) = PublicKey::parse(line) else {
            if !exclusive || line.trim().is_empty() || line.starts_with('#') {
                lines.push(line.to_owned());
            }
            continue;
        };
        match open.iter().position(|it| it.blob == present.blob) {
            Some(at) => {
                let key = open.remove(at);
                lines.push(if key.is_like(&present) {
                    line.to_owned()
                } else {
                    key.line()
                });
            }
            None if exclusive => {}
            // The same key twice: the first line is the one that counts.
            None if keys.iter().any(|it| it.blob == present.blob) => {}
            None => lines.push(line.to_owned()),
        }
    }
    for key in open {
        lines.push(key.line());
    }
    ended(there, lines)
}

fn without(there: &str, keys: &[PublicKey]) -> String {
    let unwanted = |line: &&str| {
        PublicKey::parse(line).is_some_and(|present| keys.iter().any(|it| it.blob == present.blob))
    };
    let lines = there
        .lines()
        .filter(|line| !unwanted(line))
        .map(str::to_owned);
    ended(there, lines.collect())
}

/// The lines as a file; a missing newline at the end alone is no change.
fn ended(there: &str, lines: Vec<String>) -> String {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    if text.trim_end() == there.trim_end() {
        there.to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<PublicKey> {
        text.lines().filter_map(PublicKey::parse).collect()
    }

    const FILE: &str = "# mine\nssh-rsa AAAA anna\nssh-ed25519 BBBB bert\n";

    #[test]
    fn keys_are_added_once() {
        assert_eq!(with(FILE, &keys("ssh-rsa AAAA anna"), false), FILE);
        insta::assert_snapshot!(with(FILE, &keys("ssh-rsa AAAA anna@home\nssh-rsa CCCC"), false), @r"
        # mine
        ssh-rsa AAAA anna@home
        ssh-ed25519 BBBB bert
        ssh-rsa CCCC
        ");
        assert_eq!(with("", &keys("ssh-rsa AAAA"), false), "ssh-rsa AAAA\n");
    }

    #[test]
    fn others_can_be_excluded_and_removed() {
        assert_eq!(
            with(FILE, &keys("ssh-rsa CCCC"), true),
            "# mine\nssh-rsa CCCC\n"
        );
        assert_eq!(
            without(FILE, &keys("ssh-rsa AAAA other")),
            "# mine\nssh-ed25519 BBBB bert\n"
        );
    }
}
