//! Real hosts for a test: systemd, sshd, an address of their own, and a plug to pull.
//!
//! A fleet needs root on Linux. Elsewhere a test says that it was skipped, and why:
//!
//! ```no_run
//! use k8sbm_tests::fleet::{self, Fleet, Options};
//!
//! let fleet = match Fleet::acquire(2, Options::default()) {
//!     Ok(fleet) => fleet,
//!     Err(reason) => return fleet::skip(&reason),
//! };
//! assert_eq!(fleet.exec("h1", "hostname"), "h1\n");
//! ```
//!
//! One fleet is up at a time in a process: acquiring waits for the other test's to be dropped.

use std::ffi::OsStr;
use std::fmt;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Condvar, Mutex, PoisonError};

/// The harness itself, for what this wrapper does not offer.
pub const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fleet/fleet");

/// Where test fleets keep their state; `fleet sweep` knows this directory, too.
const SLOTS: &str = "/var/lib/k8sbm-fleet/test";

/// Networks 10.77.100 to 10.77.250 are the tests'; fleets brought up by hand take lower ones.
const SLOT_NUMBERS: std::ops::RangeInclusive<u8> = 100..=250;

/// The Debian release that hosts run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Suite {
    /// Debian 12.
    #[default]
    Bookworm,
    /// Debian 13.
    Trixie,
}

/// What the hosts shall be.
#[derive(Clone, Debug)]
pub struct Options {
    /// Hosts are named by this and a number that starts at 1.
    pub prefix: String,
    /// The release of all of them; [`Fleet::add`] brings others.
    pub suite: Suite,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            prefix: "h".to_owned(),
            suite: Suite::default(),
        }
    }
}

/// Why there can be no fleet here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skip(String);

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Says that a test did not run. Written past the test runner's capture, which would hide it.
pub fn skip(reason: &dyn fmt::Display) {
    let test = std::thread::current().name().unwrap_or("?").to_owned();
    let _ = writeln!(io::stderr(), "SKIPPED: {reason} ({test})");
}

/// A host of a fleet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// Its name, which the fleet's ssh configuration knows.
    pub name: String,
    /// Its address, reachable from this machine and from the other hosts.
    pub address: IpAddr,
}

/// Hosts that belong to one test, until it drops them.
#[derive(Debug)]
pub struct Fleet {
    dir: PathBuf,
    network: String,
    hosts: Vec<Host>,
    key: PathBuf,
    // Dropped last, in this order: after `down`.
    _slot: File,
    _turn: Turn,
}

impl Fleet {
    /// Brings `count` hosts up, and removes what a killed run may have left.
    ///
    /// # Errors
    /// The reason why this machine cannot run a fleet.
    ///
    /// # Panics
    /// Where it should be possible and fails: that is a failed test, not a skipped one.
    pub fn acquire(count: usize, options: Options) -> Result<Self, Skip> {
        possible()?;
        let turn = Turn::take();
        let (number, slot) = free_slot();
        let mut fleet = Self {
            dir: Path::new(SLOTS).join(number.to_string()),
            network: format!("10.77.{number}"),
            hosts: Vec::new(),
            key: PathBuf::new(),
            _slot: slot,
            _turn: turn,
        };
        fleet.fleet(["down"]);
        fleet.add(count, options);
        let paths = fleet.fleet(["ssh-config"]);
        fleet.key = paths
            .lines()
            .nth(1)
            .expect("fleet ssh-config prints two lines")
            .into();
        Ok(fleet)
    }

    /// Brings more hosts up, such as some of another suite.
    pub fn add(&mut self, count: usize, options: Options) {
        let suite = match options.suite {
            Suite::Bookworm => "bookworm",
            Suite::Trixie => "trixie",
        };
        let count = count.to_string();
        let listing = self.fleet([
            "up",
            &count,
            "--name-prefix",
            &options.prefix,
            "--suite",
            suite,
        ]);
        self.hosts = listing.lines().map(Host::parse).collect();
    }

    /// The hosts, in the order of their names.
    pub fn hosts(&self) -> &[Host] {
        &self.hosts
    }

    /// The host of this name.
    pub fn host(&self, name: &str) -> &Host {
        let found = self.hosts.iter().find(|host| host.name == name);
        found.unwrap_or_else(|| panic!("no host {name} in {:?}", self.hosts))
    }

    /// For `ssh -F`: knows the hosts' names, keys and the user root. `ops` and `pw` accept the same key.
    pub fn ssh_config(&self) -> PathBuf {
        self.dir.join("ssh_config")
    }

