//! Looks as shell text: those of one kind share processes.

use super::literal::{path_word, plain_path};
use super::step::{Asked, Asks, Step};
use super::{command, stat};
use crate::host::{Algorithm, Command, Look};

/// No command line gets more paths than this; well below every limit.
const PATHS: usize = 200;

/// Looks that stand between two changes, gathered by kind.
#[derive(Default)]
pub(super) struct Looks {
    stats: Vec<Asked>,
    followed: Vec<Asked>,
    checksums: Vec<(Algorithm, Vec<Asked>)>,
    files: Vec<Asked>,
    lists: Vec<Asked>,
    queries: Vec<(Command, usize)>,
}

impl Looks {
    /// Takes one look up.
    pub fn add(&mut self, look: Look, place: usize) {
        match look {
            Look::Stat {
                path,
                follow: false,
            } => ask(&mut self.stats, &path, place),
            Look::Stat { path, follow: true } => ask(&mut self.followed, &path, place),
            Look::Checksum { path, algorithm } => {
                let at = self
                    .checksums
                    .iter()
                    .position(|(known, _)| *known == algorithm);
                let at = at.unwrap_or_else(|| {
                    self.checksums.push((algorithm, Vec::new()));
                    self.checksums.len() - 1
                });
                ask(&mut self.checksums[at].1, &path, place);
            }
            Look::Read { path } => ask(&mut self.files, &path, place),
            Look::List { path } => ask(&mut self.lists, &path, place),
            Look::Query(command) => self.queries.push((command, place)),
        }
    }

    /// The steps that look at all of it.
    pub fn into_steps(self, steps: &mut Vec<Step>) {
        for (paths, follow) in [(self.stats, false), (self.followed, true)] {
            for paths in chunks(paths) {
                let text = format!("{} {}", stat::command(follow), words(&paths));
                steps.push(look(text, Asks::Stats(paths)));
            }
        }
        for (algorithm, paths) in self.checksums {
            // The programs write such names with escapes, or not; alone, the name need not be read.
            let (strange, plain): (Vec<_>, _) = paths
                .into_iter()
                .partition(|asked| asked.path.contains(['\\', '\n', '\r']));
            for paths in chunks(plain).chain(strange.into_iter().map(|asked| vec![asked])) {
                let text = format!("k8f {} {}", program(algorithm), words(&paths));
                steps.push(look(text, Asks::Checksums(paths)));
            }
        }
        for paths in chunks(self.files) {
            if let [_] = &paths[..] {
                steps.extend(paths.into_iter().map(read_one));
            } else {
                let text = format!("k8f 'tail -v -c +1' {}", words(&paths));
                steps.push(look(text, Asks::Reads(paths)));
            }
        }
        for asked in self.lists {
            let text = format!("k8l {}", path_word(directory(&asked.path)));
            steps.push(look(text, Asks::List(asked)));
        }
        for (query, place) in self.queries {
            steps.push(command::step(query, Asks::Query(place)));
        }
    }
}

/// Reads one file.
pub(super) fn read_one(asked: Asked) -> Step {
    let text = format!("k8f cat {}", path_word(&asked.path));
    look(text, Asks::Read(asked))
}

/// The path of a directory without the slash at its end.
pub(super) fn directory(path: &str) -> &str {
    match path.trim_end_matches('/') {
        "" => "/",
        path => path,
    }
}

fn look(text: String, asks: Asks) -> Step {
    Step {
        text: text.into_bytes(),
        asks,
        upload: None,
        limit: None,
        last: false,
    }
}

fn ask(asked: &mut Vec<Asked>, path: &str, place: usize) {
    let path = plain_path(path);
    match asked.iter_mut().find(|asked| asked.path == path) {
        Some(asked) => asked.places.push(place),
        None => asked.push(Asked {
            path,
            places: vec![place],
        }),
    }
}

fn chunks(paths: Vec<Asked>) -> impl Iterator<Item = Vec<Asked>> {
    let mut rest = paths.into_iter().peekable();
    std::iter::from_fn(move || {
        rest.peek()?;
        Some(rest.by_ref().take(PATHS).collect())
    })
}

fn words(paths: &[Asked]) -> String {
    let words: Vec<_> = paths.iter().map(|asked| path_word(&asked.path)).collect();
    words.join(" ")
}

fn program(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Md5 => "md5sum",
        Algorithm::Sha1 => "sha1sum",
        Algorithm::Sha224 => "sha224sum",
        Algorithm::Sha256 => "sha256sum",
        Algorithm::Sha384 => "sha384sum",
        Algorithm::Sha512 => "sha512sum",
    }
}

#[cfg(test)]
mod tests;
