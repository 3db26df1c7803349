//! A systemd unit as systemd describes it.

use super::systemctl::Systemctl;
use k8sbm_core::{
    diagnostic::nearest,
    task::{Error, Probe, Result},
};
use serde_json::{Map, Value as Json};

/// Counters, which differ each time one looks: no part of what a unit is.
const COUNTERS: [&str; 14] = [
    "CPUUsageNSec",
    "EffectiveMemoryHigh",
    "EffectiveMemoryMax",
    "EffectiveTasksMax",
    "IOReadBytes",
    "IOReadOperations",
    "IOWriteBytes",
    "IOWriteOperations",
    "IPEgressBytes",
    "IPEgressPackets",
    "IPIngressBytes",
    "IPIngressPackets",
    "MemoryAvailable",
    "TasksCurrent",
];

/// Sets of words, which systemd prints in any order.
const SETS: [&str; 18] = [
    "After",
    "Before",
    "BindsTo",
    "BoundBy",
    "ConflictedBy",
    "Conflicts",
    "ConsistsOf",
    "Names",
    "PartOf",
    "RequiredBy",
    "Requires",
    "RequiresMountsFor",
    "Requisite",
    "TriggeredBy",
    "Triggers",
    "Upholds",
    "WantedBy",
    "Wants",
];

/// A unit as systemd describes it.
#[derive(Debug)]
pub(super) struct Unit {
    /// The name as the task gave it.
    name: String,
    /// What `systemctl show` says of it; empty where systemd does not run.
    pub(super) status: Map<String, Json>,
    /// What `systemctl is-enabled` says of it.
    file_state: String,
}

impl Unit {
    /// Asks systemd.
    pub(super) async fn of(host: &Probe, systemctl: &Systemctl, name: &str) -> Result<Self> {
        let show = systemctl.ask(host, &["show", "--no-pager", name]).await?;
        let status = if show.success() {
            properties(&show.text())
        } else {
            Map::new()
        };
        let mut unit = Self {
            name: name.to_owned(),
            status,
            file_state: String::new(),
        };
        unit.file_state = unit.property("UnitFileState").to_owned();
        // Init scripts, and hosts whose systemd does not run (images), are known to is-enabled alone.
        if ["", "generated", "bad"].contains(&unit.file_state.as_str()) {
            let asked = systemctl.ask(host, &["is-enabled", name]).await?;
            unit.file_state = asked
                .text()
                .lines()
                .last()
                .unwrap_or_default()
                .trim()
                .to_owned();
        }
        Ok(unit)
    }

    fn property(&self, name: &str) -> &str {
        self.status
            .get(name)
            .and_then(Json::as_str)
            .unwrap_or_default()
    }

    /// Its own name, where the task's is another that leads to it.
    pub(super) fn id(&self) -> &str {
        let id = self.property("Id");
        if id.is_empty() || id.trim_end_matches(".service") == self.name {
            return &self.name;
        }
        id
    }

    /// Whether there is such a unit.
    pub(super) fn exists(&self) -> bool {
        match self.property("LoadState") {
            "" => !["", "not-found"].contains(&self.file_state.as_str()),
            state => state != "not-found",
        }
    }

    /// Why systemd cannot load it.
    pub(super) fn load_error(&self) -> Option<&str> {
        let error = self.property("LoadError");
        (self.exists() && !self.is_masked() && !error.is_empty()).then_some(error)
    }

    /// Whether systemd runs, and can tell.
    pub(super) fn is_known(&self) -> bool {
        self.status.contains_key("ActiveState")
    }

    /// Whether it runs, or is about to.
    pub(super) fn is_running(&self) -> bool {
        ["active", "activating", "reloading", "refreshing"].contains(&self.property("ActiveState"))
    }

    /// Whether it is being stopped.
    pub(super) fn is_stopping(&self) -> bool {
        self.property("ActiveState") == "deactivating"
    }

    /// Whether nobody can start it.
    pub(super) fn is_masked(&self) -> bool {
        self.file_state == "masked" || self.property("LoadState") == "masked"
    }

