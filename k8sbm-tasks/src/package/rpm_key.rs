//! The `rpm_key` module.

use super::openpgp::{self, PublicKey};
use crate::{
    file::{Download, masked},
    net::Curl,
};
use k8sbm_core::{
    host::Command,
    task::{Diff, Error, Example, Plan, Probe, Result, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;

const IMPORTED: [&str; 4] = ["rpm", "-q", "gpg-pubkey", "--qf=%{VERSION}\\n"];
const IMPORT: &str = r#"
file=$(mktemp) || exit
cat >"$file" && rpm --import "$file"
status=$?
rm -f "$file"
exit "$status"
"#;

/// Says whose signatures on packages rpm believes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RpmKey {
    /// The key: a URL, a file of the host, or the id of a key that rpm knows, such as `8D79E6AA`.
    key: String,
    /// Whether rpm believes it.
    #[serde(default)]
    state: State,
    /// Fingerprints that must all be in the file before it is believed; blanks in them do not count.
    #[serde(default)]
    fingerprint: Vec<String>,
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

impl Task for RpmKey {
    const NAME: &'static str = "rpm_key";

    fn validate(&self) -> Result<()> {
        if self.state == State::Present && openpgp::id(&self.key).is_some() {
            return Ok(());
        }
        match self.fingerprint.iter().find(|it| openpgp::id(it).is_none()) {
            Some(other) => {
                Err(Error::arguments(format!("`{other}` is no fingerprint")).about(["fingerprint"]))
            }
            None => Ok(()),
        }
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let output = host.query(IMPORTED).await?;
        if [126, 127].contains(&output.status) {
            return Err(Error::failed("the host has no rpm")
                .hint("`apt_key` or `deb822_repository` says whom apt believes"));
        }
        let known = output.text();
        let known: Vec<String> = match output.success() {
            true => known.lines().filter_map(openpgp::id).collect(),
            false => Vec::new(),
        };
        let mut plan = Plan::default();
        if let Some(id) = openpgp::id(&self.key) {
            // A name that looks like an id is one, as long as no file has it.
            match known.iter().find(|it| same(it, &id)) {
                Some(it) if self.state == State::Absent => erase(&mut plan, it),
                None if self.state == State::Present => {
                    return Err(Error::failed(format!("rpm does not know the key {id}"))
                        .hint("a URL or a file of the host can be imported; an id alone cannot"));
                }
                _ => {}
            }
            return Ok(plan);
        }
        let content = self.content(host).await?;
        let keys = openpgp::keys(&content);
        let source = masked(&self.key);
        let Some(first) = keys.first() else {
            return Err(Error::failed(format!("Not a public key: {source}")));
        };
        let imported = known.iter().find(|it| same(it, &first.fingerprint));
        match (self.state, imported) {
            (State::Absent, Some(it)) => erase(&mut plan, it),
            (State::Present, None) => {
                self.verify(&keys)?;
                let command = Command::shell(IMPORT).stdin(content);
                let after: String = keys
                    .iter()
                    .map(|it| format!("{}\n", it.fingerprint))
                    .collect();
                plan.run_command(command, Some(Diff::text("keys", "", after)));
                if let Some(step) = plan.steps.last_mut() {
                    step.summary = format!("import {source} into rpm");
                }
            }
            _ => {}
        }
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Believe who signs Kubernetes' packages, and nobody who only says so",
                yaml: "rpm_key:\n  key: https://pkgs.k8s.io/core:/stable:/v1.34/rpm/repodata/repomd.xml.key\n  fingerprint: DE15 B144 86CD 377B 9E87 6E1A 2346 54DA 9A29 6436\n",
            },
            Example {
                title: "Believe a key of the host no more",
                yaml: "rpm_key:\n  key: 9A296436\n  state: absent\n",
            },
        ]
    }
}

impl RpmKey {
    async fn content(&self, host: &Probe) -> Result<Vec<u8>> {
        if !self.key.contains("://") {
            let content = host.read(&self.key).await?;
            let content = content.map(|it| it.to_vec());
            return content.ok_or_else(|| Error::failed(format!("Not a valid key {}", self.key)));
        }
        let download = Download {
            url: self.key.clone(),
            timeout: 10,
            validate_certs: self.validate_certs,
            more: Curl::default(),
        };
        let output = host.query_beyond(download.command("-")).await?;
        download.check(&output)?;
        Ok(output.stdout.clone())
    }

