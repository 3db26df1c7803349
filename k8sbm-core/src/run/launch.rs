//! How a task is begun on a host, with those that come next.

use super::{
    batch::Batch,
    board::Ended as CellEnd,
    instance::Instance,
    job::Job,
    news::{Ended, News},
};
use crate::{
    event::Event,
    graph::{NodeId, NodeKind},
    playbook::{Meta, Statement},
};
use futures::FutureExt as _;
use std::{
    sync::{Arc, Mutex},
    time::Instant,
};
use tokio::sync::OwnedSemaphorePermit;

impl Batch<'_> {
    pub(super) fn job(&mut self, node: NodeId) -> Option<Arc<Job>> {
        if let Some(job) = self.jobs.get(&node) {
            return Some(job.clone());
        }
        let task = self.graph.node(node);
        let job = Arc::new(self.stage.job(
            task,
            self.shared,
            self.players.first().map(|player| &player.vars),
        )?);
        self.jobs.insert(node, job.clone());
        Some(job)
    }

    pub(super) fn start(&mut self, node: NodeId, host: usize) {
        let Some(job) = self.job(node) else {
            return self.pass(node, host, CellEnd::Well);
        };
        let id = job.info.id;
        if self.announced.insert(id) {
            self.shared.tell(Event::TaskStarted(job.info.clone()));
        }
        let known = self.players[host].is_prepared(id);
        let read = self.stage.read_files(self.shared, &self.players[host].vars);
        let ahead = if known || !matches!(read, Ok(true)) {
            Vec::new()
        } else {
            self.next_jobs(node, host)
        };
        if let Err(diagnostic) = read {
            self.give_up(diagnostic);
        }
        let peers = if self.is_run_once(node) {
            let others = (0..self.players.len())
                .filter(|other| *other != host && !self.standings[*other].out);
            others.map(|other| self.players[other].clone()).collect()
        } else {
            Vec::new()
        };
        let player = self.players[host].clone();
        let scope = self.stage.task_scope(self.shared, &player.vars, &job);
        let instance = Instance {
            shared: self.shared.clone(),
            player,
            job,
            news: self.news.clone(),
            peers,
            scope,
            past: Mutex::default(),
        };
        self.running += 1;
        // Hosts get their turn in the order in which they are begun.
        let mut fork = Box::pin(self.shared.forks.clone().acquire_owned());
        let turn = match instance.job.throttle {
            Some(_) => None,
            None => (&mut fork).now_or_never(),
        };
        let fork = async move {
            match turn {
                Some(permit) => permit.ok(),
                None => fork.await.ok(),
            }
        };
        tokio::spawn(perform(instance, node, host, ahead, fork));
    }

    /// The tasks that this host comes to next, as far as that can be said now.
    pub(super) fn next_jobs(&mut self, node: NodeId, host: usize) -> Vec<Arc<Job>> {
        let most = self
            .shared
            .options
            .look_ahead
            .min(16_384 / self.players.len().max(1))
            .max(1);
        let mut jobs = Vec::new();
        if most <= 1 {
            return jobs;
        }
        let position = self.stage_position(node);
        let order: Vec<NodeId> = self.graph.order[position..]
            .iter()
            .take(most * 2)
            .copied()
            .collect();
        for next in order {
            if jobs.len() + 1 >= most {
                break;
            }
            let task = self.graph.node(next);
            match &task.kind {
                NodeKind::Flush if self.standings[host].notified.is_empty() => continue,
                NodeKind::Join => continue,
                NodeKind::Handler(..) | NodeKind::Flush => break,
                NodeKind::Task(spec) => {
                    let asleep = |arm: &crate::graph::Arm| arm.part == crate::graph::Part::Rescue;
                    if task.place.iter().any(asleep) || self.unwanted.contains(&next) {
                        continue;
                    }
                    if matches!(spec.statement, Statement::Meta(Meta::Noop)) {
                        continue;
                    }
                }
            }
            let Some(job) = self.job(next) else { break };
            let acts = job
                .module(self.shared)
                .is_none_or(|module| module.always_acts);
            if acts || job.spec.delegate_to.is_some() || job.sets(self.shared).is_none() {
                break;
            }
            jobs.push(job);
        }
        jobs
    }

    pub(super) fn stage_position(&self, node: NodeId) -> usize {
        self.graph
            .position(node)
            .map_or(self.graph.order.len(), |position| position + 1)
    }
}

/// Runs one instance: waits for its turn among the forks, prepares it with what follows, does it.
async fn perform(
    instance: Instance,
    node: NodeId,
    host: usize,
    ahead: Vec<Arc<Job>>,
    fork: impl Future<Output = Option<OwnedSemaphorePermit>> + Send,
) {
    let throttle = match &instance.job.throttle {
        Some(limit) => limit.clone().acquire_owned().await.ok(),
        None => None,
    };
    let fork = fork.await;
    let begun = Instant::now();
    let started = Event::HostStarted {
        task: instance.job.info.id,
        host: instance.player.name().clone(),
    };
    // The dispatcher outlives its instances but for a run that was given up.
    let _ = instance.news.send(News::Event(started));
    let prepared = super::ahead::prepare(&instance, ahead).await;
    let (round, ignored, control) = instance.run(prepared).await;
    drop((fork, throttle));
    instance.tell(&round, ignored, None, begun);
    let _ = instance.news.send(News::Ended(Box::new(Ended {
        node,
        host,
        round,
        ignored,
        control,
    })));
}
