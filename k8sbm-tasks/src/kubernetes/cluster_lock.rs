//! The `cluster_lock` module.

mod holder;

use self::holder::Holder;
use k8sbm_core::{
    host::{Command, Host},
    task::{Diff, Error, Example, Plan, Probe, Result, Returns, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Lets one run at a time change a cluster.
///
/// The lock is a file on a host of the control plane, so it works before there is an API and when there is none any
/// more. Whoever finds it taken is told who holds it, since when, and from which machine. It is given back when the run
/// ends, however it ends. What a controller that died has left behind is taken away on purpose, with `break_lock`; it
/// does not go by itself, since nobody can tell a controller that is dead from one that is slow.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClusterLock {
    /// The cluster's name.
    cluster: String,
    /// `present` takes the lock until the run ends; `absent` gives it back now.
    #[serde(default)]
    state: State,
    /// Who takes it, and from which machine, as others shall be told.
    #[serde(default = "somebody")]
    holder: String,
    /// Whether a lock that another run holds is taken away from it.
    #[serde(default)]
    break_lock: bool,
    /// The directory of locks on the host. It goes when the last lock goes.
    #[serde(default = "directory")]
    directory: String,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "lowercase")]
enum State {
    /// This run holds it.
    #[default]
    Present,
    /// Nobody holds it.
    Absent,
}

fn somebody() -> String {
    "somebody".into()
}

fn directory() -> String {
    "/var/lib/k8sbm".into()
}

/// Takes the lock, or prints who holds it: a link to a complete file is made by one only.
const TAKE: &str = r#"umask 022
mkdir -p "$directory" || exit 1
own="$file.$run"
{ printf 'run: %s\nholder: %s\nsince: ' "$run" "$holder"; date -u +%Y-%m-%dT%H:%M:%SZ; } > "$own" || exit 1
[ -z "$broken" ] || ! grep -qx "run: $broken" "$file" || rm -f "$file"
ln "$own" "$file" 2>/dev/null
rm -f "$own"
cat "$file""#;

/// Gives the lock back if this run holds it.
const RELEASE: &str = r#"! grep -qsx "run: $run" "$file" || rm -f "$file"
rmdir "$directory" 2>/dev/null
exit 0"#;

impl ClusterLock {
    fn file(&self) -> String {
        format!("{}/{}.lock", self.directory, self.cluster)
    }

    fn script(&self, script: &str, run: &str, broken: Option<&str>) -> Command {
        let mut command = Command::shell(script);
        command.environment.extend([
            ("directory".to_owned(), self.directory.clone()),
            ("file".to_owned(), self.file()),
            ("run".to_owned(), run.to_owned()),
            ("holder".to_owned(), self.holder.replace('\n', " ")),
            ("broken".to_owned(), broken.unwrap_or_default().to_owned()),
        ]);
        command
    }

    async fn take(self, host: Host, run: String, broken: Option<String>) -> Result<Returns> {
        let take = self.script(TAKE, &run, broken.as_deref());
        let held = Holder::read(&host.check(take).await?.text());
        if held.run != run {
            return Err(self.held(&held));
        }
        let release = self.script(RELEASE, &run, None);
        let what = format!(
            "give the lock of the cluster {} back, which the next run has to take away with `-e break_lock=true`",
            self.cluster
        );
        host.controller().at_end(host.clone(), release, &what);
        Ok(Returns::new())
    }

    fn held(&self, holder: &Holder) -> Error {
        Error::failed(format!(
            "the cluster `{}` is being changed by {} since {}",
            self.cluster, holder.name, holder.since
        ))
        .hint("wait until that run has ended; if it died, take its lock away with `-e break_lock=true`")
        .returning("holder", holder.name.as_str())
        .returning("since", holder.since.as_str())
    }
}

impl Task for ClusterLock {
    const NAME: &'static str = "cluster_lock";

    fn validate(&self) -> Result<()> {
        let name = &self.cluster;
        if name.is_empty() || name.contains('/') || name.starts_with('.') {
            let error = Error::arguments(format!("`{name}` names no cluster"));
            return Err(error.about(["cluster"]));
        }
        if !self.directory.starts_with('/') {
            return Err(Error::arguments("`directory` is no absolute path").about(["directory"]));
        }
        Ok(())
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        let run = host.controller().run_id();
        let run = run.as_deref().unwrap_or("alone").to_owned();
        let held = host.read_text(&self.file()).await?;
        let held = held.as_deref().map(Holder::read);
        let label = format!("lock of the cluster {}", self.cluster);
        let free = "held by: nobody\n";
        let others = held.as_ref().filter(|holder| holder.run != run);
        if let Some(other) = others {
            plan.returns("holder", other.name.as_str());
            plan.returns("since", other.since.as_str());
            if !self.break_lock {
                return Err(self.held(other));
            }
            plan.warn(format!(
                "the lock that {} holds since {} is taken away",
                other.name, other.since
            ));
        }
        let before = held.as_ref().map_or(free.to_owned(), Holder::told);
        match (self.state, &held) {
            (State::Present, Some(holder)) if holder.run == run => {}
            (State::Absent, None) => {}
            (State::Present, _) => {
                let after = format!("held by: {}\n", self.holder);
                let (this, broken) = (self.clone(), others.map(|other| other.run.clone()));
                plan.act_with(
                    format!("take the {label}"),
                    Diff::text(&label, before, after),
                    move |host| this.take(host, run, broken),
                );
            }
            (State::Absent, Some(holder)) => {
                let release = self.script(RELEASE, &holder.run, None);
                plan.act_with(
                    format!("give the {label} back"),
                    Diff::text(&label, before, free),
                    move |host| async move {
                        host.check(release).await?;
                        Ok(Returns::new())
                    },
                );
            }
        }
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Take the lock before a cluster is changed; check mode takes none",
                yaml: "cluster_lock:\n  cluster: \"{{ cluster_name }}\"\n  holder: \"{{ lookup('env', 'USER') }}@{{ lookup('pipe', 'uname -n') }}\"\nwhen: not ansible_check_mode\nrun_once: true\ndelegate_to: \"{{ groups.control_plane[0] }}\"\n",
            },
            Example {
                title: "Take away what a controller that died has left",
                yaml: "cluster_lock:\n  cluster: lab\n  state: absent\n  break_lock: true\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("holder", "Who else holds the lock."),
            (
                "since",
                "Since when, by the clock of the host that keeps it.",
            ),
        ]
    }
}

#[cfg(test)]
mod tests;
