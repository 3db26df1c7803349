//! What is run.

use k8sbm_core::node::{Source, from_node, load_one};
use serde::Deserialize;
use std::{collections::BTreeMap, fmt, sync::Arc};

/// One target of the integration tests.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its folder.
    pub name: String,
    /// How much of Ansible it asks for.
    pub tier: Tier,
    /// Why it does not pass, where that is known.
    pub cause: Option<String>,
    /// Its asserts that do not hold with ansible-core itself.
    pub unheld: usize,
}

/// How much of Ansible a target asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// A role without plugins in Python.
    Role,
    /// A script that only asks whether `ansible-playbook` succeeded.
    Script,
    /// A script that also reads what `ansible-playbook` printed.
    Printed,
}

impl Tier {
    /// All, the least demanding first.
    pub const ALL: [Self; 3] = [Self::Role, Self::Script, Self::Printed];
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Role => "A",
            Self::Script => "A-",
            Self::Printed => "B",
        })
    }
}

/// The file that names them.
#[derive(Deserialize)]
struct List {
    unheld: BTreeMap<String, usize>,
    #[serde(flatten)]
    tiers: BTreeMap<String, BTreeMap<String, Option<String>>>,
}

impl Target {
    /// All targets, from the list beside the tests.
    ///
    /// # Panics
    /// When the list is not what it should be.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let source = Arc::new(Source {
            name: "tests/conformance/targets.yml".to_owned(),
            text: include_str!("../../conformance/targets.yml").to_owned(),
        });
        let node = load_one(&source).expect("the list is YAML");
        let mut list: List = from_node(&node).expect("the list names targets by tier");
        let mut all = Vec::new();
        for tier in Tier::ALL {
            for (name, cause) in list.tiers.remove(&tier.to_string()).unwrap_or_default() {
                all.push(Self {
                    unheld: list.unheld.remove(&name).unwrap_or_default(),
                    name,
                    tier,
                    cause,
                });
            }
        }
        assert!(
            list.tiers.is_empty(),
            "there are only the tiers A, A- and B"
        );
        assert!(list.unheld.is_empty(), "only targets have asserts");
        all
    }
}
