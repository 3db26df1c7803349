//! Public keys of OpenPGP, as package managers take them.

use base64::{Engine, engine::general_purpose::STANDARD};
use sha1::{Digest, Sha1};

const BEGIN: &str = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
const END: &str = "-----END";
const PUBLIC_KEY: u8 = 6;
const SUBKEY: u8 = 14;

/// A public key with all that belongs to it: names, signatures, subkeys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PublicKey {
    /// The fingerprint, in upper-case hexadecimal.
    pub(super) fingerprint: String,
    /// The fingerprints of its subkeys.
    pub(super) subkeys: Vec<String>,
    /// Its packets, without armour.
    pub(super) bytes: Vec<u8>,
}

impl PublicKey {
    /// The last 16 digits of its fingerprint.
    pub(super) fn id(&self) -> &str {
        &self.fingerprint[24..]
    }

    /// Whether it, or one of its subkeys, is meant by an id: the last digits of a fingerprint, or all of them.
    pub(super) fn is(&self, id: &str) -> bool {
        let mut all = self.subkeys.iter().chain([&self.fingerprint]);
        all.any(|it| it.ends_with(id))
    }
}

/// An id as people write it, in the form of fingerprints: without `0x`, blanks and lower case. Nothing where it is none.
pub(super) fn id(written: &str) -> Option<String> {
    let id: String = written.split_whitespace().collect();
    let id = id.to_ascii_uppercase();
    let id = id.strip_prefix("0X").unwrap_or(&id);
    let good = id.len() >= 8 && id.chars().all(|it| it.is_ascii_hexdigit());
    good.then(|| id.to_owned())
}

/// The keys in a file, with armour or without; none where it holds something else.
pub(super) fn keys(content: &[u8]) -> Vec<PublicKey> {
    let text = String::from_utf8_lossy(content);
    if !text.contains(BEGIN) {
        return packets(content);
    }
    let blocks = text.split(BEGIN).skip(1);
    blocks
        .flat_map(|block| packets(&unarmoured(block)))
        .collect()
}

/// What stands between the headers of a block, which an empty line ends, and its checksum.
fn unarmoured(block: &str) -> Vec<u8> {
    let lines = block.lines().map(str::trim);
    let body = lines.skip(1).skip_while(|line| !line.is_empty());
    let body = body.take_while(|line| !line.starts_with('=') && !line.starts_with(END));
    STANDARD
        .decode(body.collect::<String>())
        .unwrap_or_default()
}

fn packets(mut rest: &[u8]) -> Vec<PublicKey> {
    let mut keys: Vec<PublicKey> = Vec::new();
    while let Some((tag, body, whole)) = packet(rest) {
        let (packet, behind) = rest.split_at(whole);
        rest = behind;
        if tag == PUBLIC_KEY {
            // Only keys of version 4 have such fingerprints; what belongs to another is left out with it.
            let Some(fingerprint) = fingerprint(body) else {
                continue;
            };
            keys.push(PublicKey {
                fingerprint,
                subkeys: Vec::new(),
                bytes: packet.to_vec(),
            });
            continue;
        }
        let Some(key) = keys.last_mut() else { continue };
        key.bytes.extend_from_slice(packet);
        if tag == SUBKEY {
            key.subkeys.extend(fingerprint(body));
        }
    }
    keys
}

fn fingerprint(body: &[u8]) -> Option<String> {
    let length = u16::try_from(body.len()).ok()?;
    if body.first() != Some(&4) {
        return None;
    }
    let mut hash = Sha1::new();
    hash.update([0x99]);
    hash.update(length.to_be_bytes());
    hash.update(body);
    Some(hex::encode_upper(hash.finalize()))
}

/// The first packet: its tag, its body, and how many bytes it takes.
fn packet(bytes: &[u8]) -> Option<(u8, &[u8], usize)> {
    let first = *bytes.first()?;
    if first & 0x80 == 0 {
        return None;
    }
    let number = |from: usize, count: usize| {
        let digits = bytes.get(from..from + count)?;
        Some(
            digits
                .iter()
                .fold(0_usize, |sum, it| (sum << 8) | usize::from(*it)),
        )
    };
    let (tag, head, length) = if first & 0x40 == 0 {
        let count = 1_usize << (first & 3);
        ((first >> 2) & 0xf, 1 + count, number(1, count)?)
    } else {
        let (head, length) = match *bytes.get(1)? {
            short @ ..192 => (2, usize::from(short)),
            middle @ 192..224 => (3, ((usize::from(middle) - 192) << 8) + number(2, 1)? + 192),
            255 => (6, number(2, 4)?),
            _ => return None,
        };
        (first & 0x3f, head, length)
    };
    let body = bytes.get(head..head.checked_add(length)?)?;
    Some((tag, body, head + length))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A key that nobody has the other half of.
    pub(crate) const KEY: &str = include_str!("../../../tests/laws/files/laws.asc");
    /// Its fingerprint.
    pub(crate) const FINGERPRINT: &str = "EC9A549081A9E1C0C0752B1059F6A2939E834BD9";

    #[test]
    fn a_key_says_its_fingerprint_with_armour_or_without() {
        let armoured = keys(KEY.as_bytes());
        let [key] = &armoured[..] else {
            panic!("{armoured:?}")
        };
        assert_eq!(key.fingerprint, FINGERPRINT);
        assert_eq!(keys(&key.bytes), armoured);
        assert_eq!(keys(&[&*key.bytes, &*key.bytes].concat()).len(), 2);
        assert_eq!(keys(format!("{KEY}\n{KEY}").as_bytes()).len(), 2);
        assert!(key.is(&FINGERPRINT[32..]) && key.is(key.id()) && !key.is("00000000"));
        assert_eq!(key.subkeys.len(), 1);
        assert!(key.is(&key.subkeys[0]));
    }

    #[test]
    fn what_is_no_key_has_none() {
        assert_eq!(keys(b""), []);
        assert_eq!(keys(b"<html>not found</html>"), []);
        assert_eq!(keys(BEGIN.as_bytes()), []);
        assert_eq!(keys(&[0xc6, 255, 255, 255, 255, 255]), []);
    }

    #[test]
    fn ids_are_written_in_several_ways() {
        assert_eq!(id("0x8d79e6aa").as_deref(), Some("8D79E6AA"));
        assert_eq!(id(" EBC6 E12C 62B1 ").as_deref(), Some("EBC6E12C62B1"));
        assert_eq!(id("/etc/pki/key"), None);
        assert_eq!(id("abc"), None);
    }
}
