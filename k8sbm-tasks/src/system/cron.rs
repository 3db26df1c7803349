//! The `cron` module.

use super::crontab::Crontab;
use k8sbm_core::{
    host::{Attributes, Command, Host, Mode},
    task::{Diff, Error, Example, Plan, Probe, Result, Returns, Task, WriteFile},
};
use schemars::JsonSchema;
use serde::Deserialize;

/// crontab(1) lets users name themselves only where they are root.
const CRONTAB: &str = r#"set --
[ -n "$CRON_USER" ] && [ "$(id -un)" != "$CRON_USER" ] && set -- -u "$CRON_USER""#;

/// Manages jobs and variables of a crontab.
///
/// A job is known by its `name`, which stands in a comment before it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cron {
    /// Name of the job, or, with `env`, of the variable.
    name: String,
    /// The command, or, with `env`, the value. A `%` must be written as `\%`.
    #[serde(default, alias = "value")]
    #[schemars(extend("aliases" = ["value"]))]
    job: Option<String>,
    /// Whether it is there.
    #[serde(default)]
    state: State,
    /// Whose crontab. Default: that of the user who acts. With `cron_file`: as whom the job runs.
    #[serde(default)]
    user: Option<String>,
    /// A file instead of a user's crontab, relative to `/etc/cron.d`.
    #[serde(default)]
    cron_file: Option<String>,
    /// Minute: `0`-`59`, `*`, `*/5` and so on. Default `*`.
    #[serde(default = "any")]
    minute: String,
    /// Hour. Default `*`.
    #[serde(default = "any")]
    hour: String,
    /// Day of the month. Default `*`.
    #[serde(default = "any", alias = "dom")]
    #[schemars(extend("aliases" = ["dom"]))]
    day: String,
    /// Month. Default `*`.
    #[serde(default = "any")]
    month: String,
    /// Day of the week, from 0, which is Sunday. Default `*`.
    #[serde(default = "any", alias = "dow")]
    #[schemars(extend("aliases" = ["dow"]))]
    weekday: String,
    /// A time with a name, instead of the five.
    #[serde(default)]
    special_time: Option<SpecialTime>,
    /// Comments the job out.
    #[serde(default)]
    disabled: bool,
    /// Manages a variable instead of a job.
    #[serde(default)]
    env: bool,
    /// The variable after which a new one is put.
    #[serde(default)]
    insertafter: Option<String>,
    /// The variable before which a new one is put.
    #[serde(default)]
    insertbefore: Option<String>,
    /// Keeps the old crontab: beside a `cron_file`, or in `/var/tmp`.
    #[serde(default)]
    backup: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    /// It is there.
    #[default]
    Present,
    /// It is not.
    Absent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum SpecialTime {
    /// Once a year.
    Annually,
    /// Once a day.
    Daily,
    /// Once an hour.
    Hourly,
    /// Once a month.
    Monthly,
    /// When the host boots.
    Reboot,
    /// Once a week.
    Weekly,
    /// Once a year.
    Yearly,
}

fn any() -> String {
    "*".into()
}

impl Task for Cron {
    const NAME: &'static str = "cron";

