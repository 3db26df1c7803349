//! What a release shall be.

use super::{
    Helm,
    command::{no_helm, said},
    standing::Standing,
};
use crate::kubernetes::cluster::{Applying, Cluster, documents, trouble_in, yaml};
use k8sbm_core::{
    host::{Command, Host},
    task::{Diff, Error, Plan, Probe, Result, Returns},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use std::time::Duration;

/// What is done with a chart's definitions of kinds, which Helm installs once and never upgrades.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Crds {
    /// What Helm does: they are installed where they are missing.
    #[default]
    Install,
    /// They are left to somebody else.
    Skip,
    /// They are brought to the chart's state before each upgrade.
    ApplyFirst,
}

/// A release that shall be there.
#[derive(Clone, Debug)]
pub(crate) struct Release {
    /// Its name.
    pub(crate) name: String,
    /// Its namespace.
    pub(crate) namespace: String,
    /// Whether the namespace is made.
    pub(crate) create_namespace: bool,
    /// `repository/chart`, `oci://...`, a path on the host, or a chart's name with `repo`.
    pub(crate) chart: String,
    /// The URL of the chart's repository.
    pub(crate) repo: Option<String>,
    /// The chart's version.
    pub(crate) version: Option<String>,
    /// Values instead of the chart's own.
    pub(crate) values: Json,
    /// Files with values on the host, before `values`.
    pub(crate) values_files: Vec<String>,
    /// What is done with definitions of kinds.
    pub(crate) crds: Crds,
    /// Whether to wait until all is ready.
    pub(crate) wait: bool,
    /// Seconds for all that.
    pub(crate) timeout: u64,
    /// Whether a failed upgrade is undone.
    pub(crate) atomic: bool,
    /// Whether objects that are there already are taken over.
    pub(crate) take_ownership: bool,
    /// The kubeconfig on the host.
    pub(crate) kubeconfig: String,
    /// The program: a name, or a path.
    pub(crate) program: String,
}

impl Release {
    /// A release of a chart in a namespace of its own.
    pub(crate) fn of(name: &str, namespace: &str, chart: &str, kubeconfig: &str) -> Self {
        Self {
            name: name.into(),
            namespace: namespace.into(),
            create_namespace: true,
            chart: chart.into(),
            repo: None,
            version: None,
            values: json!({}),
            values_files: Vec::new(),
            crds: Crds::Install,
            wait: false,
            timeout: 300,
            atomic: false,
            take_ownership: false,
            kubeconfig: kubeconfig.into(),
            program: "helm".into(),
        }
    }

    /// Whether the chart is a file or directory of the host.
    fn is_path(&self) -> bool {
        self.chart.starts_with(['/', '.'])
            || self.chart.ends_with(".tgz") && !self.chart.contains("://")
    }

    /// Says what would make the release so.
    pub(crate) async fn plan(self, host: &Probe, plan: &mut Plan) -> Result<()> {
        if Cluster::open(host, &self.kubeconfig).await?.is_none() {
            let diff = Diff::text(&format!("release {}", self.name), "", self.told());
            plan.act_with(self.summary("install"), diff, |host| self.bring(host));
            return Ok(());
        }
        let helm = Helm::on(host, &self.kubeconfig).called(&self.program);
        let standing = Standing::of(&helm, &self.name, &self.namespace).await?;
        if let Some(standing) = &standing {
            plan.returns("status", standing.returns(&self.name, &self.namespace));
        }
        let mark = self.mark(host).await?;
        if standing.as_ref().is_some_and(|it| self.is_so(it, &mark)) {
            return Ok(());
        }
        if self.crds == Crds::ApplyFirst {
            let definitions = self.definitions(&helm).await?;
            let applying = Applying {
                force: true,
                ..Applying::of(definitions, &self.kubeconfig)
            };
            applying.plan(host, plan).await?;
        }
        let verb = match &standing {
            None => "install",
            Some(it) if it.status.starts_with("pending") => "recover and upgrade",
            Some(it) if it.status == "failed" => "upgrade, after it failed,",
            Some(_) => "upgrade",
        };
        let before = standing.as_ref().map(told).unwrap_or_default();
        let diff = Diff::text(&format!("release {}", self.name), before, self.told());
        plan.act_with(self.summary(verb), diff, |host| self.bring(host));
        Ok(())
    }

