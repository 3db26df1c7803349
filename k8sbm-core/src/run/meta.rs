//! What tasks say to the run itself.

use super::{batch::Batch, job::Job, standing::Standing};
use crate::{graph::NodeId, playbook::Meta};

/// What a word to the run did for a host, in Ansible's words: playbooks and scripts read them.
pub(super) fn told(meta: Meta, job: &Job, host: &str) -> String {
    match meta {
        Meta::Noop => "noop".into(),
        Meta::FlushHandlers => format!("triggered running handlers for {host}"),
        Meta::ClearFacts => "facts cleared".into(),
        Meta::ClearHostErrors => "cleared host errors".into(),
        Meta::EndHost => format!("ending play for {host}"),
        Meta::EndBatch => "ending batch".into(),
        Meta::EndPlay => "ending play".into(),
        Meta::EndRole => format!("ending role {} for {host}", role(job)),
        Meta::ResetConnection => "reset connection".into(),
        Meta::RefreshInventory => "inventory successfully refreshed".into(),
    }
}

/// Why a word to the run was not said for a host.
pub(super) fn withheld(meta: Meta, job: &Job, host: &str) -> String {
    let goes_on = match meta {
        Meta::FlushHandlers => format!(", not running handlers for {host}"),
        Meta::ClearFacts => format!(", not clearing facts and fact cache for {host}"),
        Meta::ClearHostErrors => format!(", not clearing host error state for {host}"),
        Meta::EndHost => format!(", continuing execution for {host}"),
        Meta::EndBatch => ", continuing current batch".into(),
        Meta::EndPlay => ", continuing play".into(),
        Meta::EndRole => format!(", continuing role {} for {host}", role(job)),
        Meta::Noop | Meta::ResetConnection | Meta::RefreshInventory => String::new(),
    };
    format!("{} conditional evaluated to False{goes_on}", meta.word())
}

fn role(job: &Job) -> &str {
    job.info.role.as_deref().unwrap_or_default()
}

impl Batch<'_> {
    pub(super) fn meta(&mut self, meta: Meta, node: NodeId, host: usize) {
        match meta {
            Meta::Noop | Meta::FlushHandlers => {}
            Meta::ClearFacts => {
                self.players[host].vars.set_facts(None);
                self.shared.keep_facts(&self.players[host].vars);
            }
            Meta::ClearHostErrors => {
                self.standings.iter_mut().for_each(Standing::forgive);
                self.standings[host].go_on();
                self.hosts_changed = true;
                self.tally.counts().forgive(&self.stage.matched);
            }
            Meta::EndHost => {
                self.standings[host].out = true;
                self.hosts_changed = true;
            }
            Meta::EndBatch => self.over = true,
            Meta::EndPlay => {
                self.over = true;
                self.ends_play = true;
            }
            Meta::EndRole => self.end_role(node, host),
            Meta::ResetConnection => self.reset_connection(host),
            Meta::RefreshInventory => {
                if let Err(diagnostic) = self.shared.refresh_inventory() {
                    self.give_up(diagnostic);
                }
            }
        }
    }

    /// The rest of the role is not for this host.
    fn end_role(&mut self, node: NodeId, host: usize) {
        let Some(role) = self
            .graph
            .node(node)
            .spec()
            .and_then(|spec| spec.context.role.clone())
        else {
            return;
        };
        let Some(position) = self.graph.position(node) else {
            return;
        };
        for later in self.graph.order.iter().skip(position + 1).copied() {
            let within = self
                .graph
                .node(later)
                .spec()
                .and_then(|spec| spec.context.role.as_ref());
            if within.is_some_and(|within| std::sync::Arc::ptr_eq(within, &role)) {
                self.left_role.insert((later, host));
            }
        }
    }

    fn reset_connection(&mut self, host: usize) {
        let player = &self.players[host];
        let Ok(machine) = player.machine(|| Err(super::failure::Cannot::NotYet)) else {
            return;
        };
        machine.forget();
        // The next request waits for nothing: what is open is dropped beside it.
        tokio::spawn(async move { machine.connection().reset().await });
    }
}
