//! `helm` on a host.

use k8sbm_core::{
    host::{Command, Output},
    task::{Error, Probe, Result},
};
use std::time::Duration;

/// How long helm may take to look at something.
const LONGEST: Duration = Duration::from_secs(120);

/// `helm` on a host, for the cluster of a kubeconfig there.
#[derive(Clone, Debug)]
pub(crate) struct Helm {
    probe: Probe,
    program: String,
    kubeconfig: String,
}

impl Helm {
    /// Helm on the host that is probed.
    pub(crate) fn on(probe: &Probe, kubeconfig: &str) -> Self {
        Self {
            probe: probe.clone(),
            program: "helm".into(),
            kubeconfig: kubeconfig.into(),
        }
    }

    /// The program, by a name or path of its own.
    pub(crate) fn called(self, program: &str) -> Self {
        Self {
            program: program.into(),
            ..self
        }
    }

    /// A command of it.
    pub(super) fn command<S: AsRef<str>>(&self, words: &[S]) -> Command {
        let words = words.iter().map(|word| word.as_ref().to_owned());
        let end = ["--kubeconfig".to_owned(), self.kubeconfig.clone()];
        Command::new([self.program.clone()].into_iter().chain(words).chain(end))
    }

    /// What it prints when it only reads.
    pub(super) async fn look<S: AsRef<str>>(&self, words: &[S]) -> Result<Output> {
        let output = self
            .probe
            .query_beyond(self.command(words).timeout(LONGEST))
            .await?;
        if output.status == 127 {
            return Err(no_helm());
        }
        Ok((*output).clone())
    }
}

/// What to say where the program is missing.
pub(crate) fn no_helm() -> Error {
    Error::failed("the host has no helm")
        .hint("put the program into /usr/local/bin before; `get_url` and `unarchive` fetch it")
}

/// What helm said when it failed, in one line.
pub(super) fn said(output: &Output) -> String {
    let text = output.error_text();
    let lines = text.lines().map(str::trim);
    let lines: Vec<&str> = lines
        .filter(|line| !line.is_empty() && !line.starts_with("WARNING"))
        .collect();
    let text = lines.join("; ");
    match text.strip_prefix("Error: ").unwrap_or(&text) {
        "" => format!("helm exited with {} and said nothing", output.status),
        text => text.to_owned(),
    }
}

/// What a chart consists of, without installing it.
pub(crate) async fn rendered(
    helm: &Helm,
    name: &str,
    chart: &str,
    repo: Option<&str>,
    version: Option<&str>,
) -> Result<String> {
    let mut words = vec!["template", name, chart, "--include-crds"];
    words.extend(repo.iter().flat_map(|it| ["--repo", it]));
    words.extend(version.iter().flat_map(|it| ["--version", it]));
    let output = helm.look(&words).await?;
    if !output.success() {
        return Err(Error::failed(said(&output)).context(format!("chart {chart}")));
    }
    Ok(output.text())
}
