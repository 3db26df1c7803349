//! What is locked, and how a directory stands against it.

use k8sbm_tasks::artifacts::{Lock, Origin, Sources, Standing, size};
use std::{fmt::Write as _, fs, path::PathBuf};
use unicode_width::UnicodeWidthStr as _;

/// What is locked, with its size where that is known, and where it would come from.
pub fn table(lock: &Lock, sources: &Sources) -> String {
    let heading = ["NAME", "VERSION", "KIND", "SIZE", "FROM"].map(str::to_owned);
    let mut rows = vec![heading];
    for (name, artifact) in lock.iter() {
        let origin = sources.origin(artifact);
        let here = match &origin {
            Ok(Origin::File(path)) => Some(path.clone()),
            Ok(Origin::Url(_)) => sources.cached(artifact),
            Err(_) => None,
        };
        let length = here.and_then(|path| fs::metadata(path).ok());
        rows.push([
            name.to_owned(),
            artifact.version.clone().unwrap_or_else(|| "-".into()),
            artifact.kind.name().to_owned(),
            length.map_or_else(|| "-".into(), |it| size(it.len())),
            match origin {
                Ok(origin) => origin.to_string(),
                Err(error) => format!("nowhere: {error}"),
            },
        ]);
    }
    columns(&rows)
}

/// Rows under each other; the last column is not padded.
fn columns<const N: usize>(rows: &[[String; N]]) -> String {
    let widest = |column: usize| rows.iter().map(|row| row[column].width()).max();
    let widths: Vec<usize> = (0..N).map(|column| widest(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(line, "{cell}{:1$}  ", "", width - cell.width());
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// How a directory stands against a lock, and whether all is there and right.
pub fn judged(lock: &Lock, found: &[(&str, Standing)], extra: &[PathBuf]) -> (String, bool) {
    let mut text = String::new();
    let (mut right, mut bad) = (0, 0);
    for (name, standing) in found {
        let line = match standing {
            Standing::Right(_) => {
                right += 1;
                continue;
            }
            Standing::Unlocked(file) => {
                right += 1;
                format!("unlocked  {name}: its sha256 is {}", file.sha256)
            }
            Standing::Wrong(file) => {
                bad += 1;
                let wanted = lock.iter().find(|(known, _)| known == name);
                let wanted = wanted.and_then(|(_, artifact)| artifact.sha256.as_deref());
                let path = file.path.display();
                format!(
                    "wrong     {name}: {path} has the checksum {}, not {}",
                    file.sha256,
                    wanted.unwrap_or_default()
                )
            }
            Standing::Missing(path) => {
                bad += 1;
                format!("missing   {name}: {}", path.display())
            }
        };
        text.push_str(&line);
        text.push('\n');
    }
    for path in extra {
        let _ = writeln!(text, "extra     {}", path.display());
    }
    let _ = writeln!(text, "{right} of {} artefacts are there", found.len());
    (text, bad == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock() -> Lock {
        Lock::read(&serde_json::json!({
            "kubeadm": {"version": "1.34.9", "url": "https://dl.k8s.io/release/v1.34.9/kubeadm", "sha256": "0".repeat(64)},
            "cni": {"kind": "manifest", "file": "kube-flannel.yml"},
        }))
        .unwrap()
    }

    #[test]
    fn a_lock_is_listed_with_where_it_comes_from() {
        insta::assert_snapshot!(table(&lock(), &Sources::default()), @r"
        NAME     VERSION  KIND      SIZE  FROM
        kubeadm  1.34.9   binary    -     https://dl.k8s.io/release/v1.34.9/kubeadm
        cni      -        manifest  -     nowhere: it has no URL, and there is no directory
        ");
    }

    #[test]
    fn a_directory_is_judged() {
        let lock = lock();
        let found = [("kubeadm", Standing::Missing("/air/bin/kubeadm".into()))];
        let (text, good) = judged(&lock, &found, &["/air/bin/x".into()]);
        assert!(!good);
        insta::assert_snapshot!(text, @r"
        missing   kubeadm: /air/bin/kubeadm
        extra     /air/bin/x
        0 of 1 artefacts are there
        ");
    }
}
