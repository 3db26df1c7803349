//! What a script is made of, and what comes back of each part.

use super::upload::Upload;
use std::time::Duration;

/// One part of a script; it answers with one [`Section`].
#[derive(Debug)]
pub(crate) struct Step {
    /// Shell text, without the section's end.
    pub text: Vec<u8>,
    /// What it answers.
    pub asks: Asks,
    /// Bytes for the shell's standard input, once the host says that it is ready for them.
    pub upload: Option<Upload>,
    /// How long it may take.
    pub limit: Option<Duration>,
    /// Whether something that it started may go on holding the shell's output, so that no other
    /// step may follow on the same shell.
    pub last: bool,
}

/// Which requests of a batch a step answers, by their places in it.
#[derive(Debug)]
pub(crate) enum Asks {
    /// Looks at paths.
    Stats(Vec<Asked>),
    /// Hashes.
    Checksums(Vec<Asked>),
    /// Contents of several files, by `tail -v`.
    Reads(Vec<Asked>),
    /// Content of one file.
    Read(Asked),
    /// Names in a directory.
    List(Asked),
    /// A query.
    Query(usize),
    /// A command.
    Run(usize),
    /// A change of files.
    Change(usize),
}

/// A path, and the places of all requests that ask for it.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// The path as the shell gets it.
    pub path: String,
    /// Places in the batch.
    pub places: Vec<usize>,
}

impl Asks {
    /// Whether the step only looks, so that it may be repeated.
    pub fn only_looks(&self) -> bool {
        !matches!(self, Self::Run(_) | Self::Change(_))
    }
}

/// What came back of a step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Section {
    /// Exit status.
    pub status: i32,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
}

impl Section {
    /// What went wrong, in the words of the programs that said it.
    pub fn complaint(&self) -> String {
        let stderr = String::from_utf8_lossy(&self.stderr);
        let stdout = String::from_utf8_lossy(&self.stdout);
        let said = [stderr.trim(), stdout.trim()]
            .into_iter()
            .filter(|text| !text.is_empty())
            .collect::<Vec<_>>()
            .join("\n");
        if said.is_empty() {
            format!("exit status {}", self.status)
        } else {
            said
        }
    }
}