    /// Whether it is started at boot. One that others pull in (`static`) is, and nothing can change that.
    pub(super) fn is_enabled(&self) -> bool {
        ["enabled", "static", "generated", "transient"].contains(&self.file_state.as_str())
    }

    /// Whether it can be neither enabled nor disabled.
    pub(super) fn is_static(&self) -> bool {
        ["static", "generated", "transient"].contains(&self.file_state.as_str())
    }

    /// What is-enabled says of it.
    pub(super) fn file_state(&self) -> &str {
        &self.file_state
    }

    /// What is said where there is no such unit; playbooks compare the beginning of the message.
    pub(super) async fn missing(&self, host: &Probe, systemctl: &Systemctl) -> Error {
        let error = Error::failed(format!(
            "Could not find the requested service {}: host",
            self.name
        ));
        let words = ["list-unit-files", "--no-legend", "--no-pager", "--plain"];
        let Ok(files) = systemctl.ask(host, &words).await else {
            return error;
        };
        let text = files.text();
        let known = text
            .lines()
            .filter_map(|line| line.split_whitespace().next());
        let short = !self.name.contains('.');
        let known = known.map(|it| {
            if short {
                it.trim_end_matches(".service")
            } else {
                it
            }
        });
        match nearest(&self.name, known) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error
                .hint("no unit file and no init script has this name; its package may be missing"),
        }
    }
}

/// `Name=value` lines; a value that begins with `{` may go on until a line that ends with `}`.
fn properties(text: &str) -> Map<String, Json> {
    let mut status = Map::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some((name, value)) = line.split_once('=') else {
            continue;
        };
        let mut value = value.to_owned();
        if name.starts_with("Exec") && value.starts_with('{') {
            while !value.trim_end().ends_with('}') {
                let Some(more) = lines.next() else { break };
                value.push('\n');
                value.push_str(more);
            }
        }
        if !COUNTERS.contains(&name) && !name.starts_with("Memory") || name.starts_with("MemoryM") {
            let value = if SETS.contains(&name) {
                sorted(&value)
            } else {
                value.trim().to_owned()
            };
            status.insert(name.to_owned(), Json::from(value));
        }
    }
    status
}

fn sorted(words: &str) -> String {
    let mut words: Vec<&str> = words.split_whitespace().collect();
    words.sort_unstable();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(name: &str, show: &str) -> Unit {
        let status = properties(show);
        let file_state = status.get("UnitFileState").and_then(Json::as_str);
        Unit {
            name: name.into(),
            file_state: file_state.unwrap_or_default().into(),
            status,
        }
    }

    #[test]
    fn a_unit_is_what_systemd_says() {
        let it = unit(
            "ssh",
            "Id=ssh.service\nAfter=b a\nLoadState=loaded\nActiveState=active\nUnitFileState=enabled\nMemoryCurrent=5\nMemoryMax=infinity\n",
        );
        assert!(it.exists() && it.is_running() && it.is_enabled() && !it.is_masked());
        assert_eq!(it.id(), "ssh");
        assert_eq!(it.status["After"], "a b");
        let names: Vec<_> = it.status.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                "Id",
                "After",
                "LoadState",
                "ActiveState",
                "UnitFileState",
                "MemoryMax"
            ]
        );
    }

    #[test]
    fn another_name_leads_to_the_unit() {
        let it = unit(
            "sshd",
            "Id=ssh.service\nLoadState=loaded\nActiveState=failed\n",
        );
        assert_eq!(it.id(), "ssh.service");
        assert!(!it.is_running());
    }

    #[test]
    fn a_unit_may_be_missing_or_masked() {
        assert!(!unit("x", "LoadState=not-found\nActiveState=inactive\n").exists());
        assert!(unit("x", "LoadState=masked\nUnitFileState=masked\n").is_masked());
    }

    #[test]
    fn a_command_may_take_several_lines() {
        let status =
            properties("ExecStart={ path=/bin/sh ; argv[]=/bin/sh -c a\nb ; }\nId=x.service\n");
        assert_eq!(
            status["ExecStart"],
            "{ path=/bin/sh ; argv[]=/bin/sh -c a\nb ; }"
        );
        assert_eq!(status["Id"], "x.service");
    }
}
