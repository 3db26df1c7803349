//! What the end of a task on a host means for that host and for others.

use super::{
    batch::Batch,
    board::Ended as CellEnd,
    news::{Control, Ended},
    outcome::Round,
};
use crate::{event::Event, graph::NodeId};
use std::sync::Arc;

impl Batch<'_> {
    pub(super) fn block(&mut self, node: NodeId, host: usize, earlier: NodeId, other: usize) {
        let Some(job) = self.job(node) else {
            return self.pass(node, host, CellEnd::Badly);
        };
        if self.announced.insert(job.info.id) {
            self.shared.tell(Event::TaskStarted(job.info.clone()));
        }
        let by = format!(
            "`{}` on {}",
            self.graph.node(earlier).name(),
            self.players[other].name()
        );
        let name = self.players[host].name().clone();
        self.tally.counts().blocked(&name);
        self.shared.tell_blocked(&job.info, &name, by);
        let place = self.graph.node(node).place.clone();
        self.standings[host].fail(&place);
        self.hosts_changed = true;
        self.pass(node, host, CellEnd::Badly);
    }

    pub(super) fn end(&mut self, ended: Ended) {
        let Ended {
            node,
            host,
            round,
            ignored,
            control,
        } = ended;
        let name = self.players[host].name().clone();
        let place = self.graph.node(node).place.clone();
        let mut end = CellEnd::Well;
        if round.unreachable && !ignored.unreachable {
            self.tally.counts().count(&name, &round, ignored, false);
            self.standings[host].vanish(&place);
            self.hosts_changed = true;
            end = CellEnd::Badly;
            if self.is_run_once(node) || self.ends_for_all(node) {
                self.fail_all(&place, host);
            }
        } else if round.failed && !ignored.errors {
            let rescued = self.standings[host].fail(&place);
            self.hosts_changed = true;
            self.tally.counts().count(&name, &round, ignored, rescued);
            self.remember_failure(node, host, &round);
            end = CellEnd::Badly;
            if self.is_run_once(node) || self.ends_for_all(node) {
                self.fail_all(&place, host);
            }
        } else {
            self.tally.counts().count(&name, &round, ignored, false);
        }
        self.take_effects(host, &round);
        if round.changed && !round.failed {
            self.notify(node, host);
        }
        for control in control {
            match control {
                Control::Meta(meta) => self.meta(meta, node, host),
                include @ Control::Include { .. } => {
                    self.parked.entry(node).or_default().push((host, include));
                }
            }
        }
        self.pass(node, host, end);
        self.check_failures();
    }

    /// The hosts that take no part in further plays.
    pub fn lost(&self) -> Vec<Arc<str>> {
        let hosts = self
            .standings
            .iter()
            .zip(&self.players)
            .filter(|(standing, _)| standing.is_lost());
        hosts.map(|(_, player)| player.name().clone()).collect()
    }

    pub(super) fn remember_failure(&self, node: NodeId, host: usize, round: &Round) {
        let vars = &self.players[host].vars;
        let task = crate::value::from_json(serde_json::json!({
            "name": self.own_name(node),
            "action": self.graph.node(node).spec().map(|spec| spec.word().to_string()),
        }));
        let result = crate::value::from_json(serde_json::Value::Object(round.result.clone()));
        vars.set(
            &"ansible_failed_task".into(),
            task,
            crate::node::Span::none(),
        );
        vars.set(
            &"ansible_failed_result".into(),
            result,
            crate::node::Span::none(),
        );
    }

    /// A task's name without that of its role.
    fn own_name(&self, node: NodeId) -> String {
        let task = self.graph.node(node);
        let named = task.spec().and_then(|spec| spec.name.as_ref()?.as_str());
        match named {
            Some(name) if !name.contains("{{") => name.to_owned(),
            _ => task.name(),
        }
    }

    pub(super) fn ends_for_all(&self, node: NodeId) -> bool {
        let spec = self.graph.node(node).spec();
        let own = spec.and_then(|spec| spec.any_errors_fatal.as_ref());
        own.or(self.stage.play.any_errors_fatal.as_ref())
            .is_some_and(|switch| self.stage.is_on(self.shared, switch))
    }

    pub(super) fn fail_all(&mut self, place: &Arc<[crate::graph::Arm]>, but: usize) {
        for (host, standing) in self.standings.iter_mut().enumerate() {
            if host != but && !standing.out && !standing.has_failed() {
                standing.fail(place);
            }
        }
    }

    /// Ends the play when too many hosts have failed.
    pub(super) fn check_failures(&mut self) {
        let Some(limit) = self.stage.max_fail_percentage else {
            return;
        };
        let failed = self
            .standings
            .iter()
            .filter(|standing| standing.is_unreachable() || standing.has_failed())
            .count();
        if failed * 100 > self.players.len() * limit as usize {
            self.over = true;
            self.tally.counts().gave_up = true;
        }
    }
}
