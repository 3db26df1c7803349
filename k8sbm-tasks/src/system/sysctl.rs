//! The `sysctl` module.

use k8sbm_core::{
    host::Command,
    task::{Diff, Error, Example, Plan, Probe, Result, Returns, Task, WriteFile},
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Sets kernel parameters, for every boot and for now.
///
/// The value is written to a file that is read at boot, and, unless `reload: false`, the file is loaded now when the
/// kernel has another value. Values are compared word by word, whatever white space is between.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sysctl {
    /// Name of the parameter, such as `net.ipv4.ip_forward`.
    #[serde(alias = "key")]
    #[schemars(extend("aliases" = ["key"]))]
    name: String,
    /// Its value; `yes` and `no` mean 1 and 0.
    #[serde(default, alias = "val")]
    #[schemars(extend("aliases" = ["val"]))]
    value: Option<String>,
    /// Whether the file shall set it. `absent` takes it out of the file; what the kernel has stays until it boots.
    #[serde(default)]
    state: State,
    /// The file. Default `/etc/sysctl.conf`; one below `/etc/sysctl.d` keeps things apart.
    #[serde(default = "sysctl_conf")]
    sysctl_file: String,
    /// Loads the file when it changed, or when the kernel has another value. Default true.
    #[serde(default = "yes")]
    reload: bool,
    /// Sets the parameter by itself as well, without the rest of the file.
    #[serde(default)]
    sysctl_set: bool,
    /// Takes no offence at a parameter that the kernel does not have.
    #[serde(default)]
    ignoreerrors: bool,
}

/// Whether a parameter shall be set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    /// It is set.
    #[default]
    Present,
    /// It is not set.
    Absent,
}

fn sysctl_conf() -> String {
    "/etc/sysctl.conf".into()
}

fn yes() -> bool {
    true
}

impl Task for Sysctl {
    const NAME: &'static str = "sysctl";

    fn validate(&self) -> Result<()> {
        if self.name.trim().is_empty() {
            return Err(Error::arguments("name cannot be blank"));
        }
        if self.state == State::Present && self.wanted().is_empty() {
            return Err(Error::arguments("value cannot be blank"));
        }
        Ok(())
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        let name = self.name.trim();
        let path = proc_path(name);
        let looks_live = self.state == State::Present && (self.reload || self.sysctl_set);
        let (file, live) = tokio::join!(host.read_text(&self.sysctl_file), async {
            if looks_live {
                host.read_text(&path).await
            } else {
                Ok(None)
            }
        });
        let (file, live) = (file?.unwrap_or_default(), live?);
        let value = self.wanted();
        let wanted = (self.state == State::Present).then_some(value.as_str());
        let after = with(&file, name, wanted);
        let mut file_changes = false;
        if after != file {
            let change = WriteFile {
                path: self.sysctl_file.clone(),
                content: after.into(),
                ..WriteFile::default()
            };
            file_changes = plan.write(host, change).await?;
        }
        if !looks_live {
            return Ok(plan);
        }
        let differs = match &live {
            Some(live) => !same(live, &value),
            // Where the kernel does not have it: a module that is still to be loaded may bring it.
            None => !self.ignoreerrors,
        };
        let before = live
            .as_deref()
            .map_or("(unknown to the kernel)", str::trim_end);
        let side = |value: &str| {
            format!(
                "{name} = {}\n",
                value.split_whitespace().collect::<Vec<_>>().join(" ")
            )
        };
        let diff = differs.then(|| Diff::text(&path, side(before), side(&value)));
        if self.sysctl_set && differs {
            let argv = self.argv(&["-w", &format!("{name}={value}")]);
            load(
                &mut plan,
                argv,
                self.ignoreerrors,
                diff.clone(),
                format!("setting {name} failed"),
            );
        }
        if self.reload && (differs || file_changes) {
            let argv = self.argv(&["-p", &self.sysctl_file]);
            let diff = diff.filter(|_| !self.sysctl_set);
            load(
                &mut plan,
                argv,
                self.ignoreerrors,
                diff,
                "Failed to reload sysctl".into(),
            );
        }
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Let the host forward packets between pods",
                yaml: "sysctl:\n  name: net.ipv4.ip_forward\n  value: 1\n  sysctl_file: /etc/sysctl.d/99-kubernetes.conf\n  sysctl_set: true\n",
            },
            Example {
                title: "What bridges carry passes the firewall",
                yaml: "- modprobe:\n    name: br_netfilter\n    persistent: present\n- sysctl:\n    name: net.bridge.bridge-nf-call-iptables\n    value: \"1\"\n    sysctl_file: /etc/sysctl.d/99-kubernetes.conf\n",
            },
            Example {
                title: "What the kubelet asks for with protectKernelDefaults",
                yaml: "sysctl:\n  name: vm.overcommit_memory\n  value: 1\n",
            },
            Example {
                title: "No longer set at boot",
                yaml: "sysctl:\n  name: vm.swappiness\n  state: absent\n",
            },
        ]
    }
}

