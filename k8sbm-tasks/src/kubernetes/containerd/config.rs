//! containerd's configuration, as each of its versions reads it.

use super::Containerd;
use crate::kubernetes::toml;
use serde_json::{Map, Value as Json, json};

/// Where folders of one folder per registry are.
pub(super) const REGISTRIES: &str = "/etc/containerd/certs.d";

/// containerd's version: major and minor.
pub(super) type Version = (u32, u32);

/// The version that `containerd --version`, or an argument, says: `1.7.24~ds1`, `v2.1.3`.
pub(super) fn version(text: &str) -> Option<Version> {
    let numbers = |word: &str| {
        let mut parts = word.trim_start_matches('v').split('.');
        let major = parts.next()?.parse().ok()?;
        let minor: String = parts
            .next()?
            .chars()
            .take_while(char::is_ascii_digit)
            .collect();
        Some((major, minor.parse().ok()?))
    };
    text.split_whitespace().find_map(numbers)
}

/// The newest form of configuration that a version reads.
pub(super) fn form((major, minor): Version) -> u32 {
    match (major, minor) {
        (..2, _) => 2,
        (2, ..3) => 3,
        _ => 4,
    }
}

/// The text of `config.toml`.
pub(super) fn text(task: &Containerd, version: Version) -> String {
    let mut root = match form(version) {
        2 => before_2(task),
        form => since_2(task, version, form),
    };
    toml::merge(&mut root, &task.settings);
    format!("# Written by k8sbm.\n{}", toml::text(&root))
}

/// All of the interface for Kubernetes is one plugin.
fn before_2(task: &Containerd) -> Map<String, Json> {
    let cri = json!({
        "sandbox_image": task.sandbox_image,
        "restrict_oom_score_adj": task.restrict_oom_score_adj,
        "cni": {"bin_dir": task.cni_bin_dir, "conf_dir": task.cni_conf_dir},
        "containerd": {"runtimes": {"runc": runc(task)}},
        "registry": {"config_path": REGISTRIES},
    });
    object(json!({"version": 2, "plugins": {"io.containerd.grpc.v1.cri": cri}}))
}

/// Images and running are two plugins. What stands at the names of before is passed over without a word.
fn since_2(task: &Containerd, version: Version, form: u32) -> Map<String, Json> {
    let mut cni = json!({"conf_dir": task.cni_conf_dir});
    match version {
        (2, 0) => cni["bin_dir"] = json!(task.cni_bin_dir),
        _ => cni["bin_dirs"] = json!([task.cni_bin_dir]),
    }
    let images = json!({
        "pinned_images": {"sandbox": task.sandbox_image},
        "registry": {"config_path": REGISTRIES},
    });
    let runtime = json!({
        "restrict_oom_score_adj": task.restrict_oom_score_adj,
        "cni": cni,
        "containerd": {"runtimes": {"runc": runc(task)}},
    });
    object(json!({
        "version": form,
        "plugins": {"io.containerd.cri.v1.images": images, "io.containerd.cri.v1.runtime": runtime},
    }))
}

fn runc(task: &Containerd) -> Json {
    json!({
        "runtime_type": "io.containerd.runc.v2",
        "options": {"SystemdCgroup": task.systemd_cgroup},
    })
}

fn object(value: Json) -> Map<String, Json> {
    match value {
        Json::Object(map) => map,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(version: Version) -> String {
        let task: Containerd =
            serde_json::from_value(json!({"settings": {"oom_score": -999}})).unwrap();
        text(&task, version)
    }

    #[test]
    fn versions_are_read_as_containerd_and_people_say_them() {
        let debian = "containerd github.com/containerd/containerd 1.7.24~ds1 1.7.24~ds1-6+deb13u1";
        assert_eq!(version(debian), Some((1, 7)));
        let two = "containerd github.com/containerd/containerd/v2 v2.1.3 c787fb98911740dd3ff2d0e45ce88cdf01410486";
        assert_eq!(version(two), Some((2, 1)));
        assert_eq!(version("2.3"), Some((2, 3)));
        assert_eq!(version("none"), None);
        let forms = [(1, 6), (1, 7), (2, 0), (2, 2), (2, 3), (3, 0)].map(form);
        assert_eq!(forms, [2, 2, 3, 3, 4, 4]);
    }

    #[test]
    fn containerd_1_has_one_plugin() {
        insta::assert_snapshot!(written((1, 7)), @r#"
        # Written by k8sbm.
        version = 2
        oom_score = -999

        [plugins."io.containerd.grpc.v1.cri"]
        sandbox_image = "registry.k8s.io/pause:3.10"
        restrict_oom_score_adj = false

        [plugins."io.containerd.grpc.v1.cri".cni]
        bin_dir = "/opt/cni/bin"
        conf_dir = "/etc/cni/net.d"

        [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
        runtime_type = "io.containerd.runc.v2"

        [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = true

        [plugins."io.containerd.grpc.v1.cri".registry]
        config_path = "/etc/containerd/certs.d"
        "#);
    }

    #[test]
    fn containerd_2_has_two_plugins() {
        insta::assert_snapshot!(written((2, 1)), @r#"
        # Written by k8sbm.
        version = 3
        oom_score = -999

        [plugins."io.containerd.cri.v1.images".pinned_images]
        sandbox = "registry.k8s.io/pause:3.10"

        [plugins."io.containerd.cri.v1.images".registry]
        config_path = "/etc/containerd/certs.d"

        [plugins."io.containerd.cri.v1.runtime"]
        restrict_oom_score_adj = false

        [plugins."io.containerd.cri.v1.runtime".cni]
        conf_dir = "/etc/cni/net.d"
        bin_dirs = ["/opt/cni/bin"]

        [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
        runtime_type = "io.containerd.runc.v2"

        [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
        SystemdCgroup = true
        "#);
        let old = written((2, 0));
        assert!(
            old.contains("bin_dir = \"/opt/cni/bin\"") && old.contains("version = 3"),
            "{old}"
        );
        assert!(written((2, 3)).contains("version = 4"));
    }
}
