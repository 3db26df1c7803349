//! Content on its way to a shell's standard input.

use std::{fs::File, io::Read as _, path::PathBuf};

/// How much of a file is in memory at once.
const PIECE: usize = 256 * 1024;

/// Content for a shell's standard input.
#[derive(Debug)]
pub(crate) enum Upload {
    /// These bytes.
    Bytes(Vec<u8>),
    /// What is in a file of the controller.
    File {
        /// Its path.
        path: PathBuf,
        /// How many bytes the host was told to expect.
        size: u64,
    },
}

/// What is still to be written.
pub(crate) enum Outgoing<'a> {
    /// These bytes.
    Bytes(&'a [u8]),
    /// A file, of which one piece is in memory.
    File {
        file: Option<File>,
        /// Bytes that are not yet in the piece.
        left: u64,
        piece: Vec<u8>,
        /// How much of the piece is written.
        written: usize,
    },
}

impl<'a> Outgoing<'a> {
    /// Begins with `upload`.
    pub fn new(upload: &'a Upload) -> Self {
        match upload {
            Upload::Bytes(bytes) => Self::Bytes(bytes),
            Upload::File { path, size } => {
                let mut outgoing = Self::File {
                    file: File::open(path).ok(),
                    left: *size,
                    piece: Vec::new(),
                    written: 0,
                };
                outgoing.advance(0);
                outgoing
            }
        }
    }

    /// What is to be written next; empty when all is.
    pub fn rest(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::File { piece, written, .. } => &piece[*written..],
        }
    }

    /// Goes on behind `count` bytes that were written.
    ///
    /// A file that was cut short meanwhile, or cannot be read, goes on with zeros: the host was told how many bytes
    /// come, and refuses them by their checksum.
    pub fn advance(&mut self, count: usize) {
        match self {
            Self::Bytes(bytes) => *bytes = &bytes[count..],
            Self::File {
                file,
                left,
                piece,
                written,
            } => {
                *written += count;
                if *written < piece.len() {
                    return;
                }
                let next = usize::try_from(*left).unwrap_or(PIECE).min(PIECE);
                (*written, *left) = (0, *left - next as u64);
                piece.clear();
                if let Some(file) = file {
                    // What was read before an error stays.
                    let _ = file.take(next as u64).read_to_end(piece);
                }
                piece.resize(next, 0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(upload: &Upload, step: usize) -> Vec<u8> {
        let (mut outgoing, mut all) = (Outgoing::new(upload), Vec::new());
        while !outgoing.rest().is_empty() {
            let count = outgoing.rest().len().min(step);
            all.extend_from_slice(&outgoing.rest()[..count]);
            outgoing.advance(count);
        }
        all
    }

    #[test]
    fn a_file_is_sent_as_it_is_and_as_long_as_was_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let content: Vec<u8> = (0..600_000_u32)
            .map(|number| (number % 251) as u8)
            .collect();
        std::fs::write(&path, &content).unwrap();
        let file = |size| Upload::File {
            path: path.clone(),
            size,
        };
        assert!(sent(&file(600_000), 70_001) == content);
        let longer = sent(&file(700_000), usize::MAX);
        assert!(longer[..600_000] == content && longer[600_000..] == [0; 100_000]);
        assert!(sent(&file(10), 3) == content[..10]);
        assert!(sent(&file(0), 1).is_empty());
        let absent = Upload::File {
            path: folder.path().join("absent"),
            size: 5,
        };
        assert_eq!(sent(&absent, 2), [0; 5]);
    }
}