impl Sysctl {
    fn wanted(&self) -> String {
        let value = self.value.as_deref().unwrap_or_default().trim();
        match value.to_ascii_lowercase().as_str() {
            "y" | "yes" | "on" | "true" | "t" => "1".into(),
            "n" | "no" | "off" | "false" | "f" => "0".into(),
            _ => value.to_owned(),
        }
    }

    fn argv(&self, words: &[&str]) -> Vec<String> {
        let ignore: &[&str] = if self.ignoreerrors { &["-e"] } else { &[] };
        let words = ["sysctl"].iter().chain(ignore).chain(words);
        words.map(|it| (*it).to_owned()).collect()
    }
}

/// Calls sysctl, which may fail with a status of 0 and a complaint.
fn load(plan: &mut Plan, argv: Vec<String>, ignore: bool, diff: Option<Diff>, failed: String) {
    let command = Command::new(argv);
    let summary = command.line();
    let act = async move |host: k8sbm_core::host::Host| {
        let output = host.run(command.env("LC_ALL", "C")).await?;
        let said = output.error_text();
        let refused = |line: &str| {
            line.starts_with("sysctl: setting key")
                && ["Invalid argument", "Read-only file system"]
                    .iter()
                    .any(|it| line.contains(it))
        };
        if output.success() && !said.lines().any(refused) || ignore && output.status == 255 {
            return Ok(Returns::new());
        }
        let error = Error::failed(format!("{failed}: {}{said}", output.text()).trim_end())
            .returning("rc", output.status)
            .returning("stderr", said.trim_end());
        if said.contains("No such file or directory") {
            return Err(
                error.hint("a kernel module may have to be loaded before; `modprobe` does that")
            );
        }
        Err(error)
    };
    match diff {
        Some(diff) => plan.act_with(summary, diff, act),
        None => plan.act(summary, act),
    }
}

/// Where the kernel shows a parameter. Whichever of `.` and `/` comes first separates; the other belongs to a name.
fn proc_path(name: &str) -> String {
    let swapped = |it: char| match it {
        '.' => '/',
        '/' => '.',
        other => other,
    };
    match name.find(['.', '/']) {
        Some(at) if name[at..].starts_with('.') => {
            format!(
                "/proc/sys/{}",
                name.chars().map(swapped).collect::<String>()
            )
        }
        _ => format!("/proc/sys/{name}"),
    }
}

fn same(one: &str, other: &str) -> bool {
    one.split_whitespace().eq(other.split_whitespace())
}

/// The file with a parameter set once, or not at all; all other lines stay.
fn with(file: &str, name: &str, value: Option<&str>) -> String {
    let mut result = String::with_capacity(file.len() + 64);
    let mut open = value;
    for line in file.lines() {
        if assigned(line).is_none_or(|(key, _)| key != name) {
            result.push_str(line);
            result.push('\n');
            continue;
        }
        // The first line of the name takes the value; were others to follow, they would win at boot.
        let Some(value) = open.take() else { continue };
        match assigned(line) {
            Some((_, there)) if same(there, value) => result.push_str(line),
            _ => result.push_str(&format!("{name}={value}")),
        }
        result.push('\n');
    }
    if let Some(value) = open {
        result.push_str(&format!("{name}={value}\n"));
    }
    if result.trim_end() == file.trim_end() {
        file.to_owned()
    } else {
        result
    }
}

fn assigned(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    if line.starts_with(['#', ';']) {
        return None;
    }
    let (key, value) = line.split_once('=')?;
    Some((key.trim(), value.trim()))
}

#[cfg(test)]
mod tests;
