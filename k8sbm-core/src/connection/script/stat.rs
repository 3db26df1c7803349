//! The answer of stat(1).

use super::step::{Asked, Section};
use crate::host::{FileKind, Seen, Stat};
use std::sync::Arc;

/// Ends a record, since names and targets of links may hold newlines.
const END: &[u8] = b"\x1f\n";

/// The command, to which the paths are added.
pub(super) fn command(follow: bool) -> String {
    format!(
        "LC_ALL=C QUOTING_STYLE=literal stat {}-c '%f:%u:%g:%s:%i:%d:%h:%.9X:%.9Y:%.9Z:%U:%G:%N\x1f' --",
        if follow { "-L " } else { "" },
    )
}

/// What was seen of each path. Records come in the order of the paths, as do the complaints about the others.
pub(super) fn read(section: &Section, asked: &[Asked]) -> Vec<Seen> {
    let mut rest = &section.stdout[..];
    let found: Vec<_> = asked
        .iter()
        .map(|asked| {
            let (stat, after) = record(rest, asked.path.as_bytes())?;
            rest = after;
            Some(stat)
        })
        .collect();
    let stderr = String::from_utf8_lossy(&section.stderr);
    let complaints: Vec<_> = stderr.lines().collect();
    let missing = found.iter().filter(|stat| stat.is_none()).count();
    let mut next = complaints.iter();
    found
        .into_iter()
        .map(|stat| match stat {
            Some(stat) => Seen::Stat(Some(Arc::new(stat))),
            None if complaints.len() == missing => {
                why(next.next().copied().unwrap_or_default(), Seen::Stat(None))
            }
            None if complaints.iter().all(|line| is_nothing(line)) && !complaints.is_empty() => {
                Seen::Stat(None)
            }
            None => Seen::Failed(section.complaint().into()),
        })
        .collect()
}

/// What a complaint means: `nothing` where there is nothing, otherwise a failure.
pub(super) fn why(complaint: &str, nothing: Seen) -> Seen {
    if is_nothing(complaint) {
        nothing
    } else {
        let reason = complaint.rsplit(": ").next().unwrap_or(complaint);
        Seen::Failed(reason.to_lowercase().into())
    }
}

fn is_nothing(complaint: &str) -> bool {
    complaint.ends_with("No such file or directory") || complaint.ends_with("Not a directory")
}

/// The first record of `bytes`, if it is about `path`, and what follows it.
fn record<'a>(bytes: &'a [u8], path: &[u8]) -> Option<(Stat, &'a [u8])> {
    let mut fields = bytes.splitn(13, |&byte| byte == b':');
    let mut field = || {
        fields
            .next()
            .and_then(|field| std::str::from_utf8(field).ok())
    };
    let raw = u32::from_str_radix(field()?, 16).ok()?;
    let uid = field()?.parse().ok()?;
    let gid = field()?.parse().ok()?;
    let size = field()?.parse().ok()?;
    let inode = field()?.parse().ok()?;
    let device = field()?.parse().ok()?;
    let links = field()?.parse().ok()?;
    let [atime, mtime, ctime] = [
        field()?.parse().ok()?,
        field()?.parse().ok()?,
        field()?.parse().ok()?,
    ];
    let owner = field()?.to_owned();
    let group = field()?.to_owned();
    let (target, rest) = name(fields.next()?, path)?;
    let named = |name: String, number: u32| match &name[..] {
        "UNKNOWN" | "" => number.to_string(),
        _ => name,
    };
    let stat = Stat {
        kind: kind(raw)?,
        mode: raw & 0o7777,
        uid,
        gid,
        owner: named(owner, uid),
        group: named(group, gid),
        size,
        inode,
        device,
        links,
        atime,
        mtime,
        ctime,
        target,
    };
    Some((stat, rest))
}

/// Reads `PATH` or `PATH -> TARGET`, each perhaps between quotes, and gives the target and what follows.
fn name<'a>(bytes: &'a [u8], path: &[u8]) -> Option<(Option<String>, &'a [u8])> {
    let quoted = bytes.strip_prefix(b"'").and_then(|rest| {
        let rest = rest.strip_prefix(path)?.strip_prefix(b"'")?;
        Some((rest, true))
    });
    let (rest, quoted) = match quoted {
        Some(found) => found,
        None => (bytes.strip_prefix(path)?, false),
    };
    if let Some(after) = rest.strip_prefix(END) {
        return Some((None, after));
    }
    let rest = rest.strip_prefix(b" -> ")?;
    let end = rest.windows(2).position(|two| two == END)?;
    let mut target = &rest[..end];
    if quoted {
        target = target.strip_prefix(b"'")?.strip_suffix(b"'")?;
    }
    let target = String::from_utf8_lossy(target).into_owned();
    Some((Some(target), &rest[end + END.len()..]))
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
