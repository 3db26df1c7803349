//! Words in which the host's shell expands what Ansible expands, and nothing else.

use k8sbm_core::{
    connection::quote,
    host::Command,
    task::{Error, Probe, Result},
};

/// Whether a word has a home directory or a variable in it.
pub(super) fn expands(word: &str) -> bool {
    home(word) > 0
        || word
            .char_indices()
            .any(|(at, _)| variable(&word[at..]).is_some())
}

/// A word for the host's shell, in which `~`, `$NAME` and `${NAME}` are expanded; an unset variable stays as it is.
pub(super) fn expanding(word: &str) -> String {
    shell_word(word, "")
}

/// As [`expanding`], with `*`, `?` and `[...]` as patterns of file names.
pub(super) fn pattern(word: &str) -> String {
    shell_word(word, "*?[]")
}

/// A path with what the host knows in place of `~` and variables.
///
/// # Errors
/// When the host cannot be asked.
pub(super) async fn path(host: &Probe, text: &str) -> Result<String> {
    if !expands(text) {
        return Ok(text.to_owned());
    }
    let script = format!("printf %s {}", expanding(text));
    let output = host.query_command(Command::shell(script)).await?;
    if output.success() {
        Ok(output.text())
    } else {
        Err(Error::failed(output.error_text().trim()).context(text))
    }
}

/// How much of the word names a home directory: `~` or `~user`.
fn home(word: &str) -> usize {
    if !word.starts_with('~') {
        return 0;
    }
    let end = word.find('/').unwrap_or(word.len());
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    if word[1..end].chars().all(plain) {
        end
    } else {
        0
    }
}

/// The name of the variable that the text begins with, and how long that is.
fn variable(text: &str) -> Option<(&str, usize)> {
    let rest = text.strip_prefix('$')?;
    let (rest, braces) = match rest.strip_prefix('{') {
        Some(rest) => (rest, 2),
        None => (rest, 0),
    };
    let letter = |c: char| c == '_' || c.is_ascii_alphanumeric();
    let name = &rest[..rest.find(|c| !letter(c)).unwrap_or(rest.len())];
    let closed = braces == 0 || rest[name.len()..].starts_with('}');
    let named = closed && name.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic());
    named.then_some((name, 1 + braces + name.len()))
}

fn shell_word(word: &str, special: &str) -> String {
    let start = home(word);
    let mut out = word[..start].to_owned();
    let mut plain = String::new();
    let mut at = start;
    while let Some(next) = word[at..].chars().next() {
        if let Some((name, length)) = variable(&word[at..]) {
            flush(&mut plain, &mut out);
            let written = word[at..at + length]
                .replace('$', "\\$")
                .replace('}', "\\}");
            out.push_str(&format!("\"${{{name}-{written}}}\""));
            at += length;
            continue;
        }
        if special.contains(next) {
            flush(&mut plain, &mut out);
            out.push(next);
        } else {
            plain.push(next);
        }
        at += next.len_utf8();
    }
    flush(&mut plain, &mut out);
    if out.is_empty() { quote("") } else { out }
}

fn flush(plain: &mut String, out: &mut String) {
    if !plain.is_empty() {
        out.push_str(&quote(plain));
        plain.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_homes_and_variables_expand() {
        for word in ["~", "~/x", "~kube/x", "a$HOME", "${HOME}/x", "$A$B"] {
            assert!(expands(word), "{word}");
        }
        for word in ["", "a~", "~a b", "$", "$1", "${", "${A", "$(id)", "100$"] {
            assert!(!expands(word), "{word}");
        }
    }

    #[test]
    fn a_shell_expands_them_as_ansible_does() {
        let shell = |word: &str| {
            let output = std::process::Command::new("/bin/sh")
                .args(["-c", &format!("printf %s {word}")])
                .env_clear()
                .env("HOME", "/home/kube")
                .env("A", "x y; *")
                .output();
            String::from_utf8(output.unwrap().stdout).unwrap()
        };
        let expanded = |word: &str| shell(&expanding(word));
        assert_eq!(expanded("~/.kube/config"), "/home/kube/.kube/config");
        assert_eq!(expanded("p-$A-${A}-"), "p-x y; *-x y; *-");
        assert_eq!(
            expanded("$NONE/${NONE}/$(id)`id`"),
            "$NONE/${NONE}/$(id)`id`"
        );
        assert_eq!(expanded("/et* it's \"q\""), "/et* it's \"q\"");
        assert_eq!(expanded(""), "");
        assert_eq!(shell(&pattern("/et[c]/hostn?me")), "/etc/hostname");
        assert_eq!(pattern("/a b/*"), "'/a b/'*");
    }
}
