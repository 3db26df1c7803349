//! dnf's command line.

use super::Dnf;
use k8sbm_core::{
    host::{Command, Host, Output},
    task::{Error, Probe, Result},
};
use std::time::Duration;

/// How long dnf may take.
const LONGEST: Duration = Duration::from_secs(3600);

/// The program that the host has.
pub(super) async fn program(host: &Probe, wanted: &str) -> Result<&'static str> {
    let candidates: &[&'static str] = match wanted {
        "dnf5" => &["dnf5", "dnf"],
        "yum" | "yum4" => &["yum", "dnf"],
        _ => &["dnf", "dnf5", "yum"],
    };
    let paths = candidates.iter().map(|name| format!("/usr/bin/{name}"));
    let paths: Vec<String> = paths.collect();
    let looks = paths.iter().map(|path| host.exists(path));
    let there = futures::future::try_join_all(looks).await?;
    let found = candidates.iter().zip(there).find(|(_, there)| *there);
    found.map(|(name, _)| *name).ok_or_else(|| {
        Error::failed("the host has neither dnf nor yum")
            .hint("`apt` is Debian's; `package` takes what the host has")
    })
}

/// Runs it, whatever its words.
pub(super) async fn run(host: &Host, command: Command) -> Result<()> {
    let output = host.run(command.timeout(LONGEST)).await?;
    if output.success() {
        return Ok(());
    }
    Err(failed(&output))
}

/// What dnf said when it failed.
pub(super) fn failed(output: &Output) -> Error {
    let said = output.error_text();
    let lines: Vec<&str> = said
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let message = match lines.as_slice() {
        [] => output
            .text()
            .lines()
            .last()
            .unwrap_or("dnf failed")
            .to_owned(),
        lines => lines.join("; "),
    };
    Error::failed(message)
        .returning("rc", output.status)
        .returning("results", Vec::<String>::new())
        .returning("stderr", said.trim_end())
}

impl Dnf {
    /// A command with what the arguments say of repositories and the like before its words.
    pub(super) fn command(&self, program: &str, words: Vec<String>) -> Command {
        let mut argv = vec![program.to_owned()];
        let mut option = |name: &str, value: &str| argv.push(format!("--{name}={value}"));
        let lists = [
            ("disablerepo", &self.disablerepo),
            ("enablerepo", &self.enablerepo),
            ("exclude", &self.exclude),
            ("disableplugin", &self.disable_plugin),
            ("enableplugin", &self.enable_plugin),
        ];
        for (name, values) in lists {
            for value in values.iter().filter(|it| !it.is_empty()) {
                option(name, value);
            }
        }
        let texts = [
            ("disableexcludes", &self.disable_excludes),
            ("config", &self.conf_file),
            ("releasever", &self.releasever),
        ];
        for (name, value) in texts {
            if let Some(value) = value {
                option(name, value);
            }
        }
        if self.installroot != "/" {
            option("installroot", &self.installroot);
        }
        let best = self.best.or(self.nobest.map(|it| !it));
        let settings = [
            best.map(|on| if on { "best=1" } else { "best=0" }),
            (!self.install_weak_deps).then_some("install_weak_deps=0"),
            (!self.validate_certs || !self.sslverify).then_some("sslverify=0"),
        ];
        for setting in settings.into_iter().flatten() {
            option("setopt", setting);
        }
        if let Some(directory) = self.download_dir.as_ref().filter(|_| self.download_only) {
            option("downloaddir", directory);
        }
        let switches = [
            (self.cacheonly, "-C"),
            (self.disable_gpg_check, "--nogpgcheck"),
            (self.skip_broken, "--skip-broken"),
            (self.allowerasing, "--allowerasing"),
            (self.download_only, "--downloadonly"),
        ];
        argv.extend(
            switches
                .iter()
                .filter(|(on, _)| *on)
                .map(|(_, it)| (*it).to_owned()),
        );
        let upgrades = words
            .iter()
            .any(|it| it == "check-update" || it == "upgrade");
        let kinds = [(self.security, "--security"), (self.bugfix, "--bugfix")];
        argv.extend(
            kinds
                .iter()
                .filter(|(on, _)| *on && upgrades)
                .map(|(_, it)| (*it).to_owned()),
        );
        argv.extend(words.into_iter().filter(|word| !word.is_empty()));
        Command::new(argv).env("LC_ALL", "C.UTF-8")
    }
}
