//! Lines of an `authorized_keys` file.

/// The kinds of keys that sshd knows.
const KINDS: [&str; 10] = [
    "ssh-ed25519",
    "ssh-rsa",
    "ssh-dss",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
    "webauthn-sk-ecdsa-sha2-nistp256@openssh.com",
    "ssh-xmss@openssh.com",
];

/// A public key with what stands before and behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PublicKey {
    /// Options, as they stand there; empty where there are none.
    pub(super) options: String,
    /// The kind of key.
    pub(super) kind: String,
    /// The key itself, which tells it from others.
    pub(super) blob: String,
    /// The rest of the line.
    pub(super) comment: String,
}

impl PublicKey {
    /// Reads a line; nothing where it holds no key.
    pub(super) fn parse(line: &str) -> Option<Self> {
        let line = line.trim();
        if line.starts_with('#') {
            return None;
        }
        let words = words(line);
        let at = words.iter().position(|word| is_kind(word))?;
        Some(Self {
            options: words[..at].join(" "),
            kind: words[at].to_owned(),
            blob: (*words.get(at + 1)?).to_owned(),
            comment: words[at + 2..].join(" "),
        })
    }

    /// The line.
    pub(super) fn line(&self) -> String {
        let parts = [&self.options, &self.kind, &self.blob, &self.comment];
        let parts: Vec<&str> = parts
            .into_iter()
            .map(String::as_str)
            .filter(|it| !it.is_empty())
            .collect();
        parts.join(" ")
    }

    /// Whether sshd would treat them alike, and people read them alike.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.kind == other.kind
            && self.blob == other.blob
            && self.comment == other.comment
            && option_list(&self.options) == option_list(&other.options)
    }
}

fn is_kind(word: &str) -> bool {
    let certificate = |it: &str| {
        let (name, domain) = it.split_once('@').unwrap_or((it, "openssh.com"));
        word == format!("{name}-cert-v01@{domain}")
    };
    KINDS.contains(&word) || KINDS.iter().any(|it| certificate(it))
}

/// Words between blanks, where quotes hold blanks.
fn words(line: &str) -> Vec<&str> {
    parts(line, |it| it == ' ' || it == '\t')
}

fn option_list(options: &str) -> Vec<&str> {
    let mut list = parts(options, |it| it == ',');
    list.sort_unstable();
    list
}

fn parts(text: &str, separates: impl Fn(char) -> bool) -> Vec<&str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(|it| {
        let ends = !quoted && separates(it);
        if it == '"' && !escaped {
            quoted = !quoted;
        }
        escaped = it == '\\' && !escaped;
        ends
    })
    .map(str::trim)
    .filter(|it| !it.is_empty())
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_taken_apart_and_put_together() {
        let line = r#"command="echo \"a b\"",no-pty ssh-ed25519 AAAA me at home"#;
        let key = PublicKey::parse(line).unwrap();
        assert_eq!(key.options, r#"command="echo \"a b\"",no-pty"#);
        assert_eq!(
            (&*key.kind, &*key.blob, &*key.comment),
            ("ssh-ed25519", "AAAA", "me at home")
        );
        assert_eq!(key.line(), line);
        assert!(PublicKey::parse("# ssh-rsa AAAA").is_none());
        assert!(PublicKey::parse("no key").is_none());
        let certificate = PublicKey::parse("ssh-rsa-cert-v01@openssh.com AAAA").unwrap();
        assert_eq!(certificate.comment, "");
    }

    #[test]
    fn the_order_of_options_makes_no_difference() {
        let key = |line: &str| PublicKey::parse(line).unwrap();
        assert!(
            key("no-pty,from=\"a,b\" ssh-rsa A c").is_like(&key("from=\"a,b\",no-pty ssh-rsa A c"))
        );
        assert!(!key("ssh-rsa A c").is_like(&key("ssh-rsa A d")));
    }
}
