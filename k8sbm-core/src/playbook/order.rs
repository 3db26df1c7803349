//! The order of plays: one after the other, unless their `needs` say less.

use super::{Need, NeedScope, Play, Playbook};
use crate::diagnostic::{Diagnostic, nearest};
use indexmap::IndexMap;
use std::sync::Arc;

impl Playbook {
    /// For each play the others that must have ended before it begins, by their places in [`Playbook::plays`].
    ///
    /// A play without `needs` waits for all before it; in an import with `needs`, for those of the import before it.
    pub fn waits(&self) -> Vec<Vec<usize>> {
        let ids = ids(&self.plays);
        let named = |needs: &[Need]| -> Vec<usize> {
            let found = needs.iter().filter_map(|need| ids.get(&need.id));
            found.flatten().copied().collect()
        };
        let waits = |(at, play): (usize, &Arc<Play>)| {
            let mut waits: Vec<usize> = imported_needs(play).flat_map(named).collect();
            waits.extend(match &play.needs {
                Some(needs) => named(needs),
                None => (0..at)
                    .filter(|other| beside(play, &self.plays[*other]))
                    .collect(),
            });
            waits
        };
        self.plays.iter().enumerate().map(waits).collect()
    }
}

/// Whether both come from the innermost import with `needs` that brought `play`, if there is one.
fn beside(play: &Play, other: &Play) -> bool {
    let mut imports = play.imports.iter().rev();
    imports
        .find(|import| import.needs.is_some())
        .is_none_or(|import| {
            let mut others = other.imports.iter();
            others.any(|other| Arc::ptr_eq(import, other))
        })
}

fn imported_needs(play: &Play) -> impl Iterator<Item = &[Need]> {
    play.imports
        .iter()
        .filter_map(|import| import.needs.as_deref())
}

/// The plays by id; an import gives its own to each of its plays.
fn ids(plays: &[Arc<Play>]) -> IndexMap<Arc<str>, Vec<usize>> {
    let mut ids = IndexMap::<_, Vec<usize>>::new();
    for (at, play) in plays.iter().enumerate() {
        let imports = play.imports.iter().filter_map(|import| import.id.clone());
        for id in imports.chain(play.id.clone()) {
            ids.entry(id).or_default().push(at);
        }
    }
    ids
}

/// What is wrong with the `needs` of plays: a play that is not there, or stands later.
///
/// That a play needs only earlier ones keeps circles impossible, and the file readable from top to bottom.
pub(super) fn mistakes(plays: &[Arc<Play>]) -> Vec<Diagnostic> {
    let ids = ids(plays);
    let needs = plays.iter().enumerate().flat_map(|(at, play)| {
        let needs = imported_needs(play).chain(play.needs.as_deref());
        needs.flatten().map(move |need| (at, need))
    });
    needs
        .filter_map(|(at, need)| mistake(at, need, &ids))
        .collect()
}

fn mistake(at: usize, need: &Need, ids: &IndexMap<Arc<str>, Vec<usize>>) -> Option<Diagnostic> {
    let about = |message: String| Diagnostic::new(message).label(&need.span, "");
    let Some(others) = ids.get(&need.id) else {
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
    if others.iter().any(|other| *other >= at) {
        let error = about(format!("`{}` is not an earlier play", need.id));
        return Some(error.help("a play can need those that stand before it"));
    }
    let whole = matches!(need.on, NeedScope::SameHost);
    (!whole).then(|| {
        about("`on` has no meaning for plays".into())
            .help("a play is needed as a whole: name its id only")
    })
}
