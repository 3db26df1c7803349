//! What is known of a host, under Ansible's names without `ansible_`.

use super::{Command, Machine, Output};
use serde_json::{Map, Value as Json};
use std::sync::Arc;

/// Facts by name.
pub type Facts = Map<String, Json>;

/// The question for the facts of a subset.
pub fn request() -> Command {
    Command::shell("cat /etc/os-release; uname -srm")
}

/// Whether a command is a question for facts.
pub fn is_request(command: &Command) -> bool {
    *command == request()
}

/// The facts in the answer to [`request`].
pub fn parse(output: &Output) -> Facts {
    if let Ok(facts) = serde_json::from_slice(&output.stdout) {
        return facts;
    }
    let mut facts = Facts::new();
    facts.insert(
        "kernel".into(),
        Json::from(output.text().lines().last().unwrap_or_default()),
    );
    facts
}

impl Machine {
    /// The facts, once gathered.
    pub fn facts(&self) -> Option<Arc<Facts>> {
        self.known_facts().clone()
    }

    /// Remembers facts.
    pub fn set_facts(&self, facts: Arc<Facts>) {
        *self.known_facts() = Some(facts);
    }
}
