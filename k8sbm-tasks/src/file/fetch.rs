//! `fetch`: brings a file of the host to the controller.

use super::paths::{absolute, base_name, join, tidy};
use k8sbm_core::{
    host::Algorithm,
    task::{Error, Example, Plan, Probe, Result, Returns, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;
use sha1::Digest;
use std::path::{Path, PathBuf};

/// Brings a file of the host to the machine that k8sbm runs on.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fetch {
    /// The file on the host. A symbolic link is followed.
    src: String,
    /// The directory to keep it in, under the host's name and its own path; relative to the playbook. With `flat`, the
    /// path of the file itself, or the directory where it ends with `/`.
    dest: String,
    /// Whether `dest` is the file's own path.
    #[serde(default)]
    flat: bool,
    /// Whether it is a failure when there is no such file.
    #[serde(default = "yes")]
    fail_on_missing: bool,
    /// Whether what arrived is compared with the file on the host.
    #[serde(default = "yes")]
    validate_checksum: bool,
}

fn yes() -> bool {
    true
}

impl Task for Fetch {
    const NAME: &'static str = "fetch";

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        let path = absolute(host, &self.src).await?;
        let (stat, checksum) = tokio::join!(
            host.stat_follow(&path),
            host.checksum_by(&path, Algorithm::Sha1)
        );
        plan.returns("file", path.as_str());
        let missing = match stat?.as_deref() {
            None => Some("the remote file does not exist"),
            Some(stat) if stat.is_dir() => {
                Some("remote file is a directory, fetch cannot work on directories")
            }
            Some(_) => None,
        };
        if let Some(why) = missing {
            if self.fail_on_missing {
                return Err(Error::failed(why).returning("file", path));
            }
            plan.returns("msg", format!("{why}, not transferring, ignored"));
            return Ok(plan);
        }
        let checksum = checksum?.ok_or_else(|| Error::failed(format!("{path} cannot be read")))?;
        let dest = self.place(host, &path)?;
        plan.returns("dest", dest.display().to_string());
        plan.returns("checksum", &*checksum)
            .returns("remote_checksum", &*checksum);
        // A file that cannot be read is replaced.
        let here = host.controller().read_sealed(&dest).ok();
        if here.is_some_and(|bytes| hex::encode(sha1::Sha1::digest(&bytes)) == *checksum) {
            return Ok(plan);
        }
        let validate = self.validate_checksum;
        plan.act(
            format!("fetch {path} to {}", dest.display()),
            async move |host| {
                let content = host.probe().read(&path).await?;
                let content = content.ok_or_else(|| Error::failed(format!("{path} is gone")))?;
                let arrived = hex::encode(sha1::Sha1::digest(&content));
                if validate && *arrived != *checksum {
                    return Err(
                        Error::failed(format!("{path} changed while it was fetched"))
                            .returning("checksum", arrived)
                            .returning("remote_checksum", &*checksum),
                    );
                }
                host.controller().write(&dest, &content)?;
                let mut returns = Returns::new();
                returns.insert("checksum".into(), arrived.into());
                Ok(returns)
            },
        );
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Keep the administrator's kubeconfig",
                yaml: "fetch:\n  src: /etc/kubernetes/admin.conf\n  dest: artifacts/admin.conf\n  flat: true\n",
            },
            Example {
                title: "Collect a log of every host, where there is one",
                yaml: "fetch:\n  src: /var/log/cloud-init.log\n  dest: logs\n  fail_on_missing: false\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("file", "The file on the host."),
            ("dest", "The file on the controller."),
            ("checksum", "SHA-1 of the file on the controller."),
            ("remote_checksum", "SHA-1 of the file on the host."),
            (
                "msg",
                "Why nothing was fetched, with `fail_on_missing: false`.",
            ),
        ]
    }
}

impl Fetch {
    /// Where the file goes on the controller.
    fn place(&self, host: &Probe, path: &str) -> Result<PathBuf> {
        let dest = match (self.flat, self.dest.ends_with('/')) {
            (true, true) => join(&self.dest, base_name(path)),
            (true, false) => self.dest.clone(),
            (false, _) => format!(
                "{}/{}{}",
                self.dest.trim_end_matches('/'),
                host.name(),
                tidy(path)
            ),
        };
        if Path::new(&dest).is_absolute() {
            return Ok(PathBuf::from(tidy(&dest)));
        }
        let base = host.controller().variable("playbook_dir");
        let base = base.as_ref().and_then(|base| base.as_str());
        let base = base.ok_or_else(|| {
            Error::failed(format!(
                "{dest} is relative, and there is no playbook to be relative to"
            ))
        })?;
        Ok(PathBuf::from(tidy(&join(base, &dest))))
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Desk, plan_on};
    use k8sbm_core::{connection::FakeHost, host::Host, task::Probe};
    use std::{path::Path, sync::Arc};

    fn probe(desk: &Arc<Desk>) -> Probe {
        let host = FakeHost::new().file("/etc/x.conf", "x");
        Probe::of("h1", Arc::new(host)).with_controller(desk.clone())
    }

    fn desk() -> Arc<Desk> {
        Arc::new(Desk {
            variables: "playbook_dir: /play",
            ..Desk::default()
        })
    }

    #[tokio::test]
    async fn a_file_is_kept_under_its_hosts_name() {
        let desk = desk();
        let host = probe(&desk);
        let arguments = "{src: /etc/x.conf, dest: kept}";
        let plan = plan_on(&host, "fetch", arguments).await.unwrap();
        assert_eq!(plan.returns["dest"], "/play/kept/h1/etc/x.conf");
        assert!(desk.files.lock().unwrap().is_empty());
        plan.apply(&Host::new(host.clone())).await.unwrap();
        let path = Path::new("/play/kept/h1/etc/x.conf");
        assert_eq!(desk.files.lock().unwrap()[path], b"x");
        assert!(plan_on(&host, "fetch", arguments).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn flat_says_the_path_itself() {
        let host = probe(&desk());
        for (dest, expected) in [
            ("a/b", "/play/a/b"),
            ("/a/", "/a/x.conf"),
            ("../a/", "/a/x.conf"),
        ] {
            let arguments = format!("{{src: /etc/x.conf, dest: {dest}, flat: true}}");
            let plan = plan_on(&host, "fetch", &arguments).await.unwrap();
            assert_eq!(plan.returns["dest"], expected);
        }
    }

    #[tokio::test]
    async fn what_is_not_there_may_be_a_failure() {
        let host = probe(&desk());
        let fetch = async |more: &str| {
            plan_on(&host, "fetch", &format!("{{src: /etc/y, dest: a{more}}}")).await
        };
        assert!(fetch("").await.is_err());
        let plan = fetch(", fail_on_missing: false").await.unwrap();
        assert!(plan.is_empty() && plan.returns.contains_key("msg"));
    }
}
