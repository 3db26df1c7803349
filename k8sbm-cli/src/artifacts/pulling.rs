//! How far a pull is.

use crate::terminal::Terminal;
use k8sbm_tasks::artifacts::{Artifact, Directory, Lock, News, Tally, Tell, size};
use std::{
    collections::BTreeMap,
    io::{self, Write as _},
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};
use unicode_width::UnicodeWidthStr as _;

/// Tells how far a pull is: a line for each artefact, and on a terminal one that moves.
pub struct Pulling(Arc<Mutex<Progress>>);

struct Progress {
    terminal: Terminal,
    titles: BTreeMap<String, String>,
    tally: Tally,
    fetched: u64,
    begun: Instant,
    drawn: Option<Instant>,
}

impl Pulling {
    /// Nothing was pulled yet of `count` artefacts of a lock.
    pub fn new(terminal: Terminal, lock: &Lock, count: usize) -> Self {
        let title = |(name, artifact): (&str, &Artifact)| {
            let version = artifact.version.as_deref();
            let title = version.map_or(name.to_owned(), |it| format!("{name} {it}"));
            (name.to_owned(), title)
        };
        Self(Arc::new(Mutex::new(Progress {
            terminal,
            titles: lock.iter().map(title).collect(),
            tally: Tally::new(count),
            fetched: 0,
            begun: Instant::now(),
            drawn: None,
        })))
    }

    /// What is to be told of it.
    pub fn tell(&self) -> Tell {
        let progress = self.0.clone();
        Arc::new(move |name, news| {
            let mut progress = progress.lock().unwrap_or_else(PoisonError::into_inner);
            progress.news(name, &news);
        })
    }

    /// Sums up.
    pub fn end(&self, directory: &Directory) {
        let mut progress = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let seconds = progress.begun.elapsed().as_secs_f64().max(0.001);
        let rate = size((progress.fetched as f64 / seconds) as u64);
        let line = format!(
            "fetched {} in {seconds:.1} s ({rate}/s) into {}",
            size(progress.fetched),
            directory.path().display()
        );
        progress.line(&line);
    }
}

impl Progress {
    fn news(&mut self, name: &str, news: &News<'_>) {
        let title = self.titles.get(name).cloned().unwrap_or_default();
        match news {
            News::Came(done, total) => {
                self.tally.came(name, *done, *total);
                self.draw();
            }
            News::There(file, fresh) => {
                self.tally.end(name);
                let length = size(file.size);
                if *fresh {
                    self.fetched += file.size;
                    self.line(&format!("fetched  {title} ({length})"));
                } else {
                    self.line(&format!("there    {title} ({length})"));
                }
            }
            News::Failed(error) => {
                self.tally.end(name);
                let hint = error.hint.as_ref().map(|it| format!("\n         {it}"));
                let hint = hint.unwrap_or_default();
                self.line(&format!("failed   {title}: {error}{hint}"));
            }
        }
    }

    /// A line that stays, in place of the one that moves.
    fn line(&mut self, text: &str) {
        let clear = if self.drawn.take().is_some() {
            "\r\x1b[K"
        } else {
            ""
        };
        // There is nobody else to tell.
        let _ = writeln!(io::stdout(), "{clear}{text}");
    }

    /// The line that moves.
    fn draw(&mut self) {
        let due = self.drawn.is_none_or(|it| it.elapsed().as_millis() >= 100);
        if !self.terminal.is_live || !due {
            return;
        }
        let mut line = self.tally.line();
        while line.width() >= self.terminal.size().0 {
            line.pop();
        }
        self.drawn = Some(Instant::now());
        let mut out = io::stdout();
        let _ = write!(out, "\r\x1b[K{line}").and_then(|()| out.flush());
    }
}
