//! A job, by its folder on the host.
//!
//! For a command that goes on by itself it holds `job` (what its module wants to know again), `process`, `stdin`,
//! `stdout`, `stderr`, `end` (its exit status, and when) and `late` (its time was over). What is carried out from
//! elsewhere leaves `until` (when whoever does it will have given up) and its whole `result`.

use crate::{
    host::{Attributes, Command, FileChange, Host, Mode, Output, Program},
    task::{Error, Probe, Result, Returns},
};
use serde_json::Value as Json;
use std::time::Duration;

/// A command that can go on by itself, in place of a plan's steps.
#[derive(Clone, Debug)]
pub struct Detached {
    /// The command.
    pub command: Command,
    /// What its module wants to know again when it has ended.
    pub record: Returns,
}

/// A job on a host.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its id: the name of its folder.
    pub id: String,
    /// How long it may take.
    pub limit: Duration,
}

/// How far a job is.
#[derive(Clone, Debug)]
pub enum State {
    /// There is no such job.
    Absent,
    /// It goes on.
    Runs,
    /// Nobody carries it out any more, and there is no result.
    Lost,
    /// A command has ended.
    Ended(Box<Ended>),
    /// A task that was carried out from elsewhere has ended: what `register` would have seen.
    Done(Returns),
}

/// What came of a command that went on by itself.
#[derive(Clone, Debug, Default)]
pub struct Ended {
    /// What its module wanted to know again.
    pub record: Returns,
    /// Its exit status and what it said.
    pub output: Output,
    /// Whether it was ended since its time was over.
    pub late: bool,
    /// When it began, in the host's time: `2026-11-21 14:05:09`.
    pub start: String,
    /// How many seconds it took.
    pub seconds: i64,
}

/// The variable of the environment that says where jobs have their folders, unless in `~/.ansible_async`.
pub const FOLDER: &str = "ANSIBLE_ASYNC_DIR";

const DETACH: &str = include_str!("detach.sh");
const BEGIN: &str = include_str!("begin.sh");
const LOOK: &str = include_str!("look.sh");

impl Job {
    /// Starts a command that goes on by itself, and returns the folder of the job.
    ///
    /// # Errors
    /// When its folder cannot be made, or the host cannot be reached.
    pub async fn detach(&self, host: &Host, work: Detached) -> Result<String> {
        let Detached { command, record } = work;
        let words = match command.program {
            Program::Argv(words) => words,
            Program::Shell { script, executable } => {
                let shell = executable.unwrap_or_else(|| "/bin/sh".into());
                vec![shell, "-c".into(), script]
            }
        };
        let input = if command.stdin.is_some() { "yes" } else { "no" };
        let record = Json::Object(record).to_string();
        let seconds = self.seconds();
        let mut argv = script(DETACH, &[&self.id, &seconds, input, &record]);
        argv.extend(words);
        let starter = Command {
            program: Program::Argv(argv),
            timeout: None,
            ..command
        };
        start(host, starter).await
    }

    /// Says on the host that something is carried out from elsewhere, and returns the folder of the job.
    ///
    /// # Errors
    /// When its folder cannot be made, or the host cannot be reached.
    pub async fn begin(&self, host: &Host) -> Result<String> {
        let argv = script(BEGIN, &[&self.id, &self.seconds()]);
        start(host, Command::new(argv)).await
    }

    /// Leaves the result of what was carried out from elsewhere in the folder that [`begin`](Self::begin) made.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn end(host: &Host, folder: &str, result: &Returns) -> Result<()> {
        let attributes = Attributes {
            mode: Some(Mode::octal(0o600)),
            ..Attributes::default()
        };
        host.change(FileChange::Write {
            path: format!("{folder}/result"),
            content: Json::Object(result.clone()).to_string().into_bytes(),
            attributes,
            validate: None,
            backup: None,
            in_place: false,
        })
        .await
    }

    /// Where a job has its folder, whether or not it is there.
    ///
    /// # Errors
    /// When the host cannot be reached.
    pub async fn folder(host: &Probe, id: &str) -> Result<String> {
        let seen = host.query(script(LOOK, &[id])).await?.text();
        Ok(seen.lines().next().unwrap_or_default().to_owned())
    }

    /// The folder of a job, and how far it is.
    ///
    /// # Errors
    /// When it cannot be looked at.
    pub async fn look(host: &Host, id: &str) -> Result<(String, State)> {
        let seen = host.check(Command::new(script(LOOK, &[id]))).await?.text();
        let (folder, state) = seen.trim_end().rsplit_once('\n').unwrap_or_default();
        let state = match state {
            "absent" => State::Absent,
            "runs" => State::Runs,
            "lost" => State::Lost,
            _ => Self::read(host, folder).await?,
        };
        Ok((folder.to_owned(), state))
    }

    async fn read(host: &Host, folder: &str) -> Result<State> {
        let probe = host.probe();
        let file = async |name: &str| probe.read(&format!("{folder}/{name}")).await;
        let (result, record, end, process, stdout, stderr, late) = tokio::try_join!(
            file("result"),
            file("job"),
            file("end"),
            file("process"),
            file("stdout"),
            file("stderr"),
            file("late"),
        )?;
        if let Some(result) = result {
            return Ok(State::Done(mapping(&result)?));
        }
        let bytes = |file: Option<std::sync::Arc<[u8]>>| file.map(|it| it.to_vec());
        let text = |file| String::from_utf8(bytes(file).unwrap_or_default()).unwrap_or_default();
        let (end, process) = (text(end), text(process));
        let (status, ended) = end.trim().split_once(' ').unwrap_or_default();
        let mut begun = process.lines().skip(2);
        let (begun, start) = (begun.next().unwrap_or_default(), begun.next());
        let whole = |text: &str| text.parse::<i64>().unwrap_or_default();
        Ok(State::Ended(Box::new(Ended {
            record: mapping(&record.unwrap_or_default())?,
            output: Output {
                status: status.parse().unwrap_or(-1),
                stdout: bytes(stdout).unwrap_or_default(),
                stderr: bytes(stderr).unwrap_or_default(),
            },
            late: late.is_some(),
            start: start.unwrap_or_default().to_owned(),
            seconds: (whole(ended) - whole(begun)).max(0),
        })))
    }

    /// Whole seconds: `sleep` of a host may know no others.
    fn seconds(&self) -> String {
        self.limit.as_secs_f64().ceil().to_string()
    }
}

