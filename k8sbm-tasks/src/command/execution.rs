//! A command that a task runs, and what it returns.

use super::{
    condition::{Conditions, Needless},
    expansion,
};
use k8sbm_core::{
    host::{
        Command, Host, Output, Program,
        background::{Detached, Ended},
    },
    task::{Error, Plan, Probe, Result, Returns},
};
use serde_json::Value as Json;

/// What every command returns.
pub(super) const RETURNS: &[(&str, &str)] = &[
    (
        "cmd",
        "The command: its words, or the text that a shell read.",
    ),
    ("rc", "The exit status."),
    ("stdout", "Standard output."),
    ("stdout_lines", "Standard output, by lines."),
    ("stderr", "Standard error."),
    ("stderr_lines", "Standard error, by lines."),
    ("start", "When it began, in the controller's time."),
    ("end", "When it ended."),
    ("delta", "How long it took, as `hours:minutes:seconds`."),
    ("msg", "Why it failed, or why it did not run."),
];

/// What a script returns that is only run.
pub(super) const PLAIN_RETURNS: &[(&str, &str)] = &[
    ("rc", "The exit status."),
    ("stdout", "Standard output."),
    ("stdout_lines", "Standard output, by lines."),
    ("stderr", "Standard error."),
    ("stderr_lines", "Standard error, by lines."),
];

/// A command that a task runs.
#[derive(Debug)]
pub(super) struct Execution {
    /// What runs.
    pub(super) program: Program,
    /// The command as `register` shows it.
    pub(super) shown: Json,
    /// When it need not run, and where it runs.
    pub(super) conditions: Conditions,
    /// Standard input.
    pub(super) stdin: Option<String>,
    /// Whether newlines at the ends of the output are cut off.
    pub(super) strip: bool,
}

impl Execution {
    /// Plans to run, unless that is needless.
    pub(super) async fn plan(mut self, host: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        if let Some(directory) = &mut self.conditions.chdir {
            *directory = expansion::path(host, directory).await?;
        }
        if let Some(needless) = self.conditions.needless(host).await? {
            plan.returns.extend(self.without_running(&needless));
            return Ok(plan);
        }
        plan.certain = self.conditions.decide();
        let command = Command {
            program: self.program,
            stdin: self.stdin.map(String::into_bytes),
            chdir: self.conditions.chdir,
            ..Command::default()
        };
        let (shown, strip) = (self.shown, self.strip);
        plan.unless_checked = Some("Command would have run if not in check mode");
        plan.detached = Some(detached(&command, Some(&shown), strip));
        plan.act(format!("run {}", brief(&command)), move |host| async move {
            execute(&host, command, shown, strip).await
        });
        Ok(plan)
    }

    fn without_running(&self, needless: &Needless) -> Returns {
        let (path, why) = match needless {
            Needless::Exists(path) => (path, "exists"),
            Needless::Gone(path) => (path, "does not exist"),
        };
        let stdout = format!("skipped, since {path} {why}");
        let mut returns = said(stdout, String::new());
        returns.insert("cmd".into(), self.shown.clone());
        returns.insert("rc".into(), 0.into());
        let message = format!("Did not run command since '{path}' {why}");
        returns.insert("msg".into(), message.into());
        for time in ["start", "end", "delta"] {
            returns.insert(time.into(), Json::Null);
        }
        returns
    }
}

/// A command in a few words.
pub(super) fn brief(command: &Command) -> String {
    const LONGEST: usize = 100;
    let line = command.line();
    let mut lines = line.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    if first.chars().count() > LONGEST || lines.next().is_some() {
        let start: String = first.chars().take(LONGEST).collect();
        return format!("{start} ...");
    }
    first.to_owned()
}

/// Runs a command and returns what it said.
async fn execute(host: &Host, command: Command, shown: Json, strip: bool) -> Result<Returns> {
    let start = jiff::Zoned::now();
    let output = host.run(command.clone()).await?;
    let end = jiff::Zoned::now();
    let mut returns = outcome(&output, strip);
    returns.insert("cmd".into(), shown);
    returns.insert("start".into(), time(&start).into());
    returns.insert("end".into(), time(&end).into());
    returns.insert("delta".into(), delta(start.duration_until(&end)).into());
    if output.success() {
        returns.insert("msg".into(), "".into());
        return Ok(returns);
    }
    let explained = explain(host, &command, &output).await?;
    // What could not begin has changed nothing.
    let ran = explained.is_none();
    returns.insert("changed".into(), ran.into());
    let mut error = explained.unwrap_or_else(|| Error::failed("non-zero return code"));
    returns.extend(std::mem::take(&mut error.returns));
    error.returns = returns;
    Err(error)
}