    /// Says what would make the release go.
    pub(crate) async fn plan_absent(self, host: &Probe, plan: &mut Plan) -> Result<()> {
        if Cluster::open(host, &self.kubeconfig).await?.is_none() {
            return Err(crate::kubernetes::cluster::no_cluster(&self.kubeconfig));
        }
        let helm = Helm::on(host, &self.kubeconfig).called(&self.program);
        let Some(standing) = Standing::of(&helm, &self.name, &self.namespace).await? else {
            return Ok(());
        };
        let diff = Diff::text(&format!("release {}", self.name), told(&standing), "");
        plan.act_with(
            format!("uninstall release {}", self.name),
            diff,
            move |host| async move {
                let limit = format!("{}s", self.timeout);
                let words = [
                    "uninstall",
                    &self.name,
                    "-n",
                    &self.namespace,
                    "--wait",
                    "--timeout",
                    &limit,
                ];
                run(
                    &host,
                    helm.command(&words)
                        .timeout(Duration::from_secs(self.timeout + 60)),
                )
                .await?;
                Ok(Returns::new())
            },
        );
        Ok(())
    }

    fn summary(&self, verb: &str) -> String {
        let version = self
            .version
            .as_deref()
            .map(|it| format!(" {it}"))
            .unwrap_or_default();
        format!(
            "{verb} release {} of {}{version} in {}",
            self.name, self.chart, self.namespace
        )
    }

    /// Whether what is installed is what shall be. What we installed carries our mark; of others, chart and values count.
    fn is_so(&self, standing: &Standing, mark: &str) -> bool {
        if standing.status != "deployed" {
            return false;
        }
        if standing.description.starts_with(MARK) {
            return standing.description == mark;
        }
        let name = self.chart.rsplit('/').next().unwrap_or_default();
        let same_chart =
            self.is_path() && name.starts_with(&standing.chart) || name == standing.chart;
        let same_version = match &self.version {
            Some(version) => {
                version.trim_start_matches('v') == standing.version.trim_start_matches('v')
            }
            None => !self.is_path() || name.contains(&standing.version),
        };
        same_chart
            && same_version
            && self.values_files.is_empty()
            && sorted(&self.values) == sorted(&standing.values)
    }

    /// What the release is marked with: the digest of chart and values.
    async fn mark(&self, host: &Probe) -> Result<String> {
        let mut digests = Map::new();
        let files = self
            .values_files
            .iter()
            .chain(self.is_path().then_some(&self.chart));
        for path in files {
            let digest = match host.checksum(path).await {
                Ok(digest) => digest.map(|it| it.to_string()),
                Err(_) => Some(tree_digest(host, path).await?),
            };
            let digest =
                digest.ok_or_else(|| Error::failed(format!("there is no {path} on the host")))?;
            digests.insert(path.clone(), digest.into());
        }
        let chart = if self.is_path() {
            Json::Null
        } else {
            json!([self.chart, self.repo, self.version])
        };
        let all = json!([
            chart,
            sorted(&self.values),
            digests.values().collect::<Vec<_>>()
        ]);
        let digest = <sha2::Sha256 as sha2::Digest>::digest(all.to_string());
        Ok(format!("{MARK}{}", hex::encode(digest)))
    }

    async fn definitions(&self, helm: &Helm) -> Result<Vec<Json>> {
        let mut words = vec!["show", "crds", &self.chart];
        words.extend(self.repo.iter().flat_map(|it| ["--repo", it]));
        words.extend(self.version.iter().flat_map(|it| ["--version", it]));
        let output = helm.look(&words).await?;
        if !output.success() {
            return Err(
                Error::failed(said(&output)).context(format!("definitions of {}", self.chart))
            );
        }
        documents(&self.chart, &output.text())
    }

    fn told(&self) -> String {
        yaml(
            &json!({"chart": self.chart, "version": self.version, "status": "deployed", "values": hidden(&self.values)}),
        )
    }

