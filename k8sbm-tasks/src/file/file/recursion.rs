//! Owner, group and mode of all below a directory.

use crate::file::{paths::join, tree::below};
use k8sbm_core::{
    host::{Attributes, FileChange},
    task::{Diff, Plan, Probe, Result},
};

/// Plans attributes for a directory and all below it, where any of them differs.
pub(crate) async fn attributes(
    host: &Probe,
    plan: &mut Plan,
    directory: &str,
    wanted: &Attributes,
) -> Result<()> {
    if wanted.is_empty() {
        return Ok(());
    }
    let differing: Vec<_> = below(host, directory)
        .await?
        .into_iter()
        .filter(|below| !wanted.missing_from(&below.stat).is_empty())
        .collect();
    if differing.is_empty() {
        plan.attributes(host, directory, wanted, true).await?;
        return Ok(());
    }
    let (mut before, mut after) = (String::new(), String::new());
    for below in &differing {
        let missing = wanted.missing_from(&below.stat);
        let stat = &below.stat;
        let mut side = |what: &str, is: String, shall: String| {
            let path = join(directory, &below.path);
            before.push_str(&format!("{path} {what}: {is}\n"));
            after.push_str(&format!("{path} {what}: {shall}\n"));
        };
        if let Some(mode) = &missing.mode {
            let bits = mode.apply(stat.mode, stat.is_dir());
            side("mode", format!("{:04o}", stat.mode), format!("{bits:04o}"));
        }
        if let Some(owner) = missing.owner {
            side("owner", stat.owner.clone(), owner);
        }
        if let Some(group) = missing.group {
            side("group", stat.group.clone(), group);
        }
    }
    let change = FileChange::Attributes {
        path: directory.into(),
        attributes: wanted.clone(),
        follow: true,
        recursive: true,
    };
    let summary = format!(
        "set {} of {directory} and all below",
        words(wanted).join(", ")
    );
    plan.change(summary, change, Some(Diff::text(directory, before, after)));
    Ok(())
}

fn words(wanted: &Attributes) -> Vec<String> {
    let mode = wanted.mode.as_ref().map(|mode| format!("mode {mode}"));
    let owner = wanted.owner.as_ref().map(|owner| format!("owner {owner}"));
    let group = wanted.group.as_ref().map(|group| format!("group {group}"));
    [mode, owner, group].into_iter().flatten().collect()
}