    fn validate(&self) -> Result<()> {
        let times = [
            &self.minute,
            &self.hour,
            &self.day,
            &self.month,
            &self.weekday,
        ];
        if self.special_time.is_some() && times.iter().any(|it| *it != "*") {
            return Err(Error::arguments(
                "You cannot combine special_time with any of the time or day/date parameters.",
            ));
        }
        if self.insertafter.is_some() && self.insertbefore.is_some() {
            return Err(Error::arguments(
                "`insertafter` and `insertbefore` are mutually exclusive",
            ));
        }
        if (self.insertafter.is_some() || self.insertbefore.is_some()) && !self.env {
            return Err(Error::arguments(
                "Insertafter and insertbefore parameters are valid only with env=yes",
            ));
        }
        if self.env && self.name.contains(' ') {
            return Err(Error::arguments("Invalid name for environment variable"));
        }
        if self.cron_file.as_deref() == Some("/etc/crontab") {
            return Err(
                Error::arguments("/etc/crontab is the host's own, and not managed")
                    .hint("a file of one's own below /etc/cron.d does the same"),
            );
        }
        if self.state == State::Present {
            if self.cron_file.is_some() && self.user.is_none() {
                return Err(Error::arguments(
                    "To use cron_file=... parameter you must specify user=... as well",
                ));
            }
            match &self.job {
                None => {
                    return Err(Error::arguments(
                        "You must specify 'job' to install a new cron job or variable",
                    ));
                }
                Some(job) if job.trim_matches(['\r', '\n']).contains(['\r', '\n']) => {
                    return Err(Error::arguments("a job is one line")
                        .hint("put the commands into a script, and let the job call it"));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        let file = self
            .cron_file
            .as_ref()
            .map(|file| match file.starts_with('/') {
                true => file.clone(),
                false => format!("/etc/cron.d/{file}"),
            });
        let before = match &file {
            Some(path) => host.read_text(path).await?.unwrap_or_default(),
            None => self.read(host).await?,
        };
        let mut crontab = Crontab::parse(&before);
        self.edit(&mut crontab)?;
        plan.returns("jobs", crontab.jobs());
        plan.returns("envs", crontab.variables());
        match file {
            Some(path) => {
                plan.returns("cron_file", self.cron_file.clone());
                self.write_file(host, &mut plan, path, &before, &crontab)
                    .await?;
            }
            None => self.write_crontab(host, &mut plan, &before, &crontab),
        }
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "A snapshot of etcd every night",
                yaml: "cron:\n  name: etcd snapshot\n  minute: \"15\"\n  hour: \"3\"\n  job: /usr/local/sbin/etcd-snapshot >/dev/null\n",
            },
            Example {
                title: "Certificates looked at every week, in a file of its own",
                yaml: "cron:\n  name: certificates\n  special_time: weekly\n  user: root\n  cron_file: kubernetes\n  job: kubeadm certs check-expiration\n",
            },
            Example {
                title: "Where cron finds programs",
                yaml: "cron:\n  name: PATH\n  env: true\n  job: /usr/local/bin:/usr/bin:/bin\n",
            },
            Example {
                title: "No such job",
                yaml: "cron:\n  name: etcd snapshot\n  state: absent\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("jobs", "The names of the crontab's jobs, after the task."),
            ("envs", "The names of its variables, after the task."),
            ("cron_file", "The file, where one was given."),
            ("backup_file", "Where the old crontab is kept."),
        ]
    }
}

impl Cron {
    fn edit(&self, crontab: &mut Crontab) -> Result<()> {
        let job = self.job.as_deref().unwrap_or_default();
        match (self.env, self.state) {
            (false, State::Present) => crontab.set_job(&self.name, &self.line(job)),
            (false, State::Absent) => crontab.remove_job(&self.name),
            (true, State::Absent) => crontab.remove_variable(&self.name),
            (true, State::Present) => {
                let after = self.insertafter.as_deref().map(|it| (it, true));
                let beside = after.or(self.insertbefore.as_deref().map(|it| (it, false)));
                let line = format!("{}=\"{job}\"", self.name);
                if !crontab.set_variable(&self.name, &line, beside) {
                    let other = beside.map_or("", |(other, _)| other);
                    return Err(Error::failed(format!(
                        "Variable named '{other}' not found."
                    )));
                }
            }
        }
        Ok(())
    }

    /// The line of a job; in a file it says as whom it runs.
    fn line(&self, job: &str) -> String {
        let job = job.trim_matches(['\r', '\n']);
        let off = if self.disabled { "#" } else { "" };
        let user = match (&self.cron_file, &self.user) {
            (Some(_), Some(user)) => format!("{user} "),
            _ => String::new(),
        };
        match self.special_time {
            Some(time) => {
                let time = format!("{time:?}").to_lowercase();
                format!("{off}@{time} {user}{job}")
            }
            None => format!(
                "{off}{} {} {} {} {} {user}{job}",
                self.minute, self.hour, self.day, self.month, self.weekday
            ),
        }
    }

    async fn read(&self, host: &Probe) -> Result<String> {
        let command = self.crontab("crontab \"$@\" -l");
        let output = host.query_command(command).await?;
        let said = output.error_text();
        if output.status == 127 || said.contains("not found") {
            return Err(Error::failed("the host has no crontab")
                .hint("the package cron (or cronie) brings it"));
        }
        // Having none is an answer; being nobody is not.
        if !output.success() && !said.contains("no crontab for") && !said.trim().is_empty() {
            return Err(Error::failed(format!("crontab -l: {}", said.trim()))
                .returning("rc", output.status)
                .returning("stderr", said.trim_end()));
        }
        Ok(output.text())
    }

    fn crontab(&self, line: &str) -> Command {
        let user = self.user.as_deref().unwrap_or_default();
        Command::shell(format!("{CRONTAB}\n{line}"))
            .env("CRON_USER", user)
            .env("LC_ALL", "C")
    }

    async fn write_file(
        &self,
        host: &Probe,
        plan: &mut Plan,
        path: String,
        before: &str,
        crontab: &Crontab,
    ) -> Result<()> {
        if self.state == State::Absent && crontab.is_empty() {
            plan.absent(host, &path).await?;
            return Ok(());
        }
        if crontab.render() == before {
            return Ok(());
        }
        let new = before.is_empty();
        let file = WriteFile {
            path,
            content: crontab.render().into(),
            attributes: Attributes {
                mode: new.then(|| Mode::octal(0o644)),
                ..Attributes::default()
            },
            backup: self.backup,
            ..WriteFile::default()
        };
        plan.write(host, file).await?;
        Ok(())
    }

    fn write_crontab(&self, host: &Probe, plan: &mut Plan, before: &str, crontab: &Crontab) {
        let after = crontab.render();
        if after == Crontab::parse(before).render() && (before.is_empty() || before.ends_with('\n'))
        {
            return;
        }
        let whose = self
            .user
            .as_deref()
            .map_or("crontab".into(), |it| format!("crontab for user \"{it}\""));
        let diff = Diff::text(&whose, before, after.as_str());
        let mut line = "crontab \"$@\" -".to_owned();
        if self.backup && !before.is_empty() {
            let name = self.user.as_deref().unwrap_or("own");
            let path = host.backup_path(&format!("/var/tmp/crontab.{name}"));
            line = format!("(umask 077; crontab \"$@\" -l >'{path}') && {line}");
            plan.returns("backup_file", path);
        }
        let command = self.crontab(&line).stdin(after);
        plan.act_with(
            format!("write the {whose}"),
            diff,
            async move |host: Host| {
                host.check(command).await?;
                Ok(Returns::new())
            },
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_a_line() {
        let mut cron = Cron {
            name: "x".into(),
            job: Some("true".into()),
            state: State::Present,
            user: Some("root".into()),
            cron_file: None,
            minute: "*/5".into(),
            hour: any(),
            day: any(),
            month: any(),
            weekday: "1-5".into(),
            special_time: None,
            disabled: true,
            env: false,
            insertafter: None,
            insertbefore: None,
            backup: false,
        };
        assert_eq!(cron.line("true\n"), "#*/5 * * * 1-5 true");
        cron.cron_file = Some("x".into());
        cron.special_time = Some(SpecialTime::Reboot);
        assert_eq!(cron.line("true"), "#@reboot root true");
    }
}