    fn verify(&self, keys: &[PublicKey]) -> Result<()> {
        let wanted = self.fingerprint.iter().filter_map(|it| openpgp::id(it));
        for wanted in wanted {
            let there =
                |key: &PublicKey| key.fingerprint == wanted || key.subkeys.contains(&wanted);
            if !keys.iter().any(there) {
                let found: Vec<_> = keys.iter().map(|it| it.fingerprint.as_str()).collect();
                return Err(Error::failed(format!(
                    "The specified fingerprint, '{wanted}', does not match any key fingerprints in '{}'",
                    found.join(", ")
                )));
            }
        }
        Ok(())
    }
}

/// Whether two ids, of whatever length, are of the same key.
fn same(one: &str, other: &str) -> bool {
    one.ends_with(other) || other.ends_with(one)
}

fn erase(plan: &mut Plan, id: &str) {
    let package = format!("gpg-pubkey-{}", id.to_ascii_lowercase());
    let command = Command::new(["rpm", "--erase", "--allmatches", package.as_str()]);
    plan.run_command(command, Some(Diff::text("keys", format!("{id}\n"), "")));
}

#[cfg(test)]
mod tests {
    use super::super::openpgp::tests::{FINGERPRINT, KEY};
    use super::IMPORTED;
    use crate::testing::{Desk, apply_on, probe, refusal, told};
    use k8sbm_core::connection::FakeHost;

    fn host(imported: &str) -> FakeHost {
        FakeHost::new()
            .file("/root/laws.asc", KEY)
            .file("/root/page.html", "not found")
            .query(IMPORTED, imported)
    }

    #[tokio::test]
    async fn a_file_is_imported_once() {
        let bare = FakeHost::new().file("/root/laws.asc", KEY);
        let bare = bare.query_fails(IMPORTED, 1, "package gpg-pubkey is not installed\n");
        let bare = bare.command([super::IMPORT], "");
        let bare = probe(bare, Desk::default());
        let arguments = format!("{{key: /root/laws.asc, fingerprint: '{FINGERPRINT}'}}");
        let said = told(&bare, "rpm_key", &arguments).await;
        assert_eq!(
            said,
            format!("import /root/laws.asc into rpm\n+ {FINGERPRINT}")
        );
        apply_on(&bare, "rpm_key", &arguments).await.unwrap();

        let short = FINGERPRINT[32..].to_lowercase();
        for known in [short, FINGERPRINT.to_lowercase()] {
            let host = probe(host(&format!("fedcba98\n{known}\n")), Desk::default());
            assert_eq!(told(&host, "rpm_key", "key: /root/laws.asc").await, "");
            let gone = told(&host, "rpm_key", "{key: /root/laws.asc, state: absent}").await;
            assert!(
                gone.contains(&format!("rpm --erase --allmatches gpg-pubkey-{known}")),
                "{gone}"
            );
        }
    }

    #[tokio::test]
    async fn an_id_can_be_removed_and_not_imported() {
        let host = probe(host("fedcba98\n"), Desk::default());
        insta::assert_snapshot!(told(&host, "rpm_key", "{key: '0xFEDCBA98', state: absent}").await, @r"
        run rpm --erase --allmatches gpg-pubkey-fedcba98
        - FEDCBA98
        ");
        assert_eq!(
            told(&host, "rpm_key", "{key: 00000000aa, state: absent}").await,
            ""
        );
        insta::assert_snapshot!(told(&host, "rpm_key", "key: '0xABCDEF01'").await, @r"
        error: rpm does not know the key ABCDEF01
        hint: a URL or a file of the host can be imported; an id alone cannot
        ");
    }

    #[tokio::test]
    async fn what_is_not_meant_is_not_believed() {
        let host = probe(host(""), Desk::default());
        let other =
            "{key: /root/laws.asc, fingerprint: [EBC6E12C62B1C734026B2122A20E52146B8D79E6]}";
        let said = told(&host, "rpm_key", other).await;
        assert!(
            said.contains("does not match any key fingerprints"),
            "{said}"
        );
        let said = told(&host, "rpm_key", "key: /root/page.html").await;
        assert_eq!(said, "error: Not a public key: /root/page.html");
        refusal("rpm_key", "{key: /root/laws.asc, fingerprint: nonsense}");
    }
}
