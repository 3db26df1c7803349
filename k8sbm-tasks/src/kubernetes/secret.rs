//! The `secret` module.

use super::keeping::{Keeping, absolute};
use base64::{Engine, engine::general_purpose::STANDARD};
use k8sbm_core::{
    host::{Attributes, Host, Mode},
    task::{Error, Example, Plan, Probe, Result, Returns, Task},
};
use rand::RngExt;
use regex::Regex;
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::sync::Mutex;

/// Makes a secret once, such as a password or a key for encryption at rest, and finds it again in every run.
///
/// Where it is kept already, it is taken. Else, where the host uses one already (`adopt`), that one is kept. Else one is
/// made. `register` sees it as `value`; everything that is told of the run shows stars in its place. It is kept in a
/// file for its owner alone; on the controller, it is sealed with the first vault password that is given.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Secret {
    /// The absolute path of the file that keeps it.
    path: String,
    /// On which host it is kept, or `controller` for the machine that k8sbm runs on. Default: the task's own host.
    kept_on: Option<String>,
    /// How many random bytes are in it, before they are written as text; with `format: letters`, how many letters.
    #[serde(default = "usual_length", alias = "bytes")]
    #[schemars(extend("aliases" = ["bytes"]))]
    length: usize,
    /// How it is written.
    #[serde(default)]
    format: Format,
    /// Files of the task's host in which a secret is that is in use already, the first that has one counts.
    #[serde(default)]
    adopt: Vec<Adopted>,
}

/// How a secret is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Format {
    /// Base64, as Kubernetes wants keys for encryption.
    #[default]
    Base64,
    /// Hexadecimal digits.
    Hex,
    /// Letters and digits.
    Letters,
}

/// Where a secret in use is found.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Adopted {
    /// The absolute path of a file.
    path: String,
    /// A regular expression whose first group is the secret. Default: the whole file.
    pattern: Option<String>,
}

/// One is made at a time: hosts that find none would each make their own.
static MAKING: Mutex<()> = Mutex::const_new(());

/// Fewer random bytes than these can be guessed.
const SHORTEST: usize = 8;

fn usual_length() -> usize {
    32
}

impl Task for Secret {
    const NAME: &'static str = "secret";

    fn validate(&self) -> Result<()> {
        absolute("path", &self.path)?;
        if self.length < SHORTEST {
            let error = Error::arguments(format!("a secret of {} can be guessed", self.length));
            return Err(error
                .hint(format!("take at least {SHORTEST}"))
                .about(["length"]));
        }
        for (at, adopted) in self.adopt.iter().enumerate() {
            let pattern = adopted.pattern()?;
            if pattern.is_some_and(|pattern| pattern.captures_len() < 2) {
                let error = Error::arguments("the pattern has no group to say what the secret is");
                return Err(error
                    .hint("put round brackets around it: `secret: (.+)`")
                    .about(["adopt".to_owned(), at.to_string(), "pattern".to_owned()]));
            }
        }
        Ok(())
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        plan.returns("path", self.path.as_str());
        let keeping = Keeping::of(host, self.kept_on.as_deref())?;
        if let Some(value) = keeping.read_text(&self.path).await? {
            let value = self.usable(&value)?;
            host.controller().keep_secret(&value);
            plan.returns("value", value);
            if self.kept_on.is_none() {
                let private = Attributes {
                    mode: Some(Mode::octal(0o600)),
                    ..Attributes::default()
                };
                plan.attributes(host, &self.path, &private, true).await?;
            }
            return Ok(plan);
        }
        let this = self.clone();
        let adopted = self.adopted(host).await?;
        let summary = match &adopted {
            Some((path, _)) => format!("keep the secret of {path} in {}", self.place()),
            None => format!("make the secret {}", self.place()),
        };
        let value = adopted.map(|(_, value)| value);
        if let Some(value) = &value {
            host.controller().keep_secret(value);
            plan.returns("value", value.as_str());
        }
        plan.act(summary, async move |host| this.keep(&host, value).await);
        Ok(plan)
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("value", "The secret; what is told of the run shows stars."),
            ("path", "The file that keeps it."),
        ]
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "The key for encryption at rest, the same on all control planes; one that is in use stays",
                yaml: "secret:\n  path: /etc/kubernetes/authority/encryption-key\n  kept_on: \"{{ groups.control_plane[0] }}\"\n  adopt:\n    - path: /etc/kubernetes/encryption.yaml\n      pattern: 'secret: (\\S+)'\nregister: encryption_key\n",
            },
            Example {
                title: "A password on the controller, sealed with the vault password",
                yaml: "secret:\n  path: \"{{ inventory_dir }}/secrets/keepalived\"\n  kept_on: controller\n  format: letters\n  length: 16\nregister: keepalived_password\nrun_once: true\n",
            },
        ]
    }
}

impl Adopted {
    fn pattern(&self) -> Result<Option<Regex>> {
        let pattern = self.pattern.as_deref().map(Regex::new).transpose();
        pattern.map_err(|error| Error::arguments(format!("the pattern cannot be read: {error}")))
    }
}

