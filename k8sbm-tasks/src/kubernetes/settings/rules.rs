//! All rules, over one inventory.

use super::{addresses, lock, members, network, parts, pod_subnets, reading::Reading};
use k8sbm_core::{diagnostic::Diagnostic, vars::Survey};

/// What is wrong with an inventory of a cluster, each mistake with its place; all of it at once.
///
/// The hosts of the cluster are in the groups `control_plane` and `workers`, those of etcd in `etcd` where they are
/// not the control plane's.
pub fn inventory_mistakes(survey: &Survey) -> Vec<Diagnostic> {
    let Some(first) = survey.group("control_plane").first().cloned() else {
        let mistake = Diagnostic::new("the inventory has no host in the group `control_plane`");
        return vec![mistake.help("a cluster has its API servers on these hosts")];
    };
    let mut reading = Reading::new(survey, first);
    reading.required(
        "cluster_name",
        "a name, such as `lab`, which what destroys asks for",
    );
    members::check(&mut reading);
    let networks = network::check(&mut reading);
    addresses::check(&mut reading, &networks);
    pod_subnets::check(&mut reading, &networks);
    parts::check(&mut reading);
    lock::check(&mut reading);
    reading.mistakes
}
