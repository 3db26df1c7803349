//! What stands below a directory of the host.

use k8sbm_core::{
    host::{Command, FileKind, Stat},
    task::{Error, Probe, Result},
};

/// One file, directory or link below a directory.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Below {
    /// Its path, relative to the directory.
    pub path: String,
    /// What it is.
    pub stat: Stat,
}

/// What can be said of a file by stat(1) of coreutils and busybox alike; the name comes last.
const FORMAT: &str = "%f %u %g %U %G %s %X %Y %Z %i %d %h %n";

/// How far to look below a directory.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Depth {
    /// How many levels; all, when nothing.
    pub most: Option<usize>,
    /// Whether to go through symbolic links to directories.
    pub follow: bool,
}

/// What was found below a directory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listing {
    /// What is there, sorted by path.
    pub all: Vec<Below>,
    /// The paths that could not be looked at, with the reason.
    pub closed: Vec<(String, String)>,
}

/// All below a directory, sorted by path.
pub(crate) async fn below(host: &Probe, directory: &str) -> Result<Vec<Below>> {
    Ok(below_to(host, directory, Depth::default()).await?.all)
}

/// What is below a directory.
pub(crate) async fn below_to(host: &Probe, directory: &str, depth: Depth) -> Result<Listing> {
    let start = format!("{}/", directory.trim_end_matches('/'));
    let most = depth.most.map(|most| most.to_string());
    let mut argv = vec!["find"];
    argv.extend(depth.follow.then_some("-L"));
    argv.extend([start.as_str(), "-mindepth", "1"]);
    argv.extend(most.iter().flat_map(|most| ["-maxdepth", most]));
    argv.extend(["-exec", "stat", "-c", FORMAT, "{}", "+"]);
    // Where commands start may be closed to the user, which find does not like.
    let command = Command::new(argv).chdir("/").env("LC_ALL", "C");
    let output = host.query_command(command).await?;
    let closed: Vec<_> = output.error_text().lines().filter_map(complaint).collect();
    // A file that goes away meanwhile makes find fail; what it lists still holds.
    if !output.success() && output.stdout.is_empty() && closed.is_empty() {
        return Err(Error::failed(format!(
            "what is below {directory} cannot be listed: {}",
            output.error_text().trim()
        )));
    }
    let mut all: Vec<_> = parse(&output.text(), &start);
    all.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(Listing { all, closed })
}

/// `find: '/srv/x': Permission denied`
fn complaint(line: &str) -> Option<(String, String)> {
    let (path, why) = line.strip_prefix("find: ")?.rsplit_once(": ")?;
    let path = path.trim_matches(['\'', '`', '"']);
    Some((path.to_owned(), why.to_owned()))
}

fn parse(text: &str, start: &str) -> Vec<Below> {
    let mut all: Vec<Below> = Vec::new();
    for line in text.lines() {
        match entry(line, start) {
            Some(below) => all.push(below),
            // A name with a line break in it goes on here.
            None => {
                if let Some(last) = all.last_mut() {
                    last.path = format!("{}\n{line}", last.path);
                }
            }
        }
    }
    all
}

/// One line of stat(1).
fn entry(line: &str, start: &str) -> Option<Below> {
    let fields: Vec<_> = line.splitn(13, ' ').collect();
    let &[
        raw,
        uid,
        gid,
        owner,
        group,
        size,
        atime,
        mtime,
        ctime,
        inode,
        device,
        links,
        path,
    ] = fields.as_slice()
    else {
        return None;
    };
    let raw = u32::from_str_radix(raw, 16).ok()?;
    let named = |name: &str, number: &str| match name {
        "UNKNOWN" => number.to_owned(),
        name => name.to_owned(),
    };
    let stat = Stat {
        kind: kind(raw)?,
        mode: raw & 0o7777,
        uid: uid.parse().ok()?,
        gid: gid.parse().ok()?,
        owner: named(owner, uid),
        group: named(group, gid),
        size: size.parse().ok()?,
        inode: inode.parse().ok()?,
        device: device.parse().ok()?,
        links: links.parse().ok()?,
        atime: atime.parse().ok()?,
        mtime: mtime.parse().ok()?,
        ctime: ctime.parse().ok()?,
        target: None,
    };
    let path = path.strip_prefix(start)?.trim_start_matches('/').to_owned();
    Some(Below { path, stat })
}

fn kind(raw: u32) -> Option<FileKind> {
    Some(match raw & 0o170_000 {
        0o100_000 => FileKind::File,
        0o040_000 => FileKind::Directory,
        0o120_000 => FileKind::Link,
        0o060_000 => FileKind::Block,
        0o020_000 => FileKind::Char,
        0o010_000 => FileKind::Fifo,
        0o140_000 => FileKind::Socket,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complaints_of_find_name_their_path() {
        let complaint = complaint("find: '/srv/x': Permission denied").unwrap();
        assert_eq!(complaint, ("/srv/x".into(), "Permission denied".into()));
    }

    #[test]
    fn lines_of_stat_become_entries() {
        let text = "81a4 0 0 root root 5 1 2 3 7 8 1 /srv/a file\nbroken\n41ed 9 9 UNKNOWN UNKNOWN 0 1 2 3 9 8 2 /srv/dir\n";
        let all = parse(text, "/srv/");
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].path, "a file\nbroken");
        assert_eq!(
            (all[0].stat.kind, all[0].stat.mode),
            (FileKind::File, 0o644)
        );
        assert_eq!((all[1].stat.is_dir(), &*all[1].stat.owner), (true, "9"));
    }
}
