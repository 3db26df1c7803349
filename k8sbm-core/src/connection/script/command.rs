//! Commands as shell text.

use super::literal::{path_word, printf};
use super::step::{Asks, Step};
use super::upload::Upload;
use crate::connection::quote;
use crate::host::{Command, Program};
use std::fmt::Write as _;

/// More standard input than this goes as raw bytes.
const INLINE: usize = 64 * 1024;

/// The step that runs `command`.
///
/// A subshell that ends in `exec` costs no more than running the program: what the command
/// changes (directory, umask, environment) stays in it, and no builtin is taken for a program.
pub(super) fn step(command: Command, asks: Asks) -> Step {
    let mut inner = String::new();
    if let Some(directory) = &command.chdir {
        let _ = write!(inner, "cd -P {} || exit; ", path_word(directory));
    }
    if let Some(mask) = command.umask {
        let _ = write!(inner, "umask {mask:04o}; ");
    }
    let (names, strange): (Vec<_>, Vec<_>) = command
        .environment
        .iter()
        .partition(|(name, _)| is_name(name));
    for (name, value) in names {
        let _ = write!(inner, "export {name}={}; ", quote(value));
    }
    inner.push_str("exec ");
    if !strange.is_empty() {
        inner.push_str("env ");
        for (name, value) in strange {
            let _ = write!(inner, "{} ", quote(&format!("{name}={value}")));
        }
    }
    inner.push_str(&words(&command.program));

    let last = may_stay(&command.program);
    let mut step = Step {
        text: Vec::new(),
        asks,
        upload: None,
        limit: command.timeout,
        last,
    };
    match command.stdin {
        None => step.text = format!("({inner}) </dev/null").into_bytes(),
        Some(input) if input.is_empty() => {
            step.text = format!("({inner}) </dev/null").into_bytes();
        }
        Some(input) if input.len() <= INLINE => {
            step.text = printf(&input);
            step.text
                .extend_from_slice(format!(" | ({inner})").as_bytes());
        }
        Some(input) => {
            // The command starts when all has arrived: half of it could do harm.
            let text = format!(
                "k8stage {}; (exec 8<&-; {inner}) <&8; k8closed $?",
                input.len()
            );
            step.text = text.into_bytes();
            step.upload = Some(Upload::Bytes(input));
        }
    }
    step
}

fn words(program: &Program) -> String {
    match program {
        Program::Argv(argv) => argv
            .iter()
            .map(|word| quote(word))
            .collect::<Vec<_>>()
            .join(" "),
        Program::Shell { script, executable } => {
            let shell = executable.as_deref().unwrap_or("/bin/sh");
            format!("{} -c {}", quote(shell), quote(script))
        }
    }
}

fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Whether something may go on running after the program ended, and go on holding its output.
fn may_stay(program: &Program) -> bool {
    let starts_others = |text: &str| {
        ["nohup", "setsid", "daemon", "disown", "init.d/"]
            .iter()
            .any(|word| text.contains(word))
    };
    match program {
        Program::Argv(argv) => {
            let is_shell = argv.first().is_some_and(|program| program.ends_with("sh"));
            argv.iter()
                .any(|word| starts_others(word) || is_shell && has_background(word))
        }
        Program::Shell { script, .. } => starts_others(script) || has_background(script),
    }
}

/// Whether a script has an `&` that is not of `&&`, `>&`, `<&` or `&>`.
fn has_background(script: &str) -> bool {
    let bytes = script.as_bytes();
    let near = |at: Option<usize>| at.and_then(|at| bytes.get(at)).copied().unwrap_or(b' ');
    (0..bytes.len()).any(|at| {
        bytes[at] == b'&'
            && !matches!(near(at.checked_sub(1)), b'&' | b'>' | b'<')
            && !matches!(near(Some(at + 1)), b'&' | b'>')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_leave_something_behind_takes_its_shell() {
        for script in ["sleep 9 &", "a& b", "nohup x", "/etc/init.d/x start"] {
            assert!(may_stay(&Command::shell(script).program), "{script}");
        }
        for script in ["a && b", "a 2>&1 | b", "a &>/dev/null", "echo", "a >&2"] {
            assert!(!may_stay(&Command::shell(script).program), "{script}");
        }
    }

    #[test]
    fn surroundings_stay_in_the_subshell() {
        let command = Command::new(["echo", "it's"])
            .chdir("/tmp")
            .env("A", "b c")
            .env("x.y", "1");
        let step = step(command, Asks::Run(0));
        insta::assert_snapshot!(
            String::from_utf8(step.text).unwrap(),
            @r"(cd -P /tmp || exit; export A='b c'; exec env x.y=1 echo 'it'\''s') </dev/null"
        );
    }
}
