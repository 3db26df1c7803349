//! What goes into an archive: patterns of the host, and what stands below them.

use super::Archive;
use crate::{file::paths::absolute, glob::Glob};
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
    /// Those that are left out.
    pub(super) excluded: Vec<String>,
    /// Those that are there.
    pub(super) targets: Vec<String>,
    /// Those that are not.
    pub(super) missing: Vec<String>,
    /// Whether one of them is a directory.
    pub(super) has_directory: bool,
    /// All that goes in.
    pub(super) members: Vec<String>,
    /// The directory that names in the archive begin below, with a slash at its end.
    pub(super) root: String,
}

impl Sources {
    /// Looks at the host.
    pub(super) async fn look(host: &Probe, archive: &Archive) -> Result<Self> {
        let (expanded, excluded) = tokio::join!(
            expand(host, &archive.path),
            expand(host, &archive.exclude_path)
        );
        let (expanded, excluded) = (expanded?, excluded?);
        let wanted: BTreeSet<&String> = expanded.iter().collect();
        let wanted = wanted.into_iter().filter(|it| !excluded.contains(it));
        let wanted: Vec<String> = wanted.cloned().collect();
        if wanted.is_empty() {
            return Err(Error::failed("Error, no source paths were found")
                .hint(format!("looked for {}", archive.path.join(", "))));
        }
        let mut sources = Self {
            root: common(&wanted),
            expanded,
            excluded,
            ..Self::default()
        };
        let found = find(host, &wanted).await?;
        for path in wanted {
            match found
                .iter()
                .any(|(depth, _, it)| *depth == 0 && *it == path)
            {
                true => sources.targets.push(path),
                false => sources.missing.push(path),
            }
        }
        let directories = found
            .iter()
            .any(|(depth, kind, _)| *depth == 0 && kind == "d");
        sources.has_directory = directories;
        // Of a directory goes in what is in it.
        let inside = found
            .into_iter()
            .filter(|(depth, kind, _)| *depth > 0 || kind != "d")
            .map(|(_, _, path)| path);
        let members: BTreeSet<String> = inside.collect();
        sources.members = members.into_iter().collect();
        Ok(sources)
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
        self.members.retain(|path| {
            let name = if whole { path } else { name(&root, path) };
            path != dest && !patterns.iter().any(|pattern| pattern.matches(name))
        });
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

/// Depth, type and path of what stands at paths and below them; what is not there is left out.
async fn find(host: &Probe, paths: &[String]) -> Result<Vec<(usize, String, String)>> {
    let mut words = vec!["find", "-H"];
    words.extend(paths.iter().map(String::as_str));
    words.extend(["-printf", r"%d %y %p\0"]);
    let output = host.query(words).await?;
    if output.status == 127 {
        let missing = Error::failed("the host has no find");
        return Err(missing.hint("install the package `findutils` before"));
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
