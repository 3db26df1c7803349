//! Files of keys and certificates on a host: compared, written, and never shown where they are secret.

use k8sbm_core::{
    host::{Attributes, FileChange, Host},
    task::{Diff, Plan, Probe, Result},
};

/// Makes the directory of a path be there.
pub(super) async fn directory(plan: &mut Plan, host: &Probe, path: &str) -> Result<()> {
    let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
    let made =
        |step: &k8sbm_core::task::Step| step.summary == format!("make directory {directory}");
    if directory.is_empty() || plan.steps.iter().any(made) {
        return Ok(());
    }
    plan.directory(host, directory, &Attributes::default())
        .await
        .map(|_| ())
}

/// Makes a file have a secret content. What it had, and will have, is not told.
pub(super) async fn secret(
    plan: &mut Plan,
    host: &Probe,
    path: &str,
    content: &[u8],
    attributes: &Attributes,
) -> Result<()> {
    let before = host.read(path).await?;
    if before.as_deref() == Some(content) {
        return plan
            .attributes(host, path, attributes, true)
            .await
            .map(|_| ());
    }
    let hidden = "(a private key that is not shown)\n";
    let before = if before.is_some() { hidden } else { "" };
    let diff = Diff::text(path, before, format!("{hidden}another\n"));
    let change = written(path, content, attributes);
    plan.change(format!("write {path}"), change, Some(diff));
    Ok(())
}

pub(super) async fn write(
    host: &Host,
    path: &str,
    content: &str,
    attributes: &Attributes,
) -> Result<()> {
    host.change(written(path, content.as_bytes(), attributes))
        .await
}

fn written(path: &str, content: &[u8], attributes: &Attributes) -> FileChange {
    FileChange::Write {
        path: path.to_owned(),
        content: content.to_vec(),
        attributes: attributes.clone(),
        validate: None,
        backup: None,
        in_place: false,
    }
}
