//! The order of plays: one after the other, unless their `needs` say less.

use super::{Need, NeedScope, Play, Playbook};
use crate::diagnostic::{Diagnostic, nearest};
use indexmap::IndexMap;
use std::sync::Arc;

impl Playbook {
    /// For each play the others that must have ended before it begins, by their places in [`Playbook::plays`].
    ///
    /// A play without `needs` waits for all before it.
    pub fn waits(&self) -> Vec<Vec<usize>> {
        let ids = ids(&self.plays);
        let waits = |(at, play): (usize, &Arc<Play>)| match &play.needs {
            None => (0..at).collect(),
            Some(needs) => needs
                .iter()
                .filter_map(|need| ids.get(&need.id).copied())
                .collect(),
        };
        self.plays.iter().enumerate().map(waits).collect()
    }
}

fn ids(plays: &[Arc<Play>]) -> IndexMap<Arc<str>, usize> {
    let ids = plays.iter().enumerate();
    ids.filter_map(|(at, play)| Some((play.id.clone()?, at)))
        .collect()
}

/// What is wrong with the `needs` of plays: a play that is not there, or stands later.
///
/// That a play needs only earlier ones keeps circles impossible, and the file readable from top to bottom.
pub(super) fn mistakes(plays: &[Arc<Play>]) -> Vec<Diagnostic> {
    let ids = ids(plays);
    let needs = plays.iter().enumerate().flat_map(|(at, play)| {
        let needs = play.needs.iter().flatten();
        needs.map(move |need| (at, need))
    });
    needs
        .filter_map(|(at, need)| mistake(at, need, &ids))
        .collect()
}

fn mistake(at: usize, need: &Need, ids: &IndexMap<Arc<str>, usize>) -> Option<Diagnostic> {
    let about = |message: String| Diagnostic::new(message).label(&need.span, "");
    let Some(other) = ids.get(&need.id) else {
        let error = about(format!(
            "`needs` names `{}`, and no play has that id",
            need.id
        ));
        let near = nearest(&need.id, ids.keys().map(|id| &**id));
        return Some(match near {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error,
        });
    };
    if *other >= at {
        let error = about(format!("`{}` is not an earlier play", need.id));
        return Some(error.help("a play can need those that stand before it"));
    }
    let whole = matches!(need.on, NeedScope::SameHost);
    (!whole).then(|| {
        about("`on` has no meaning for plays".into())
            .help("a play is needed as a whole: name its id only")
    })
}
