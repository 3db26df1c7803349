//! Files as text, such that what is not text survives.

use super::code_page::CodePage;
use k8sbm_core::task::{Error, Result};

/// How a file's bytes stand for text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    encoding: Encoding,
    /// Whether every line ends with a carriage return too.
    returns: bool,
}

impl Form {
    /// Text whose lines end with `\n` alone, and the form to write it back in.
    ///
    /// Bytes that are no text in the encoding are taken for Latin-1, so that every byte can be written back.
    pub(crate) fn read(bytes: &[u8], encoding: Encoding) -> (String, Self) {
        let (text, encoding) = match (encoding, std::str::from_utf8(bytes)) {
            (Encoding::Utf8, Ok(text)) => (Some(text.to_owned()), encoding),
            (Encoding::Page(page), _) => (page.decode(bytes), encoding),
            _ => (None, encoding),
        };
        let (text, encoding) = match text {
            Some(text) => (text, encoding),
            None => {
                let letters = bytes.iter().map(|byte| char::from(*byte));
                (letters.collect(), Encoding::Latin1)
            }
        };
        let returns =
            text.contains('\n') && text.matches('\n').count() == text.matches("\r\n").count();
        let text = if returns {
            text.replace("\r\n", "\n")
        } else {
            text
        };
        (text, Self { encoding, returns })
    }

    /// The bytes of a text.
    pub(crate) fn write(self, text: &str) -> Result<Vec<u8>> {
        match self.returns {
            true => self.encoding.encode(&text.replace('\n', "\r\n")),
            false => self.encoding.encode(text),
        }
    }
}

/// A new file.
impl From<Encoding> for Form {
    fn from(encoding: Encoding) -> Self {
        Self {
            encoding,
            returns: false,
        }
    }
}

/// How bytes stand for letters.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Encoding {
    /// UTF-8.
    Utf8,
    /// Seven bits.
    Ascii,
    /// One byte a letter, which is its number.
    Latin1,
    /// One byte a letter, by a table.
    Page(&'static CodePage),
}

impl Encoding {
    /// The encoding of that name.
    pub(crate) fn named(name: &str) -> Result<Self> {
        let plain = name.to_ascii_lowercase().replace('_', "-");
        match plain.as_str() {
            "" | "utf-8" | "utf8" => Ok(Self::Utf8),
            "ascii" | "us-ascii" => Ok(Self::Ascii),
            "latin-1" | "latin1" | "iso-8859-1" | "iso8859-1" => Ok(Self::Latin1),
            other => CodePage::named(other).map(Self::Page).ok_or_else(|| {
                Error::arguments(format!("the encoding `{name}` is not known"))
                    .hint("known are utf-8, ascii, and encodings of one byte a letter, such as latin-1, iso8859-15, cp1252, cp850 and koi8-r")
            }),
        }
    }

    /// Text as bytes.
    pub(crate) fn encode(self, text: &str) -> Result<Vec<u8>> {
        let (limit, name) = match self {
            Self::Utf8 => return Ok(text.as_bytes().to_vec()),
            Self::Ascii => (0x7f, "ASCII"),
            Self::Latin1 => (0xff, "Latin-1"),
            Self::Page(page) => {
                let byte = |letter| page.byte(letter).ok_or_else(|| absent(letter, page.name()));
                return text.chars().map(byte).collect();
            }
        };
        text.chars()
            .map(|letter| match u32::from(letter) {
                code if code <= limit => Ok(code as u8),
                _ => Err(absent(letter, name)),
            })
            .collect()
    }
}

fn absent(letter: char, encoding: &str) -> Error {
    Error::failed(format!(
        "the letter {letter:?} does not exist in {encoding}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_written_in_an_encoding() {
        let encoded = |name: &str, text: &str| Encoding::named(name).and_then(|it| it.encode(text));
        assert_eq!(encoded("UTF-8", "ä").unwrap(), [0xc3, 0xa4]);
        assert_eq!(encoded("iso_8859-1", "ä").unwrap(), [0xe4]);
        assert_eq!(encoded("cp1252", "€").unwrap(), [0x80]);
        assert!(encoded("cp1252", "Ж").is_err());
        assert!(encoded("ascii", "ä").is_err());
        assert!(encoded("latin-1", "€").is_err());
        assert!(encoded("ebcdic", "").is_err());
    }

    #[test]
    fn every_byte_comes_back() {
        let bytes: Vec<u8> = (0..=255).collect();
        let (text, form) = Form::read(&bytes, Encoding::Utf8);
        assert_eq!(form.write(&text).unwrap(), bytes);
        let page = Encoding::named("cp1252").unwrap();
        let (text, form) = Form::read(&bytes, page);
        assert_eq!(form.write(&text).unwrap(), bytes);
        let (text, form) = Form::read(b"\x80\n", page);
        assert_eq!(
            (text.as_str(), form.write("\u{20ac}1").unwrap()),
            ("\u{20ac}\n", b"\x801".to_vec())
        );
        for kept in ["grün\n", "a\r\nb\r\n", "a\r\nb\n", "a\rb", ""] {
            let (text, form) = Form::read(kept.as_bytes(), Encoding::Utf8);
            assert_eq!(form.write(&text).unwrap(), kept.as_bytes());
        }
    }

    #[test]
    fn carriage_returns_are_out_of_the_way() {
        let (text, form) = Form::read(b"a\r\nb", Encoding::Utf8);
        assert_eq!(text, "a\nb");
        assert_eq!(form.write("a\nc\n").unwrap(), b"a\r\nc\r\n");
    }
}
