//! `archive`: packs files of the host.

mod making;
mod sources;

use self::{making::Making, sources::Sources};
use super::{ownership::attributes, paths::absolute};
use k8sbm_core::{
    host::{FileChange, Host, Mode},
    task::{Diff, Error, Example, Plan, Probe, Result, Returns, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Packs files and directories of the host into an archive there.
///
/// A single file is compressed as it is, unless `force_archive` asks for an archive of it. What is there already is
/// compared with what would be made, so that nothing is written where no source has changed. The archive itself and
/// the directories that it is in never go into it. The host needs GNU tar and find, or zip.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Archive {
    /// Absolute paths of the host, or patterns of such with `*` and `?`.
    path: Vec<String>,
    /// The archive; its directory must be there. A single file that is only compressed needs none: it has the file's
    /// name, with the format at its end.
    dest: Option<String>,
    /// How it is packed. `gz`, `bz2` and `xz` pack a tar archive, or a single file as it is.
    #[serde(default)]
    format: Format,
    /// Paths and patterns, in the same way, that are taken out of `path`.
    #[serde(default)]
    exclude_path: Vec<String>,
    /// Patterns of what is left out below the paths: of names in the archive, and of whole paths for `zip`. `*` means
    /// slashes, too.
    #[serde(default)]
    exclusion_patterns: Vec<String>,
    /// Whether a single file is put into an archive, too.
    #[serde(default)]
    force_archive: bool,
    /// Whether the sources are removed then: what is in the archive, and directories from which nothing was left out.
    #[serde(default)]
    remove: bool,
    /// The archive's permissions, such as `"0600"`.
    mode: Option<Mode>,
    /// The archive's owner, by name or number.
    owner: Option<String>,
    /// The archive's group, by name or number.
    group: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Format {
    /// By bzip2.
    Bz2,
    /// By gzip.
    #[default]
    Gz,
    /// Not packed.
    Tar,
    /// By xz.
    Xz,
    /// A zip archive.
    Zip,
}

impl Format {
    fn is_zip(self) -> bool {
        self == Self::Zip
    }

    fn end(self) -> &'static str {
        match self {
            Self::Bz2 => "bz2",
            Self::Gz => "gz",
            Self::Tar => "tar",
            Self::Xz => "xz",
            Self::Zip => "zip",
        }
    }
}

impl Task for Archive {
    const NAME: &'static str = "archive";

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let named = match &self.dest {
            Some(dest) => Some(absolute(host, dest).await?),
            None => None,
        };
        let mut sources = Sources::look(host, self, named.as_deref()).await?;
        let dest = match named {
            Some(dest) => dest,
            None => self.destination(&sources)?,
        };
        if self.remove {
            let holds = |path: &String| dest.starts_with(&format!("{path}/"));
            if sources.targets.iter().any(holds) {
                return Err(Error::failed(
                    "Error, created archive can not be contained in source paths when remove=true",
                ));
            }
        }
        sources.leave_out(self, &dest);
        let mut plan = Plan::default();
        let there = host.stat_follow(&dest).await?;
        if there.as_ref().is_some_and(|stat| stat.is_dir()) {
            return Err(Error::failed(format!("{dest} is a directory"))
                .hint("`dest` names the archive itself"));
        }
        let is_archive = self.many(&sources) || matches!(self.format, Format::Tar | Format::Zip);
        // Where sources go, what is left of them once they are packed must not take the archive's place.
        let packs = sources.has_files() || sources.has_directory() && !self.remove;
        if packs {
            self.pack(
                host,
                &mut plan,
                &sources,
                (&dest, is_archive),
                there.is_some(),
            )
            .await?;
        }
        let attributes = attributes(self.mode.as_ref(), self.owner.as_ref(), self.group.as_ref());
        if there.is_some() {
            plan.attributes(host, &dest, &attributes, true).await?;
        } else if !attributes.is_empty() && !plan.is_empty() {
            let change = FileChange::Attributes {
                path: dest.clone(),
                attributes,
                follow: true,
                recursive: false,
            };
            plan.change(format!("set owner and mode of {dest}"), change, None);
        }
        if self.remove && packs {
            for path in sources.packed() {
                plan.absent(host, path).await?;
            }
        }
        let state = match (sources.targets.is_empty(), there.is_some()) {
            (true, false) => "absent",
            _ if !is_archive => "compress",
            (false, _) if !sources.missing.is_empty() => "incomplete",
            _ => "archive",
        };
        plan.returns("dest", dest)
            .returns("dest_state", state)
            .returns("arcroot", sources.root)
            .returns("archived", sources.members)
            .returns("missing", sources.missing)
            .returns("expanded_paths", sources.expanded)
            .returns("expanded_exclude_paths", sources.excluded);
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Keep the old manifests",
                yaml: "archive:\n  path: /etc/kubernetes\n  dest: /var/backups/kubernetes.tar.gz\n  mode: \"0600\"\n",
            },
            Example {
                title: "Logs by xz, without those that are packed, and away with them",
                yaml: "archive:\n  path: [/var/log/pods/*, /var/log/containers/*]\n  dest: /var/backups/logs.tar.xz\n  format: xz\n  exclusion_patterns: ['*.gz']\n  remove: true\n",
            },
            Example {
                title: "Compress a file: /srv/dump.sql.gz",
                yaml: "archive:\n  path: /srv/dump.sql\n  remove: true\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("dest", "The archive."),
            (
                "dest_state",
                "`archive`, `compress` for a single file, `incomplete` where a path was not there, or `absent`.",
            ),
            (
                "arcroot",
                "The directory below which names in the archive begin.",
            ),
            ("archived", "The files in it."),
            ("missing", "Paths that were not there."),
            ("expanded_paths", "The paths that `path` means."),
            (
                "expanded_exclude_paths",
                "The paths that `exclude_path` means.",
            ),
        ]
    }
}

impl Archive {
    /// Whether there may be several files.
    fn many(&self, sources: &Sources) -> bool {
        let is_pattern = |path: &String| path.contains(['*', '?']);
        self.force_archive
            || self.path.iter().any(is_pattern)
            || sources.has_directory()
            || sources.targets.len() + sources.missing.len() > 1
    }

    /// The archive of a single file, where none is named.
    fn destination(&self, sources: &Sources) -> Result<String> {
        let only = sources.targets.iter().chain(&sources.missing).next();
        match only.filter(|_| !self.many(sources)) {
            Some(path) => Ok(format!("{path}.{}", self.format.end())),
            None => Err(Error::failed(
                "Error, must specify \"dest\" when archiving multiple files or trees",
            )),
        }
    }

    async fn pack(
        &self,
        host: &Probe,
        plan: &mut Plan,
        sources: &Sources,
        (dest, is_archive): (&str, bool),
        there: bool,
    ) -> Result<()> {
        let making = Making::new(self, sources, dest, is_archive);
        making.check(host).await?;
        if there && making.is_done(host).await? {
            return Ok(());
        }
        let files = format!("files: {}\n", sources.members.len());
        let before = if there {
            "state: another archive\n"
        } else {
            ""
        };
        let diff = Diff::text(dest, before, files);
        let command = making.write();
        let failed = format!("{dest} cannot be made");
        plan.act_with(format!("write {dest}"), diff, async move |host: Host| {
            let output = host.run(command).await?;
            match output.success() {
                true => Ok(Returns::new()),
                false => Err(Error::failed(output.error_text().trim()).context(failed)),
            }
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests;