/// Runs what starts a job; the script itself would only hide what went wrong.
async fn start(host: &Host, starter: Command) -> Result<String> {
    let output = host.run(starter).await?;
    match output.success() {
        true => Ok(output.text()),
        false => Err(Error::failed(format!(
            "the job cannot be started: {}",
            output.error_text().trim()
        ))),
    }
}

fn script(text: &str, arguments: &[&str]) -> Vec<String> {
    let mut words = vec!["/bin/sh", "-c", text, "k8sbm"];
    words.extend(arguments);
    words.into_iter().map(str::to_owned).collect()
}

fn mapping(bytes: &[u8]) -> Result<Returns> {
    serde_json::from_slice(bytes)
        .map_err(|error| Error::failed(format!("the result of the job cannot be read: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{connection::Local, task::Probe};
    use std::sync::Arc;

    fn here(folder: &std::path::Path) -> Host {
        let variable = ("ANSIBLE_ASYNC_DIR".to_owned(), folder.display().to_string());
        let probe = Probe::of("here", Arc::new(Local::new()));
        Host::new(probe.with_environment([variable].into()))
    }

    fn job(id: &str, seconds: u64) -> Job {
        Job {
            id: id.to_owned(),
            limit: Duration::from_secs(seconds),
        }
    }

    async fn ended(host: &Host, id: &str) -> State {
        for _ in 0..600 {
            match Job::look(host, id).await.unwrap().1 {
                State::Runs => tokio::time::sleep(Duration::from_millis(100)).await,
                state => return state,
            }
        }
        panic!("{id} does not end");
    }

    fn work(command: Command) -> Detached {
        let record = serde_json::json!({"cmd": "it"}).as_object().cloned();
        Detached {
            command,
            record: record.unwrap_or_default(),
        }
    }

    #[tokio::test]
    async fn a_command_goes_on_when_its_connection_has_ended() {
        let folder = tempfile::tempdir().unwrap();
        let gate = folder.path().join("gate");
        let wait = format!(
            "until test -e {}; do sleep 0.1; done; cat; echo oh >&2; exit 3",
            gate.display()
        );
        {
            let host = here(folder.path());
            let command = Command::shell(wait).stdin("read");
            let path = job("j1", 60).detach(&host, work(command)).await.unwrap();
            assert_eq!(path, folder.path().join("j1").display().to_string());
            host.machine().connection().close().await;
        }
        let host = here(folder.path());
        let (_, state) = Job::look(&host, "j1").await.unwrap();
        assert!(matches!(state, State::Runs), "{state:?}");
        std::fs::write(gate, "").unwrap();
        let State::Ended(ended) = ended(&host, "j1").await else {
            panic!("it has ended by itself");
        };
        assert_eq!(ended.output.status, 3);
        assert_eq!(ended.output.text(), "read");
        assert_eq!(ended.output.error_text(), "oh\n");
        assert_eq!(ended.record["cmd"], "it");
        assert!(!ended.late);
    }

    #[tokio::test]
    async fn a_command_is_ended_when_its_time_is_over() {
        let folder = tempfile::tempdir().unwrap();
        let host = here(folder.path());
        let command = Command::new(["sleep", "3600"]);
        job("j2", 1).detach(&host, work(command)).await.unwrap();
        let State::Ended(ended) = ended(&host, "j2").await else {
            panic!("it was ended");
        };
        assert!(ended.late);
        assert_eq!(ended.output.status, 137);
    }

    #[tokio::test]
    async fn what_keeps_a_job_from_starting_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let host = here(folder.path());
        let command = Command::new(["true"]).chdir("/nonexistent");
        let error = job("j5", 5).detach(&host, work(command)).await.unwrap_err();
        assert!(error.message.starts_with("the job cannot be started: "));
        assert!(error.message.contains("/nonexistent"), "{error}");
        assert!(error.message.lines().count() < 3, "{error}");
    }

    #[tokio::test]
    async fn what_is_carried_out_elsewhere_leaves_its_result() {
        let folder = tempfile::tempdir().unwrap();
        let host = here(folder.path());
        let state = Job::look(&host, "j3").await.unwrap().1;
        assert!(matches!(state, State::Absent), "{state:?}");
        let path = job("j3", 60).begin(&host).await.unwrap();
        let state = Job::look(&host, "j3").await.unwrap().1;
        assert!(matches!(state, State::Runs), "{state:?}");
        let result = serde_json::json!({"changed": true}).as_object().cloned();
        Job::end(&host, &path, &result.unwrap()).await.unwrap();
        let State::Done(result) = Job::look(&host, "j3").await.unwrap().1 else {
            panic!("it left its result");
        };
        assert_eq!(result["changed"], true);
    }

    #[tokio::test]
    async fn what_nobody_carries_out_any_more_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let host = here(folder.path());
        let path = job("j4", 60).begin(&host).await.unwrap();
        std::fs::write(format!("{path}/until"), "1\n").unwrap();
        let state = Job::look(&host, "j4").await.unwrap().1;
        assert!(matches!(state, State::Lost), "{state:?}");
    }
}
