//! Sections of a stream between markers.

use memchr::memmem::Finder;

/// What a shell prints on one stream, cut at the markers that only it knows.
#[derive(Debug)]
pub(crate) struct Sections {
    marker: Finder<'static>,
    buffer: Vec<u8>,
    /// Up to here there is no marker.
    searched: usize,
}

/// What was found at a marker.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// A section ended: its bytes, and what stood behind the marker.
    End(Vec<u8>, String),
    /// The host is ready for content.
    Ready,
}

impl Sections {
    pub fn new(marker: &str) -> Self {
        Self {
            marker: Finder::new(marker).into_owned(),
            buffer: Vec::new(),
            searched: 0,
        }
    }

    /// Where the next bytes are to be read to.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.buffer
    }

    /// The next marker, if it has arrived whole.
    pub fn next(&mut self) -> Option<Found> {
        let length = self.marker.needle().len();
        let Some(at) = self.marker.find(&self.buffer[self.searched..]) else {
            self.searched = self.buffer.len().saturating_sub(length - 1);
            return None;
        };
        let at = self.searched + at;
        let after = at + length;
        let Some(end) = memchr::memchr(b'\n', &self.buffer[after..]) else {
            self.searched = at;
            return None;
        };
        let word = String::from_utf8_lossy(&self.buffer[after..after + end]).into_owned();
        self.searched = 0;
        if word == "r" {
            self.buffer.drain(at..=after + end);
            return Some(Found::Ready);
        }
        let rest = self.buffer.split_off(after + end + 1);
        let mut content = std::mem::replace(&mut self.buffer, rest);
        content.truncate(at);
        Some(Found::End(content, word))
    }

    /// What arrived since the last marker.
    pub fn rest(&self) -> &[u8] {
        &self.buffer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MARKER: &str = "=5eb0c1:";

    proptest! {
        #[test]
        fn sections_are_the_same_however_the_bytes_arrive(
            contents in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..6),
            pieces in prop::collection::vec(1..9_usize, 1..60),
        ) {
            let mut stream = Vec::new();
            for content in &contents {
                stream.extend_from_slice(content);
                stream.extend_from_slice(MARKER.as_bytes());
                stream.extend_from_slice(b"0\n");
            }
            let mut sections = Sections::new(MARKER);
            let mut found = Vec::new();
            let mut sizes = pieces.iter().cycle();
            while !stream.is_empty() {
                let size = (*sizes.next().unwrap()).min(stream.len());
                let piece: Vec<u8> = stream.drain(..size).collect();
                sections.buffer().extend_from_slice(&piece);
                while let Some(Found::End(content, status)) = sections.next() {
                    prop_assert_eq!(status, "0");
                    found.push(content);
                }
            }
            prop_assert_eq!(found, contents);
        }
    }

    #[test]
    fn ready_does_not_end_a_section() {
        let mut sections = Sections::new(MARKER);
        sections
            .buffer()
            .extend_from_slice(b"ab=5eb0c1:r\ncd=5eb0c1:7\nx");
        assert_eq!(sections.next(), Some(Found::Ready));
        assert_eq!(
            sections.next(),
            Some(Found::End(b"abcd".to_vec(), "7".into()))
        );
        assert_eq!(sections.next(), None);
        assert_eq!(sections.rest(), b"x");
    }
}
