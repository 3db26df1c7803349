//! The material that facts are made of.

use super::subset::Part;
use std::collections::{BTreeMap, BTreeSet};

/// What the script brought.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    records: Vec<(String, String)>,
    files: BTreeMap<String, String>,
    exists: BTreeSet<String>,
    links: BTreeMap<String, String>,
}

impl Gathered {
    /// Reads what the script printed: records that begin with their name between two control characters.
    pub fn read(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let mut gathered = Self::default();
        for record in text.split('\u{1e}') {
            let Some((name, content)) = record.split_once('\u{1f}') else {
                continue;
            };
            match name {
                "files" => gathered.files.extend(files(content)),
                "exists" => gathered.exists.extend(content.lines().map(str::to_owned)),
                "links" => gathered.links.extend(content.lines().filter_map(link)),
                _ => gathered.records.push((name.to_owned(), content.to_owned())),
            }
        }
        gathered
    }

    /// The parts that were asked for.
    pub fn parts(&self) -> impl Iterator<Item = Part> {
        let words = self.record("parts").unwrap_or_default().split_whitespace();
        words.filter_map(Part::named)
    }

    /// A record by its name.
    pub fn record(&self, name: &str) -> Option<&str> {
        let mut records = self.records.iter();
        let (_, content) = records.find(|(known, _)| known == name)?;
        Some(content)
    }

    /// All records, in order.
    pub fn records(&self) -> impl Iterator<Item = (&str, &str)> {
        self.records
            .iter()
            .map(|(name, content)| (&name[..], &content[..]))
    }

    /// A file's content, if it is there and could be read.
    pub fn file(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// A file's content without blanks around it, unless nothing is left.
    pub fn value(&self, path: &str) -> Option<&str> {
        self.file(path)
            .map(str::trim)
            .filter(|text| !text.is_empty())
    }

    /// Files whose paths begin so.
    pub fn files_below<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.files
            .range(prefix.to_owned()..)
            .take_while(move |(path, _)| path.starts_with(prefix))
            .map(|(path, content)| (&path[..], &content[..]))
    }

    /// Whether something is there that was asked about.
    pub fn exists(&self, path: &str) -> bool {
        self.exists.contains(path)
    }

    /// Links whose paths begin so, and their targets.
    pub fn links_below<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.links
            .range(prefix.to_owned()..)
            .take_while(move |(path, _)| path.starts_with(prefix))
            .map(|(path, target)| (&path[..], &target[..]))
    }

    /// Where a link points.
    pub fn link(&self, path: &str) -> Option<&str> {
        self.links.get(path).map(String::as_str)
    }
}

/// The files that `tail -v` printed one after the other.
fn files(text: &str) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = Vec::new();
    for line in text.split_inclusive('\n') {
        let path = line
            .strip_prefix("==> /")
            .and_then(|rest| rest.strip_suffix(" <==\n"));
        match (path, files.last_mut()) {
            (Some(path), last) => {
                // The header begins with a line feed of its own.
                if let Some((_, content)) = last {
                    content.pop();
                }
                files.push((format!("/{path}"), String::new()));
            }
            (None, Some((_, content))) => content.push_str(line),
            (None, None) => {}
        }
    }
    files
}

/// `PATH -> TARGET` at the end of a line of `ls -l`; a path that is no link has no target.
fn link(line: &str) -> Option<(String, String)> {
    let at = line.find(" /")?;
    let rest = &line[at + 1..];
    let (path, target) = rest.split_once(" -> ").unwrap_or((rest, ""));
    Some((path.to_owned(), target.to_owned()))
}

/// The last part of a path.
pub(super) fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// `KEY=value` lines, values without their quotes.
pub(super) fn assignments(text: &str) -> BTreeMap<&str, String> {
    text.lines()
        .filter_map(|line| {
            let (key, value) = line.trim().split_once('=')?;
            let value = value.trim();
            let quoted = ['"', '\'']
                .iter()
                .find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
            Some((key, quoted.unwrap_or(value).to_owned()))
        })
        .collect()
}
