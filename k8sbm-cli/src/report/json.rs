//! Events as JSON, one a line.

use k8sbm_core::event::{Event, Sink};
use std::{
    io::Write,
    sync::{Mutex, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

/// Writes events as JSON, one a line, each with the time in seconds since 1970.
pub struct JsonLines<W>(Mutex<W>);

impl<W: Write + Send> JsonLines<W> {
    /// Writes to `out`.
    pub fn new(out: W) -> Self {
        Self(Mutex::new(out))
    }
}

impl<W: Write + Send> Sink for JsonLines<W> {
    fn event(&self, event: &Event) {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let Ok(text) = serde_json::to_string(event) else {
            return;
        };
        let mut out = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // An event is a mapping; the time goes in behind its first brace. A reader that has gone is no error here.
        let fields = text.strip_prefix('{').unwrap_or(&text);
        let _ = writeln!(out, "{{\"time\":{:.3},{fields}", now.as_secs_f64());
        if matches!(event, Event::RunFinished { .. } | Event::PlayStarted { .. }) {
            let _ = out.flush();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::human::recorded;
    use serde_json::Value as Json;

    #[test]
    fn every_event_is_a_mapping_with_a_time() {
        let lines = JsonLines::new(Vec::new());
        for event in recorded::events() {
            lines.event(&event);
        }
        let text = String::from_utf8(lines.0.into_inner().unwrap()).unwrap();
        let parsed: Vec<Json> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert!(
            parsed
                .iter()
                .all(|event| event["time"].as_f64() > Some(1e9))
        );
        assert_eq!(parsed[0]["event"], "run_started");
        assert_eq!(parsed[0]["version"], 1);
        let failed = parsed
            .iter()
            .find(|event| event["outcome"] == "failed")
            .unwrap();
        assert_eq!(failed["event"], "item_finished");
        assert_eq!(failed["result"]["rc"], 3);
    }
}
