//! A playbook: its plays in turn, those that say so side by side.

use super::{play::Running, shared::Shared, tally::Tally};
use crate::{
    event::Event,
    playbook::{Play, Playbook},
};
use futures::stream::{FuturesUnordered, StreamExt as _};
use std::sync::Arc;

/// How far the plays of a playbook are.
pub(super) struct Course<'a> {
    pub shared: &'a Arc<Shared>,
    pub tally: &'a Tally,
}

impl Course<'_> {
    /// Runs all plays, each once those that it waits for have ended; says whether the run goes on.
    pub async fn run(&self, playbook: &Playbook) -> bool {
        let waits = playbook.waits();
        let mut waiting: Vec<usize> = (0..playbook.plays.len()).collect();
        let mut ended = vec![false; playbook.plays.len()];
        let mut running = FuturesUnordered::new();
        let mut goes_on = true;
        loop {
            if goes_on {
                let begins = |at: &usize| waits[*at].iter().all(|other| ended[*other]);
                for at in waiting.extract_if(.., |at| begins(at)) {
                    let play = &playbook.plays[at];
                    running.push(async move { (at, self.play(play).await) });
                }
            }
            match running.next().await {
                Some((at, well)) => {
                    ended[at] = true;
                    goes_on &= well;
                }
                None => return goes_on,
            }
        }
    }

    async fn play(&self, play: &Arc<Play>) -> bool {
        let running = Running {
            shared: self.shared,
            play,
            tally: self.tally,
        };
        let went = running.run().await;
        self.shared.warn(&self.shared.engine.take_warnings());
        match went {
            Ok(goes_on) => goes_on && !self.shared.stopping(),
            Err(diagnostic) => {
                self.tally.counts().broken = true;
                let diagnostic = Arc::new(diagnostic);
                self.shared.tell(Event::Broken { diagnostic });
                false
            }
        }
    }
}
