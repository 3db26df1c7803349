//! `k8s_packages`: kubelet, kubeadm and kubectl as packages.

use super::{
    apt::{AptGet, failure},
    dpkg::{Packages, Selection},
    wanted::Wanted,
};
use crate::{file::Download, net::Curl};
use k8sbm_core::{
    host::{Attributes, Command, FileChange, Host, Mode},
    task::{Diff, Error, Example, Plan, Probe, Result, Returns, Task, WriteFile},
};
use schemars::JsonSchema;
use serde::Deserialize;
use std::time::Duration;

const SOURCES: &str = "/etc/apt/sources.list.d/kubernetes.sources";
/// What the documentation of Kubernetes tells people to write; apt refuses two words on one repository.
const FORMER: &str = "/etc/apt/sources.list.d/kubernetes.list";
const KEY: &str = "/etc/apt/keyrings/kubernetes.asc";

/// Installs Kubernetes' packages on Debian and Ubuntu, in one version, and holds them there.
///
/// Each minor version of Kubernetes has a repository of its own: it is set up with its key, and a new minor version takes
/// the former one's place. Hosts fetch from the repository themselves; where they have no internet, programs come by the
/// module `artifact`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct K8sPackages {
    /// The version: `1.34.9`, or `1.34` for the newest of it.
    version: String,
    /// The packages.
    #[serde(default = "all")]
    packages: Vec<String>,
    /// Whether they shall be there. Absent, they go with their repository and its key.
    #[serde(default)]
    state: State,
    /// Whether upgrades of the host leave them as they are.
    #[serde(default = "yes")]
    hold: bool,
    /// Where the repositories are: what stands before `v1.34/deb/`.
    #[serde(default = "community")]
    repository: String,
    /// The repository's key, as text. It is fetched from the repository once where this is absent.
    key: Option<String>,
    /// Whether the repository is believed without a signature, such as a copy on a file system of the host.
    #[serde(default)]
    trusted: bool,
    /// Seconds to wait while something else installs packages.
    #[serde(default = "minute")]
    lock_timeout: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    /// Installed, in this version.
    #[default]
    Present,
    /// Not installed.
    Absent,
}

fn all() -> Vec<String> {
    ["kubelet", "kubeadm", "kubectl"].map(str::to_owned).into()
}

fn yes() -> bool {
    true
}

fn community() -> String {
    "https://pkgs.k8s.io/core:/stable:/".into()
}

fn minute() -> u64 {
    60
}

impl Task for K8sPackages {
    const NAME: &'static str = "k8s_packages";

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let known = Packages::of(host).await?;
        let mut plan = Plan::default();
        if self.state == State::Absent {
            self.remove(host, &mut plan, &known).await?;
            return Ok(plan);
        }
        self.set_up(host, &mut plan).await?;
        let wanted: Vec<Wanted> = self.packages.iter().map(|it| self.wanted(it)).collect();
        let here = |wanted: &Wanted| known.satisfying(wanted).map(|it| it.version.as_str());
        let missing: Vec<&Wanted> = wanted
            .iter()
            .filter(|it| !here(it).is_some_and(|version| it.accepts(version)))
            .collect();
        if !missing.is_empty() {
            let side = |text: &dyn Fn(&Wanted) -> String| {
                missing.iter().map(|it| text(it)).collect::<String>()
            };
            let before = side(&|it| format!("{} {}\n", it.name, here(it).unwrap_or("absent")));
            let after = side(&|it| format!("{} {}\n", it.name, self.version));
            let names: Vec<String> = missing.iter().map(|it| it.name.clone()).collect();
            let summary = format!("install {} {}", names.join(", "), self.version);
            let task = self.clone();
            plan.act_with(summary, Diff::text("packages", before, after), |host| {
                task.install(host, names)
            });
        }
        self.mark(&mut plan, &known, &missing);
        Ok(plan)
    }

    fn validate(&self) -> Result<()> {
        let numbers: Vec<_> = self.version.split('.').map(str::parse::<u32>).collect();
        if !(2..=3).contains(&numbers.len()) || numbers.iter().any(Result::is_err) {
            return Err(Error::arguments(format!(
                "`{}` is no version of Kubernetes",
                self.version
            ))
            .hint("write it as `1.34.9`, or `\"1.34\"`"));
        }
        match self.repository.contains("://") {
            true => Ok(()),
            false => Err(Error::arguments(format!("`{}` is no URL", self.repository))
                .hint("begin it with `https://`")),
        }
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Install one version, and keep it",
                yaml: "k8s_packages:\n  version: 1.34.9\n",
            },
            Example {
                title: "On a worker, from a mirror",
                yaml: "k8s_packages:\n  version: 1.34.9\n  packages: [kubelet, kubeadm]\n  repository: https://mirror.example.com/kubernetes/core:/stable:/\n  key: \"{{ lookup('file', 'kubernetes.asc') }}\"\n",
            },
            Example {
                title: "Remove all of it",
                yaml: "k8s_packages:\n  version: 1.34.9\n  state: absent\n",
            },
        ]
    }
}

