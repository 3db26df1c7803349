//! Comparing with unzip's list of an archive.

use crate::{file::paths::join, glob::Glob};
use futures::future::try_join_all;
use k8sbm_core::{
    host::{Command, Output, Stat},
    task::{Error, Probe, Result},
};
use std::sync::Arc;

/// One file or directory in a zip archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its path; a directory's ends with `/`.
    pub name: String,
    /// How long it is.
    pub size: u64,
    /// CRC-32 of its content, in lower-case hexadecimal.
    pub checksum: String,
}

/// What `unzip -v` lists.
pub(crate) fn entries(output: &Output, archive: &str) -> Result<Vec<Entry>> {
    if !output.success() {
        let said = [output.error_text(), output.text()].concat();
        let error = Error::failed(format!("{archive} cannot be read: {}", said.trim()));
        return Err(match output.status {
            127 => error.hint("install the package `unzip` on the host"),
            _ => error,
        });
    }
    Ok(output.text().lines().filter_map(entry).collect())
}

/// ` Length   Method    Size  Cmpr    Date    Time   CRC-32   Name`
fn entry(line: &str) -> Option<Entry> {
    let mut rest = line.trim_start();
    let mut fields = Vec::new();
    for _ in 0..7 {
        let (field, behind) = rest.split_once(' ')?;
        fields.push(field);
        rest = if fields.len() < 7 {
            behind.trim_start()
        } else {
            behind
        };
    }
    let checksum = fields[6];
    let hexadecimal =
        checksum.len() == 8 && checksum.bytes().all(|digit| digit.is_ascii_hexdigit());
    Some(Entry {
        name: rest.strip_prefix(' ').unwrap_or(rest).to_owned(),
        size: fields[0].parse().ok().filter(|_| hexadecimal)?,
        checksum: checksum.to_ascii_lowercase(),
    })
}

/// Whether a name is among those that are taken.
pub(crate) fn is_taken(name: &str, include: &[String], exclude: &[String]) -> bool {
    let any = |patterns: &[String]| {
        patterns
            .iter()
            .any(|pattern| Glob::new(pattern).matches(name))
    };
    (include.is_empty() || any(include)) && !any(exclude)
}

/// What in the directory is not as in the archive.
pub(crate) async fn differences(
    host: &Probe,
    dest: &str,
    entries: &[Entry],
    keep_newer: bool,
) -> Result<Vec<String>> {
    let stats = entries.iter().map(async |entry| {
        let path = join(dest, entry.name.trim_end_matches('/'));
        let stat = host.stat_follow(&path).await?;
        Ok::<_, Error>((entry, path, stat))
    });
    let (mut differences, mut alike) = (Vec::new(), Vec::new());
    for (entry, path, stat) in try_join_all(stats).await? {
        match difference(entry, stat.as_ref()) {
            // Whether it is newer, unzip alone knows; what is there may stay.
            Some(_) if keep_newer && stat.is_some() => {}
            Some(why) => differences.push(format!("{}: {why}", entry.name)),
            None if stat.is_some_and(|stat| stat.is_file()) => alike.push((entry, path)),
            None => {}
        }
    }
    if !keep_newer {
        differences.extend(other_contents(host, &alike).await?);
    }
    Ok(differences)
}

fn difference(entry: &Entry, stat: Option<&Arc<Stat>>) -> Option<&'static str> {
    match (stat, entry.name.ends_with('/')) {
        (None, _) => Some("missing"),
        (Some(stat), true) => (!stat.is_dir()).then_some("not a directory"),
        (Some(stat), false) if !stat.is_file() => Some("not a file"),
        (Some(stat), false) => (stat.size != entry.size).then_some("of another size"),
    }
}

/// Those whose CRC-32 is another; gzip writes it at the end of what it packs.
async fn other_contents(host: &Probe, alike: &[(&Entry, String)]) -> Result<Vec<String>> {
    const SCRIPT: &str = r#"for path; do
  gzip -1 -c <"$path" | tail -c 8 | head -c 4 | od -An -tx4 | tr -d ' '
done"#;
    if alike.is_empty() {
        return Ok(Vec::new());
    }
    let argv = ["sh", "-c", SCRIPT, "sh"].into_iter();
    let argv = argv.chain(alike.iter().map(|(_, path)| path.as_str()));
    let output = host.query_command(Command::new(argv)).await?;
    let text = output.text();
    let mut sums = text.lines();
    let other = alike
        .iter()
        .filter(|(entry, _)| sums.next() != Some(&entry.checksum));
    Ok(other
        .map(|(entry, _)| format!("{}: of another content", entry.name))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_says_size_checksum_and_name() {
        let output = Output {
            stdout: b"Archive:  x.zip\n Length   Method    Size  Cmpr    Date    Time   CRC-32   Name\n--------  ------  ------- ---- ---------- ----- --------  ----\n       0  Stored        0   0% 2026-01-01 00:00 00000000  a/\n       4  Defl:N        6 -50% 2026-01-01 00:00 D87F7E0C  a/b c\n--------          -------  ---                            -------\n       4                6 -50%                            2 files\n".to_vec(),
            ..Output::default()
        };
        let entries = entries(&output, "x.zip").unwrap();
        assert_eq!(entries.len(), 2);
        assert_eq!(
            entries[1],
            Entry {
                name: "a/b c".into(),
                size: 4,
                checksum: "d87f7e0c".into()
            }
        );
        assert!(is_taken("a/b", &[], &["c*".into()]) && !is_taken("a/b", &["c*".into()], &[]));
    }
}
