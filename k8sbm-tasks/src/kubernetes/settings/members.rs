//! The hosts: who is in which group, and what they are called.

use super::reading::Reading;
use k8sbm_core::node::Span;

/// Names are labels of the DNS: kubeadm takes the host's name for the node's (RFC 1123).
const LONGEST_NAME: usize = 63;

/// etcd can lose `(n - 1) / 2` members: an even one more makes it no safer.
pub(super) fn check(reading: &mut Reading<'_>) {
    let (group, members) = match reading.group("etcd") {
        members if members.is_empty() => ("control_plane", reading.group("control_plane")),
        members => ("etcd", members),
    };
    if members.len().is_multiple_of(2) {
        reading.wrong(
            &Span::none(),
            format!(
                "the group `{group}` has {} hosts, and etcd runs on each",
                members.len()
            ),
            "an odd number keeps its majority when one is lost: 1, 3 or 5",
        );
    }
    let hosts = reading.group("all");
    for host in &hosts {
        let labels = host.split('.').all(|label| {
            let inside =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            (1..=LONGEST_NAME).contains(&label.len())
                && label.bytes().all(inside)
                && !label.starts_with('-')
                && !label.ends_with('-')
        });
        if !labels {
            reading.wrong(
                &Span::none(),
                format!("`{host}` cannot be the name of a node"),
                "names have small letters, digits and `-`, and begin and end with a letter or digit",
            );
        }
    }
}
