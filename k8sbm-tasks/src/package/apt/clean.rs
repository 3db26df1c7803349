//! Removing what apt keeps and nobody needs.

use super::{arguments::Apt, command::failure, install};
use k8sbm_core::task::{Diff, Plan, Probe, Result};

const CACHE: &str = "/var/cache/apt/archives";

/// All package files in the download cache.
pub(super) async fn all(host: &Probe, plan: &mut Plan, task: &Apt) -> Result<()> {
    let partial = format!("{CACHE}/partial");
    let (whole, partial) = tokio::join!(host.list(CACHE), host.list(&partial));
    let files: Vec<String> = [whole?, partial?]
        .into_iter()
        .flatten()
        .flat_map(|names| names.to_vec())
        .filter(|name| name.ends_with(".deb"))
        .collect();
    clean(plan, task, "clean", &files);
    Ok(())
}

/// The package files in the download cache that can be downloaded no more.
pub(super) async fn outdated(host: &Probe, plan: &mut Plan, task: &Apt) -> Result<()> {
    let words = ["autoclean".to_owned()];
    let output = task.apt_get().simulate(host, &words).await?;
    if !output.success() {
        return Err(failure("apt-get autoclean", &output));
    }
    let text = output.text();
    let files = text.lines().filter_map(|line| line.strip_prefix("Del "));
    clean(
        plan,
        task,
        "autoclean",
        &files.map(str::to_owned).collect::<Vec<_>>(),
    );
    Ok(())
}

/// The packages that were installed for others and are needed no more.
pub(super) async fn unneeded(host: &Probe, plan: &mut Plan, task: &Apt) -> Result<()> {
    let words: &[&str] = if task.purge { &["--purge"] } else { &[] };
    let task = Apt {
        autoremove: false,
        ..task.clone()
    };
    install::operation(host, plan, &task, "autoremove", words, false).await
}

fn clean(plan: &mut Plan, task: &Apt, operation: &str, files: &[String]) {
    if files.is_empty() {
        return;
    }
    let before: String = files.iter().map(|it| format!("{it}\n")).collect();
    let diff = Diff::text(CACHE, before, "");
    let (apt, words) = (task.apt_get(), vec![operation.to_owned()]);
    let summary = apt.line(&words);
    plan.act_with(summary, diff, move |host| install::call(host, apt, words));
}
