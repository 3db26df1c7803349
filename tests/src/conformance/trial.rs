//! One target, run in a folder of its own.

use super::{Asserts, Suite, Target};
use crate::program;
use std::{
    fs, io,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

/// How long a target may take.
const LIMIT: Duration = Duration::from_secs(180);

/// How a target ended.
#[derive(Debug)]
pub struct Trial {
    /// The target.
    pub target: Target,
    /// Whether it passed as a whole.
    pub verdict: Verdict,
    /// Its single asserts.
    pub asserts: Asserts,
    /// What was printed.
    pub log: String,
    /// How long it took.
    pub took: Duration,
}

/// Whether a target passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It did.
    Passed,
    /// It exited with another code than 0.
    Failed(i32),
    /// It was still running when its time was over.
    Late,
}

/// Who is measured.
#[derive(Clone, Debug)]
pub enum Program {
    /// k8sbm.
    K8sbm,
    /// This `ansible-playbook`, to know what can be expected.
    Ansible(PathBuf),
}

impl Trial {
    /// Runs a target.
    ///
    /// # Panics
    /// When its folder cannot be made.
    #[must_use]
    pub fn run(suite: &Suite, target: &Target, program: &Program) -> Self {
        let written = suite.targets.join(&target.name);
        let start = Instant::now();
        let run = |forgiving: bool| {
            let ground =
                Ground::lay(suite, target, program).expect("a folder for the target can be made");
            if forgiving {
                let copy = ground.at("integration/targets").join(&target.name);
                Asserts::forgive(&copy).expect("the copy can be written");
            }
            let output = ground.run(target).expect("`timeout` starts");
            let asserts = Asserts::count(&written, &target.name, &ground.events());
            (output, asserts)
        };
        let (output, mut asserts) = run(false);
        let verdict = match output.status.code() {
            Some(0) => Verdict::Passed,
            Some(124 | 137) => Verdict::Late,
            code => Verdict::Failed(code.unwrap_or(-1)),
        };
        let mut log = String::from_utf8_lossy(&output.stdout).into_owned();
        if verdict != Verdict::Passed {
            // One that fails would hide those after it.
            let (output, forgiven) = run(true);
            log.push_str("\n\nOnce more, going on after each assert:\n\n");
            log.push_str(&String::from_utf8_lossy(&output.stdout));
            asserts.passed = asserts.passed.max(forgiven.passed);
        }
        Self {
            target: target.clone(),
            verdict,
            asserts,
            log,
            took: start.elapsed(),
        }
    }
}

/// Who runs the tests.
fn user() -> String {
    let output = Command::new("id").arg("-un").output();
    let name = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    name.unwrap_or_default()
}

/// The folder that a target runs in, laid out as its authors' tool does.
struct Ground {
    root: tempfile::TempDir,
    is_script: bool,
}

impl Ground {
    /// Only the target itself is copied; the others, which it may depend on, are linked.
    fn lay(suite: &Suite, target: &Target, program: &Program) -> io::Result<Self> {
        let root = tempfile::Builder::new().prefix("conformance-").tempdir()?;
        let source = suite.targets.join(&target.name);
        let ground = Self {
            is_script: source.join("runme.sh").is_file(),
            root,
        };
        for folder in ["bin", "home", "events", "output", "integration/targets"] {
            fs::create_dir_all(ground.at(folder))?;
        }
        let targets = ground.at("integration/targets");
        for entry in fs::read_dir(&suite.targets)? {
            let entry = entry?;
            if entry.file_name() != target.name.as_str() {
                symlink(entry.path(), targets.join(entry.file_name()))?;
            }
        }
        let copied = Command::new("cp")
            .arg("-a")
            .arg(&source)
            .arg(&targets)
            .status()?;
        assert!(copied.success(), "{} cannot be copied", source.display());
        ground.inventory()?;
        ground.program(program)?;
        if !ground.is_script {
            let aliases = fs::read_to_string(source.join("aliases")).unwrap_or_default();
            ground.playbook(target, !aliases.contains("gather_facts/no"))?;
        }
        Ok(ground)
    }

