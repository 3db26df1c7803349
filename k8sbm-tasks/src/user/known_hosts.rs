//! The `known_hosts` module.

use crate::file::attributes;
use base64::{Engine, engine::general_purpose::STANDARD};
use k8sbm_core::{
    host::Mode,
    task::{Error, Example, Plan, Probe, Result, Task, WriteFile},
};
use schemars::JsonSchema;
use serde::Deserialize;
use sha1::{Digest, Sha1};

/// Says which keys other hosts show, so that ssh knows them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KnownHosts {
    /// The other host, as it is connected to: a name, an address, or `[name]:port`.
    #[serde(alias = "host")]
    #[schemars(extend("aliases" = ["host"]))]
    name: String,
    /// Its key, as `ssh-keyscan` prints it: the name, the type and the key. Without it, `absent` removes all keys.
    #[serde(default)]
    key: Option<String>,
    /// The file. Default `~/.ssh/known_hosts`.
    #[serde(default = "default_path")]
    path: String,
    /// Whether names are kept as hashes, which nobody can read.
    #[serde(default)]
    hash_host: bool,
    /// Whether the key is known.
    #[serde(default)]
    state: State,
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

fn default_path() -> String {
    "~/.ssh/known_hosts".into()
}

/// A key as a line has it: who shows it, what kind it is, and the key.
struct Entry<'a> {
    marker: Option<&'a str>,
    names: &'a str,
    kind: &'a str,
    key: &'a str,
}

impl<'a> Entry<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let mut words = line.split_whitespace().peekable();
        let marker = words.next_if(|it| it.starts_with('@'));
        let names = words.next().filter(|it| !it.starts_with('#'))?;
        let (kind, key) = (words.next()?, words.next()?);
        Some(Self {
            marker,
            names,
            kind,
            key,
        })
    }

    fn is_of(&self, name: &str) -> bool {
        self.names
            .split(',')
            .any(|it| match it.strip_prefix("|1|") {
                Some(hashed) => is_hash_of(hashed, name),
                None => it.eq_ignore_ascii_case(name),
            })
    }
}

impl Task for KnownHosts {
    const NAME: &'static str = "known_hosts";

    fn validate(&self) -> Result<()> {
        let Some(key) = &self.key else {
            return match self.state {
                State::Present => Err(Error::arguments("No key specified when adding a host")
                    .hint("`ssh-keyscan` prints it")
                    .about(["name"])),
                State::Absent => Ok(()),
            };
        };
        let lines = key.lines().filter(|it| !it.trim().is_empty());
        let entries: Vec<_> = lines.filter_map(Entry::read).collect();
        match &entries[..] {
            [entry] if entry.is_of(&self.name.to_lowercase()) => Ok(()),
            [_] => Err(Error::arguments(
                "Host parameter does not match hashed host field in supplied key",
            )
            .hint(format!(
                "the key begins with who shows it: `{} ssh-ed25519 AAAA...`",
                self.name
            ))
            .about(["key"])),
            _ => Err(
                Error::arguments("the key is not one line with a name, a type and a key")
                    .hint(format!("such as `{} ssh-ed25519 AAAA...`", self.name))
                    .about(["key"]),
            ),
        }
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let path = crate::file::absolute(host, &self.path).await?;
        let name = self.name.to_lowercase();
        let before = host.read_text(&path).await?;
        let text = before.clone().unwrap_or_default();
        let wanted = self.key.as_deref().map(str::trim);
        let after = match (self.state, wanted.and_then(Entry::read)) {
            (State::Present, Some(wanted)) => self.with(&text, &name, &wanted),
            (_, wanted) => without(&text, &name, wanted.as_ref()),
        };
        let mut plan = Plan::default();
        plan.returns("name", self.name.as_str());
        plan.returns("key", self.key.clone());
        plan.returns("path", path.as_str());
        plan.returns("hash_host", self.hash_host);
        plan.returns(
            "state",
            if self.state == State::Present {
                "present"
            } else {
                "absent"
            },
        );
        if after != text {
            let mode = Mode::octal(0o600);
            let file = WriteFile {
                path,
                content: after.into(),
                attributes: attributes(before.is_none().then_some(&mode), None, None),
                ..WriteFile::default()
            };
            plan.write(host, file).await?;
        }
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Know a server of code before anything is fetched from it",
                yaml: "known_hosts:\n  name: git.example.org\n  key: \"git.example.org ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHZ1bGxl\"\n  path: /etc/ssh/ssh_known_hosts\n",
            },
            Example {
                title: "Forget all keys of a host that was installed anew",
                yaml: "known_hosts:\n  name: node3.example.org\n  state: absent\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("name", "The host."),
            ("key", "The key, as it was given."),
            ("path", "The file."),
            ("hash_host", "Whether the name is a hash."),
            ("state", "`present` or `absent`."),
        ]
    }
}

impl KnownHosts {
    /// The text with the key, in place of another one of its type.
    fn with(&self, text: &str, name: &str, wanted: &Entry<'_>) -> String {
        let alike = |entry: &Entry<'_>| {
            entry.is_of(name) && entry.kind == wanted.kind && entry.marker == wanted.marker
        };
        let mut entries = text.lines().filter_map(Entry::read);
        let known = entries.any(|it| {
            let hashed = it.names.starts_with("|1|");
            alike(&it)
                && it.key == wanted.key
                && hashed == (self.hash_host || wanted.names.starts_with("|1|"))
        });
        if known {
            return text.to_owned();
        }
        let kept = text
            .lines()
            .filter(|line| !Entry::read(line).is_some_and(|it| alike(&it)));
        let mut lines: Vec<String> = kept.map(str::to_owned).collect();
        let names = match self.hash_host && !wanted.names.starts_with("|1|") {
            true => hashed(name),
            false => wanted.names.to_owned(),
        };
        let words = wanted
            .marker
            .into_iter()
            .chain([names.as_str(), wanted.kind, wanted.key]);
        lines.push(words.collect::<Vec<_>>().join(" "));
        lines.join("\n") + "\n"
    }
}

