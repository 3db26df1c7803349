//! Encodings of one byte a letter.

use std::sync::OnceLock;

/// An encoding of one byte a letter.
#[derive(Debug)]
pub(crate) struct CodePage {
    names: Vec<&'static str>,
    letters: [Option<char>; 256],
}

impl CodePage {
    /// The encoding of a name, in lower case with `-` between its parts.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        static ALL: OnceLock<Vec<CodePage>> = OnceLock::new();
        let all = ALL.get_or_init(|| {
            let lines = include_str!("code_pages.txt").lines();
            lines.filter_map(Self::read).collect()
        });
        all.iter().find(|page| page.names.contains(&name))
    }

    fn read(line: &'static str) -> Option<Self> {
        let (names, cells) = line.split_once(':').filter(|_| !line.starts_with('#'))?;
        let cells = cells.split_whitespace().map(|cell| {
            let number = u32::from_str_radix(cell, 16).ok()?;
            char::from_u32(number)
        });
        let cells: Vec<Option<char>> = cells.collect();
        let mut letters: [Option<char>; 256] = std::array::from_fn(|byte| {
            let byte = u8::try_from(byte).ok()?;
            byte.is_ascii().then(|| char::from(byte))
        });
        let first = letters.len().checked_sub(cells.len())?;
        letters[first..].copy_from_slice(&cells);
        Some(Self {
            names: names.split_whitespace().collect(),
            letters,
        })
    }

    /// The name that is usual.
    pub(crate) fn name(&self) -> &'static str {
        self.names.first().copied().unwrap_or_default()
    }

    /// Bytes as text; nothing where one of them means nothing.
    pub(crate) fn decode(&self, bytes: &[u8]) -> Option<String> {
        bytes
            .iter()
            .map(|byte| self.letters[usize::from(*byte)])
            .collect()
    }

    /// The byte of a letter.
    pub(crate) fn byte(&self, letter: char) -> Option<u8> {
        let at = self.letters.iter().position(|it| *it == Some(letter))?;
        u8::try_from(at).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::CodePage;

    #[test]
    fn letters_are_where_their_page_has_them() {
        for (name, letter, byte) in [
            ("cp1252", '€', 0x80),
            ("windows-1251", 'Ж', 0xc6),
            ("iso8859-15", '€', 0xa4),
            ("ibm437", 'ß', 0xe1),
            ("koi8-r", 'я', 0xd1),
            ("cp273", '\n', 0x25),
            ("cp273", 'ä', 0xc0),
            ("cp037", 'A', 0xc1),
        ] {
            let page = CodePage::named(name).unwrap_or_else(|| panic!("{name}"));
            assert_eq!(page.byte(letter), Some(byte), "{name}");
            assert_eq!(page.decode(&[byte]).unwrap(), letter.to_string(), "{name}");
        }
        let page = CodePage::named("cp1252").unwrap();
        assert_eq!((page.decode(b"a\x81"), page.byte('Ж')), (None, None));
        assert!(CodePage::named("cp0").is_none());
    }
}
