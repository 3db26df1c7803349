//! What ssh's complaints mean, and what to do about them.

use super::options::SshOptions;
use crate::connection::{ConnectionError, ConnectionErrorKind};
use ConnectionErrorKind::{Authentication, HostKey, Unreachable};

/// The error for what ssh said before it ended.
pub(super) fn explain(options: &SshOptions, said: &str) -> ConnectionError {
    let host = &options.host;
    let has = |text: &str| said.contains(text);
    let line = |text: &str| {
        let found = said
            .lines()
            .rev()
            .map(str::trim)
            .find(|line| line.contains(text));
        found
            .unwrap_or_default()
            .trim_start_matches("ssh: ")
            .trim_end_matches('.')
    };
    let error = |kind, message: String, hint: Option<String>| ConnectionError {
        kind,
        message: message.into(),
        hint: hint.map(Into::into),
    };

    // Where keys are not checked, a changed one is only a warning before the real trouble.
    let refused = has("Host key verification failed");
    if refused && has("REMOTE HOST IDENTIFICATION HAS CHANGED") {
        return error(
            HostKey,
            format!("the host key of {host} has changed"),
            Some(format!(
                "if the host was reinstalled, forget its old key with `ssh-keygen -R {host}`; otherwise somebody may be in between"
            )),
        );
    }
    if refused || has("host key is known for") {
        return error(
            HostKey,
            format!("the host key of {host} is not known"),
            Some(format!(
                "log in once with `ssh {host}` and compare the key, or set `ansible_host_key_checking: false`"
            )),
        );
    }
    if has("UNPROTECTED PRIVATE KEY FILE") {
        let key = said
            .split_once("Permissions ")
            .and_then(|(_, rest)| rest.split('\'').nth(1))
            .unwrap_or("the key file");
        return error(
            Authentication,
            format!("the private key `{key}` can be read by others, so ssh does not use it"),
            Some(format!("chmod 600 {key}")),
        );
    }
    if has("Permission denied (") {
        return denied(options, said, line("Permission denied ("));
    }
    for (text, hint) in UNREACHABLE {
        if has(text) {
            let hint = (!hint.is_empty()).then(|| (*hint).to_owned());
            return error(
                Unreachable,
                format!("{host}: {}", fragment(line(text))),
                hint,
            );
        }
    }
    match said
        .lines()
        .rev()
        .map(str::trim)
        .find(|line| !line.is_empty())
    {
        Some(last) => error(
            Unreachable,
            format!(
                "the connection to {host} ended: {}",
                fragment(last.trim_end_matches('.'))
            ),
            None,
        ),
        None => error(Unreachable, format!("the connection to {host} ended"), None),
    }
}

fn denied(options: &SshOptions, said: &str, line: &str) -> ConnectionError {
    let host = &options.host;
    let missing = said
        .lines()
        .find_map(|line| {
            line.split_once("Identity file ")?
                .1
                .split_once(" not accessible")
        })
        .map(|(file, _)| file);
    let methods = line
        .split_once('(')
        .map_or("", |(_, rest)| rest.trim_end_matches(['.', ')']));
    let keys = methods.split(',').any(|method| method == "publickey");
    let hint = match missing {
        Some(file) => format!("the key file `{file}` does not exist"),
        None if !keys => {
            "the host takes passwords only; log in with a key instead (`ssh-copy-id`)".to_owned()
        }
        None => {
            let user = options.user.as_deref().unwrap_or("the user");
            format!(
                "none of the keys is accepted for {user}; see `ansible_user`, `ansible_ssh_private_key_file`, or your agent (`ssh-add -l`)"
            )
        }
    };
    ConnectionError {
        kind: Authentication,
        message: format!("{host}: permission denied ({methods})").into(),
        hint: Some(hint.into()),
    }
}

/// What is said when a host cannot be reached, and hints.
const UNREACHABLE: &[(&str, &str)] = &[
    (
        "Could not resolve hostname",
        "check the name, or set `ansible_host`",
    ),
    (
        "Connection refused",
        "is sshd running there, and is the port right (`ansible_port`)?",
    ),
    (
        "timed out",
        "is the host up, and does a firewall let the port through?",
    ),
    ("No route to host", "is the host up?"),
    (
        "Network is unreachable",
        "has this machine a route to the host's network?",
    ),
    (
        "not responding",
        "the host went silent in the middle of the connection",
    ),
    (
        "Too many authentication failures",
        "the agent offers too many keys; set `IdentitiesOnly yes` and a key file",
    ),
    (
        "Bad owner or permissions on",
        "ssh reads only configuration that others cannot write",
    ),
    (
        "Bad configuration option",
        "see `ansible_ssh_common_args` and your ssh_config",
    ),
    (
        "kex_exchange_identification",
        "sshd there closed the connection; is it overloaded (`MaxStartups`), or something else than sshd?",
    ),
    ("Connection reset", ""),
    ("Connection closed", ""),
    ("Broken pipe", ""),
];

/// A sentence of ssh as a fragment of ours.
fn fragment(sentence: &str) -> String {
    let mut chars = sentence.chars();
    match (chars.next(), chars.clone().next()) {
        (Some(first), Some(second)) if second.is_lowercase() => {
            format!("{}{}", first.to_lowercase(), chars.as_str())
        }
        _ => sentence.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(said: &str) -> String {
        let error = explain(&SshOptions::new("n1", "/tmp"), said);
        format!(
            "{:?}: {}\n{}",
            error.kind,
            error.message,
            error.hint.unwrap_or_default()
        )
    }

    #[test]
    fn complaints_of_ssh_become_errors_with_hints() {
        insta::assert_snapshot!(
            explained("ssh: connect to host 10.0.0.9 port 22: Connection refused"),
            @r"
        Unreachable: n1: connect to host 10.0.0.9 port 22: Connection refused
        is sshd running there, and is the port right (`ansible_port`)?
        "
        );
        insta::assert_snapshot!(
            explained("No ED25519 host key is known for 10.0.0.9 and you have requested strict checking.\r\nHost key verification failed."),
            @r"
        HostKey: the host key of n1 is not known
        log in once with `ssh n1` and compare the key, or set `ansible_host_key_checking: false`
        "
        );
        insta::assert_snapshot!(
            explained("Warning: Identity file /k not accessible: No such file or directory.\nroot@n1: Permission denied (publickey)."),
            @r"
        Authentication: n1: permission denied (publickey)
        the key file `/k` does not exist
        "
        );
        insta::assert_snapshot!(
            explained("root@n1: Permission denied (password,keyboard-interactive)."),
            @r"
        Authentication: n1: permission denied (password,keyboard-interactive)
        the host takes passwords only; log in with a key instead (`ssh-copy-id`)
        "
        );
        // Keys are not checked: the changed one is beside the point.
        insta::assert_snapshot!(
            explained("@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nroot@n1: Permission denied (publickey)."),
            @r"
        Authentication: n1: permission denied (publickey)
        none of the keys is accepted for the user; see `ansible_user`, `ansible_ssh_private_key_file`, or your agent (`ssh-add -l`)
        "
        );
    }
}
