//! Checksums written into a lock, which else stays as its author wrote it.

use crate::{replacing::replace, trouble::Trouble};
use k8sbm_core::{
    diagnostic::Diagnostic,
    node::{Node, Source, Span, load_one},
};
use k8sbm_tasks::artifacts::{Fetched, Lock};
use std::{fmt::Write as _, fs, io, path::Path, sync::Arc};

/// Writes checksums into the file that the lock stands in; returns what to say of it.
///
/// # Errors
/// When the lock stands in no file, or this one cannot be read or written.
pub fn write_into(span: &Span, found: &[(&str, Fetched)]) -> Result<String, Trouble> {
    let Some(name) = span.source().map(|source| source.name.clone()) else {
        return Err(Trouble::new("the lock stands in no file")
            .help("put it into the inventory's group_vars/all/lock.yml"));
    };
    if found.is_empty() {
        return Ok(format!("no checksum was written into {name}\n"));
    }
    let failed = |error: io::Error| Trouble::new(format!("{name}: {error}"));
    let text = fs::read_to_string(&name).map_err(failed)?;
    let source = Arc::new(Source {
        name: name.clone(),
        text,
    });
    let sums: Vec<_> = found
        .iter()
        .map(|(name, file)| (*name, file.sha256.clone()))
        .collect();
    let (text, left) = locked(&source, &sums).map_err(|error| Trouble::from(*error))?;
    if left.len() < sums.len() {
        replace(Path::new(&name), text.as_bytes()).map_err(failed)?;
    }
    let mut said = String::new();
    for (artifact, sha256) in &sums {
        let word = if left.contains(artifact) {
            "write it yourself:"
        } else {
            "locked "
        };
        let _ = writeln!(said, "{word}  {artifact}: {sha256}");
    }
    let count = sums.len() - left.len();
    let _ = writeln!(
        said,
        "{count} of {} checksums are in {name} now",
        sums.len()
    );
    Ok(said)
}

/// `text`, the file of a lock, with the checksums of the artefacts `found`. Those whose entry is not written over several
/// lines are returned too: somebody else has to write them.
///
/// # Errors
/// When the file is no YAML with the lock in it.
fn locked<'a>(
    source: &Arc<Source>,
    found: &[(&'a str, String)],
) -> Result<(String, Vec<&'a str>), Box<Diagnostic>> {
    let file = load_one(source)?;
    let mut lines = Vec::new();
    let mut left = Vec::new();
    for (name, sha256) in found {
        let entry = file.get(Lock::VARIABLE).and_then(|lock| lock.get(name));
        match entry.and_then(|entry| behind(&source.text, entry)) {
            Some((at, indent)) => lines.push((at, format!("{indent}sha256: {sha256}\n"))),
            None => left.push(*name),
        }
    }
    lines.sort();
    let mut text = source.text.clone();
    for (at, line) in lines.into_iter().rev() {
        text.insert_str(at, &line);
    }
    Ok((text, left))
}

/// Where a line goes behind the URL of an entry, or else behind its first line, and how far it is indented.
fn behind(text: &str, entry: &Node) -> Option<(usize, String)> {
    let entries = entry.as_map()?;
    let (_, first) = entries.iter().next()?;
    let beside = entries.get("url").unwrap_or(first);
    let key = beside.key.range();
    let begin = text[..key.start].rfind('\n').map_or(0, |at| at + 1);
    let indent = &text[begin..key.start];
    let is_block = !indent.is_empty() && indent.bytes().all(|byte| byte == b' ');
    let end = beside.value.span.range().end;
    let end = end + text[end..].find('\n')? + 1;
    is_block.then(|| (end, indent.to_owned()))
}
