//! `k8sbm graph`: which tasks wait for which.

use super::{Context, session::Session};
use crate::{
    args::{GraphArgs, GraphForm, HowArgs},
    exit::Exit,
    request::Asked,
    trouble::Trouble,
};
use k8sbm_core::{
    event::Silent,
    graph::{
        self, Drawn, Graph, NodeKind,
        overview::{self, Stage},
    },
    playbook::{Playbook, Strategy},
    run::Nobody,
};
use std::sync::Arc;

/// Draws the graphs of a playbook's plays.
///
/// # Errors
/// When the playbook cannot be loaded, or its `needs` make no sense.
pub fn graph(args: &GraphArgs, context: &Context) -> Result<Exit, Trouble> {
    let how = HowArgs {
        inventory: args.inventory.clone(),
        ..HowArgs::default()
    };
    let nobody = (Arc::new(Silent) as Arc<_>, Arc::new(Nobody) as Arc<_>);
    let session = Session::open(
        &how,
        Asked::default(),
        Some(&args.playbook),
        nobody,
        context,
    )?;
    let playbooks = session.load(std::slice::from_ref(&args.playbook))?;
    let numbers = graph::Numbers::default();
    for (_, playbook) in &playbooks {
        let compiled = playbook.plays.iter().map(|play| {
            let strategy = play.strategy.unwrap_or_default();
            graph::compile(play, strategy, None, numbers.clone())
        });
        let compiled = compiled.collect::<Result<Vec<_>, _>>()?;
        let text = match args.tasks || playbook.plays.len() < 2 {
            true => drawn(playbook, &compiled, args.output),
            false => overview(&stages(&session, playbook, &compiled)?, args.output),
        };
        context.print(&text)?;
    }
    Ok(Exit::Ok)
}

fn overview(stages: &[Stage], form: GraphForm) -> String {
    match form {
        GraphForm::Tree => overview::list(stages),
        GraphForm::Dot => overview::dot(stages),
        GraphForm::Mermaid => overview::mermaid(stages),
    }
}

/// The plays with their hosts and roles; without roles and tasks that no host of a play has a use for.
fn stages(
    session: &Session,
    playbook: &Playbook,
    compiled: &[Graph],
) -> Result<Vec<Stage>, Trouble> {
    let whole = session.ready.survey().group("all").len();
    let mut stages = Vec::new();
    for ((play, graph), after) in playbook.plays.iter().zip(compiled).zip(playbook.waits()) {
        let hosts = session.ready.hosts(play)?;
        let mut stage = Stage {
            title: play.name.as_str().unwrap_or_default().to_owned(),
            hosts: told(&hosts, whole),
            parts: Vec::new(),
            after: after.into_iter().collect(),
        };
        for id in &graph.order {
            let node = graph.node(*id);
            let NodeKind::Task(task) = &node.kind else {
                continue;
            };
            let part = match &task.context.role {
                Some(role) => role.name.to_string(),
                None => node.name(),
            };
            let mut left_out = hosts
                .iter()
                .map(|host| session.ready.leaves_out(host, task));
            if !stage.parts.contains(&part) && !left_out.all(|out| out) {
                stage.parts.push(part);
            }
        }
        if stage.parts.is_empty() {
            stage
                .parts
                .push("(nothing: the inventory asks for none of it)".into());
        }
        stages.push(stage);
    }
    Ok(stages)
}

/// Hosts in a few words.
fn told(hosts: &[Arc<str>], whole: usize) -> String {
    const FEW: usize = 4;
    match hosts.len() {
        0 => "no host".into(),
        1..=FEW => hosts.join(", "),
        count if count == whole => format!("all {count} hosts"),
        count => format!("{}, {} and {} more", hosts[0], hosts[1], count - 2),
    }
}

fn drawn(playbook: &Playbook, compiled: &[Graph], form: GraphForm) -> String {
    let plays = playbook.plays.iter().zip(compiled).zip(playbook.waits());
    let plays = plays.map(|((play, graph), after)| Drawn {
        title: play.name.as_str().unwrap_or_default(),
        graph,
        after: after.into_iter().collect(),
    });
    let plays: Vec<Drawn<'_>> = plays.collect();
    match form {
        GraphForm::Tree => (0..plays.len())
            .map(|at| listed(playbook, at, &plays[at]))
            .collect(),
        GraphForm::Dot => graph::dot(&plays),
        GraphForm::Mermaid => graph::mermaid(&plays),
    }
}

fn listed(playbook: &Playbook, at: usize, play: &Drawn<'_>) -> String {
    let tree = graph::tree(play.graph);
    let lines: String = tree.lines().map(|line| format!("  {line}\n")).collect();
    let strategy = match playbook.plays[at].strategy.unwrap_or_default() {
        Strategy::Linear => "linear",
        Strategy::Free => "free",
        Strategy::HostPinned => "host_pinned",
        Strategy::Dag => "dag",
    };
    let needs = needed(playbook, at);
    format!("{} (strategy: {strategy}{needs})\n{lines}", play.title)
}

/// What a play waits for, where that is not simply the play before it.
fn needed(playbook: &Playbook, at: usize) -> String {
    let waits = &playbook.waits()[at];
    if waits.len() == at {
        return String::new();
    }
    let names = waits
        .iter()
        .map(|other| playbook.plays[*other].name.as_str().unwrap_or_default());
    match names.collect::<Vec<_>>()[..] {
        [] => "; at once".to_owned(),
        ref names => format!("; after: {}", names.join(", ")),
    }
}
