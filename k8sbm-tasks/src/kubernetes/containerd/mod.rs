//! `containerd`: the runtime that the kubelet starts containers with.

mod config;
mod mirrors;

use self::{
    config::{REGISTRIES, Version},
    mirrors::Registry,
};
use indexmap::IndexMap;
use k8sbm_core::{
    host::{Attributes, Mode},
    task::{Error, Example, Plan, Probe, Result, Returns, Task, WriteFile},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value as Json};

const CONFIG: &str = "/etc/containerd/config.toml";
const SOCKET: &str = "/run/containerd/containerd.sock";

/// Configures containerd for Kubernetes, and runs it.
///
/// It writes `/etc/containerd/config.toml` in the form that the installed version reads (2 for containerd 1.x, 3 for 2.0
/// to 2.2, 4 from 2.3 on), a `hosts.toml` for each registry with mirrors, and `/etc/crictl.yaml`. containerd is
/// restarted when its configuration is newer than itself; containers go on. It is installed by something else: a
/// package, or the module `artifact`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Containerd {
    /// The image of the container that holds a pod's namespaces; kubeadm's own (`kubeadm config images list`) is best.
    #[serde(default = "sandbox")]
    sandbox_image: String,
    /// Whether systemd manages the containers' cgroups, as the kubelet expects it.
    #[serde(default = "yes")]
    systemd_cgroup: bool,
    /// Where network plugins are.
    #[serde(default = "plugins")]
    cni_bin_dir: String,
    /// Where networks are configured.
    #[serde(default = "networks")]
    cni_conf_dir: String,
    /// Whether containers get no better out-of-memory score than containerd itself has, as hosts that are containers
    /// themselves need it.
    #[serde(default)]
    restrict_oom_score_adj: bool,
    /// How registries are reached, by their names.
    #[serde(default)]
    #[schemars(with = "Map<String, Json>")]
    registries: IndexMap<String, Registry>,
    /// More of the configuration, which is put over what the other arguments say.
    #[serde(default)]
    settings: Map<String, Json>,
    /// containerd's version, such as `2.1`, where it cannot be asked because it is not installed yet.
    version: Option<String>,
    /// Whether crictl is told where containerd listens.
    #[serde(default = "yes")]
    crictl: bool,
}

fn yes() -> bool {
    true
}

fn sandbox() -> String {
    "registry.k8s.io/pause:3.10".into()
}

fn plugins() -> String {
    "/opt/cni/bin".into()
}

fn networks() -> String {
    "/etc/cni/net.d".into()
}

impl Task for Containerd {
    const NAME: &'static str = "containerd";

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let asked = host.query(["containerd", "--version"]).await?;
        let installed = asked.success().then(|| config::version(&asked.text()));
        let mut plan = Plan::default();
        let version = match (installed.flatten(), &self.version) {
            (Some(version), _) => version,
            (None, Some(version)) => config::version(version).unwrap_or((2, 0)),
            (None, None) => {
                // Nobody knows what it will read: something before this installs it, or this fails.
                plan.act("configure containerd once it is installed", |_| async {
                    Err::<Returns, _>(
                        Error::failed("containerd is not installed")
                            .hint("install its package first"),
                    )
                });
                return Ok(plan);
            }
        };
        let (major, minor) = version;
        plan.returns("version", format!("{major}.{minor}"))
            .returns("config_version", config::form(version));
        let written = self.files(host, &mut plan, version).await?;
        self.service(host, &mut plan, written, installed.is_some())
            .await?;
        Ok(plan)
    }

    fn validate(&self) -> Result<()> {
        for (name, registry) in &self.registries {
            registry.check(name)?;
        }
        match &self.version {
            Some(version) if config::version(version).is_none() => Err(Error::arguments(format!(
                "`{version}` is no version of containerd"
            ))
            .hint("write it as `2.1`")),
            _ => Ok(()),
        }
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "As the kubelet expects it",
                yaml: "containerd:\n  sandbox_image: registry.k8s.io/pause:3.10.1\n",
            },
            Example {
                title: "Pull images of Docker Hub through a mirror, and those of an own registry with its own authority",
                yaml: "containerd:\n  registries:\n    docker.io:\n      mirrors: [https://mirror.example.com]\n    harbor.example.com:\n      ca: /etc/ssl/harbor.crt\n",
            },
            Example {
                title: "Set what no argument is for",
                yaml: "containerd:\n  settings:\n    metrics:\n      address: 127.0.0.1:1338\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("version", "containerd's version, such as `1.7`."),
            (
                "config_version",
                "The form of its configuration: 2, 3 or 4.",
            ),
        ]
    }
}

impl Containerd {
    /// Plans the files; says whether containerd's own configuration changes.
    async fn files(&self, host: &Probe, plan: &mut Plan, version: Version) -> Result<bool> {
        let folder = Attributes {
            mode: Some(Mode::octal(0o755)),
            ..Attributes::default()
        };
        for path in ["/etc/containerd", REGISTRIES] {
            plan.directory(host, path, &folder).await?;
        }
        let file = |path: &str, content: String| WriteFile {
            path: path.to_owned(),
            content: content.into_bytes(),
            attributes: Attributes {
                mode: Some(Mode::octal(0o644)),
                ..Attributes::default()
            },
            ..WriteFile::default()
        };
        let written = plan
            .write(host, file(CONFIG, config::text(self, version)))
            .await?;
        // containerd reads these whenever it pulls: no restart.
        for (name, registry) in &self.registries {
            plan.directory(host, &format!("{REGISTRIES}/{name}"), &folder)
                .await?;
            plan.write(host, file(&Registry::path(name), registry.text(name)))
                .await?;
        }
        if self.crictl {
            let endpoint = format!(
                "runtime-endpoint: unix://{SOCKET}\nimage-endpoint: unix://{SOCKET}\ntimeout: 10\n"
            );
            plan.write(host, file("/etc/crictl.yaml", endpoint)).await?;
        }
        Ok(written)
    }

    async fn service(
        &self,
        host: &Probe,
        plan: &mut Plan,
        written: bool,
        installed: bool,
    ) -> Result<()> {
        let (config, socket, active, enabled) = tokio::join!(
            host.stat(CONFIG),
            host.stat(SOCKET),
            host.query(["systemctl", "is-active", "containerd"]),
            host.query(["systemctl", "is-enabled", "containerd"]),
        );
        let (config, socket, active) = (config?, socket?, active?.success());
        // A run that was interrupted may have written what no containerd has read since.
        let unread = match (&config, &socket) {
            (Some(config), Some(socket)) => config.mtime > socket.ctime,
            _ => false,
        };
        if !enabled?.success() {
            plan.run(["systemctl", "enable", "containerd"]);
        }
        if active && installed && (written || unread) {
            plan.run(["systemctl", "restart", "containerd"]);
        } else if !active {
            plan.run(["systemctl", "start", "containerd"]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
