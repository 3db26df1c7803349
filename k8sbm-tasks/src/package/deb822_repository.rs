//! The `deb822_repository` module.

use k8sbm_core::{
    host::{Attributes, Command, Mode},
    task::{Error, Example, Plan, Probe, Result, Task, WriteFile},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;
use std::time::Duration;

const SOURCES: &str = "/etc/apt/sources.list.d";
const KEYRINGS: &str = "/etc/apt/keyrings";
const FETCH: &str =
    r#"if command -v curl >/dev/null; then curl -fsSL "$URL"; else wget -qO- "$URL"; fi"#;

/// Says where packages come from, in the form that apt prefers: a `.sources` file with the key beside it.
///
/// Needs nothing on the host but apt. The package lists are not brought up to date; `apt` does that.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Deb822Repository {
    /// Name of the repository; the files are called after it.
    name: String,
    /// Whether packages come from there.
    state: State,
    /// Kinds of packages: `deb` (default) and `deb-src`.
    types: Option<Vec<String>>,
    /// Addresses of the archive.
    uris: Option<Vec<String>>,
    /// Suites: names such as `bookworm`, or a path that ends with `/`.
    suites: Option<Vec<String>>,
    /// Components such as `main`; none with a suite that is a path.
    components: Option<Vec<String>>,
    /// The key: a URL, a file on the host, a fingerprint, or the armoured key itself. A key behind a URL is fetched by
    /// the host, each time, and kept in `/etc/apt/keyrings`.
    signed_by: Option<String>,
    /// Architectures to take packages for.
    architectures: Option<Vec<String>>,
    /// Whether the repository is in use.
    enabled: Option<bool>,
    /// Whether it is trusted without a key.
    trusted: Option<bool>,
    /// Mode of the file. Default 0644.
    mode: Option<Mode>,
    /// Allows going from a repository with a signature to one without.
    allow_downgrade_to_insecure: Option<bool>,
    /// Allows a repository without a signature.
    allow_insecure: Option<bool>,
    /// Allows a signature by a weak key.
    allow_weak: Option<bool>,
    /// Whether indexes are fetched by their hash.
    by_hash: Option<bool>,
    /// Whether the host's clock is believed.
    check_date: Option<bool>,
    /// Whether an old index is refused.
    check_valid_until: Option<bool>,
    /// Seconds that an index may be from the future.
    date_max_future: Option<i64>,
    /// Packages that are not taken from there.
    exclude: Option<Vec<String>>,
    /// Packages that alone are taken from there.
    include: Option<Vec<String>>,
    /// Path of the InRelease file.
    inrelease_path: Option<String>,
    /// Languages of descriptions to fetch.
    languages: Option<Vec<String>>,
    /// Whether indexes are fetched as differences.
    pdiffs: Option<bool>,
    /// Which kinds of indexes are fetched.
    targets: Option<Vec<String>>,
    /// Taken for Ansible's sake: nothing needs to be installed for this module.
    install_python_debian: Option<bool>,
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

impl Task for Deb822Repository {
    const NAME: &'static str = "deb822_repository";

    fn validate(&self) -> Result<()> {
        if slug(&self.name).is_empty() {
            return Err(Error::arguments(
                "the repository needs a `name` with letters or digits in it",
            ));
        }
        let known = |it: &&String| !["deb", "deb-src"].contains(&it.as_str());
        if let Some(other) = self.types.iter().flatten().find(known) {
            return Err(Error::arguments(format!(
                "`types` are `deb` and `deb-src`, not `{other}`"
            )));
        }
        Ok(())
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let slug = slug(&self.name);
        let path = format!("{SOURCES}/{slug}.sources");
        let mut plan = Plan::default();
        plan.returns("dest", path.clone());
        if self.state == State::Absent {
            plan.absent(host, &path).await?;
            for kind in ["asc", "gpg"] {
                plan.absent(host, &format!("{KEYRINGS}/{slug}.{kind}"))
                    .await?;
            }
            plan.returns("repo", Json::Null);
            plan.returns("key_filename", format!("{KEYRINGS}/{slug}.gpg"));
            return Ok(plan);
        }
        let (signed_by, key_file) = self.key(host, &mut plan, &slug).await?;
        let repo = self.render(signed_by.as_deref());
        let file = WriteFile {
            path,
            content: repo.clone().into(),
            attributes: Attributes {
                mode: Some(self.mode.clone().unwrap_or(Mode::octal(0o644))),
                ..Attributes::default()
            },
            ..WriteFile::default()
        };
        plan.write(host, file).await?;
        plan.returns("repo", repo);
        plan.returns("key_filename", key_file);
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Packages of Kubernetes 1.34",
                yaml: "deb822_repository:\n  name: kubernetes\n  uris: https://pkgs.k8s.io/core:/stable:/v1.34/deb/\n  suites: /\n  signed_by: https://pkgs.k8s.io/core:/stable:/v1.34/deb/Release.key\n",
            },
            Example {
                title: "A mirror of Debian",
                yaml: "deb822_repository:\n  name: debian\n  types: [deb, deb-src]\n  uris: http://mirror.example.org/debian\n  suites: [bookworm, bookworm-updates]\n  components: main\n  signed_by: /usr/share/keyrings/debian-archive-keyring.gpg\n",
            },
            Example {
                title: "No packages from there",
                yaml: "deb822_repository:\n  name: kubernetes\n  state: absent\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("repo", "The text of the file."),
            ("dest", "The file."),
            ("key_filename", "Where the key is."),
        ]
    }
}

