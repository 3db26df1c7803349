//! Which Ansible a repository is written for, where it says so.

use k8sbm_core::{
    diagnostic::Diagnostic,
    node::{Source, Span, TextFile, load_one},
    vault::VaultSecrets,
};
use pep440_rs::{Version, VersionSpecifiers};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// The releases since which conditions have to give a boolean, of both packages.
const SINCE: [(&str, [u64; 2]); 2] = [("ansible-core", [2, 19]), ("ansible", [12, 0])];

/// What the repository around a folder wants, where that is an ansible-core before 2.19.
///
/// Its `meta/runtime.yml` and `requirements.txt` are looked at, in the folder and those above it up to the repository's
/// own; where none of them is under git, in the folder alone.
pub fn older(folder: &Path) -> Option<Diagnostic> {
    let folders = folders(folder);
    let mut found = folders
        .iter()
        .filter_map(|it| runtime(it).or_else(|| requirements(it)));
    found.next().map(|(wanted, span)| {
        let message = format!(
            "written for `{wanted}`: conditions may give anything, as `--compat 2.18` has it"
        );
        Diagnostic::new(message).or_at(&span)
    })
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let last = folder.ancestors().position(|it| it.join(".git").exists());
    let all = folder.ancestors().take(last.unwrap_or(0) + 1);
    all.map(Path::to_owned).collect()
}

fn source(path: &Path) -> Option<Arc<Source>> {
    let file = TextFile::read(path, &VaultSecrets::default()).ok()?;
    Some(file.source)
}

/// `requires_ansible` of a collection, or of a repository that is made like one.
fn runtime(folder: &Path) -> Option<(String, Span)> {
    let file = load_one(&source(&folder.join("meta/runtime.yml"))?).ok()?;
    let wanted = file.get("requires_ansible")?;
    let text = wanted.as_str()?;
    is_before(text, SINCE[0].1).then(|| (text.to_owned(), wanted.span.clone()))
}

/// What pip is told to install.
fn requirements(folder: &Path) -> Option<(String, Span)> {
    let source = source(&folder.join("requirements.txt"))?;
    let mut begin = 0;
    source.text.split_inclusive('\n').find_map(|line| {
        let at = begin;
        begin += line.len();
        let wanted = line.split(['#', ';']).next()?.trim();
        let end = wanted.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))?;
        let (name, versions) = wanted.split_at(end);
        let (_, since) = SINCE.iter().find(|(known, _)| name == *known)?;
        let span = Span::new(&source, at..at + wanted.len());
        is_before(versions, *since).then(|| (wanted.to_owned(), span))
    })
}

/// Whether all versions that are wanted are before one.
fn is_before(wanted: &str, since: [u64; 2]) -> bool {
    let Ok(wanted) = wanted.parse::<VersionSpecifiers>() else {
        return false;
    };
    let since = Version::new(since);
    let named = wanted.iter().map(|it| it.version().clone());
    let far = [
        since.clone(),
        Version::new([since.release()[0], 999]),
        Version::new([999]),
    ];
    let mut later = far.into_iter().chain(named).filter(|it| *it >= since);
    !wanted.is_empty() && !later.any(|it| wanted.contains(&it))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn only_what_excludes_all_later_releases_is_older() {
        for (wanted, before) in [
            ("==2.18.0", true),
            (">=2.18.0,<2.19.0", true),
            ("~=2.18.0", true),
            ("<=2.18", true),
            (">=2.15.0", false),
            ("~=2.18", false),
            ("==2.21.4", false),
            ("!=2.19.0", false),
            ("", false),
            ("newest", false),
        ] {
            assert_eq!(is_before(wanted, [2, 19]), before, "{wanted}");
        }
    }

    #[test]
    fn the_nearest_file_that_says_so_decides() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("playbooks/more");
        fs::create_dir_all(&below).unwrap();
        let told = || {
            let found = older(&below)?;
            let told = found.to_string();
            Some(told.replace(&folder.path().display().to_string(), "DIR"))
        };
        let pins = "jmespath==1.1.0\n# the newest that works\nansible==11.13.0  # core 2.18\n";
        fs::write(folder.path().join("requirements.txt"), pins).unwrap();
        assert_eq!(told(), None);
        fs::create_dir(folder.path().join(".git")).unwrap();
        insta::assert_snapshot!(told().unwrap(), @r"
        DIR/requirements.txt:3:1: written for `ansible==11.13.0`: conditions may give anything, as `--compat 2.18` has it
        ");
        fs::create_dir(folder.path().join("meta")).unwrap();
        let runtime = "requires_ansible: '>=2.17,<2.19'\n";
        fs::write(folder.path().join("meta/runtime.yml"), runtime).unwrap();
        insta::assert_snapshot!(told().unwrap(), @r"
        DIR/meta/runtime.yml:1:19: written for `>=2.17,<2.19`: conditions may give anything, as `--compat 2.18` has it
        ");
    }
}
