//! Owner, group and mode of what is unpacked.

use super::Unarchive;
use crate::file::paths::join;
use futures::future::try_join_all;
use k8sbm_core::{
    connection::quote,
    host::Command,
    task::{Plan, Probe, Result},
};

impl Unarchive {
    /// Plans owner, group and mode of what is unpacked: of all where it is new, else of what differs.
    pub(super) async fn own(
        &self,
        host: &Probe,
        plan: &mut Plan,
        dest: &str,
        names: &[String],
        new: bool,
    ) -> Result<()> {
        let wanted = self.wanted();
        if wanted.is_empty() {
            return Ok(());
        }
        let mut paths: Vec<String> = Vec::new();
        for name in names {
            let name = name.trim_start_matches("./").trim_matches('/');
            let top = name.split('/').next().unwrap_or_default();
            for name in [top, name] {
                let path = join(dest, name);
                if !name.is_empty() && !paths.contains(&path) {
                    paths.push(path);
                }
            }
        }
        if !new {
            let differs = paths
                .into_iter()
                .map(async |path| -> Result<Option<String>> {
                    let stat = host.stat(&path).await?;
                    Ok(stat
                        .filter(|stat| !wanted.missing_from(stat).is_empty())
                        .map(|_| path))
                });
            paths = try_join_all(differs).await?.into_iter().flatten().collect();
        }
        if paths.is_empty() {
            return Ok(());
        }
        let group = wanted.group.as_ref().map(|group| format!(":{group}"));
        let owner = wanted.owner.unwrap_or_default() + &group.unwrap_or_default();
        let mode = wanted.mode.map(|mode| mode.to_string()).unwrap_or_default();
        let count = paths.len();
        let command = Command::shell(format!("set -- {} {}\n{OWN}", quote(&owner), quote(&mode)))
            .stdin(paths.join("\0"));
        plan.run_command(command, None);
        if let Some(step) = plan.steps.last_mut() {
            let what = [owner, mode];
            let what: Vec<_> = what.iter().filter(|what| !what.is_empty()).collect();
            let what = what
                .iter()
                .map(|what| what.as_str())
                .collect::<Vec<_>>()
                .join(" ");
            step.summary = format!("set {what} of {count} unpacked files in {dest}");
        }
        Ok(())
    }
}

/// Sets owner `$1` and mode `$2` of the paths on standard input; a link has no mode.
const OWN: &str = r#"exec xargs -0 sh -c '
  owner=$1 mode=$2; shift 2
  [ -z "$owner" ] || chown -h -- "$owner" "$@" || exit 255
  [ -z "$mode" ] || for path; do [ -L "$path" ] || chmod -- "$mode" "$path" || exit 255; done
' sh "$1" "$2""#;