impl K8sPackages {
    /// The repository of the wanted minor version.
    fn url(&self) -> String {
        let minor: Vec<&str> = self.version.split('.').take(2).collect();
        let base = self.repository.trim_end_matches('/');
        format!("{base}/v{}/deb/", minor.join("."))
    }

    /// A package with the versions that will do: builds of one version differ behind a hyphen.
    fn wanted(&self, name: &str) -> Wanted {
        let end = match self.version.split('.').count() {
            2 => ".*",
            _ => "-*",
        };
        Wanted::parse(&format!("{name}={}{end}", self.version))
    }

    async fn set_up(&self, host: &Probe, plan: &mut Plan) -> Result<()> {
        let file = |path: &str, content: String| WriteFile {
            path: path.to_owned(),
            content: content.into_bytes(),
            attributes: readable(),
            ..WriteFile::default()
        };
        plan.absent(host, FORMER).await?;
        let trust = if self.trusted {
            "Trusted: yes".to_owned()
        } else {
            plan.directory(host, "/etc/apt/keyrings", &Attributes::default())
                .await?;
            match &self.key {
                Some(key) => {
                    let key = format!("{}\n", key.trim_end());
                    plan.write(host, file(KEY, key)).await?;
                }
                None if host.exists(KEY).await? => {}
                None => {
                    let url = format!("{}Release.key", self.url());
                    let diff = Diff::text(KEY, "", format!("{url}\n"));
                    plan.act_with(format!("fetch {url} to {KEY}"), diff, |host| {
                        fetch_key(host, url)
                    });
                }
            }
            format!("Signed-By: {KEY}")
        };
        let text = format!("Types: deb\nURIs: {}\nSuites: /\n{trust}\n", self.url());
        plan.write(host, file(SOURCES, text)).await?;
        Ok(())
    }

    /// Plans to hold the packages or to let them go.
    fn mark(&self, plan: &mut Plan, known: &Packages, missing: &[&Wanted]) {
        let is_held = |name: &str| known.selection(name) == Some(Selection::Hold);
        let is_new = |name: &str| missing.iter().any(|it| it.name == name);
        let differs = |name: &&String| match self.hold {
            true => !is_held(name) || is_new(name),
            false => is_held(name),
        };
        let names: Vec<String> = self.packages.iter().filter(differs).cloned().collect();
        if names.is_empty() {
            return;
        }
        let word = if self.hold { "hold" } else { "unhold" };
        plan.run(
            ["apt-mark".to_owned(), word.into()]
                .into_iter()
                .chain(names),
        );
    }

    fn apt(&self) -> AptGet {
        AptGet {
            lock_timeout: Duration::from_secs(self.lock_timeout),
            ..AptGet::default()
        }
    }

