//! The `apt_key` module.

use super::openpgp::{self, PublicKey};
use crate::{
    file::{Download, masked},
    net::Curl,
};
use k8sbm_core::{
    host::{Attributes, FileChange, Mode},
    task::{Diff, Error, Example, Plan, Probe, Result, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;

const TRUSTED: &str = "/etc/apt/trusted.gpg";
const PARTS: &str = "/etc/apt/trusted.gpg.d";

/// Says whose signatures apt believes, for all repositories.
///
/// apt's own program for it is gone from new releases; here the keyrings are read and written without it.
/// `deb822_repository` with `signed_by` believes a key for one repository alone, which is better.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AptKey {
    /// The key's id, or its fingerprint, with or without `0x`. A key that is known by it is not fetched again, and one
    /// that is fetched must have it.
    #[serde(default)]
    id: Option<String>,
    /// Where the key is downloaded from.
    #[serde(default)]
    url: Option<String>,
    /// The text of the key.
    #[serde(default)]
    data: Option<String>,
    /// A file of the host with the key.
    #[serde(default)]
    file: Option<String>,
    /// A server of keys that is asked for `id`: a name, or an address that begins with `hkp://`, `hkps://` or
    /// `https://`.
    #[serde(default)]
    keyserver: Option<String>,
    /// The file to keep it in. Default: `/etc/apt/trusted.gpg`; where apt reads that no more, a file in
    /// `/etc/apt/trusted.gpg.d` named by the id.
    #[serde(default)]
    keyring: Option<String>,
    /// Whether apt believes it.
    #[serde(default)]
    state: State,
    /// Whether the server that the key comes from must have a valid certificate. Default true.
    #[serde(default = "yes")]
    validate_certs: bool,
}

fn yes() -> bool {
    true
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    /// It does.
    #[default]
    Present,
    /// It does not.
    Absent,
}

/// A file with keys.
struct Keyring {
    path: String,
    keys: Vec<PublicKey>,
}

impl Task for AptKey {
    const NAME: &'static str = "apt_key";

    fn validate(&self) -> Result<()> {
        let sources = [&self.url, &self.data, &self.file, &self.keyserver];
        let sources = sources.into_iter().flatten().count();
        if let Some(id) = self.id.as_ref().filter(|it| openpgp::id(it).is_none()) {
            return Err(Error::arguments(format!("`{id}` is no id of a key"))
                .hint("an id is the last 8 or 16 digits of a fingerprint, or all 40")
                .about(["id"]));
        }
        match (self.state, sources) {
            (State::Absent, _) if self.id.is_none() => {
                Err(Error::arguments("the key to remove is not said").hint("`id` says it"))
            }
            (State::Present, 0) => Err(Error::arguments("it is not said where the key comes from")
                .hint("`url`, `file`, `data` or `keyserver` says it")),
            (State::Present, 2..) => Err(Error::arguments(
                "`url`, `file`, `data` and `keyserver` are mutually exclusive",
            )),
            _ if self.keyserver.is_some() && self.id.is_none() => {
                Err(Error::arguments("a server of keys is asked for an `id`"))
            }
            _ => Ok(()),
        }
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let rings = self.rings(host).await?;
        let known: Vec<&PublicKey> = rings.iter().flat_map(|it| &it.keys).collect();
        let ids =
            |keys: &[&PublicKey]| keys.iter().map(|it| it.id().to_owned()).collect::<Vec<_>>();
        let id = self.id.as_deref().and_then(openpgp::id);
        let mut plan = Plan::default();
        plan.returns("before", ids(&known));
        if let Some(id) = &id {
            plan.returns("id", self.id.clone());
            plan.returns("key_id", id.clone());
            plan.returns("short_id", id[id.len() - 8..].to_owned());
        }
        let meant = |key: &PublicKey| id.as_deref().is_some_and(|id| key.is(id));
        if self.state == State::Absent {
            for ring in rings.iter().filter(|it| it.keys.iter().any(meant)) {
                let keys: Vec<_> = ring.keys.iter().filter(|it| !meant(it)).cloned().collect();
                rewrite(&mut plan, ring, &keys);
            }
            let left: Vec<_> = known.into_iter().filter(|it| !meant(it)).collect();
            plan.returns("after", ids(&left));
            return Ok(plan);
        }
        if let Some(key) = known.iter().find(|it| meant(it)) {
            plan.returns("fp", key.fingerprint.clone());
            return Ok(plan);
        }
        let fetched = self.fetch(host).await?;
        let Some(first) = fetched.first() else {
            return Err(Error::failed("Unable to extract key from the given source")
                .hint("no public key of OpenPGP is in it"));
        };
        if let Some(id) = &id
            && !fetched.iter().any(meant)
        {
            return Err(Error::failed(format!(
                "Unable to find key with id {id} from the given source"
            ))
            .hint(format!("it is the key {}", first.fingerprint)));
        }
        plan.returns("fp", first.fingerprint.clone());
        if id.is_none() {
            plan.returns("id", first.id());
            plan.returns("key_id", first.id());
            plan.returns("short_id", &first.id()[8..]);
        }
        let there = |key: &PublicKey| known.iter().any(|it| it.fingerprint == key.fingerprint);
        let missing: Vec<_> = fetched.iter().filter(|it| !there(it)).cloned().collect();
        if !missing.is_empty() {
            let path = self.path(host, &missing).await?;
            let none = Keyring {
                path: path.clone(),
                keys: Vec::new(),
            };
            let ring = rings.iter().find(|it| it.path == path).unwrap_or(&none);
            rewrite(&mut plan, ring, &[&*ring.keys, &missing].concat());
            let all: Vec<_> = known.iter().copied().chain(&missing).collect();
            plan.returns("after", ids(&all));
        }
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Believe who signs the packages of Docker, and fetch the key only once",
                yaml: "apt_key:\n  url: https://download.docker.com/linux/debian/gpg\n  id: 9DC858229FC7DD38854AE2D88D81803C0EBFCD88\n  keyring: /etc/apt/trusted.gpg.d/docker.gpg\n",
            },
            Example {
                title: "Believe it no more",
                yaml: "apt_key:\n  id: \"0x0EBFCD88\"\n  state: absent\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("before", "The ids of all keys that were believed."),
            (
                "after",
                "The ids of all keys that are believed, where that changes.",
            ),
            ("id", "The id as it was given, or that of the key."),
            ("key_id", "The id in capital letters, without `0x`."),
            ("short_id", "Its last 8 digits."),
            ("fp", "The key's fingerprint."),
        ]
    }
}

