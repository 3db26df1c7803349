//! The order in which a play takes its hosts.

use crate::{
    diagnostic::{Diagnostic, nearest},
    inventory::{HostId, Inventory},
    node::Span,
};
use rand::seq::SliceRandom;

/// A play's `order`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HostOrder {
    /// As the pattern and the inventory have them.
    #[default]
    Inventory,
    /// The other way round.
    ReverseInventory,
    /// By name.
    Sorted,
    /// By name, from the end.
    ReverseSorted,
    /// At random.
    Shuffle,
}

impl HostOrder {
    const WORDS: [(&'static str, Self); 5] = [
        ("inventory", Self::Inventory),
        ("reverse_inventory", Self::ReverseInventory),
        ("sorted", Self::Sorted),
        ("reverse_sorted", Self::ReverseSorted),
        ("shuffle", Self::Shuffle),
    ];

    /// Reads the word; `span` is its place.
    pub fn parse(word: &str, span: &Span) -> Result<Self, Diagnostic> {
        if let Some((_, order)) = Self::WORDS.iter().find(|(known, _)| *known == word) {
            return Ok(*order);
        }
        let known = Self::WORDS.map(|(known, _)| known);
        let error = Diagnostic::new(format!(
            "`order` must be one of {}, not `{word}`",
            known.join(", ")
        ))
        .or_at(span);
        Err(match nearest(word, known) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error,
        })
    }

    /// Puts hosts into this order.
    pub fn apply(self, hosts: &mut [HostId], inventory: &Inventory) {
        match self {
            Self::Inventory => {}
            Self::ReverseInventory => hosts.reverse(),
            Self::Sorted => hosts.sort_by_key(|host| inventory.host(*host).name.clone()),
            Self::ReverseSorted => {
                hosts.sort_by_key(|host| inventory.host(*host).name.clone());
                hosts.reverse();
            }
            Self::Shuffle => hosts.shuffle(&mut rand::rng()),
        }
    }
}