impl Deb822Repository {
    /// What the file says of the key, and the key's file. A key behind a URL is planned to be kept.
    async fn key(
        &self,
        host: &Probe,
        plan: &mut Plan,
        slug: &str,
    ) -> Result<(Option<String>, Option<String>)> {
        let Some(key) = &self.signed_by else {
            return Ok((None, None));
        };
        if key.starts_with('/') {
            return Ok((Some(key.clone()), Some(key.clone())));
        }
        if !key.contains("://") {
            return Ok((Some(key.clone()), None));
        }
        let command = Command::shell(FETCH)
            .env("URL", key)
            .timeout(Duration::from_secs(60));
        let output = host.query_beyond(command).await?;
        if !output.success() || output.stdout.is_empty() {
            let said = output.error_text();
            return Err(Error::failed(format!(
                "Could not fetch signed_by key: {key}: {}",
                said.trim()
            ))
            .returning("rc", output.status));
        }
        let armoured = output
            .text()
            .contains("-----BEGIN PGP PUBLIC KEY BLOCK-----");
        let path = format!("{KEYRINGS}/{slug}.{}", if armoured { "asc" } else { "gpg" });
        let attributes = |mode| Attributes {
            mode: Some(Mode::octal(mode)),
            ..Attributes::default()
        };
        plan.directory(host, KEYRINGS, &attributes(0o755)).await?;
        let file = WriteFile {
            path: path.clone(),
            content: output.stdout.clone(),
            attributes: attributes(0o644),
            ..WriteFile::default()
        };
        plan.write(host, file).await?;
        Ok((Some(path.clone()), Some(path)))
    }

    fn render(&self, signed_by: Option<&str>) -> String {
        let word = |it: bool| if it { "yes" } else { "no" }.to_owned();
        let flag = |it: Option<bool>| it.map(word);
        let list = |it: &Option<Vec<String>>| it.as_ref().map(|it| it.join(" "));
        let types = self.types.as_ref().map_or("deb".into(), |it| it.join(" "));
        let fields = [
            (
                "Allow-Downgrade-To-Insecure",
                flag(self.allow_downgrade_to_insecure),
            ),
            ("Allow-Insecure", flag(self.allow_insecure)),
            ("Allow-Weak", flag(self.allow_weak)),
            ("Architectures", list(&self.architectures)),
            ("By-Hash", flag(self.by_hash)),
            ("Check-Date", flag(self.check_date)),
            ("Check-Valid-Until", flag(self.check_valid_until)),
            ("Components", list(&self.components)),
            (
                "Date-Max-Future",
                self.date_max_future.map(|it| it.to_string()),
            ),
            ("Enabled", flag(self.enabled)),
            ("Exclude", list(&self.exclude)),
            ("Include", list(&self.include)),
            ("Inrelease-Path", self.inrelease_path.clone()),
            ("Languages", list(&self.languages)),
            ("X-Repolib-Name", Some(self.name.clone())),
            ("Pdiffs", flag(self.pdiffs)),
            ("Signed-By", signed_by.map(str::to_owned)),
            ("Suites", list(&self.suites)),
            ("Targets", list(&self.targets)),
            ("Trusted", flag(self.trusted)),
            ("Types", Some(types)),
            ("URIs", list(&self.uris)),
        ];
        let mut text = String::new();
        for (name, value) in fields {
            let Some(value) = value else { continue };
            match value.trim().contains('\n') {
                true => text.push_str(&format!("{name}:\n{}", folded(&value))),
                false => text.push_str(format!("{name}: {}", value.trim()).trim_end()),
            }
            if !text.ends_with('\n') {
                text.push('\n');
            }
        }
        text
    }
}

/// Lines that go on a field: indented, and never empty.
fn folded(value: &str) -> String {
    let lines = value.trim().lines().map(str::trim);
    lines
        .map(|line| format!("    {}\n", if line.is_empty() { "." } else { line }))
        .collect()
}

fn slug(name: &str) -> String {
    let dashed = name
        .to_lowercase()
        .split([' ', '\t', '\n', '_'])
        .filter(|it| !it.is_empty())
        .collect::<Vec<_>>()
        .join("-");
    dashed
        .chars()
        .filter(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || *it == '-')
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Desk, probe, told};
    use k8sbm_core::connection::FakeHost;

    #[test]
    fn a_name_becomes_a_file() {
        assert_eq!(slug("Kubernetes 1.34_stable"), "kubernetes-134-stable");
    }

    #[test]
    fn the_key_may_stand_in_the_file() {
        let repository = Deb822Repository {
            name: "k".into(),
            uris: Some(vec!["https://example.org".into()]),
            suites: Some(vec!["/".into()]),
            enabled: Some(true),
            ..Deb822Repository::default()
        };
        insta::assert_snapshot!(repository.render(Some("-----BEGIN-----\n\nabc\n")), @r"
        Enabled: yes
        X-Repolib-Name: k
        Signed-By:
            -----BEGIN-----
            .
            abc
        Suites: /
        Types: deb
        URIs: https://example.org
        ");
    }

    #[tokio::test]
    async fn a_key_behind_a_url_is_kept() {
        let host = FakeHost::new()
            .directory("/etc/apt/sources.list.d")
            .query([FETCH], "binary\n");
        let yaml = "{name: k8s, uris: https://example.org/, suites: /, signed_by: https://example.org/key}";
        insta::assert_snapshot!(told(&probe(host, Desk::default()), "deb822_repository", yaml).await, @r"
        make directory /etc/apt/keyrings
        - state: absent
        + state: directory
        write /etc/apt/keyrings/k8s.gpg
        + binary
        write /etc/apt/sources.list.d/k8s.sources
        + X-Repolib-Name: k8s
        + Signed-By: /etc/apt/keyrings/k8s.gpg
        + Suites: /
        + Types: deb
        + URIs: https://example.org/
        ");
    }
}
