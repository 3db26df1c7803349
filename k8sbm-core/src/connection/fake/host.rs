//! The fake host itself.

use super::change;
use super::reply::{Kind, Reply, printed, words};
use super::tree::{Content, Tree};
use crate::connection::{Answer, Connection, ConnectionError, ConnectionErrorKind, Request, RunAs};
use crate::host::{Algorithm, Attributes, Command, Facts, FileChange, Look, Output, Seen, Stat};
use async_trait::async_trait;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A host in memory, for tests: files that changes really change, and canned answers to commands.
///
/// Clones are the same host, so a test keeps one while the engine works on another.
/// A command that nobody said an answer for fails the test, and so does one that was asked as a
/// query but canned as a command, or the other way round.
///
/// ```
/// use k8sbm_core::connection::FakeHost;
///
/// let host = FakeHost::new()
///     .file("/etc/hostname", "n1\n")
///     .query(["dpkg-query", "-W", "curl"], "curl 8.0\n")
///     .command(["apt-get", "install", "-y", "jq"], "");
/// assert_eq!(host.content("/etc/hostname").as_deref(), Some("n1\n"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct FakeHost(Arc<State>);

#[derive(Debug, Default)]
struct State {
    tree: Mutex<Tree>,
    replies: Mutex<Arc<Vec<Reply>>>,
    facts: Mutex<Option<Arc<Facts>>>,
    log: Mutex<Vec<String>>,
    unexpected: Mutex<Vec<String>>,
}

/// The engine may have caught the error in one of its own tasks; the test fails nevertheless.
impl Drop for State {
    fn drop(&mut self) {
        let unexpected = lock(&self.unexpected);
        if !unexpected.is_empty() && !std::thread::panicking() {
            panic!("{}", unexpected.join("\n"));
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl FakeHost {
    /// A host with the usual directories and no files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Another host that is now like this one; what they share is not copied, so ten thousand are cheap.
    #[must_use]
    pub fn twin(&self) -> Self {
        Self(Arc::new(State {
            tree: Mutex::new(self.tree().clone()),
            replies: Mutex::new(lock(&self.0.replies).clone()),
            facts: Mutex::new(lock(&self.0.facts).clone()),
            log: Mutex::default(),
            unexpected: Mutex::default(),
        }))
    }

    /// Puts a file there, owned by root, mode 0644, with the directories above it.
    #[must_use]
    pub fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.tree()
            .put(path, Content::File(Arc::from(content.as_ref())));
        self
    }

    /// Puts a directory there.
    #[must_use]
    pub fn directory(self, path: &str) -> Self {
        self.tree().put(path, Content::Directory);
        self
    }

    /// Puts a symbolic link there.
    #[must_use]
    pub fn link(self, path: &str, target: &str) -> Self {
        self.tree().put(path, Content::Link(target.to_owned()));
        self
    }

    /// Sets owner, group and mode of what is there.
    ///
    /// # Panics
    /// When nothing is there.
    #[must_use]
    #[track_caller]
    pub fn attributes(self, path: &str, attributes: Attributes) -> Self {
        let change = FileChange::Attributes {
            path: path.to_owned(),
            attributes,
            follow: false,
            recursive: false,
        };
        let result = change::apply(&mut self.tree(), change);
        if let Err(why) = result {
            panic!("{why}");
        }
        self
    }

    /// Sets what is known of the host.
    #[must_use]
    pub fn facts(self, facts: serde_json::Value) -> Self {
        if let serde_json::Value::Object(facts) = facts {
            *lock(&self.0.facts) = Some(Arc::new(facts));
        }
        self
    }

    /// Answers a query with output and exit status 0. A script is one word.
    #[must_use]
    pub fn query<S: Into<String>>(self, argv: impl IntoIterator<Item = S>, stdout: &str) -> Self {
        let output = printed(0, stdout, "");
        self.reply(Kind::Query, argv, move |_, _| output.clone())
    }

    /// Answers a query that fails.
    #[must_use]
    pub fn query_fails<S: Into<String>>(
        self,
        argv: impl IntoIterator<Item = S>,
        status: i32,
        stderr: &str,
    ) -> Self {
        let output = printed(status, "", stderr);
        self.reply(Kind::Query, argv, move |_, _| output.clone())
    }

    /// Answers a query by what the host is like then.
    #[must_use]
    pub fn query_with<S: Into<String>>(
        self,
        argv: impl IntoIterator<Item = S>,
        output: impl Fn(&Self, &Command) -> Output + Send + Sync + 'static,
    ) -> Self {
        self.reply(Kind::Query, argv, output)
    }

    /// Answers a command with output and exit status 0. A script is one word.
    #[must_use]
    pub fn command<S: Into<String>>(self, argv: impl IntoIterator<Item = S>, stdout: &str) -> Self {
        let output = printed(0, stdout, "");
        self.reply(Kind::Command, argv, move |_, _| output.clone())
    }

    /// Answers a command that fails.
    #[must_use]
    pub fn command_fails<S: Into<String>>(
        self,
        argv: impl IntoIterator<Item = S>,
        status: i32,
        stderr: &str,
    ) -> Self {
        let output = printed(status, "", stderr);
        self.reply(Kind::Command, argv, move |_, _| output.clone())
    }

    /// Answers a command that does something to the host: `act` may write its files.
    #[must_use]
    pub fn command_with<S: Into<String>>(
        self,
        argv: impl IntoIterator<Item = S>,
        act: impl Fn(&Self, &Command) -> Output + Send + Sync + 'static,
    ) -> Self {
        self.reply(Kind::Command, argv, act)
    }

    /// Answers every query that `matches`; what is canned exactly comes first.
    #[must_use]
    pub fn queries(
        self,
        matches: impl Fn(&Command) -> bool + Send + Sync + 'static,
        output: impl Fn(&Self, &Command) -> Output + Send + Sync + 'static,
    ) -> Self {
        self.add(Kind::Query, matches, output, false)
    }

    /// Answers every command that `matches`; what is canned exactly comes first.
    #[must_use]
    pub fn commands(
        self,
        matches: impl Fn(&Command) -> bool + Send + Sync + 'static,
        output: impl Fn(&Self, &Command) -> Output + Send + Sync + 'static,
    ) -> Self {
        self.add(Kind::Command, matches, output, false)
    }

    fn reply<S: Into<String>>(
        self,
        kind: Kind,
        argv: impl IntoIterator<Item = S>,
        output: impl Fn(&Self, &Command) -> Output + Send + Sync + 'static,
    ) -> Self {
        let argv: Vec<String> = argv.into_iter().map(Into::into).collect();
        self.add(kind, move |command| words(command) == argv, output, true)
    }

    /// What was canned last comes first, so that a test can refine what it begins with.
    fn add(
        self,
        kind: Kind,
        matches: impl Fn(&Command) -> bool + Send + Sync + 'static,
        output: impl Fn(&Self, &Command) -> Output + Send + Sync + 'static,
        exact: bool,
    ) -> Self {
        let reply = Reply {
            kind,
            matches: Arc::new(matches),
            output: Arc::new(output),
        };
        {
            let mut replies = lock(&self.0.replies);
            let replies = Arc::make_mut(&mut replies);
            let at = if exact { 0 } else { replies.len() };
            replies.insert(at, reply);
        }
        self
    }

    /// Writes a file while the test runs.
    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        self.tree()
            .put(path, Content::File(Arc::from(content.as_ref())));
    }

    /// Removes a file, or a directory with all below, while the test runs.
    pub fn remove(&self, path: &str) {
        self.tree().remove(path);
    }

    /// The text of a file.
    pub fn content(&self, path: &str) -> Option<String> {
        match self.read(path) {
            Seen::Content(Some(bytes)) => Some(String::from_utf8_lossy(&bytes).into_owned()),
            _ => None,
        }
    }

    /// What stands at a path, not looking through a link at its end.
    pub fn stat(&self, path: &str) -> Option<Stat> {
        let tree = self.tree();
        let path = tree.resolve(path, false).ok()?;
        tree.get(&path).map(|entry| entry.stat(1))
    }

    /// The commands that ran, in order, as one line each.
    pub fn ran(&self) -> Vec<String> {
        lock(&self.0.log).clone()
    }

    fn tree(&self) -> MutexGuard<'_, Tree> {
        lock(&self.0.tree)
    }