impl AptKey {
    async fn rings(&self, host: &Probe) -> Result<Vec<Keyring>> {
        let paths = match &self.keyring {
            Some(path) => vec![path.clone()],
            None => {
                let parts = host.list(PARTS).await?;
                let parts = parts.iter().flat_map(|names| names.iter());
                let parts = parts.filter(|it| it.ends_with(".gpg") || it.ends_with(".asc"));
                let parts = parts.map(|name| format!("{PARTS}/{name}"));
                [TRUSTED.to_owned()].into_iter().chain(parts).collect()
            }
        };
        let contents = futures::future::try_join_all(paths.iter().map(|it| host.read(it))).await?;
        let rings = paths.into_iter().zip(contents);
        Ok(rings
            .filter_map(|(path, content)| {
                let keys = openpgp::keys(&content?);
                Some(Keyring { path, keys })
            })
            .collect())
    }

    /// Where new keys go.
    async fn path(&self, host: &Probe, keys: &[PublicKey]) -> Result<String> {
        if let Some(path) = &self.keyring {
            return Ok(path.clone());
        }
        // apt read the one file as long as it had a program to write it.
        Ok(match host.exists("/usr/bin/apt-key").await? {
            true => TRUSTED.to_owned(),
            false => format!("{PARTS}/{}.gpg", keys.first().map_or("", |it| it.id())),
        })
    }

    async fn fetch(&self, host: &Probe) -> Result<Vec<PublicKey>> {
        if let Some(data) = &self.data {
            return Ok(openpgp::keys(data.as_bytes()));
        }
        if let Some(path) = &self.file {
            let content = host.read(path).await?;
            let content = content.ok_or_else(|| Error::failed(format!("there is no {path}")))?;
            return Ok(openpgp::keys(&content));
        }
        let asked = self.keyserver.as_ref().map(|server| {
            let id = self.id.as_deref().and_then(openpgp::id);
            lookup(server, &id.unwrap_or_default())
        });
        let Some(url) = self.url.clone().or(asked) else {
            return Ok(Vec::new());
        };
        let download = Download {
            url,
            timeout: 10,
            validate_certs: self.validate_certs,
            more: Curl::default(),
        };
        let output = host.query_beyond(download.command("-")).await?;
        download.check(&output).map_err(|error| {
            error.context(format!(
                "error getting key id from url {}",
                masked(&download.url)
            ))
        })?;
        Ok(openpgp::keys(&output.stdout))
    }
}

/// The address at which a server tells a key.
fn lookup(server: &str, id: &str) -> String {
    let server = server.trim_end_matches('/');
    let base = match server.split_once("://") {
        Some(("hkp", host)) if host.contains(':') => format!("http://{host}"),
        Some(("hkp", host)) => format!("http://{host}:11371"),
        Some(("hkps", host)) => format!("https://{host}"),
        Some(_) => server.to_owned(),
        None => format!("http://{server}:11371"),
    };
    format!("{base}/pks/lookup?op=get&options=mr&search=0x{id}")
}

/// Lets a file hold these keys, and be gone where there are none.
fn rewrite(plan: &mut Plan, ring: &Keyring, keys: &[PublicKey]) {
    let side = |keys: &[PublicKey]| -> String {
        keys.iter()
            .map(|it| format!("{}\n", it.fingerprint))
            .collect()
    };
    let path = ring.path.clone();
    let diff = Diff::text(&path, side(&ring.keys), side(keys));
    if keys.is_empty() {
        plan.change(
            format!("remove {path}"),
            FileChange::Remove { path },
            Some(diff),
        );
        return;
    }
    let change = FileChange::Write {
        path: path.clone(),
        content: keys.iter().flat_map(|it| it.bytes.clone()).collect(),
        attributes: Attributes {
            mode: Some(Mode::octal(0o644)),
            ..Attributes::default()
        },
        validate: None,
        backup: None,
        in_place: false,
    };
    plan.change(format!("write {path}"), change, Some(diff));
}

#[cfg(test)]
mod tests;
