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
    graph::{self, Graph},
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
    for (playbook, (at, play)) in playbooks.iter().flat_map(|(_, playbook)| {
        playbook
            .plays
            .iter()
            .enumerate()
            .map(move |play| (playbook, play))
    }) {
        let strategy = play.strategy.unwrap_or_default();
        let compiled = graph::compile(play, strategy, None, numbers.clone())?;
        context.print(&drawn(&compiled, (playbook, at), args.output))?;
    }
    Ok(Exit::Ok)
}

fn drawn(compiled: &Graph, (playbook, at): (&Playbook, usize), form: GraphForm) -> String {
    let play = &playbook.plays[at];
    let title = play.name.as_str().unwrap_or_default();
    match form {
        GraphForm::Tree => {
            let tree = graph::tree(compiled);
            let lines: String = tree.lines().map(|line| format!("  {line}\n")).collect();
            let strategy = match play.strategy.unwrap_or_default() {
                Strategy::Linear => "linear",
                Strategy::Free => "free",
                Strategy::HostPinned => "host_pinned",
                Strategy::Dag => "dag",
            };
            let needs = needed(playbook, at);
            format!("{title} (strategy: {strategy}{needs})\n{lines}")
        }
        GraphForm::Dot => graph::dot(compiled, title),
        GraphForm::Mermaid => graph::mermaid(compiled),
    }
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