    async fn install(self, host: Host, names: Vec<String>) -> Result<Returns> {
        // Only this repository's list is fetched: the others have no say in it.
        let mut lists = self.apt();
        lists.set(format!("Dir::Etc::sourcelist={SOURCES}"));
        lists.set("Dir::Etc::sourceparts=-");
        lists.set("APT::Get::List-Cleanup=0");
        run(&lists, &host, vec!["update".into()]).await?;
        let mut words = vec![
            "install".to_owned(),
            "--no-install-recommends".into(),
            "--allow-change-held-packages".into(),
        ];
        words.extend(names.iter().map(|name| {
            let wanted = self.wanted(name);
            match wanted.version {
                super::wanted::Version::Is(version) => format!("{name}={version}"),
                _ => name.clone(),
            }
        }));
        run(&self.apt(), &host, words).await?;
        Ok(Returns::new())
    }

    async fn remove(&self, host: &Probe, plan: &mut Plan, known: &Packages) -> Result<()> {
        let there = |name: &&String| !known.removable(&Wanted::parse(name), true).is_empty();
        let names: Vec<String> = self.packages.iter().filter(there).cloned().collect();
        if !names.is_empty() {
            let lines: String = names.iter().map(|name| format!("{name}\n")).collect();
            let task = self.clone();
            let summary = format!("remove {}", names.join(", "));
            let diff = Diff::text("packages", lines, "");
            plan.act_with(summary, diff, |host| async move {
                let words = ["purge".to_owned(), "--allow-change-held-packages".into()];
                run(&task.apt(), &host, words.into_iter().chain(names).collect()).await?;
                Ok(Returns::new())
            });
        }
        for path in [FORMER, SOURCES, KEY] {
            plan.absent(host, path).await?;
        }
        Ok(())
    }
}

async fn run(apt: &AptGet, host: &Host, words: Vec<String>) -> Result<()> {
    let output = apt.run(host, &words).await?;
    match output.success() {
        true => Ok(()),
        false => Err(failure(&apt.line(&words), &output)),
    }
}

async fn fetch_key(host: Host, url: String) -> Result<Returns> {
    let download = Download {
        url,
        timeout: 30,
        validate_certs: true,
        more: Curl::default(),
    };
    let fetch: Command = download.command("-");
    let output = host.run(fetch).await?;
    download.check(&output)?;
    let key = FileChange::Write {
        path: KEY.into(),
        content: output.stdout,
        attributes: readable(),
        validate: None,
        backup: None,
        in_place: false,
    };
    host.change(key).await?;
    Ok(Returns::new())
}

