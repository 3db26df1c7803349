//! What goes into an archive: patterns of the host, and what stands below them.

use super::Archive;
use crate::{file::paths::absolute, glob::Glob, program};
use futures::future::try_join_all;
use k8sbm_core::task::{Error, Probe, Result};
use std::collections::BTreeSet;

/// Prints the paths that patterns mean, each with a NUL behind it; a path without `*` and `?` means itself.
const EXPAND: &str = r#"IFS=
for pattern; do
  case $pattern in
    *[*?]*) for path in $pattern; do
        if [ -e "$path" ] || [ -L "$path" ]; then printf '%s\0' "$path"; fi
      done ;;
    *) printf '%s\0' "$pattern" ;;
  esac
done"#;

/// What goes into an archive.
#[derive(Clone, Debug, Default)]
pub(super) struct Sources {
    /// The paths that were asked for.
    pub(super) expanded: Vec<String>,
    /// Those that are taken out again.
    pub(super) excluded: Vec<String>,
    /// Those that are there.
    pub(super) targets: Vec<String>,
    /// Those that are not.
    pub(super) missing: Vec<String>,
    /// The directories among those that are there, and below them.
    directories: BTreeSet<String>,
    /// All that goes in.
    pub(super) members: Vec<String>,
    /// What patterns leave out.
    left_out: Vec<String>,
    /// The directory that names in the archive begin below, with a slash at its end.
    pub(super) root: String,
}

impl Sources {
    /// Looks at the host.
    ///
    /// The archive itself is no source, whatever patterns mean: a second run would pack it alone.
    pub(super) async fn look(host: &Probe, archive: &Archive, dest: Option<&str>) -> Result<Self> {
        let (expanded, excluded) = tokio::join!(
            expand(host, &archive.path),
            expand(host, &archive.exclude_path)
        );
        let (expanded, excluded) = (expanded?, excluded?);
        let wanted: BTreeSet<&String> = expanded.iter().collect();
        let wanted = wanted.into_iter().filter(|it| !excluded.contains(it));
        let mut wanted: Vec<String> = wanted.cloned().collect();
        if wanted.is_empty() {
            return Err(Error::failed("Error, no source paths were found")
                .hint(format!("looked for {}", archive.path.join(", "))));
        }
        wanted.retain(|path| Some(&**path) != dest);
        let mut sources = Self {
            root: common(&wanted),
            expanded,
            excluded,
            ..Self::default()
        };
        let stats = wanted.iter().map(|path| host.stat(path));
        for (path, stat) in wanted.iter().zip(try_join_all(stats).await?) {
            match stat {
                Some(_) => sources.targets.push(path.clone()),
                None => sources.missing.push(path.clone()),
            }
        }
        let mut members = BTreeSet::new();
        for (depth, kind, path) in find(host, &sources.targets).await? {
            if kind == "d" {
                sources.directories.insert(path.clone());
            }
            // Of a directory goes in what is in it.
            if depth > 0 || kind != "d" {
                members.insert(path);
            }
        }
        sources.members = members.into_iter().collect();
        Ok(sources)
    }

    /// Whether one of the paths is a directory.
    pub(super) fn has_directory(&self) -> bool {
        let is_directory = |path: &String| self.directories.contains(path);
        self.targets.iter().any(is_directory)
    }

    /// Whether anything but directories goes in.
    pub(super) fn has_files(&self) -> bool {
        let mut members = self.members.iter();
        members.any(|path| !self.directories.contains(path))
    }

    /// What can go once all is packed: of a directory from which something was left out, what is in the archive.
    pub(super) fn packed(&self) -> Vec<&String> {
        let mut packed = Vec::new();
        for target in &self.targets {
            let below = format!("{target}/");
            if !self.directories.contains(target) {
                packed.extend(self.members.iter().find(|it| *it == target));
            } else if self.left_out.iter().any(|it| it.starts_with(&below)) {
                let files = self.members.iter().filter(|it| it.starts_with(&below));
                packed.extend(files.filter(|it| !self.directories.contains(*it)));
            } else {
                packed.push(target);
            }
        }
        packed
    }