/// The text without the key, or without all keys of the host.
fn without(text: &str, name: &str, key: Option<&Entry<'_>>) -> String {
    let gone = |line: &str| {
        Entry::read(line).is_some_and(|it| {
            it.is_of(name) && key.is_none_or(|key| (it.kind, it.key) == (key.kind, key.key))
        })
    };
    if !text.lines().any(gone) {
        return text.to_owned();
    }
    let kept = text.lines().filter(|line| !gone(line));
    kept.map(|line| format!("{line}\n")).collect()
}

/// A name as ssh hashes it. The salt is of the name, so that a plan is the same every time it is made.
fn hashed(name: &str) -> String {
    let salt = Sha1::digest(format!("known_hosts of {name}"));
    format!(
        "|1|{}|{}",
        STANDARD.encode(salt),
        STANDARD.encode(keyed(&salt, name))
    )
}

fn is_hash_of(text: &str, name: &str) -> bool {
    let Some((salt, hash)) = text.split_once('|') else {
        return false;
    };
    STANDARD
        .decode(salt)
        .is_ok_and(|salt| STANDARD.encode(keyed(&salt, name)) == hash)
}

/// HMAC with SHA-1, by which ssh hashes names.
fn keyed(key: &[u8], text: &str) -> Vec<u8> {
    let mut block = [0_u8; 64];
    let key = match key.len() {
        0..=64 => key.to_vec(),
        _ => Sha1::digest(key).to_vec(),
    };
    block[..key.len()].copy_from_slice(&key);
    let with = |pad: u8| block.map(|it| it ^ pad);
    let mut inner = Sha1::new();
    inner.update(with(0x36));
    inner.update(text.as_bytes());
    let mut outer = Sha1::new();
    outer.update(with(0x5c));
    outer.update(inner.finalize());
    outer.finalize().to_vec()
}

#[cfg(test)]
mod tests {
    use crate::testing::{Desk, apply_on, probe, refusal, told};
    use k8sbm_core::connection::FakeHost;

    const KEYS: &str =
        "# mine\nother ssh-ed25519 AAAA1\ngit,10.0.0.9 ssh-ed25519 AAAA2 note\ngit ssh-rsa AAAA3\n";

    #[tokio::test]
    async fn a_key_takes_the_place_of_another_of_its_type() {
        let fake = FakeHost::new().file("/k", KEYS);
        let host = probe(fake.clone(), Desk::default());
        let known = "{name: GIT, key: 'git ssh-rsa AAAA3', path: /k}";
        assert_eq!(told(&host, "known_hosts", known).await, "");
        insta::assert_snapshot!(told(&host, "known_hosts", "{name: git, key: 'git ssh-rsa AAAA9', path: /k}").await, @r"
        write /k
        - # mine
        - other ssh-ed25519 AAAA1
        - git,10.0.0.9 ssh-ed25519 AAAA2 note
        - git ssh-rsa AAAA3
        + # mine
        + other ssh-ed25519 AAAA1
        + git,10.0.0.9 ssh-ed25519 AAAA2 note
        + git ssh-rsa AAAA9
        ");
        apply_on(&host, "known_hosts", "{name: git, state: absent, path: /k}")
            .await
            .unwrap();
        assert_eq!(
            fake.content("/k").unwrap(),
            "# mine\nother ssh-ed25519 AAAA1\n"
        );
    }

    #[tokio::test]
    async fn names_may_be_hashes() {
        let fake = FakeHost::new();
        let host = probe(fake.clone(), Desk::default());
        let arguments = "{name: git, key: 'git ssh-rsa AAAA3', path: /etc/known, hash_host: true}";
        apply_on(&host, "known_hosts", arguments).await.unwrap();
        let text = fake.content("/etc/known").unwrap();
        assert!(
            text.starts_with("|1|") && text.ends_with("= ssh-rsa AAAA3\n"),
            "{text}"
        );
        assert_eq!(fake.stat("/etc/known").unwrap().mode, 0o600);
        assert_eq!(told(&host, "known_hosts", arguments).await, "");
        apply_on(
            &host,
            "known_hosts",
            "{name: git, state: absent, path: /etc/known}",
        )
        .await
        .unwrap();
        assert_eq!(fake.content("/etc/known").unwrap(), "");
    }

    #[test]
    fn hashes_are_those_of_ssh() {
        // RFC 2202, the second case.
        let hash = super::keyed(b"Jefe", "what do ya want for nothing?");
        assert_eq!(
            hex::encode(hash),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"
        );
    }

    #[test]
    fn a_key_must_be_of_the_host() {
        for wrong in [
            "{name: git}",
            "{name: git, key: 'hub ssh-rsa AAAA3'}",
            "{name: git, key: 'ssh-rsa AAAA3'}",
            "{name: git, key: \"git ssh-rsa A\\ngit ssh-rsa B\"}",
        ] {
            refusal("known_hosts", wrong);
        }
    }
}
