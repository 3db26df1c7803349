//! From the sections of a script to the answers of its requests.

use super::looks::{directory, read_one};
use super::stat;
use super::step::{Asked, Asks, Section, Step};
use crate::connection::Answer;
use crate::host::{Output, Seen};
use std::{sync::Arc, time::Duration};

/// Puts what `section` says into the places of the requests, and returns what must be asked again, one by one.
pub(crate) fn answer(asks: Asks, section: Section, answers: &mut [Option<Answer>]) -> Vec<Step> {
    let mut put = |asked: &Asked, seen: &Seen| {
        for &place in &asked.places {
            answers[place] = Some(Answer::Seen(seen.clone()));
        }
    };
    match asks {
        Asks::Stats(asked) => {
            for (asked, seen) in asked.iter().zip(stat::read(&section, &asked)) {
                put(asked, &seen);
            }
        }
        Asks::Checksums(asked) => {
            for (asked, seen) in asked.iter().zip(checksums(&section, &asked)) {
                put(asked, &seen);
            }
        }
        Asks::Reads(asked) => match reads(&section, &asked) {
            Some(seen) => {
                for (asked, seen) in asked.iter().zip(seen) {
                    put(asked, &seen);
                }
            }
            None => return asked.into_iter().map(read_one).collect(),
        },
        Asks::Read(asked) => put(&asked, &read(section)),
        Asks::List(asked) => put(&asked, &names(&section, &asked.path)),
        Asks::Query(place) => {
            answers[place] = Some(Answer::Seen(Seen::Output(Arc::new(output(section)))));
        }
        Asks::Run(place) => answers[place] = Some(Answer::Output(output(section))),
        Asks::Change(place) => {
            let result = match section.status {
                0 => Ok(()),
                _ => Err(without_shell_name(&section.complaint())),
            };
            answers[place] = Some(Answer::Changed(result));
        }
    }
    Vec::new()
}

/// Says of a step that it took too long.
pub(crate) fn expired(asks: &Asks, limit: Duration, answers: &mut [Option<Answer>]) {
    match asks {
        Asks::Query(place) => {
            let text = format!("the query took longer than {limit:?}");
            answers[*place] = Some(Answer::Seen(Seen::Failed(text.into())));
        }
        Asks::Run(place) => answers[*place] = Some(Answer::TimedOut(limit)),
        _ => {}
    }
}

fn output(section: Section) -> Output {
    Output {
        status: section.status,
        stdout: section.stdout,
        stderr: section.stderr,
    }
}

/// A shell begins its own complaints with its name and a line number, which say nothing.
fn without_shell_name(text: &str) -> String {
    let line = |line: &str| {
        let rest = line
            .split_once(": ")
            .filter(|(name, _)| name.ends_with("sh") && !name.contains(' '));
        let rest = rest.map_or(line, |(_, rest)| rest);
        match rest.split_once(": ") {
            Some((number, rest)) if number.trim_start_matches("line ").parse::<u32>().is_ok() => {
                rest.to_owned()
            }
            _ => rest.to_owned(),
        }
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// The line of letters that `k8f` writes first, and what follows it.
fn kinds(section: &Section, asked: usize) -> Option<(&[u8], &[u8])> {
    let end = section.stdout.iter().position(|&byte| byte == b'\n')?;
    let (kinds, rest) = section.stdout.split_at(end);
    (kinds.len() == asked).then_some((kinds, &rest[1..]))
}

/// What a letter other than `f` means.
fn other(kind: u8, nothing: Seen) -> Seen {
    match kind {
        b'n' => nothing,
        b'p' => Seen::Failed("permission denied".into()),
        b'd' => Seen::Failed("is a directory".into()),
        _ => Seen::Failed("not a regular file".into()),
    }
}

fn checksums(section: &Section, asked: &[Asked]) -> Vec<Seen> {
    let failed = || Seen::Failed(section.complaint().into());
    let Some((kinds, rest)) = kinds(section, asked.len()) else {
        return vec![failed(); asked.len()];
    };
    let rest = String::from_utf8_lossy(rest);
    let mut lines = rest.lines().peekable();
    asked
        .iter()
        .zip(kinds)
        .map(|(asked, &kind)| {
            if kind != b'f' {
                return other(kind, Seen::Checksum(None));
            }
            let alone = kinds.len() == 1;
            let line = lines.next_if(|line| {
                alone || line.get(hash(line).len() + 2..) == Some(asked.path.as_str())
            });
            match line.map(|line| hash(line.trim_start_matches('\\'))) {
                Some(hash) if hash.len() >= 32 => Seen::Checksum(Some(hash.into())),
                _ => failed(),
            }
        })
        .collect()
}

fn hash(line: &str) -> &str {
    let end = line.find(|digit: char| !digit.is_ascii_hexdigit());
    &line[..end.unwrap_or(line.len())]
}

/// The contents by the headers between them; nothing where they do not divide the text in exactly one way.
fn reads(section: &Section, asked: &[Asked]) -> Option<Vec<Seen>> {
    let (kinds, rest) = kinds(section, asked.len())?;
    let files: Vec<_> = asked
        .iter()
        .zip(kinds)
        .filter(|(_, kind)| **kind == b'f')
        .map(|(asked, _)| asked.path.as_bytes())
        .collect();
    if section.status != 0 {
        return None;
    }
    let mut contents = divided(rest, &files)?.into_iter();
    let seen = kinds.iter().map(|&kind| match kind {
        b'f' => Seen::Content(contents.next().map(Arc::from)),
        _ => other(kind, Seen::Content(None)),
    });
    Some(seen.collect())
}

fn divided<'a>(text: &'a [u8], paths: &[&[u8]]) -> Option<Vec<&'a [u8]>> {
    let Some((first, others)) = paths.split_first() else {
        return text.is_empty().then(Vec::new);
    };
    let header = |path: &[u8]| [b"==> ", path, b" <==\n"].concat();
    let mut rest = text.strip_prefix(&header(first)[..])?;
    let mut contents = Vec::with_capacity(paths.len());
    for path in others {
        let header = [b"\n".to_vec(), header(path)].concat();
        let mut places = memchr::memmem::find_iter(rest, &header);
        let at = places.next()?;
        if places.next().is_some() {
            return None;
        }
        contents.push(&rest[..at]);
        rest = &rest[at + header.len()..];
    }
    contents.push(rest);
    Some(contents)
}

fn read(section: Section) -> Seen {
    match section.stdout.split_first() {
        Some((b'f', rest)) if section.status == 0 => {
            Seen::Content(Some(Arc::from(rest.strip_prefix(b"\n").unwrap_or(rest))))
        }
        Some((&kind, _)) if kind != b'f' => other(kind, Seen::Content(None)),
        _ => stat::why(section.complaint().trim(), Seen::Content(None)),
    }
}

fn names(section: &Section, path: &str) -> Seen {
    let prefix = [directory(path).as_bytes(), b"/"].concat();
    match section.stdout.split_first() {
        Some((b'd', rest)) => {
            let mut names: Vec<String> = rest
                .split(|&byte| byte == 0)
                .filter_map(|name| name.strip_prefix(&prefix[..]))
                .map(|name| String::from_utf8_lossy(name).into_owned())
                .collect();
            names.sort();
            Seen::Names(Some(names.into()))
        }
        Some((b'o', _)) => Seen::Failed("not a directory".into()),
        Some((&kind, _)) => other(kind, Seen::Names(None)),
        None => Seen::Failed(section.complaint().into()),
    }
}
