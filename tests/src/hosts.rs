//! Hosts of a fleet with an inventory of their own, and the playbooks of this repository run on them.

use crate::{
    fleet::{Fleet, Options, Skip, Suite},
    program::{End, Told},
};
use std::{
    fs,
    io::{self, Write as _},
    path::PathBuf,
    thread::sleep,
    time::{Duration, Instant},
};

/// A fleet, and where playbooks find its hosts.
#[derive(Debug)]
pub struct Hosts {
    /// The hosts.
    pub fleet: Fleet,
    files: tempfile::TempDir,
}

impl Hosts {
    /// Brings hosts up; `inventory` gives them groups and variables, in INI form.
    ///
    /// # Errors
    /// The reason why this machine cannot run a fleet.
    ///
    /// # Panics
    /// Where it should be possible and fails.
    pub fn acquire(
        count: usize,
        prefix: &str,
        suite: Suite,
        inventory: &str,
    ) -> Result<Self, Skip> {
        let options = Options {
            prefix: prefix.to_owned(),
            suite,
        };
        let fleet = Fleet::acquire(count, options)?;
        let files = tempfile::tempdir().expect("a directory can be made");
        let network = fleet.hosts()[0].address.to_string();
        let network = network
            .rsplit_once('.')
            .expect("hosts have IPv4 addresses")
            .0;
        let text = format!("{}\n{inventory}", fleet.inventory()).replace("NETWORK", network);
        fs::write(files.path().join("hosts.ini"), text).expect("the inventory can be written");
        Ok(Self { fleet, files })
    }

    /// Where the test may put files; the inventory is `hosts.ini` there.
    pub fn file(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    /// Runs a playbook, however it ends: one of the repository's by its name, or another by its path.
    pub fn told(&self, playbook: &str, flags: &[&str]) -> Told {
        let path = if playbook.ends_with(".yml") {
            playbook.to_owned()
        } else {
            format!("playbooks/{playbook}.yml")
        };
        let inventory = self.file("hosts.ini").display().to_string();
        let told = Told::by(&[&["run", &path, "-i", &inventory], flags].concat());
        let _ = writeln!(io::stderr(), "{playbook} {flags:?}: {:.1} s", told.seconds);
        told
    }

    /// Runs a playbook that must succeed.
    ///
    /// # Panics
    /// With what went wrong.
    #[track_caller]
    pub fn run(&self, playbook: &str, flags: &[&str]) -> Told {
        let what = format!("{playbook} {flags:?}");
        self.told(playbook, flags).expect_success(&what)
    }

    /// Runs a playbook that must find nothing left to do.
    ///
    /// # Panics
    /// With what was changed.
    #[track_caller]
    pub fn quiet(&self, playbook: &str, flags: &[&str]) {
        let told = self.run(playbook, flags);
        let changed: Vec<&End> = told.ended("changed").collect();
        assert!(changed.is_empty(), "{playbook} {flags:?}: {changed:#?}");
    }

    /// Waits until a command prints this, with a generous limit.
    ///
    /// # Panics
    /// With what it printed in the end.
    #[track_caller]
    pub fn until(&self, host: &str, command: &str, expected: &str) {
        let start = Instant::now();
        loop {
            let output = self.fleet.try_exec(host, command);
            let text = String::from_utf8_lossy(&output.stdout);
            if text.trim() == expected {
                return;
            }
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(
                start.elapsed() < Duration::from_secs(90),
                "{host}: {command}\n{text}{errors}\nexpected {expected}"
            );
            sleep(Duration::from_millis(300));
        }
    }
}
