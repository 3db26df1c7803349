//! Owner, group and mode of all below a directory.

use crate::file::{
    paths::{followed, join},
    tree::{Below, below},
};
use k8sbm_core::{
    host::{Attributes, FileChange},
    task::{Diff, Plan, Probe, Result},
};

/// Plans attributes for a directory and all below it; with `follow`, for what links below it lead to as well.
pub(crate) async fn attributes(
    host: &Probe,
    plan: &mut Plan,
    directory: &str,
    wanted: &Attributes,
    follow: bool,
) -> Result<()> {
    if wanted.is_empty() {
        return Ok(());
    }
    let mut waiting = vec![directory.to_owned()];
    let mut done: Vec<String> = Vec::new();
    while let Some(directory) = waiting.pop() {
        let all = below(host, &directory).await?;
        let links = all.iter().filter(|below| follow && below.stat.is_link());
        let links: Vec<_> = links.map(|below| join(&directory, &below.path)).collect();
        tree(host, plan, &directory, all, wanted).await?;
        done.push(format!("{directory}/"));
        for link in links {
            let real = followed(host, &link).await?;
            match host.stat(&real).await? {
                // What is below a directory that was done before was done with it.
                _ if done.iter().any(|done| format!("{real}/").starts_with(done)) => {}
                Some(stat) if stat.is_dir() => waiting.push(real),
                Some(_) => drop(plan.attributes(host, &real, wanted, true).await?),
                None => {}
            }
        }
    }
    Ok(())
}

/// Plans attributes for a directory and all below it, where any of them differs.
async fn tree(
    host: &Probe,
    plan: &mut Plan,
    directory: &str,
    all: Vec<Below>,
    wanted: &Attributes,
) -> Result<()> {
    let differing: Vec<_> = all
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
