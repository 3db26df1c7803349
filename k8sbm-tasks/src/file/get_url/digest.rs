//! Checksums as arguments say them: `sha256:abc...`, or `sha256:https://...` of a list.

use k8sbm_core::{
    host::Algorithm,
    task::{Error, Result},
};

/// A checksum that a file shall have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Digest {
    /// Which hash.
    pub algorithm: Algorithm,
    /// In lower-case hexadecimal, or the URL of a list of them.
    pub value: Value,
}

/// What a checksum is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// The checksum itself.
    Known(String),
    /// In a list at this URL.
    At(String),
}

impl Digest {
    /// Reads a checksum with its algorithm.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let bad = || {
            Error::arguments(format!("`{text}` is not a checksum"))
                .hint("write the algorithm before it, such as `sha256:e3b0c442...`, or the URL of a list behind it")
        };
        let (name, value) = text.split_once(':').ok_or_else(bad)?;
        let (algorithm, length) = match name.to_ascii_lowercase().as_str() {
            "md5" => (Algorithm::Md5, 32),
            "sha1" => (Algorithm::Sha1, 40),
            "sha224" => (Algorithm::Sha224, 56),
            "sha256" => (Algorithm::Sha256, 64),
            "sha384" => (Algorithm::Sha384, 96),
            "sha512" => (Algorithm::Sha512, 128),
            _ => return Err(bad()),
        };
        if value.contains("://") {
            let value = Value::At(value.to_owned());
            return Ok(Self { algorithm, value });
        }
        let value = plain(value);
        if value.len() != length || !value.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(bad());
        }
        let value = Value::Known(value);
        Ok(Self { algorithm, value })
    }
}

/// The checksum of `name` in a list such as sha256sum writes, or the only word there is.
pub(crate) fn listed(list: &str, name: &str) -> Option<String> {
    let mut words = list.split_whitespace();
    if let (Some(only), None) = (words.next(), words.next()) {
        return Some(plain(only));
    }
    list.lines().find_map(|line| {
        let bsd = line.rsplit_once(" = ").or(line.rsplit_once("= "));
        let (digest, path) = match (bsd, line.split_once(char::is_whitespace)) {
            (Some((left, digest)), _) if left.contains('(') => {
                let path = left.split_once('(')?.1.trim_end().strip_suffix(')')?;
                (digest, path)
            }
            (_, Some((digest, path))) => (digest, path.trim_start().trim_start_matches('*')),
            _ => return None,
        };
        (path.trim_start_matches("./").trim_end() == name).then(|| plain(digest))
    })
}

/// Without what is invisible: pages that show checksums like to add such.
fn plain(digest: &str) -> String {
    let letters = digest.chars().filter(char::is_ascii_alphanumeric);
    letters.collect::<String>().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_says_its_algorithm() {
        let digest = Digest::parse("md5:D41D8CD98F00B204E9800998ECF8427E\u{200b}").unwrap();
        assert_eq!(
            digest.value,
            Value::Known("d41d8cd98f00b204e9800998ecf8427e".into())
        );
        let digest = Digest::parse("sha256:https://host/list").unwrap();
        assert_eq!(digest.value, Value::At("https://host/list".into()));
        for bad in [
            "d41d8cd98f00b204e9800998ecf8427e",
            "crc:1",
            "md5:xyz",
            "sha256:abc",
            "",
        ] {
            assert!(Digest::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn lists_say_the_checksums_of_names() {
        let list = "aa  kubeadm\nBB *kubelet\ncc  ./kubectl\nSHA256 (crictl) = dd\n";
        let of = |name: &str| listed(list, name);
        assert_eq!(of("kubelet").as_deref(), Some("bb"));
        assert_eq!(of("kubectl").as_deref(), Some("cc"));
        assert_eq!(of("crictl").as_deref(), Some("dd"));
        assert_eq!(of("kube"), None);
        assert_eq!(listed("ee\n", "any").as_deref(), Some("ee"));
    }
}