impl Secret {
    fn place(&self) -> String {
        match &self.kept_on {
            Some(place) => format!("{} on {place}", self.path),
            None => self.path.clone(),
        }
    }

    fn usable(&self, text: &str) -> Result<String> {
        match text.trim() {
            "" => Err(Error::failed(format!("{} is empty", self.place()))
                .hint("remove the file, and a secret is made")),
            text => Ok(text.to_owned()),
        }
    }

    /// The secret that the host uses, and in which file.
    async fn adopted(&self, host: &Probe) -> Result<Option<(String, String)>> {
        for adopted in &self.adopt {
            let Some(text) = host.read_text(&adopted.path).await? else {
                continue;
            };
            let found = match adopted.pattern()? {
                Some(pattern) => pattern
                    .captures(&text)
                    .and_then(|captures| Some(captures.get(1)?.as_str().to_owned())),
                None => Some(text),
            };
            let found = found.map(|found| found.trim().to_owned());
            if let Some(value) = found.filter(|value| !value.is_empty()) {
                return Ok(Some((adopted.path.clone(), value)));
            }
        }
        Ok(None)
    }

    async fn keep(&self, host: &Host, adopted: Option<String>) -> Result<Returns> {
        let _one_at_a_time = MAKING.lock().await;
        let keeping = Keeping::now(host, self.kept_on.as_deref())?;
        let value = match keeping.read_text(&self.path).await? {
            // Another host made it meanwhile.
            Some(value) => self.usable(&value)?,
            None => {
                let value = adopted.unwrap_or_else(|| self.make());
                let line = format!("{value}\n");
                keeping.write_secret(&self.path, line.as_bytes()).await?;
                value
            }
        };
        host.controller().keep_secret(&value);
        let mut returns = Returns::new();
        returns.insert("value".into(), value.into());
        Ok(returns)
    }

    fn make(&self) -> String {
        let mut rng = rand::rng();
        let mut bytes = vec![0; self.length];
        rng.fill(&mut bytes[..]);
        match self.format {
            Format::Base64 => STANDARD.encode(bytes),
            Format::Hex => hex::encode(bytes),
            Format::Letters => rng
                .sample_iter(rand::distr::Alphanumeric)
                .take(self.length)
                .map(char::from)
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Desk, apply_on, plan_on, probe, refusal, told};
    use k8sbm_core::connection::FakeHost;

    const YAML: &str =
        "{path: /keys/at-rest, adopt: [{path: /etc/e.yml, pattern: 'secret: (.+)'}]}";

    #[tokio::test]
    async fn a_secret_is_made_once() {
        let fake = FakeHost::new();
        let host = probe(fake.clone(), Desk::default());
        assert_eq!(
            told(&host, "secret", YAML).await,
            "make the secret /keys/at-rest"
        );
        let value = apply_on(&host, "secret", YAML).await.unwrap()["value"].clone();
        assert_eq!(value.as_str().unwrap().len(), 44);
        assert_eq!(told(&host, "secret", YAML).await, "");
        let plan = plan_on(&host, "secret", YAML).await.unwrap();
        assert_eq!(plan.returns["value"], value);
        assert_eq!(fake.stat("/keys/at-rest").unwrap().mode, 0o600);
        assert_eq!(fake.stat("/keys").unwrap().mode, 0o700);
    }

    #[tokio::test]
    async fn one_in_use_is_adopted_and_one_that_is_kept_goes_before() {
        let fake = FakeHost::new().file("/etc/e.yml", "keys:\n- name: one\n  secret: abcdef==\n");
        let host = probe(fake.clone(), Desk::default());
        assert_eq!(
            told(&host, "secret", YAML).await,
            "keep the secret of /etc/e.yml in /keys/at-rest"
        );
        let value = apply_on(&host, "secret", YAML).await.unwrap()["value"].clone();
        assert_eq!(value, "abcdef==");
        let kept = fake.file("/keys/at-rest", "other\n");
        let plan = plan_on(&probe(kept, Desk::default()), "secret", YAML).await;
        assert_eq!(plan.unwrap().returns["value"], "other");
    }

    #[tokio::test]
    async fn others_may_not_read_it() {
        let host = probe(
            FakeHost::new().file("/keys/at-rest", "x1y2z3\n"),
            Desk::default(),
        );
        let told = told(&host, "secret", YAML).await;
        assert!(told.starts_with("set mode 0600"), "{told}");
    }

    #[test]
    fn what_can_be_guessed_or_not_found_is_refused() {
        let yaml = "{path: /a, length: 4}";
        assert_eq!(
            refusal("secret", yaml).message,
            "a secret of 4 can be guessed"
        );
        let yaml = "{path: /a, adopt: [{path: /b, pattern: 'secret: .+'}]}";
        assert!(refusal("secret", yaml).message.contains("no group"));
    }
}