    fn look(&self, look: Look) -> Result<Seen, ConnectionError> {
        Ok(match look {
            Look::Stat { path, follow } => {
                let tree = self.tree();
                match tree.resolve(&path, follow) {
                    Ok(path) => Seen::Stat(tree.get(&path).map(|entry| Arc::new(entry.stat(1)))),
                    Err(why) => Seen::Failed(why.into()),
                }
            }
            Look::Read { path } => self.read(&path),
            Look::Checksum { path, algorithm } => match self.read(&path) {
                Seen::Content(content) => {
                    let hash = content.map(|bytes| Arc::from(checksum(algorithm, &bytes)));
                    Seen::Checksum(hash)
                }
                other => other,
            },
            Look::List { path } => {
                let tree = self.tree();
                let path = match tree.resolve(&path, true) {
                    Ok(path) => path,
                    Err(why) => return Ok(Seen::Failed(why.into())),
                };
                match tree.get(&path).map(|entry| &entry.content) {
                    None => Seen::Names(None),
                    Some(Content::Directory) => {
                        let prefix = path.trim_end_matches('/').len() + 1;
                        let names = tree.below(&path).into_iter();
                        let names = names.map(|name| name[prefix..].to_owned());
                        Seen::Names(Some(names.filter(|name| !name.contains('/')).collect()))
                    }
                    Some(_) => Seen::Failed("not a directory".into()),
                }
            }
            Look::Query(command) => Seen::Output(Arc::new(self.answer(Kind::Query, &command)?)),
        })
    }

