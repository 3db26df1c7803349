//! The `etcd_snapshot` module.

mod saving;
mod shelf;

use self::{saving::Saving, shelf::Shelf};
use super::{etcd::Client, keeping::absolute};
use jiff::Timestamp;
use k8sbm_core::{
    host::{Attributes, Mode},
    task::{Error, Example, Plan, Probe, Result, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Saves what is in etcd, verifies it, seals it if asked to, and removes what is too old.
///
/// Snapshots lie in a directory for its owner alone, and are named after the time: `NAME-20261121T013000Z.db`. One is
/// saved when the newest is older than `max_age`. It is verified with etcdutl (etcdctl before 3.5), and counts only
/// when that finds it whole and not empty; only then older ones are removed. A snapshot holds every secret of the
/// cluster: with `recipients`, the host's program `age` encrypts it, so that it never leaves the host readable and may
/// be larger than k8sbm's memory. To restore one, the encryption configuration and the certificates are needed too;
/// they are not in it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EtcdSnapshot {
    /// The directory, an absolute path.
    #[serde(alias = "dest")]
    #[schemars(extend("aliases" = ["dest"]))]
    directory: String,
    /// What snapshots are called before the time. Default `etcd`.
    #[serde(default = "etcd")]
    name: String,
    /// Seconds for which a snapshot is new enough that none is saved. Default 3600; with 0, each run saves one.
    #[serde(default = "an_hour")]
    max_age: u64,
    /// How many are kept. Default: all.
    keep: Option<usize>,
    /// For how many days they are kept. The newest is kept however old it is. Default: for ever.
    keep_days: Option<u32>,
    /// Who can open it: public keys of age, `age1...`. Default: it is not encrypted.
    #[serde(default)]
    recipients: Vec<String>,
    /// Where etcd is asked; a snapshot comes from one member.
    #[serde(default = "here")]
    endpoint: String,
    /// The file of the authority that signed etcd's certificates.
    cacert: Option<String>,
    /// The file of the client's certificate.
    cert: Option<String>,
    /// The file of the client's key.
    key: Option<String>,
    /// The program. Default `etcdctl`.
    #[serde(default = "etcdctl")]
    etcdctl: String,
    /// The program that verifies. Default `etcdutl`, and `etcdctl` where there is none.
    #[serde(default = "etcdutl")]
    etcdutl: String,
}

fn etcd() -> String {
    "etcd".into()
}

fn an_hour() -> u64 {
    3600
}

fn here() -> String {
    "https://127.0.0.1:2379".into()
}

fn etcdctl() -> String {
    "etcdctl".into()
}

fn etcdutl() -> String {
    "etcdutl".into()
}

impl Task for EtcdSnapshot {
    const NAME: &'static str = "etcd_snapshot";

    fn validate(&self) -> Result<()> {
        absolute("directory", &self.directory)?;
        if self.name.is_empty() || self.name.contains('/') {
            let error = Error::arguments(format!("`{}` is no part of a file's name", self.name));
            return Err(error.about(["name"]));
        }
        if self.keep == Some(0) {
            let error = Error::arguments("nothing would be kept");
            return Err(error.hint("`keep` is at least 1").about(["keep"]));
        }
        if self.endpoint.contains(',') {
            let error = Error::arguments("a snapshot comes from one member, and there are several");
            return Err(error.about(["endpoint"]));
        }
        match self.recipients.iter().find(|it| !it.starts_with("age1")) {
            Some(other) => {
                let error = Error::arguments(format!("`{other}` is no public key of age"));
                Err(error
                    .hint("`age-keygen` prints one, which begins with `age1`")
                    .about(["recipients"]))
            }
            None => Ok(()),
        }
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        let private = Attributes {
            mode: Some(Mode::octal(0o700)),
            ..Attributes::default()
        };
        plan.directory(host, &self.directory, &private).await?;
        let listed = host.list(&self.directory).await?;
        let shelf = Shelf::of(listed.iter().flat_map(|it| it.iter()), &self.name);
        let now = Timestamp::now();
        let due = shelf.newest().is_none_or(|it| {
            now.as_second() - it.time.as_second() >= i64::try_from(self.max_age).unwrap_or(i64::MAX)
        });
        if due {
            let saving = self.saving();
            let sealed = if self.recipients.is_empty() {
                ""
            } else {
                ", sealed"
            };
            let summary = format!("save etcd into {}{sealed}", self.directory);
            plan.act(summary, async move |host| saving.run(&host).await);
        } else if let Some(newest) = shelf.newest() {
            plan.returns("path", format!("{}/{}", self.directory, newest.name));
        }
        let oldest = self.keep_days.map(|days| {
            let seconds = now.as_second() - i64::from(days) * 86400;
            Timestamp::from_second(seconds).unwrap_or(Timestamp::MIN)
        });
        for name in shelf.too_many(self.keep, oldest, due) {
            plan.absent(host, &format!("{}/{name}", self.directory))
                .await?;
        }
        Ok(plan)
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("path", "The newest snapshot."),
            ("keys", "How many keys it has, where one was saved."),
            (
                "revision",
                "The revision of etcd it has, where one was saved.",
            ),
            (
                "hash",
                "The hash that etcdutl tells of it, where one was saved.",
            ),
        ]
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "One a day at most, for two weeks",
                yaml: "etcd_snapshot:\n  directory: /var/backups/etcd\n  max_age: 86400\n  keep_days: 14\n  cacert: /etc/kubernetes/pki/etcd/ca.crt\n  cert: /etc/kubernetes/pki/etcd/healthcheck-client.crt\n  key: /etc/kubernetes/pki/etcd/healthcheck-client.key\n",
            },
            Example {
                title: "Before an upgrade, in any case, and for two people's eyes",
                yaml: "etcd_snapshot:\n  directory: /var/backups/etcd\n  name: before-upgrade\n  max_age: 0\n  keep: 3\n  recipients:\n    - age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p\n    - age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg\n  cacert: /etc/etcd/pki/ca.crt\n  cert: /etc/etcd/pki/client.crt\n  key: /etc/etcd/pki/client.key\n",
            },
        ]
    }
}

