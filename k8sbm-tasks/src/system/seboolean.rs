//! The `seboolean` module.

use k8sbm_core::{
    host::Command,
    task::{Diff, Error, Example, Plan, Probe, Result, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

/// Turns a switch of SELinux's policy on or off.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Seboolean {
    /// The switch.
    name: String,
    /// Whether it is on.
    state: bool,
    /// Whether it stays so after a boot.
    #[serde(default)]
    persistent: bool,
    /// Taken, and of no account: where SELinux sleeps, nothing can be asked of it.
    #[serde(default)]
    #[expect(dead_code, reason = "nothing to ignore")]
    ignore_selinux_state: bool,
}

impl Task for Seboolean {
    const NAME: &'static str = "seboolean";

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let path = format!("/sys/fs/selinux/booleans/{}", self.name);
        let (now, awake) = tokio::join!(
            host.read_text(&path),
            host.exists("/sys/fs/selinux/enforce")
        );
        let (now, awake) = (now?, awake?);
        if !awake {
            return Err(Error::failed("SELinux is disabled on this host."));
        }
        let Some(now) = now else {
            return Err(Error::failed(format!(
                "SELinux boolean {} does not exist.",
                self.name
            )));
        };
        let on = now.trim_start().starts_with('1');
        let mut kept = on == self.state;
        if self.persistent {
            kept &= self.is_kept(host).await?;
        }
        let mut plan = Plan::default();
        plan.returns("name", self.name.clone());
        plan.returns("state", json!(self.state));
        plan.returns("persistent", json!(self.persistent));
        if !kept {
            let word = |on: bool| if on { "on" } else { "off" };
            let keep = self.persistent.then_some("-P");
            let words = ["setsebool"].into_iter().chain(keep);
            let command = Command::new(words.chain([&*self.name, word(self.state)]));
            let side = |on: bool| format!("{} --> {}\n", self.name, word(on));
            let diff = Diff::text("booleans", side(on), side(self.state));
            plan.run_command(command, Some(diff));
        }
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[Example {
            title: "Containers may write to Ceph",
            yaml: "ansible.posix.seboolean:\n  name: container_use_cephfs\n  state: true\n  persistent: true\n",
        }]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("name", "The switch."),
            ("state", "Whether it is on."),
            ("persistent", "Whether it stays so."),
        ]
    }
}

impl Seboolean {
    /// Whether the policy that is loaded at boot says the same.
    async fn is_kept(&self, host: &Probe) -> Result<bool> {
        let output = host.query(["semanage", "boolean", "-l", "-n"]).await?;
        if !output.success() {
            // Without semanage nobody can tell: it is written again.
            return Ok(false);
        }
        let word = if self.state { "on" } else { "off" };
        let text = output.text();
        let mut lines = text.lines();
        let line = lines.find(|line| line.split_whitespace().next() == Some(&*self.name));
        let inside = line.and_then(|line| line.split_once('(')?.1.split_once(')'));
        let kept = inside.and_then(|(inside, _)| inside.split(',').nth(1));
        Ok(kept.is_some_and(|kept| kept.trim() == word))
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Desk, probe, told};
    use k8sbm_core::{connection::FakeHost, task::Probe};

    const LISTED: &str =
        "container_use_cephfs           (off  ,   off)  Allow ...\nother  (on , off)  ...\n";

    fn host() -> Probe {
        let host = FakeHost::new()
            .file("/sys/fs/selinux/enforce", "1")
            .file("/sys/fs/selinux/booleans/container_use_cephfs", "0 0")
            .file("/sys/fs/selinux/booleans/other", "1 1")
            .query(["semanage", "boolean", "-l", "-n"], LISTED);
        probe(host, Desk::default())
    }

    #[tokio::test]
    async fn a_switch_is_turned_for_now_and_for_good() {
        insta::assert_snapshot!(told(&host(), "seboolean", "{name: container_use_cephfs, state: yes}").await, @r"
        run setsebool container_use_cephfs on
        - container_use_cephfs --> off
        + container_use_cephfs --> on
        ");
        assert_eq!(
            told(&host(), "seboolean", "{name: other, state: on}").await,
            ""
        );
        let text = told(
            &host(),
            "seboolean",
            "{name: other, state: on, persistent: yes}",
        )
        .await;
        assert!(text.starts_with("run setsebool -P other on"), "{text}");
        assert_eq!(
            told(&host(), "seboolean", "{name: nothing, state: on}").await,
            "error: SELinux boolean nothing does not exist."
        );
    }
}
