//! `--list-hosts`, `--list-tasks` and `--list-tags`, in the form that ansible-playbook gives them.

use super::session::Playbooks;
use crate::{args::RunArgs, trouble::Trouble};
use k8sbm_core::{
    playbook::{Play, Step, TaskSpec},
    run::Ready,
};
use std::{collections::BTreeSet, sync::Arc};

/// What was asked for of all playbooks.
///
/// # Errors
/// When a host pattern cannot be read.
pub fn text(args: &RunArgs, ready: &Ready, playbooks: &Playbooks) -> Result<String, Trouble> {
    let mut text = String::new();
    for (name, playbook) in playbooks {
        text.push_str(&format!("\nplaybook: {name}\n"));
        if args.syntax_check && !(args.list_hosts || args.list_tasks || args.list_tags) {
            continue;
        }
        for (number, play) in playbook.plays.iter().enumerate() {
            text.push_str(&one(args, ready, number + 1, play)?);
        }
    }
    Ok(text)
}

fn one(args: &RunArgs, ready: &Ready, number: usize, play: &Arc<Play>) -> Result<String, Trouble> {
    let pattern = written(&play.hosts);
    let inherited = play.context.inherited.as_deref();
    let tags = inherited.map(|task| ready.tags(play, task));
    let mut text = format!(
        "\n  play #{number} ({}): {}\tTAGS: [{}]\n",
        pattern.join(","),
        play.name.as_str().unwrap_or_default(),
        list(&tags.unwrap_or_default())
    );
    if args.list_hosts {
        let hosts = ready.hosts(play)?;
        let quoted: Vec<String> = pattern.iter().map(|part| format!("'{part}'")).collect();
        text.push_str(&format!("    pattern: [{}]\n", quoted.join(", ")));
        text.push_str(&format!("    hosts ({}):\n", hosts.len()));
        for host in hosts {
            text.push_str(&format!("      {host}\n"));
        }
    }
    let mut all = Vec::new();
    for (_, steps) in &play.sections {
        collect(steps, &mut all);
    }
    all.retain(|task| ready.wants(play, task));
    if args.list_tasks {
        text.push_str("    tasks:\n");
        for task in &all {
            let name = match task.name {
                Some(_) => task.title(),
                None => task.word().to_string(),
            };
            text.push_str(&format!(
                "      {name}\tTAGS: [{}]\n",
                list(&ready.tags(play, task))
            ));
        }
    }
    if args.list_tags {
        let seen = all.iter().flat_map(|task| ready.tags(play, task)).collect();
        text.push_str(&format!("      TASK TAGS: [{}]\n", list(&seen)));
    }
    Ok(text)
}

/// The host patterns as they were written.
fn written(hosts: &k8sbm_core::node::Node) -> Vec<String> {
    match hosts.as_seq() {
        Some(patterns) => patterns
            .iter()
            .filter_map(|pattern| pattern.as_str().map(str::to_owned))
            .collect(),
        None => vec![hosts.as_str().unwrap_or_default().to_owned()],
    }
}

fn list(tags: &BTreeSet<String>) -> String {
    let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
    tags.join(", ")
}

/// All tasks in the order of the file.
fn collect(steps: &[Step], into: &mut Vec<Arc<TaskSpec>>) {
    for step in steps {
        match step {
            Step::Task(task) => into.push(task.clone()),
            Step::Block(block) => {
                for steps in [&block.block, &block.rescue, &block.always] {
                    collect(steps, into);
                }
            }
        }
    }
}
