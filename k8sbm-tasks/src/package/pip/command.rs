//! Which pip is run, and how.

use super::Pip as Task;
use k8sbm_core::{
    connection::words,
    host::{Command, Program},
    task::{Error, Probe, Result},
};
use serde::Deserialize;
use std::sync::Arc;

/// A pip of a host.
pub(super) struct Pip {
    /// The virtual environment, where there is one.
    pub(super) environment: Option<String>,
    /// What makes it, where it is not there.
    pub(super) to_make: Option<Command>,
    argv: Vec<String>,
    chdir: String,
    umask: Option<u32>,
    break_system_packages: bool,
}

#[derive(Deserialize)]
struct Listed {
    name: String,
    version: String,
}

impl Pip {
    pub(super) async fn of(task: &Task, host: &Probe) -> Result<Self> {
        let chdir = task.chdir.clone().unwrap_or_else(|| "/tmp".into());
        let umask = task.umask.as_deref().map(mask).transpose()?;
        let mut pip = Self {
            environment: None,
            to_make: None,
            argv: Vec::new(),
            chdir,
            umask,
            break_system_packages: task.break_system_packages,
        };
        if let Some(path) = &task.virtualenv {
            let path = match path.starts_with('/') {
                true => path.clone(),
                false => format!("{}/{path}", pip.chdir.trim_end_matches('/')),
            };
            let path = path.trim_end_matches('/').to_owned();
            pip.argv = vec![format!("{path}/bin/python"), "-m".into(), "pip".into()];
            if !host.exists(&format!("{path}/bin/activate")).await? {
                pip.to_make = Some(pip.surrounded(Command::new(made(task, &path)?)));
            }
            pip.environment = Some(path);
            return Ok(pip);
        }
        if let Some(program) = &task.executable {
            pip.argv = vec![program.clone()];
            return Ok(pip);
        }
        let here = host
            .query(["sh", "-c", "command -v pip3 || command -v python3"])
            .await?;
        let found = here.text().trim().to_owned();
        pip.argv = match found.as_str() {
            "" => {
                return Err(Error::failed(
                    "Unable to find any of pip3 to use. pip needs to be installed.",
                )
                .hint("the package `python3-pip` has it, on most hosts"));
            }
            it if it.ends_with("pip3") => vec![it.to_owned()],
            it => vec![it.to_owned(), "-m".into(), "pip".into()],
        };
        Ok(pip)
    }

    /// pip with these words.
    pub(super) fn command(&self, words: Vec<String>) -> Command {
        let argv = self.argv.iter().cloned().chain(words);
        self.surrounded(Command::new(argv))
    }

    fn surrounded(&self, mut command: Command) -> Command {
        command.umask = self.umask;
        if self.break_system_packages {
            command = command.env("PIP_BREAK_SYSTEM_PACKAGES", "1");
        }
        if let Some(path) = &self.environment {
            let path =
                format!("{path}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
            command = command.env("PATH", path);
        }
        command.chdir(&self.chdir)
    }

    /// The command that lists what is installed.
    pub(super) fn list(&self) -> Command {
        let words = ["list", "--format=json", "--disable-pip-version-check"];
        self.command(words.map(str::to_owned).to_vec())
    }

    /// What is installed: names with versions.
    pub(super) async fn installed(&self, host: &Probe) -> Result<Vec<(String, String)>> {
        let output: Arc<_> = host.query_command(self.list()).await?;
        let listed = output
            .success()
            .then(|| serde_json::from_slice::<Vec<Listed>>(&output.stdout));
        let Some(Ok(listed)) = listed else {
            let said = output.error_text();
            return Err(
                Error::failed(format!("pip does not list its packages: {}", said.trim()))
                    .hint("the package `python3-pip` has pip, on most hosts")
                    .returning("rc", output.status)
                    .returning("stderr", said.trim_end()),
            );
        };
        Ok(listed.into_iter().map(|it| (it.name, it.version)).collect())
    }
}

/// What makes a virtual environment.
fn made(task: &Task, path: &str) -> Result<Vec<String>> {
    let mut argv = words(&task.virtualenv_command).map_err(Error::arguments)?;
    let venv = argv.iter().any(|it| it == "venv" || it.ends_with("pyvenv"));
    if task.virtualenv_site_packages {
        argv.push("--system-site-packages".into());
    }
    match (&task.virtualenv_python, venv) {
        (Some(_), true) => {
            return Err(Error::failed(
                "virtualenv_python should not be used when using the venv module or pyvenv as virtualenv_command",
            ));
        }
        (Some(python), false) => argv.push(format!("-p{python}")),
        (None, _) => {}
    }
    argv.push(path.to_owned());
    Ok(argv)
}

/// A mask in octal digits.
pub(super) fn mask(text: &str) -> Result<u32> {
    u32::from_str_radix(text, 8)
        .map_err(|_| Error::arguments("umask must be an octal integer").about(["umask"]))
}

/// The words of a command.
pub(super) fn argv(command: &Command) -> Vec<String> {
    match &command.program {
        Program::Argv(argv) => argv.clone(),
        Program::Shell { script, .. } => vec![script.clone()],
    }
}
