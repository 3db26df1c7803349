//! What is known of a host, under Ansible's names without `ansible_`.
//!
//! One script brings the raw material in one round trip, mostly files of `/proc`, `/sys` and `/etc`
//! read by one process; what it means is worked out here.

mod date;
mod devices;
mod distribution;
mod firmware;
mod gathered;
mod local;
mod lvm;
mod memory;
mod mounts;
mod network;
mod platform;
mod processor;
mod request;
mod security;
mod service;
mod subset;
mod user;
mod virtualization;

use super::{Machine, Output};
use gathered::Gathered;
pub use request::{is_request, request};
use serde_json::{Map, Value as Json};
use std::sync::Arc;
use subset::Part;
pub use subset::Subset;

/// Facts by name.
pub type Facts = Map<String, Json>;

/// The facts in the answer to [`request`].
pub fn parse(output: &Output) -> Facts {
    // A host may know its facts already, as a fake one does.
    if let Ok(facts) = serde_json::from_slice(&output.stdout) {
        return facts;
    }
    let gathered = Gathered::read(&output.stdout);
    let mut facts = Facts::new();
    let words = gathered
        .record("subset")
        .unwrap_or_default()
        .split_whitespace();
    facts.insert("gather_subset".into(), words.map(Json::from).collect());
    facts.insert("module_setup".into(), true.into());
    for part in gathered.parts() {
        for add in adders(part) {
            add(&gathered, &mut facts);
        }
    }
    facts
}

type Add = fn(&Gathered, &mut Facts);

fn adders(part: Part) -> &'static [Add] {
    match part {
        Part::Minimal => &[
            platform::add,
            distribution::add,
            service::add,
            security::add,
            user::add,
            date::add,
            local::add,
        ],
        Part::Hardware => &[
            processor::add,
            memory::add,
            firmware::add,
            mounts::add,
            devices::add,
            lvm::add,
        ],
        Part::Network => &[network::add],
        Part::Virtual => &[virtualization::add],
    }
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
