//! A folder with playbooks, and the command run in it.

use std::{
    path::Path,
    process::{Command, Output, Stdio},
};
use tempfile::TempDir;

/// A folder with playbooks.
pub struct Project(TempDir);

/// How the command ended, and what it said.
pub struct Ended {
    /// Its exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Project {
    /// A folder with these files, and an inventory of two hosts that are this machine.
    pub fn new(files: &[(&str, &str)]) -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        let hosts = "h1 ansible_connection=local\nh2 ansible_connection=local\n";
        for (name, text) in files.iter().chain([&("hosts", hosts)]) {
            let path = project.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        project
    }

    /// A folder with one playbook, `site.yml`: a play of all hosts with these tasks.
    pub fn of_tasks(tasks: &str) -> Self {
        let tasks: String = tasks.lines().map(|line| format!("    {line}\n")).collect();
        let text = format!("- name: Play\n  hosts: all\n  gather_facts: false\n  tasks:\n{tasks}");
        Self::new(&[("site.yml", &text)])
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// The command with these words, ready to be started.
    pub fn command(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_k8sbm"));
        command
            .args(words.split_whitespace())
            .current_dir(self.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .stdin(Stdio::null());
        command
    }

    /// Runs the command with these words.
    pub fn run(&self, words: &str) -> Ended {
        Ended::from(self.command(words).output().unwrap())
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            code: output.status.code().unwrap_or(-1),
            out: text(&output.stdout),
            err: text(&output.stderr),
        }
    }
}
