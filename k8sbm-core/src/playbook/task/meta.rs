//! What `meta` can do.

use crate::{
    diagnostic::{Diagnostic, nearest},
    node::{Node, Span},
    playbook::{
        Meta,
        reader::Reader,
        task::{Call, FREE_FORM},
    },
};

pub(in crate::playbook) const META: [(&str, Meta); 10] = [
    ("flush_handlers", Meta::FlushHandlers),
    ("refresh_inventory", Meta::RefreshInventory),
    ("noop", Meta::Noop),
    ("clear_facts", Meta::ClearFacts),
    ("clear_host_errors", Meta::ClearHostErrors),
    ("end_play", Meta::EndPlay),
    ("end_host", Meta::EndHost),
    ("end_batch", Meta::EndBatch),
    ("end_role", Meta::EndRole),
    ("reset_connection", Meta::ResetConnection),
];

/// What `meta` can do.
pub(in crate::playbook) fn meta_names() -> impl Iterator<Item = &'static str> + Clone {
    META.iter().map(|(name, _)| *name)
}

impl Meta {
    /// What it is called in a playbook.
    pub fn word(self) -> &'static str {
        let known = META.iter().find(|(_, meta)| *meta == self);
        known.map_or("meta", |(name, _)| name)
    }
}

impl Reader<'_> {
    pub(in crate::playbook) fn meta(&mut self, call: &Call) -> Option<(Meta, Span)> {
        let word = call.arguments.get(FREE_FORM);
        let text = word.and_then(Node::as_str).unwrap_or_default();
        let span = word.map_or(&call.span, |word| &word.span);
        if let Some((_, meta)) = META.iter().find(|(name, _)| *name == text) {
            return Some((*meta, span.clone()));
        }
        let names = meta_names();
        let error = match text {
            "" => Diagnostic::new("`meta` says nothing to do"),
            text => Diagnostic::new(format!("`meta` cannot do `{text}`")),
        };
        let error = error.label(span, "");
        self.error(match nearest(text, names.clone()) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error.help(format!(
                "it can do: {}",
                names.collect::<Vec<_>>().join(", ")
            )),
        });
        None
    }
}