    fn at(&self, path: &str) -> PathBuf {
        self.root.path().join(path)
    }

    fn events(&self) -> PathBuf {
        self.at("events")
    }

    fn inventory(&self) -> io::Result<()> {
        let line = "[testgroup]\ntesthost ansible_connection=local ansible_pipelining=yes \
                    ansible_python_interpreter=/usr/bin/python3\n";
        fs::write(self.at("integration/inventory"), line)?;
        let output = self.at("output");
        fs::write(
            self.at("integration/integration_config.yml"),
            format!(
                "output_dir: {}\nresource_prefix: ansible-test-k8sbm\ntiny_prefix: k8sbm\n",
                output.display()
            ),
        )
    }

    /// What targets find as `ansible-playbook`: k8sbm by that name, or another, which also writes its events down.
    fn program(&self, program: &Program) -> io::Result<()> {
        let events = self.events();
        let events = events.display();
        let script = match program {
            Program::K8sbm => {
                let inner = self.at("bin/.k8sbm");
                fs::create_dir(&inner)?;
                symlink(program::path(), inner.join("ansible-playbook"))?;
                let inner = inner.display();
                format!(
                    "exec '{inner}/ansible-playbook' \"$@\" --output human --output json:$(mktemp '{events}/XXXXXXXX')"
                )
            }
            Program::Ansible(path) => {
                let plugins = Path::new(program::ROOT).join("tests/conformance");
                let (path, plugins) = (path.display(), plugins.display());
                format!(
                    "export ANSIBLE_CALLBACK_PLUGINS='{plugins}' ANSIBLE_CALLBACKS_ENABLED=k8sbm_events\n\
                     export K8SBM_EVENTS='{events}'\nexec '{path}' \"$@\""
                )
            }
        };
        let script = format!("#!/bin/sh\n{script}\n");
        let path = self.at("bin/ansible-playbook");
        fs::write(&path, script)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))
    }

    fn playbook(&self, target: &Target, gather_facts: bool) -> io::Result<()> {
        let text = format!(
            "- hosts: testhost\n  gather_facts: {gather_facts}\n  vars:\n    output_dir: {}\n  roles:\n    - {}\n",
            self.at("output").display(),
            target.name
        );
        fs::write(self.at("integration/site.yml"), text)
    }

    /// Both streams come in the order they were written, as on a terminal.
    fn run(&self, target: &Target) -> io::Result<Output> {
        let integration = self.at("integration");
        let mut command = Command::new("timeout");
        command.args(["--kill-after=5", &LIMIT.as_secs().to_string(), "sh", "-c"]);
        command.args([r#"exec 2>&1; exec "$@""#, "sh"]);
        if self.is_script {
            command.args(["./runme.sh", "-e", "@../../integration_config.yml"]);
            command.current_dir(integration.join("targets").join(&target.name));
        } else {
            command.args(["ansible-playbook", "site.yml", "-i", "inventory"]);
            command.env("ANSIBLE_ROLES_PATH", integration.join("targets"));
            command.current_dir(&integration);
        }
        self.environment(&mut command);
        command.stdin(Stdio::null()).output()
    }

    fn environment(&self, command: &mut Command) {
        let path = std::env::var("PATH").unwrap_or_default();
        let own = |name: &str| self.at(name);
        command
            .env("PATH", format!("{}:{path}", own("bin").display()))
            .env("HOME", own("home"))
            .env("USER", user())
            .env("OUTPUT_DIR", own("output"))
            .env("LC_ALL", "C.UTF-8")
            .env("PAGER", "cat")
            .env("INVENTORY_PATH", own("integration/inventory"))
            .env("ANSIBLE_FORCE_HANDLERS", "true")
            .env("ANSIBLE_HOST_PATTERN_MISMATCH", "error")
            .env("ANSIBLE_INVENTORY", "/dev/null")
            .env("ANSIBLE_DEPRECATION_WARNINGS", "false")
            .env("ANSIBLE_RETRY_FILES_ENABLED", "false")
            .env(
                "ANSIBLE_TEST_PYTHON_INTERPRETER",
                Path::new("/usr/bin/python3"),
            );
    }
}
