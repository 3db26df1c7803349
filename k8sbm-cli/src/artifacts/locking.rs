//! Checksums written into a lock, which else stays as its author wrote it.

use k8sbm_core::node::{Node, load_one};
use std::sync::Arc;

/// `text`, the file of a lock, with the checksums of the artefacts `found`. Those whose entry is not written over several
/// lines are returned too: somebody else has to write them.
///
/// # Errors
/// When the file is no YAML with the lock in it.
pub fn locked<'a>(
    source: &Arc<k8sbm_core::node::Source>,
    variable: &str,
    found: &[(&'a str, String)],
) -> Result<(String, Vec<&'a str>), Box<k8sbm_core::diagnostic::Diagnostic>> {
    let file = load_one(source)?;
    let mut lines = Vec::new();
    let mut left = Vec::new();
    for (name, sha256) in found {
        let entry = file.get(variable).and_then(|lock| lock.get(name));
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