    async fn bring(self, host: Host) -> Result<Returns> {
        let cluster = Cluster::there(&host, &self.kubeconfig).await?;
        let helm = Helm::on(host.probe(), &self.kubeconfig).called(&self.program);
        let standing = Standing::of(&helm, &self.name, &self.namespace).await?;
        let mark = self.mark(host.probe()).await?;
        let place = [self.name.as_str(), "-n", &self.namespace];
        match standing.as_ref().map(|it| it.status.as_str()) {
            Some("pending-install" | "uninstalling") => {
                let words: Vec<&str> = ["uninstall"]
                    .into_iter()
                    .chain(place)
                    .chain(["--no-hooks"])
                    .collect();
                run(&host, helm.command(&words)).await?;
            }
            Some("pending-upgrade" | "pending-rollback") => {
                let words: Vec<&str> = ["rollback"]
                    .into_iter()
                    .chain(place)
                    .chain(["--no-hooks"])
                    .collect();
                run(&host, helm.command(&words)).await?;
            }
            _ => {}
        }
        let limit = format!("{}s", self.timeout);
        let mut words = vec![
            "upgrade",
            &self.name,
            &self.chart,
            "--install",
            "-n",
            &self.namespace,
        ];
        words.extend([
            "--description",
            &mark,
            "--timeout",
            &limit,
            "--reset-values",
        ]);
        words.extend(self.repo.iter().flat_map(|it| ["--repo", it]));
        words.extend(self.version.iter().flat_map(|it| ["--version", it]));
        words.extend(self.values_files.iter().flat_map(|it| ["-f", it]));
        let switches = [
            (self.create_namespace, "--create-namespace"),
            (self.crds != Crds::Install, "--skip-crds"),
            (self.wait, "--wait"),
            (self.atomic, "--atomic"),
            (self.take_ownership, "--take-ownership"),
        ];
        words.extend(switches.iter().filter(|(on, _)| *on).map(|(_, word)| *word));
        words.extend(["-f", "-"]);
        let command = helm.command(&words).stdin(self.values.to_string());
        let upgraded = run(
            &host,
            command.timeout(Duration::from_secs(self.timeout + 120)),
        )
        .await;
        if let Err(mut error) = upgraded {
            let told = trouble_in(&cluster, &self.namespace, &self.name).await;
            if !told.is_empty() {
                error.message = format!("{}\n{told}", error.message);
            }
            return Err(error.context(format!("release {}", self.name)));
        }
        let standing = Standing::of(&helm, &self.name, &self.namespace).await?;
        let status = standing
            .map(|it| it.returns(&self.name, &self.namespace))
            .unwrap_or_default();
        Ok(Returns::from_iter([("status".to_owned(), status)]))
    }
}

/// What precedes the digest in a release's description.
const MARK: &str = "k8sbm sha256:";

fn told(standing: &Standing) -> String {
    yaml(
        &json!({"chart": standing.chart, "version": standing.version, "status": standing.status, "values": hidden(&standing.values)}),
    )
}

/// The digest of a chart that is a directory.
async fn tree_digest(host: &Probe, path: &str) -> Result<String> {
    let script = format!(
        "cd {} && find . -type f | LC_ALL=C sort | xargs -d '\\n' sha256sum | sha256sum",
        k8sbm_core::connection::quote(path)
    );
    let output = host.query_command(Command::shell(script)).await?;
    let text = output.text();
    let digest = text.split_whitespace().next().filter(|_| output.success());
    digest
        .map(str::to_owned)
        .ok_or_else(|| Error::failed(format!("{path}: {}", output.error_text().trim())))
}

async fn run(host: &Host, command: Command) -> Result<()> {
    let output = host.run(command).await?;
    match output.status {
        0 => Ok(()),
        127 => Err(no_helm()),
        status => Err(Error::failed(said(&output))
            .returning("rc", status)
            .returning("stderr", output.error_text().trim_end())),
    }
}

/// Values in an order that does not matter, without those that say nothing.
fn sorted(value: &Json) -> Json {
    match value {
        Json::Object(map) => {
            let mut entries: Vec<_> = map
                .iter()
                .map(|(key, value)| (key.clone(), sorted(value)))
                .collect();
            entries.sort_by(|one, other| one.0.cmp(&other.0));
            Json::Object(entries.into_iter().collect())
        }
        Json::Array(items) => Json::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

/// Values without what is called a password or the like.
fn hidden(value: &Json) -> Json {
    const SECRET: &[&str] = &[
        "password",
        "passwd",
        "token",
        "secretkey",
        "privatekey",
        "secret_key",
    ];
    match value {
        Json::Object(map) => {
            let side = |(key, value): (&String, &Json)| {
                let name = key.to_ascii_lowercase();
                let secret = value.is_string() && SECRET.iter().any(|end| name.ends_with(end));
                (
                    key.clone(),
                    if secret {
                        "(secret)".into()
                    } else {
                        hidden(value)
                    },
                )
            };
            Json::Object(map.iter().map(side).collect())
        }
        Json::Array(items) => Json::Array(items.iter().map(hidden).collect()),
        other => other.clone(),
    }
}