    /// Leaves out what patterns mean, and the archive itself.
    pub(super) fn leave_out(&mut self, archive: &Archive, dest: &str) {
        let patterns: Vec<Glob> = archive
            .exclusion_patterns
            .iter()
            .map(|pattern| Glob::new(pattern))
            .collect();
        let (whole, root) = (archive.format.is_zip(), self.root.clone());
        // Patterns are for whole paths in zip archives, for names in others: so it is in Ansible.
        let unwanted = |path: &String| {
            let name = if whole { path } else { name(&root, path) };
            patterns.iter().any(|pattern| pattern.matches(name))
        };
        // The directories that the archive is in change when it is written.
        let own = |path: &String| path == dest || dest.starts_with(&format!("{path}/"));
        let (left_out, members) = std::mem::take(&mut self.members)
            .into_iter()
            .filter(|path| !own(path))
            .partition(unwanted);
        (self.left_out, self.members) = (left_out, members);
    }

    /// The names in the archive.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.members.iter().map(|path| name(&self.root, path))
    }
}

fn name<'a>(root: &str, path: &'a str) -> &'a str {
    path.strip_prefix(root).unwrap_or(path)
}

/// The directory that all paths are below.
fn common(paths: &[String]) -> String {
    let folder = |path: &str| path[..path.rfind('/').map_or(0, |at| at + 1)].to_owned();
    let mut common = folder(paths.first().map_or("", String::as_str));
    for path in paths {
        while !path.starts_with(&common) {
            common = folder(common.trim_end_matches('/'));
        }
    }
    common
}

async fn expand(host: &Probe, patterns: &[String]) -> Result<Vec<String>> {
    if patterns.is_empty() {
        return Ok(Vec::new());
    }
    let mut words = vec![
        "sh".to_owned(),
        "-c".to_owned(),
        EXPAND.to_owned(),
        "sh".to_owned(),
    ];
    for pattern in patterns {
        words.push(absolute(host, pattern.trim_end_matches('/')).await?);
    }
    let output = host.query(words).await?;
    Ok(split(&output.text()).map(str::to_owned).collect())
}

/// Depth, type and path of what stands at paths and below them.
async fn find(host: &Probe, paths: &[String]) -> Result<Vec<(usize, String, String)>> {
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    let mut words = vec!["find", "-H"];
    words.extend(paths.iter().map(String::as_str));
    words.extend(["-printf", r"%d %y %p\0"]);
    let output = host.query(words).await?;
    program::found(&output, "find", "findutils")?;
    if !output.success() {
        let said = output.error_text();
        return Err(
            Error::failed(format!("cannot look for files: {}", said.trim()))
                .hint("GNU find is needed, and all directories must be readable"),
        );
    }
    let text = output.text();
    let read = |entry: &str| {
        let (depth, rest) = entry.split_once(' ')?;
        let (kind, path) = rest.split_once(' ')?;
        Some((depth.parse().ok()?, kind.to_owned(), path.to_owned()))
    };
    Ok(split(&text).filter_map(read).collect())
}

fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split('\0').filter(|entry| !entry.is_empty())
}

#[cfg(test)]
mod tests {
    use super::common;

    #[test]
    fn names_begin_below_what_all_have_in_common() {
        let of = |paths: &[&str]| common(&paths.iter().map(|it| (*it).into()).collect::<Vec<_>>());
        assert_eq!(of(&["/srv/a"]), "/srv/");
        assert_eq!(of(&["/srv/a/b", "/srv/ab/c"]), "/srv/");
        assert_eq!(of(&["/srv/a", "/opt/b"]), "/");
        assert_eq!(of(&["/srv"]), "/");
    }
}
