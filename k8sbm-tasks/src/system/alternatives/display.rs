//! What `update-alternatives --display` prints, on hosts of both families.

use schemars::JsonSchema;
use serde::Deserialize;

/// A name that goes with another.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub(super) struct Slave {
    /// The name.
    pub(super) name: String,
    /// What it stands for when this program is selected.
    pub(super) path: String,
    /// The path of the name itself.
    pub(super) link: String,
}

/// A program that the name may stand for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Alternative {
    /// Its path.
    pub(super) path: String,
    /// Its weight.
    pub(super) priority: i64,
    slaves: Vec<(String, String)>,
}

/// What is known of a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Display {
    /// Whether the weightiest counts.
    pub(super) auto: bool,
    /// The path of the name itself.
    pub(super) link: Option<String>,
    /// What it stands for.
    pub(super) current: Option<String>,
    /// What it may stand for.
    pub(super) alternatives: Vec<Alternative>,
}

impl Display {
    /// Reads it; of a name that is not known, nothing is printed.
    pub(super) fn read(name: &str, text: &str) -> Self {
        let mut all = Self::default();
        for line in text.lines() {
            let line = line.trim();
            if let Some((path, rest)) = line.split_once(" - priority ") {
                let number = rest.split_whitespace().next().unwrap_or_default();
                all.alternatives.push(Alternative {
                    path: path.into(),
                    priority: number.parse().unwrap_or_default(),
                    slaves: Vec::new(),
                });
            } else if let Some(mode) = line.strip_prefix(&format!("{name} - ")) {
                all.auto = mode.contains("auto");
            } else if let Some(path) = line.strip_prefix("link currently points to ") {
                all.current = Some(path.to_owned());
            } else if let Some(path) = line.strip_prefix(&format!("link {name} is ")) {
                all.link = Some(path.to_owned());
            } else if let Some(slave) = line.strip_prefix("slave ")
                && let Some((name, path)) = slave.split_once(": ")
                && let Some(last) = all.alternatives.last_mut()
            {
                last.slaves.push((name.into(), path.into()));
            }
        }
        all
    }

    /// Whether a name goes with a program.
    pub(super) fn has(&self, alternative: &Alternative, slave: &Slave) -> bool {
        let pair = (slave.name.clone(), slave.path.clone());
        alternative.slaves.contains(&pair)
    }
}