/// A command as it goes on by itself in the background.
pub(super) fn detached(command: &Command, shown: Option<&Json>, strip: bool) -> Detached {
    let mut record = Returns::new();
    if let Some(shown) = shown {
        record.insert("cmd".into(), shown.clone());
    }
    record.insert("strip".into(), strip.into());
    Detached {
        command: command.clone(),
        record,
    }
}

/// What a command returns that went on by itself, and has ended.
pub(super) fn ended(ended: Ended) -> Result<Returns> {
    let mut record = ended.record;
    let strip = record.remove("strip").and_then(|strip| strip.as_bool());
    let mut returns = outcome(&ended.output, strip.unwrap_or_default());
    let took = jiff::SignedDuration::from_secs(ended.seconds);
    returns.insert("delta".into(), delta(took).into());
    if let Ok(start) = ended.start.parse::<jiff::civil::DateTime>() {
        let end = start.saturating_add(took);
        returns.insert("start".into(), start.strftime(TIME).to_string().into());
        returns.insert("end".into(), end.strftime(TIME).to_string().into());
    }
    returns.extend(record);
    returns.insert("changed".into(), true.into());
    let message = match ended.output.success() {
        true => {
            returns.insert("msg".into(), "".into());
            return Ok(returns);
        }
        false if ended.late => "the job ran longer than `async` allows, and was ended",
        false => "non-zero return code",
    };
    let mut error = Error::failed(message);
    error.returns = returns;
    Err(error)
}

const TIME: &str = "%Y-%m-%d %H:%M:%S.%6f";

fn time(at: &jiff::Zoned) -> String {
    at.strftime(TIME).to_string()
}

/// Runs a command and returns its exit status and what it said; fails unless it exits with 0.
pub(super) async fn execute_plainly(host: &Host, command: Command) -> Result<Returns> {
    let output = host.run(command).await?;
    let returns = outcome(&output, false);
    if output.success() {
        return Ok(returns);
    }
    let mut error = Error::failed("non-zero return code");
    error.returns = returns;
    error.returns.insert("changed".into(), true.into());
    Err(error)
}

/// What a command said, under Ansible's names.
fn outcome(output: &Output, strip: bool) -> Returns {
    let text = |text: String| match strip {
        true => text.trim_end_matches(['\r', '\n']).to_owned(),
        false => text,
    };
    let mut returns = said(text(output.text()), text(output.error_text()));
    returns.insert("rc".into(), output.status.into());
    returns
}

fn said(stdout: String, stderr: String) -> Returns {
    let lines = |text: &str| text.lines().map(Json::from).collect::<Vec<_>>();
    let mut returns = Returns::new();
    returns.insert("stdout_lines".into(), lines(&stdout).into());
    returns.insert("stderr_lines".into(), lines(&stderr).into());
    returns.insert("stdout".into(), stdout.into());
    returns.insert("stderr".into(), stderr.into());
    returns
}

/// A failure that is not the command's own: no such directory, no such program.
async fn explain(host: &Host, command: &Command, output: &Output) -> Result<Option<Error>> {
    if let Some(directory) = &command.chdir {
        let there = host.run(Command::new(["test", "-d", directory])).await?;
        if !there.success() {
            return Ok(Some(
                Error::failed(format!(
                    "Unable to change directory: there is no {directory}"
                ))
                .returning("rc", Json::Null),
            ));
        }
    }
    let Program::Argv(words) = &command.program else {
        return Ok(None);
    };
    let Some(program) = words.first().filter(|_| matches!(output.status, 126 | 127)) else {
        return Ok(None);
    };
    let mut look = Command::shell("command -v -- \"$PROGRAM\"").env("PROGRAM", program);
    look.chdir.clone_from(&command.chdir);
    let found = host.run(look).await?.success();
    let error = match (output.status, found) {
        (127, false) => Error::failed(format!("there is no program `{program}`"))
            .hint("name it with its directory, or install it first; a shell's own words need the module `shell`")
            .returning("rc", 2)
            .returning("stderr", "")
            .returning("stderr_lines", Json::Array(Vec::new())),
        (126, _) => Error::failed(format!("`{program}` cannot be executed")).returning("rc", 13),
        _ => return Ok(None),
    };
    Ok(Some(error))
}

/// A duration as Python writes it.
fn delta(duration: jiff::SignedDuration) -> String {
    let seconds = duration.as_secs().max(0);
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    let micros = duration.subsec_micros().max(0);
    format!("{hours}:{minutes:02}:{:02}.{micros:06}", seconds % 60)
}
