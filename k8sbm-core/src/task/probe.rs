//! A host as a plan sees it: nothing here can write.

mod query;

use super::{Controller, Error, NoController, Result};
use crate::{
    connection::{Connection, RunAs},
    host::{
        Algorithm, Command, Facts, Look, Machine, Seen, Stat,
        facts::{self, Subset},
    },
};
use std::{fmt, sync::Arc, time::Duration};

/// A host as a plan sees it.
///
/// It has no method that writes, so no plan can change a host by mistake.
/// What is asked while other questions are under way travels together with them.
#[derive(Clone)]
pub struct Probe {
    machine: Arc<Machine>,
    run_as: Arc<RunAs>,
    environment: Arc<[(String, String)]>,
    controller: Arc<dyn Controller>,
    ahead: bool,
    diff: bool,
    /// Whether this is another host than the task's own.
    other: bool,
}

impl fmt::Debug for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Probe({})", self.name())
    }
}

impl Probe {
    /// A probe of a machine, as the user who connects.
    pub fn new(machine: Arc<Machine>) -> Self {
        let controller: Arc<dyn Controller> = Arc::new(NoController);
        Self {
            machine,
            run_as: Arc::default(),
            environment: Arc::from([]),
            controller,
            ahead: false,
            diff: false,
            other: false,
        }
    }

    /// A probe of what a connection reaches, for programs and tests that have no inventory.
    pub fn of(name: &str, connection: Arc<dyn Connection>) -> Self {
        Self::new(Machine::new(name, connection))
    }

    /// Looks as another user.
    #[must_use]
    pub fn as_user(mut self, run_as: Arc<RunAs>) -> Self {
        self.run_as = run_as;
        self
    }

    /// Adds variables to the environment of every command.
    #[must_use]
    pub fn with_environment(mut self, environment: Arc<[(String, String)]>) -> Self {
        self.environment = environment;
        self
    }

    /// Says what the task may ask of the machine that k8sbm runs on.
    #[must_use]
    pub fn with_controller(mut self, controller: Arc<dyn Controller>) -> Self {
        self.controller = controller;
        self
    }

    /// Plans before it is the task's turn: what lies beyond the host is not asked.
    #[must_use]
    pub fn looking_ahead(mut self, ahead: bool) -> Self {
        self.ahead = ahead;
        self
    }

    /// Whether somebody wants to see diffs, for tasks whose diff costs another look.
    #[must_use]
    pub fn showing_diffs(mut self, diff: bool) -> Self {
        self.diff = diff;
        self
    }

    /// The host's name in the inventory.
    pub fn name(&self) -> &str {
        self.machine.name()
    }

    /// Whether the host is the machine that k8sbm itself runs on.
    pub fn is_local(&self) -> bool {
        self.machine.connection().is_local()
    }

    /// Whether somebody wants to see diffs.
    pub fn wants_diff(&self) -> bool {
        self.diff
    }

    /// The machine that k8sbm runs on.
    pub fn controller(&self) -> &Arc<dyn Controller> {
        &self.controller
    }

    /// Lets time pass before the host is looked at again, since something happens there by itself.
    pub async fn wait(&self, time: Duration) {
        self.machine.connection().wait(time).await;
    }

    /// Another host, by its name in the inventory, looked at as the same user.
    ///
    /// What is asked there lies beyond this host: it is for the task's turn.
    ///
    /// # Errors
    /// When it cannot be said how to reach it, and ahead of the task's turn.
    pub fn other(&self, name: &str) -> Result<Self> {
        self.only_in_turn()?;
        Ok(Self {
            machine: self.controller.machine(name)?,
            other: true,
            ..self.clone()
        })
    }

    pub(crate) fn machine(&self) -> &Arc<Machine> {
        &self.machine
    }

    pub(crate) fn run_as(&self) -> &Arc<RunAs> {
        &self.run_as
    }

    pub(crate) fn surrounded(&self, mut command: Command) -> Command {
        if !self.environment.is_empty() {
            command.environment = self
                .environment
                .iter()
                .cloned()
                .chain(command.environment)
                .collect();
        }
        command
    }

    /// What stands at a path, not looking through a symbolic link.
    ///
    /// # Errors
    /// When it cannot be looked at.
    pub async fn stat(&self, path: &str) -> Result<Option<Arc<Stat>>> {
        self.stat_as(path, false).await
    }

    /// What stands at a path, looking through symbolic links.
    ///
    /// # Errors
    /// When it cannot be looked at.
    pub async fn stat_follow(&self, path: &str) -> Result<Option<Arc<Stat>>> {
        self.stat_as(path, true).await
    }

