//! Where one host stands in a play: going on, failing, being rescued, out.

use crate::graph::{Arm, BlockId, Part};
use indexmap::IndexSet;
use std::{collections::HashSet, sync::Arc};

/// Where one host stands in a play.
#[derive(Debug, Default)]
pub(super) struct Standing {
    /// Out of the play: unreachable, or ended by `meta`.
    pub out: bool,
    /// Where it failed; what only runs on hosts that have not failed is passed over.
    failure: Option<Arc<[Arm]>>,
    unreachable: bool,
    /// Whether what failed does not count for further plays.
    forgiven: bool,
    /// The blocks whose rescue it has entered.
    rescued: HashSet<BlockId>,
    /// Handlers that wait to be run, by their index.
    pub notified: IndexSet<usize>,
}

/// Whether a task is for a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// It is.
    Run,
    /// It is, and its block's failure is dealt with by that.
    Rescue,
    /// It is not: the host has failed, or is out.
    Failed,
    /// It is not: its block did not fail.
    NotNeeded,
}

impl Standing {
    /// Whether it has failed and nothing dealt with that yet.
    pub fn has_failed(&self) -> bool {
        self.failure.is_some()
    }

    /// Whether it no longer counts among the hosts of the play: it failed where no rescue stands by, or is out.
    pub fn is_removed(&self) -> bool {
        self.out || self.failure.as_deref().is_some_and(|place| !rescued(place))
    }

    /// Notes a failure, and says whether a rescue stands by.
    pub fn fail(&mut self, place: &Arc<[Arm]>) -> bool {
        self.failure = Some(place.clone());
        self.forgiven = false;
        rescued(place)
    }

    /// Notes that the host cannot be reached any more.
    pub fn vanish(&mut self, place: &Arc<[Arm]>) {
        self.failure = Some(place.clone());
        self.forgiven = false;
        self.out = true;
        self.unreachable = true;
    }

    /// Whether it could not be reached.
    pub fn is_unreachable(&self) -> bool {
        self.unreachable
    }

    /// Lets the host take part again from the next play on (`meta: clear_host_errors`).
    pub fn forgive(&mut self) {
        self.forgiven = true;
    }

    /// Lets the host go on in this play: it is in an `always` that says so.
    pub fn go_on(&mut self) {
        self.failure = None;
    }

    /// Whether it takes no part in further plays.
    pub fn is_lost(&self) -> bool {
        (self.failure.is_some() || self.unreachable) && !self.forgiven
    }

    /// Whether a task at `place` is for this host now.
    pub fn turn(&mut self, place: &[Arm], handlers_anyway: bool) -> Turn {
        if self.out {
            return Turn::Failed;
        }
        let Some(failure) = self.failure.clone() else {
            let asleep = |arm: &Arm| arm.part == Part::Rescue && !self.rescued.contains(&arm.block);
            return if place.iter().any(asleep) {
                Turn::NotNeeded
            } else {
                Turn::Run
            };
        };
        if handlers_anyway {
            return Turn::Run;
        }
        // The innermost common block decides: a rescue or always of a block that failed below.
        for (depth, arm) in place.iter().enumerate() {
            let Some(failed) = failure.get(depth) else {
                break;
            };
            if failed == arm {
                continue;
            }
            if failed.block != arm.block {
                break;
            }
            let inner = &place[depth + 1..];
            return match (failed.part, arm.part) {
                (Part::Block { .. }, Part::Rescue) if inner.is_empty() || !has_rescue(inner) => {
                    self.failure = None;
                    self.rescued.insert(arm.block);
                    Turn::Rescue
                }
                (Part::Block { .. } | Part::Rescue, Part::Always) if !has_rescue(inner) => {
                    Turn::Run
                }
                _ => Turn::Failed,
            };
        }
        Turn::Failed
    }
}

/// Whether a rescue stands by for what fails there.
fn rescued(place: &[Arm]) -> bool {
    place
        .iter()
        .any(|arm| arm.part == Part::Block { rescue: true })
}

fn has_rescue(place: &[Arm]) -> bool {
    place.iter().any(|arm| arm.part == Part::Rescue)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: Part = Part::Block { rescue: true };

    fn at(arms: &[(BlockId, Part)]) -> Arc<[Arm]> {
        arms.iter()
            .map(|(block, part)| Arm {
                block: *block,
                part: *part,
            })
            .collect()
    }

    #[test]
    fn a_host_that_goes_on_passes_rescue_by_and_takes_always() {
        let mut host = Standing::default();
        assert_eq!(host.turn(&at(&[(1, BLOCK)]), false), Turn::Run);
        assert_eq!(host.turn(&at(&[(1, Part::Rescue)]), false), Turn::NotNeeded);
        assert_eq!(host.turn(&at(&[(1, Part::Always)]), false), Turn::Run);
        assert_eq!(host.turn(&at(&[]), false), Turn::Run);
    }

    #[test]
    fn a_rescue_takes_the_failure_away() {
        let mut host = Standing::default();
        assert!(host.fail(&at(&[(1, BLOCK)])));
        assert_eq!(host.turn(&at(&[(1, BLOCK)]), false), Turn::Failed);
        assert_eq!(host.turn(&at(&[(1, Part::Rescue)]), false), Turn::Rescue);
        assert_eq!(host.turn(&at(&[(1, Part::Rescue)]), false), Turn::Run);
        assert_eq!(host.turn(&at(&[(1, Part::Always)]), false), Turn::Run);
        assert_eq!(host.turn(&at(&[]), false), Turn::Run);
    }

    #[test]
    fn always_runs_while_the_failure_stays() {
        let mut host = Standing::default();
        assert!(!host.fail(&at(&[(1, Part::Block { rescue: false })])));
        assert_eq!(host.turn(&at(&[(1, Part::Always)]), false), Turn::Run);
        assert_eq!(host.turn(&at(&[]), false), Turn::Failed);
    }

    #[test]
    fn an_outer_rescue_deals_with_an_inner_failure_after_the_inner_always() {
        let mut host = Standing::default();
        assert!(host.fail(&at(&[(1, BLOCK), (2, Part::Block { rescue: false })])));
        assert_eq!(
            host.turn(&at(&[(1, BLOCK), (2, Part::Always)]), false),
            Turn::Run
        );
        assert_eq!(host.turn(&at(&[(1, BLOCK)]), false), Turn::Failed);
        assert_eq!(host.turn(&at(&[(1, Part::Rescue)]), false), Turn::Rescue);
        assert!(!host.has_failed());
    }

    #[test]
    fn a_failure_in_a_rescue_goes_to_the_outer_rescue() {
        let mut host = Standing::default();
        host.fail(&at(&[(1, BLOCK), (2, BLOCK)]));
        assert_eq!(
            host.turn(&at(&[(1, BLOCK), (2, Part::Rescue)]), false),
            Turn::Rescue
        );
        assert!(host.fail(&at(&[(1, BLOCK), (2, Part::Rescue)])));
        assert_eq!(
            host.turn(&at(&[(1, BLOCK), (2, Part::Rescue)]), false),
            Turn::Failed
        );
        assert_eq!(host.turn(&at(&[(1, Part::Rescue)]), false), Turn::Rescue);
    }
}