fn readable() -> Attributes {
    Attributes {
        mode: Some(Mode::octal(0o644)),
        ..Attributes::default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::dpkg::QUERY;
    use crate::testing::{Desk, plan_on, probe, refusal, told};
    use k8sbm_core::connection::FakeHost;

    fn line(name: &str, version: &str, status: &str) -> String {
        format!("{name}\tamd64\t{version}\t{status}\t{name}\tdefault\t\n")
    }

    fn host(packages: &str) -> FakeHost {
        FakeHost::new()
            .query(QUERY, packages)
            .directory("/etc/apt/keyrings")
    }

    #[tokio::test]
    async fn a_bare_host_gets_the_repository_the_packages_and_a_hold() {
        let host = probe(host(""), Desk::default());
        insta::assert_snapshot!(told(&host, "k8s_packages", "{version: 1.34.9}").await, @r"
        fetch https://pkgs.k8s.io/core:/stable:/v1.34/deb/Release.key to /etc/apt/keyrings/kubernetes.asc
        + https://pkgs.k8s.io/core:/stable:/v1.34/deb/Release.key
        write /etc/apt/sources.list.d/kubernetes.sources
        + Types: deb
        + URIs: https://pkgs.k8s.io/core:/stable:/v1.34/deb/
        + Suites: /
        + Signed-By: /etc/apt/keyrings/kubernetes.asc
        install kubelet, kubeadm, kubectl 1.34.9
        - kubelet absent
        - kubeadm absent
        - kubectl absent
        + kubelet 1.34.9
        + kubeadm 1.34.9
        + kubectl 1.34.9
        run apt-mark hold kubelet kubeadm kubectl
        ");
    }

    #[tokio::test]
    async fn what_is_installed_and_held_is_left_alone() {
        let three = ["kubelet", "kubeadm", "kubectl"].map(|it| line(it, "1.34.9-1.1", "hi "));
        let sources = "Types: deb\nURIs: https://pkgs.k8s.io/core:/stable:/v1.34/deb/\nSuites: /\nSigned-By: /etc/apt/keyrings/kubernetes.asc\n";
        let fake = host(&three.concat())
            .file("/etc/apt/keyrings/kubernetes.asc", "key")
            .file("/etc/apt/sources.list.d/kubernetes.sources", sources);
        let host = probe(fake, Desk::default());
        for version in ["1.34.9", "'1.34'"] {
            let task = format!("{{version: {version}}}");
            let plan = plan_on(&host, "k8s_packages", &task).await.unwrap();
            assert!(plan.is_empty(), "{plan:?}");
        }
        insta::assert_snapshot!(told(&host, "k8s_packages", "{version: 1.34.9, hold: false}").await, @r"
        run apt-mark unhold kubelet kubeadm kubectl
        ");
        insta::assert_snapshot!(told(&host, "k8s_packages", "{version: 1.35.0, packages: [kubeadm]}").await, @r"
        write /etc/apt/sources.list.d/kubernetes.sources
        - Types: deb
        - URIs: https://pkgs.k8s.io/core:/stable:/v1.34/deb/
        - Suites: /
        - Signed-By: /etc/apt/keyrings/kubernetes.asc
        + Types: deb
        + URIs: https://pkgs.k8s.io/core:/stable:/v1.35/deb/
        + Suites: /
        + Signed-By: /etc/apt/keyrings/kubernetes.asc
        install kubeadm 1.35.0
        - kubeadm 1.34.9-1.1
        + kubeadm 1.35.0
        run apt-mark hold kubeadm
        ");
        insta::assert_snapshot!(told(&host, "k8s_packages", "{version: 1.35.0, state: absent}").await, @r"
        remove kubelet, kubeadm, kubectl
        - kubelet
        - kubeadm
        - kubectl
        remove /etc/apt/sources.list.d/kubernetes.sources
        - state: file
        + state: absent
        remove /etc/apt/keyrings/kubernetes.asc
        - state: file
        + state: absent
        ");
    }

    #[tokio::test]
    async fn what_people_wrote_by_the_manual_goes_away() {
        let fake = host("").file("/etc/apt/sources.list.d/kubernetes.list", "deb x /\n");
        let host = probe(fake, Desk::default());
        let said = told(
            &host,
            "k8s_packages",
            "{version: '1.34', trusted: true, repository: 'file:///srv'}",
        )
        .await;
        insta::assert_snapshot!(said, @r"
        remove /etc/apt/sources.list.d/kubernetes.list
        - state: file
        + state: absent
        write /etc/apt/sources.list.d/kubernetes.sources
        + Types: deb
        + URIs: file:///srv/v1.34/deb/
        + Suites: /
        + Trusted: yes
        install kubelet, kubeadm, kubectl 1.34
        - kubelet absent
        - kubeadm absent
        - kubectl absent
        + kubelet 1.34
        + kubeadm 1.34
        + kubectl 1.34
        run apt-mark hold kubelet kubeadm kubectl
        ");
    }

    #[test]
    fn arguments_that_make_no_sense_are_refused() {
        for arguments in [
            "{version: 1}",
            "{version: v1.34}",
            "{version: 1.34.9, repository: /srv}",
            "{}",
        ] {
            refusal("k8s_packages", arguments);
        }
    }
}