    fn read(&self, path: &str) -> Seen {
        let tree = self.tree();
        let path = match tree.resolve(path, true) {
            Ok(path) => path,
            Err(why) => return Seen::Failed(why.into()),
        };
        match tree.get(&path).map(|entry| &entry.content) {
            None => Seen::Content(None),
            Some(Content::File(bytes)) => Seen::Content(Some(bytes.clone())),
            Some(_) => Seen::Failed("is a directory".into()),
        }
    }

    fn answer(&self, kind: Kind, command: &Command) -> Result<Output, ConnectionError> {
        if kind == Kind::Query
            && crate::host::facts::is_request(command)
            && let Some(facts) = &*lock(&self.0.facts)
        {
            let facts = serde_json::to_string(facts).unwrap_or_default();
            return Ok(printed(0, &facts, ""));
        }
        let replies = lock(&self.0.replies).clone();
        let meant = replies
            .iter()
            .find(|reply| reply.kind == kind && (reply.matches)(command));
        if let Some(reply) = meant {
            return Ok((reply.output)(self, command));
        }
        let asked = match kind {
            Kind::Query => "queried",
            Kind::Command => "told to run",
        };
        let message = format!(
            "the fake host was {asked} `{}`, for which the test gives no answer",
            command.line()
        );
        lock(&self.0.unexpected).push(message.clone());
        Err(ConnectionError {
            kind: ConnectionErrorKind::Protocol,
            message: message.into(),
            hint: None,
        })
    }
}

#[async_trait]
impl Connection for FakeHost {
    async fn send(
        &self,
        _: &RunAs,
        requests: Vec<Request>,
    ) -> Result<Vec<Answer>, ConnectionError> {
        let answer = |request| {
            Ok(match request {
                Request::Look(look) => Answer::Seen(self.look(look)?),
                Request::Change(change) => Answer::Changed(change::apply(&mut self.tree(), change)),
                Request::Run(command) => {
                    lock(&self.0.log).push(command.line());
                    Answer::Output(self.answer(Kind::Command, &command)?)
                }
            })
        };
        requests.into_iter().map(answer).collect()
    }

    async fn reset(&self) {}

    async fn close(&self) {}
}

fn checksum(algorithm: Algorithm, bytes: &[u8]) -> String {
    use sha2::Digest as _;
    match algorithm {
        Algorithm::Md5 => hex::encode(md5::Md5::digest(bytes)),
        Algorithm::Sha1 => hex::encode(sha1::Sha1::digest(bytes)),
        Algorithm::Sha224 => hex::encode(sha2::Sha224::digest(bytes)),
        Algorithm::Sha256 => hex::encode(sha2::Sha256::digest(bytes)),
        Algorithm::Sha384 => hex::encode(sha2::Sha384::digest(bytes)),
        Algorithm::Sha512 => hex::encode(sha2::Sha512::digest(bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Mode;

    async fn change(host: &FakeHost, change: FileChange) -> Answer {
        let requests = vec![Request::Change(change)];
        host.send(&RunAs::Connected, requests)
            .await
            .unwrap()
            .remove(0)
    }

    #[tokio::test]
    async fn changes_change_the_files() {
        let host = FakeHost::new().file("/etc/a", "old").link("/etc/b", "a");
        let write = FileChange::Write {
            path: "/etc/b".into(),
            content: b"new".to_vec(),
            attributes: Attributes {
                mode: Some(Mode::octal(0o600)),
                ..Attributes::default()
            },
            validate: None,
            backup: Some("/etc/a~".into()),
            in_place: false,
        };
        assert_eq!(change(&host, write).await, Answer::Changed(Ok(())));
        assert_eq!(host.content("/etc/a").as_deref(), Some("new"));
        assert_eq!(host.content("/etc/a~").as_deref(), Some("old"));
        assert_eq!(host.stat("/etc/a").map(|stat| stat.mode), Some(0o600));
        assert!(host.stat("/etc/b").is_some_and(|stat| stat.is_link()));
        let remove = FileChange::Remove {
            path: "/etc".into(),
        };
        assert_eq!(change(&host, remove).await, Answer::Changed(Ok(())));
        assert_eq!(host.stat("/etc/a"), None);
    }

    #[tokio::test]
    async fn a_twin_goes_its_own_way() {
        let host = FakeHost::new().file("/etc/a", "1");
        let twin = host.twin();
        twin.write("/etc/a", "2");
        assert_eq!(host.content("/etc/a").as_deref(), Some("1"));
        assert_eq!(twin.content("/etc/a").as_deref(), Some("2"));
    }

    #[tokio::test]
    #[should_panic = "told to run `rm -rf /tmp`, for which the test gives no answer"]
    async fn an_unexpected_command_fails_the_test() {
        let host = FakeHost::new().query(["rm", "-rf", "/tmp"], "");
        let run = Request::Run(Command::new(["rm", "-rf", "/tmp"]));
        let _ = host.send(&RunAs::Connected, vec![run]).await;
    }
}
