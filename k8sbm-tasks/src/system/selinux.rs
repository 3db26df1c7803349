//! The `selinux` module.

use k8sbm_core::{
    host::Command,
    task::{Error, Example, Plan, Probe, Result, Task},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Where the kernel says whether it enforces.
const ENFORCE: &str = "/sys/fs/selinux/enforce";

/// Says whether SELinux forbids, only notes, or sleeps: for now, and from the next boot on.
///
/// It cannot be woken or put to sleep while the host runs: then `reboot_required` is true.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Selinux {
    /// `enforcing` forbids, `permissive` only notes, `disabled` sleeps.
    state: State,
    /// The policy, such as `targeted`. Needed but with `disabled`.
    policy: Option<String>,
    /// The file that says so for every boot. Default `/etc/selinux/config`.
    #[serde(default = "config", alias = "conf", alias = "file")]
    #[schemars(extend("aliases" = ["conf", "file"]))]
    configfile: String,
    /// Refused when `true`: the kernel's command line is not changed.
    #[serde(default)]
    update_kernel_param: bool,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    /// It forbids.
    Enforcing,
    /// It only notes.
    Permissive,
    /// It sleeps.
    Disabled,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Enforcing => "enforcing",
            Self::Permissive => "permissive",
            Self::Disabled => "disabled",
        }
    }
}

fn config() -> String {
    "/etc/selinux/config".into()
}

/// The text with a setting.
fn with(text: &str, key: &str, value: &str) -> String {
    let says = |line: &str| {
        let (name, now) = line.split_once('=')?;
        (name.trim() == key).then(|| now.trim() == value)
    };
    if text.lines().any(|line| says(line).is_some()) {
        let line = |line: &str| match says(line) {
            Some(false) => format!("{key}={value}\n"),
            _ => format!("{line}\n"),
        };
        return text.lines().map(line).collect();
    }
    format!("{text}{key}={value}\n")
}

impl Task for Selinux {
    const NAME: &'static str = "selinux";

    fn validate(&self) -> Result<()> {
        if self.policy.is_none() && self.state != State::Disabled {
            return Err(Error::arguments(
                "Policy is required if state is not 'disabled'",
            ));
        }
        if self.update_kernel_param {
            return Err(Error::arguments("the kernel's command line is not changed")
                .hint("a `command` task with grubby can do it")
                .about(["update_kernel_param"]));
        }
        Ok(())
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let (file, enforces) =
            tokio::join!(host.read_text(&self.configfile), host.read_text(ENFORCE));
        let (file, enforces) = (file?, enforces?);
        let awake = enforces.is_some();
        let mut plan = Plan::default();
        plan.returns("state", self.state.word());
        plan.returns("configfile", self.configfile.clone());
        plan.returns("policy", json!(self.policy));
        let sleeps = self.state == State::Disabled;
        plan.returns("reboot_required", awake == sleeps);
        let Some(file) = file else {
            if sleeps && !awake {
                plan.returns("msg", "the host has no SELinux");
                return Ok(plan);
            }
            return Err(
                Error::failed(format!("Unable to find file {}", self.configfile))
                    .hint("install the policy first, such as `selinux-policy-targeted`"),
            );
        };
        let mut after = with(&file, "SELINUX", self.state.word());
        if let Some(policy) = &self.policy {
            after = with(&after, "SELINUXTYPE", policy);
        }
        let mut done = Vec::new();
        if after != file {
            plan.file(host, &self.configfile, after).await?;
            done.push(format!(
                "Config SELinux state changed to '{}'",
                self.state.word()
            ));
        }
        // What shall sleep from the next boot on only notes until then.
        let wanted = if self.state == State::Enforcing {
            "1"
        } else {
            "0"
        };
        if enforces.is_some_and(|now| now.trim() != wanted) {
            plan.run_command(Command::new(["setenforce", wanted]), None);
            done.push("Running SELinux state changed".to_owned());
        }
        if awake == sleeps {
            plan.warn("SELinux changes that with the next boot alone");
        }
        plan.returns("msg", done.join(", "));
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "SELinux only notes, so that pods can read what lies on the host",
                yaml: "ansible.posix.selinux:\n  policy: targeted\n  state: permissive\n",
            },
            Example {
                title: "SELinux sleeps from the next boot on",
                yaml: "- selinux:\n    state: disabled\n  register: selinux\n- reboot:\n  when: selinux.reboot_required\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("msg", "What was changed."),
            ("state", "The state."),
            ("policy", "The policy."),
            ("configfile", "The file."),
            ("reboot_required", "Whether only a boot can make it so."),
        ]
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Desk, plan_on, probe, refusal, told};
    use k8sbm_core::{connection::FakeHost, task::Probe};

    const CONFIG: &str = "# this file\nSELINUX=enforcing\nSELINUXTYPE=targeted\n";

    fn host(enforce: Option<&str>) -> Probe {
        let mut host = FakeHost::new().file("/etc/selinux/config", CONFIG);
        if let Some(enforce) = enforce {
            host = host.file("/sys/fs/selinux/enforce", enforce);
        }
        probe(host, Desk::default())
    }

    #[tokio::test]
    async fn file_and_kernel_are_compared() {
        let yaml = "{state: permissive, policy: targeted}";
        insta::assert_snapshot!(told(&host(Some("1")), "selinux", yaml).await, @r"
        write /etc/selinux/config
        - # this file
        - SELINUX=enforcing
        - SELINUXTYPE=targeted
        + # this file
        + SELINUX=permissive
        + SELINUXTYPE=targeted
        run setenforce 0
        ");
        let yaml = "{state: enforcing, policy: targeted}";
        assert_eq!(told(&host(Some("1")), "selinux", yaml).await, "");
    }

    #[tokio::test]
    async fn only_a_boot_wakes_it() {
        let yaml = "{state: enforcing, policy: targeted}";
        let plan = plan_on(&host(None), "selinux", yaml).await.unwrap();
        assert_eq!(plan.returns["reboot_required"], true);
        assert!(plan.is_empty());
        let bare = probe(FakeHost::new(), Desk::default());
        assert_eq!(told(&bare, "selinux", "{state: disabled}").await, "");
        let text = told(&bare, "selinux", yaml).await;
        assert!(text.starts_with("error: Unable to find file"), "{text}");
        refusal("selinux", "{state: enforcing}");
    }
}
