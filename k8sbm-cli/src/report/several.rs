//! Several readers of one stream.

use k8sbm_core::event::{Event, Sink};
use std::sync::Arc;

/// Hands each event to all of its readers.
pub struct Several(pub Vec<Arc<dyn Sink>>);

impl Sink for Several {
    fn event(&self, event: &Event) {
        self.0.iter().for_each(|sink| sink.event(event));
    }
}