    async fn stat_as(&self, path: &str, follow: bool) -> Result<Option<Arc<Stat>>> {
        match self
            .ask(
                Look::Stat {
                    path: path.into(),
                    follow,
                },
                path,
            )
            .await?
        {
            Seen::Stat(stat) => Ok(stat),
            _ => Err(unreadable(path)),
        }
    }

    /// Whether anything stands at a path.
    ///
    /// # Errors
    /// When it cannot be looked at.
    pub async fn exists(&self, path: &str) -> Result<bool> {
        Ok(self.stat(path).await?.is_some())
    }

    /// The content of a file; nothing where there is none.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn read(&self, path: &str) -> Result<Option<Arc<[u8]>>> {
        match self.ask(Look::Read { path: path.into() }, path).await? {
            Seen::Content(content) => Ok(content),
            _ => Err(unreadable(path)),
        }
    }

    /// The content of a text file; bytes that are not UTF-8 become `U+FFFD`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn read_text(&self, path: &str) -> Result<Option<String>> {
        Ok(self
            .read(path)
            .await?
            .map(|content| String::from_utf8_lossy(&content).into_owned()))
    }

    /// The SHA-256 of a file's content, in lower-case hexadecimal.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn checksum(&self, path: &str) -> Result<Option<Arc<str>>> {
        self.checksum_by(path, Algorithm::Sha256).await
    }

    /// A hash of a file's content, in lower-case hexadecimal.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn checksum_by(&self, path: &str, algorithm: Algorithm) -> Result<Option<Arc<str>>> {
        match self
            .ask(
                Look::Checksum {
                    path: path.into(),
                    algorithm,
                },
                path,
            )
            .await?
        {
            Seen::Checksum(checksum) => Ok(checksum),
            _ => Err(unreadable(path)),
        }
    }

    /// The names in a directory, sorted; nothing where there is none.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn list(&self, path: &str) -> Result<Option<Arc<[String]>>> {
        match self.ask(Look::List { path: path.into() }, path).await? {
            Seen::Names(names) => Ok(names),
            _ => Err(unreadable(path)),
        }
    }

    /// The host's facts, gathered when nobody did so before.
    ///
    /// # Errors
    /// When the host cannot be reached.
    pub async fn facts(&self) -> Result<Arc<Facts>> {
        match self.machine.facts() {
            Some(facts) => Ok(facts),
            None => self.gather(facts::request(&Subset::all()), true).await,
        }
    }

    /// Facts of a subset as they are now; all of them are remembered for [`facts`](Self::facts).
    ///
    /// # Errors
    /// When the host cannot be reached, or takes longer than the limit.
    pub async fn gather_facts(
        &self,
        subset: &Subset,
        limit: Option<Duration>,
    ) -> Result<Arc<Facts>> {
        let mut command = facts::request(subset);
        command.timeout = limit;
        self.gather(command, subset.is_whole()).await
    }

    async fn gather(&self, command: Command, remember: bool) -> Result<Arc<Facts>> {
        let output = self.query_command(command).await?;
        let facts = Arc::new(facts::parse(&output));
        if remember {
            self.machine.set_facts(facts.clone());
        }
        Ok(facts)
    }

    /// One fact as text, by its name without `ansible_`; empty where the host has none.
    ///
    /// # Errors
    /// When the host cannot be reached.
    pub async fn fact(&self, name: &str) -> Result<String> {
        let facts = self.facts().await?;
        Ok(facts
            .get(name)
            .and_then(|value| value.as_str())
            .unwrap_or_default()
            .to_owned())
    }

    /// Where a copy of a file is kept before it is replaced: beside it, with the time.
    pub fn backup_path(&self, path: &str) -> String {
        self.machine.backup_name(path, || {
            let now = jiff::Zoned::now();
            format!("{path}.{}~", now.strftime("%Y-%m-%d@%H:%M:%S"))
        })
    }

    async fn ask(&self, look: Look, subject: &str) -> Result<Seen> {
        let seen = match self.other {
            // What its own tasks remember may be old by now, and stays theirs.
            true => self.machine.ask_beyond(&self.run_as, look).await?,
            false => self.machine.ask(&self.run_as, look).await?,
        };
        told(seen, subject)
    }
}

/// What a look saw, or why it saw nothing.
fn told(seen: Seen, subject: &str) -> Result<Seen> {
    match seen {
        Seen::Failed(message) if message.contains(subject) => Err(Error::failed(&*message)),
        Seen::Failed(message) => Err(Error::failed(format!("{subject}: {message}"))),
        seen => Ok(seen),
    }
}

fn unreadable(subject: &str) -> Error {
    Error::failed(format!(
        "{subject}: the host gave an answer to another question"
    ))
}
