//! `fail`: stops a host.

use super::message::Message;
use k8sbm_core::task::{Error, Example, Plan, Probe, Result, Task};
use schemars::JsonSchema;
use serde::Deserialize;

/// Fails, with a message.
///
/// Used with `when`, to stop a host that cannot go on.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Fail {
    /// Why; `Failed as requested from task` unless given.
    #[serde(default = "unexplained")]
    msg: Message,
}

fn unexplained() -> Message {
    Message::text("Failed as requested from task")
}

impl Task for Fail {
    const NAME: &'static str = "fail";

    async fn plan(&self, _: &Probe) -> Result<Plan> {
        Err(Error::failed(self.msg.joined()))
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Refuse a host with too little memory",
                yaml: "fail:\n  msg: \"{{ inventory_hostname }} has {{ ansible_facts.memtotal_mb }} MB; a control plane needs 1700\"\nwhen: ansible_facts.memtotal_mb < 1700\n",
            },
            Example {
                title: "Refuse an even number of etcd members",
                yaml: "fail:\n  msg: etcd needs an odd number of members\nwhen: groups.etcd | length is divisibleby(2)\nrun_once: true\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[("msg", "The message.")]
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::plan;

    #[tokio::test]
    async fn it_fails_with_its_message() {
        let error = plan("fail", "msg: too small").await.unwrap_err();
        assert_eq!(error.message, "too small");
        let error = plan("fail", "{}").await.unwrap_err();
        assert_eq!(error.message, "Failed as requested from task");
    }
}