impl EtcdSnapshot {
    fn saving(&self) -> Saving {
        Saving {
            client: Client {
                program: self.etcdctl.clone(),
                endpoints: vec![self.endpoint.clone()],
                cacert: self.cacert.clone(),
                cert: self.cert.clone(),
                key: self.key.clone(),
            },
            verifier: self.etcdutl.clone(),
            directory: self.directory.clone(),
            name: self.name.clone(),
            recipients: self.recipients.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Desk, apply_on, probe, refusal, told};
    use jiff::{Timestamp, ToSpan};
    use k8sbm_core::{connection::FakeHost, host::Output};

    const YAML: &str = "{directory: /b, max_age: 3600, keep: 2}";

    fn named(hours: i64) -> String {
        let time = Timestamp::now() - hours.hours();
        format!("/b/etcd-{}.db", time.strftime("%Y%m%dT%H%M%SZ"))
    }

    /// A host whose etcd writes a snapshot of so many keys.
    fn host(keys: u64) -> FakeHost {
        let status =
            format!("{{\"hash\":7,\"revision\":9,\"totalKey\":{keys},\"totalSize\":20480}}");
        FakeHost::new().commands(
            |_| true,
            move |host, command| {
                let line = command.line();
                let words: Vec<&str> = line.split(' ').collect();
                match words[..] {
                    [_, "snapshot", "save", path] => host.write(path, "bolt"),
                    ["mv", .., from, to] => {
                        host.write(to, host.content(from).unwrap());
                        host.remove(from);
                    }
                    ["rm", .., path] => host.remove(path),
                    _ => {}
                }
                Output {
                    stdout: if line.contains("status") {
                        status.clone().into()
                    } else {
                        Vec::new()
                    },
                    ..Output::default()
                }
            },
        )
    }

    #[tokio::test]
    async fn one_is_saved_when_none_is_new_and_old_ones_go() {
        let (one, two, three) = (named(3), named(30), named(300));
        let fake = host(5).file(&one, "").file(&two, "").file(&three, "");
        let fake = fake.file("/b/other.txt", "");
        let probed = probe(fake.clone(), Desk::default());
        let plan = told(&probed, "etcd_snapshot", YAML).await;
        assert!(plan.contains("save etcd into /b"), "{plan}");
        assert!(
            plan.contains(&format!("remove {two}")) && plan.contains(&format!("remove {three}"))
        );
        assert!(!plan.contains(&one) && !plan.contains("other"), "{plan}");
        let returns = apply_on(&probed, "etcd_snapshot", YAML).await.unwrap();
        assert_eq!(returns["keys"], 5);
        assert!(fake.content(returns["path"].as_str().unwrap()).is_some());
        let again = told(&probe(fake, Desk::default()), "etcd_snapshot", YAML).await;
        assert_eq!(again, "");
    }

    #[tokio::test]
    async fn an_empty_snapshot_counts_for_nothing() {
        let old = named(30);
        let fake = host(0)
            .file(&old, "")
            .file(&named(31), "")
            .file(&named(32), "");
        let error = apply_on(&probe(fake.clone(), Desk::default()), "etcd_snapshot", YAML).await;
        assert!(error.unwrap_err().to_string().contains("no keys"));
        assert!(fake.content(&old).is_some());
    }

    #[tokio::test]
    async fn the_newest_is_kept_however_old() {
        let (one, two) = (named(24 * 30), named(24 * 40));
        let fake = FakeHost::new().file(&one, "").file(&two, "");
        let yaml = "{directory: /b, max_age: 99999999, keep_days: 14}";
        let plan = told(&probe(fake, Desk::default()), "etcd_snapshot", yaml).await;
        assert!(
            plan.contains(&format!("remove {two}")) && !plan.contains(&one),
            "{plan}"
        );
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        assert!(
            refusal("etcd_snapshot", "{directory: /b, keep: 0}")
                .message
                .contains("nothing")
        );
        let yaml = "{directory: /b, recipients: [bob]}";
        assert!(refusal("etcd_snapshot", yaml).message.contains("`bob`"));
    }
}
