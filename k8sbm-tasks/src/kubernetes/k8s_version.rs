//! The `k8s_version` module.

use super::version::Version;
use k8sbm_core::task::{Example, Plan, Probe, Result, Task};
use schemars::JsonSchema;
use serde::Deserialize;

/// Says what a release of Kubernetes does in its own way, for tasks that depend on it.
///
/// It asks nothing of the host. A release that is not supported is refused, and so is a step to it that kubeadm does
/// not take.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct K8sVersion {
    /// The release, such as `1.34.2`.
    #[schemars(with = "String")]
    version: Version,
    /// What the cluster runs now: a downgrade, and a step over a minor release, are refused.
    #[schemars(with = "Option<String>")]
    from: Option<Version>,
}

impl Task for K8sVersion {
    const NAME: &'static str = "k8s_version";

    fn validate(&self) -> Result<()> {
        self.version.behaviour()?;
        match &self.from {
            Some(from) => self.version.may_follow(from, 1),
            None => Ok(()),
        }
    }

    async fn plan(&self, _: &Probe) -> Result<Plan> {
        let behaviour = self.version.behaviour()?;
        let mut plan = Plan::default();
        plan.returns("version", self.version.to_string());
        plan.returns("minor", format!("1.{}", behaviour.minor));
        plan.returns("kubeadm_api", behaviour.kubeadm.name());
        plan.returns("pause", behaviour.pause);
        plan.returns("etcd", behaviour.etcd);
        plan.returns("super_admin", behaviour.super_admin);
        plan.returns("cgroup_v1", behaviour.cgroup_v1);
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[Example {
            title: "The sandbox image that containerd shall use",
            yaml: "- k8s_version:\n    version: 1.36.4\n  register: release\n- debug:\n    msg: registry.k8s.io/pause:{{ release.pause }}\n",
        }]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("version", "The release, such as `v1.34.2`."),
            ("minor", "Its minor release, such as `1.34`."),
            ("kubeadm_api", "What kubeadm's configuration is written in."),
            ("pause", "The tag of the sandbox image."),
            (
                "etcd",
                "The series of etcd that kubeadm brings, such as `3.6`.",
            ),
            (
                "super_admin",
                "Whether `kubeadm init` makes `super-admin.conf`, which alone has all rights until it has ended.",
            ),
            (
                "cgroup_v1",
                "Whether kubelets begin on cgroup v1 without `failCgroupV1: false`.",
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{plan, refusal};

    #[tokio::test]
    async fn a_release_says_what_it_brings() {
        let plan = plan("k8s_version", "{version: v1.36.4, from: 1.35.9}")
            .await
            .unwrap();
        assert!(plan.steps.is_empty());
        assert_eq!(plan.returns["pause"], "3.10.2");
        assert_eq!(plan.returns["kubeadm_api"], "kubeadm.k8s.io/v1beta4");
        assert_eq!(plan.returns["cgroup_v1"], false);
    }

    #[test]
    fn a_step_back_or_over_a_minor_release_is_refused() {
        let message = |arguments: &str| refusal("k8s_version", arguments).message;
        assert_eq!(
            message("{version: 1.36.0, from: 1.34.9}"),
            "kubeadm does not go from v1.34.9 to v1.36.0"
        );
        refusal("k8s_version", "{version: 1.34.1, from: 1.34.2}");
        refusal("k8s_version", "{version: 1.26.1}");
        refusal("k8s_version", "{version: 1.34}");
    }
}
