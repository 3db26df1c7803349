//! The `dpkg_selections` module.

use super::dpkg::{Packages, Selection};
use k8sbm_core::{
    host::Command,
    task::{Diff, Error, Example, Plan, Probe, Result, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Says what shall become of a package: held in its version, or not.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DpkgSelections {
    /// The package.
    name: String,
    /// `hold` keeps it in its version; `install` lets it be upgraded. `deinstall` and `purge` mark it for removal,
    /// which something else must do.
    selection: Selection,
}

impl Task for DpkgSelections {
    const NAME: &'static str = "dpkg_selections";

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let known = Packages::of(host).await?;
        let Some(before) = known.selection(&self.name) else {
            return Err(Error::failed(format!(
                "Failed to find package '{}' to perform selection '{}'.",
                self.name,
                self.selection.word()
            ))
            .hint(
                "dpkg knows what is or was installed; an `apt` task before this one can install it",
            ));
        };
        let after = self.selection;
        let mut plan = Plan::default();
        if before != after {
            let command = Command::new(["dpkg", "--set-selections"]);
            let command = command.stdin(format!("{} {}\n", self.name, after.word()));
            let side = |it: Selection| format!("{}: {}\n", self.name, it.word());
            let diff = Diff::text("selections", side(before), side(after));
            plan.run_command(command, Some(diff));
        }
        plan.returns("before", before.word());
        plan.returns("after", after.word());
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Let no upgrade of the host touch Kubernetes",
                yaml: "dpkg_selections:\n  name: \"{{ item }}\"\n  selection: hold\nloop: [kubelet, kubeadm, kubectl]\n",
            },
            Example {
                title: "Let it be upgraded",
                yaml: "dpkg_selections:\n  name: kubeadm\n  selection: install\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("before", "What was selected."),
            ("after", "What is selected."),
        ]
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Desk, probe, told};
    use k8sbm_core::connection::FakeHost;

    #[tokio::test]
    async fn a_package_is_held() {
        let known = "kubelet\tamd64\t1.34\tii \tkubelet\tadmin\t\nkubeadm\tamd64\t1.34\thi \tkubeadm\tadmin\t\n";
        let host = FakeHost::new().query(super::super::dpkg::QUERY, known);
        let host = probe(host, Desk::default());
        insta::assert_snapshot!(told(&host, "dpkg_selections", "{name: kubelet, selection: hold}").await, @r"
        run dpkg --set-selections
        - kubelet: install
        + kubelet: hold
        ");
        assert_eq!(
            told(&host, "dpkg_selections", "{name: kubeadm, selection: hold}").await,
            ""
        );
        insta::assert_snapshot!(told(&host, "dpkg_selections", "{name: cri-o, selection: hold}").await, @r"
        error: Failed to find package 'cri-o' to perform selection 'hold'.
        hint: dpkg knows what is or was installed; an `apt` task before this one can install it
        ");
    }
}