    /// The private key that every host accepts.
    pub fn key(&self) -> &Path {
        &self.key
    }

    /// The hosts as an inventory in INI form, ready to connect to as root.
    pub fn inventory(&self) -> String {
        self.fleet(["inventory"])
    }

    /// Runs a shell command as root, not by ssh, and returns what it printed. Panics if it fails.
    pub fn exec(&self, host: &str, command: &str) -> String {
        self.fleet(["exec", host, command])
    }

    /// Runs a shell command as root, not by ssh, and returns how it went.
    pub fn try_exec(&self, host: &str, command: &str) -> Output {
        self.command(["exec", host, command])
            .output()
            .expect("the fleet starts")
    }

    /// Cuts the power.
    pub fn kill(&self, host: &str) {
        self.fleet(["kill", host]);
    }

    /// Powers on, and waits until sshd answers.
    pub fn start(&self, host: &str) {
        self.fleet(["start", host]);
    }

    /// Pulls the network cable.
    pub fn cut(&self, host: &str) {
        self.fleet(["cut", host]);
    }

    /// Plugs the network cable in again.
    pub fn heal(&self, host: &str) {
        self.fleet(["heal", host]);
    }

    /// Adds this to every round trip, between the hosts and from here; 0 ends it.
    pub fn delay(&self, milliseconds: u32) {
        self.fleet(["delay", &milliseconds.to_string()]);
    }

    fn command<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, arguments: I) -> Command {
        let mut command = Command::new(PROGRAM);
        command
            .args(arguments)
            .env("FLEET_DIR", &self.dir)
            .env("FLEET_NET", &self.network)
            .env_remove("FLEET_ID")
            .stdin(Stdio::null());
        command
    }

    fn fleet<const N: usize>(&self, arguments: [&str; N]) -> String {
        let output = self.command(arguments).output();
        let output = output.unwrap_or_else(|error| panic!("{PROGRAM}: {error}"));
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "fleet {}: {}\n{text}{errors}",
            arguments.join(" "),
            output.status
        );
        text
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        // Not asserted: a panic while a test's own panic unwinds would hide that one.
        match self.command(["down"]).output() {
            Ok(output) if output.status.success() => {}
            failure => drop(writeln!(io::stderr(), "fleet down: {failure:?}")),
        }
    }
}

impl Host {
    fn parse(line: &str) -> Self {
        let mut words = line.split_whitespace();
        let name = words.next().unwrap_or_default().to_owned();
        let address = words.next().and_then(|word| word.parse::<Ipv4Addr>().ok());
        let address = address
            .unwrap_or_else(|| panic!("not a line of fleet list: {line:?}"))
            .into();
        Self { name, address }
    }
}

fn possible() -> Result<(), Skip> {
    let no = |reason: &str| Err(Skip(reason.to_owned()));
    if std::env::var_os("K8SBM_NO_FLEET").is_some_and(|value| value == "1") {
        return no("K8SBM_NO_FLEET=1");
    }
    if !cfg!(target_os = "linux") {
        return no("a fleet needs Linux");
    }
    if fs::metadata("/proc/self").map_or(true, |process| process.uid() != 0) {
        return no("a fleet needs root");
    }
    if !Path::new("/usr/bin/mmdebstrap").exists() {
        return no("a fleet needs mmdebstrap: run scripts/setup");
    }
    Ok(())
}

/// The lowest network that no living process has; its lock is ours until the file is closed.
fn free_slot() -> (u8, File) {
    fs::create_dir_all(SLOTS).unwrap_or_else(|error| panic!("{SLOTS}: {error}"));
    for number in SLOT_NUMBERS {
        let path = format!("{SLOTS}/{number}.lock");
        let lock = File::create(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        match lock.try_lock() {
            Ok(()) => return (number, lock),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => panic!("{path}: {error}"),
        }
    }
    panic!("all networks for test fleets are in use");
}

/// The right to have a fleet in this process.
#[derive(Debug)]
struct Turn;

static TAKEN: Mutex<bool> = Mutex::new(false);
static RETURNED: Condvar = Condvar::new();

impl Turn {
    fn take() -> Self {
        let taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = RETURNED.wait_while(taken, |taken| *taken);
        *taken.unwrap_or_else(PoisonError::into_inner) = true;
        Self
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *TAKEN.lock().unwrap_or_else(PoisonError::into_inner) = false;
        RETURNED.notify_one();
    }
}
