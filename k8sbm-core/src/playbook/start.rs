//! Where to start: `--start-at-task`.

use super::{Playbook, TaskSpec};
use crate::diagnostic::{Diagnostic, nearest};

/// Whether a task is the one to start at (`--start-at-task`): its name fits the pattern, or `role : name` does.
pub fn starts_at(task: &TaskSpec, pattern: &str) -> bool {
    let name = called(task);
    let full = task
        .context
        .role
        .as_ref()
        .map(|role| format!("{} : {name}", role.name));
    name == pattern
        || full.as_deref() == Some(pattern)
        || fits(&name, pattern)
        || full.is_some_and(|full| fits(&full, pattern))
}

/// What a task is called as it is written.
fn called(task: &TaskSpec) -> String {
    match task.name.as_ref().and_then(|name| name.as_str()) {
        Some(name) => name.to_owned(),
        None => task.word().to_string(),
    }
}

/// Whether a run over these playbooks can begin at the task of this name.
///
/// # Errors
/// When there is no such task: those that are included while running cannot be begun at.
pub fn check_start<'a>(
    playbooks: impl IntoIterator<Item = &'a Playbook>,
    start: &str,
) -> Result<(), Diagnostic> {
    let plays = playbooks.into_iter().flat_map(|playbook| &playbook.plays);
    let tasks: Vec<&TaskSpec> = plays.flat_map(|play| play.tasks()).collect();
    if tasks.iter().any(|task| starts_at(task, start)) {
        return Ok(());
    }
    let names: Vec<String> = tasks.iter().map(|task| called(task)).collect();
    let error = Diagnostic::new(format!("there is no task `{start}` to start at"));
    Err(match nearest(start, names.iter().map(String::as_str)) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.help("`--list-tasks` shows what there is; included tasks cannot be begun at"),
    })
}

/// Whether a text fits a pattern with `*` and `?`.
fn fits(text: &str, pattern: &str) -> bool {
    let mut pieces = pattern.split('*');
    let one = |text: &str, piece: &str| {
        let mut letters = text.char_indices();
        for wanted in piece.chars() {
            match letters.next() {
                Some((_, letter)) if wanted == '?' || wanted == letter => {}
                _ => return None,
            }
        }
        Some(letters.next().map_or(text.len(), |(at, _)| at))
    };
    let Some(mut at) = one(text, pieces.next().unwrap_or_default()) else {
        return false;
    };
    let mut pieces = pieces.peekable();
    if pieces.peek().is_none() {
        return at == text.len();
    }
    while let Some(piece) = pieces.next() {
        let last = pieces.peek().is_none();
        let starts = text[at..].char_indices().map(|(start, _)| at + start);
        let found = starts.chain([text.len()]).find_map(|start| {
            let end = start + one(&text[start..], piece)?;
            (!last || end == text.len()).then_some(end)
        });
        match found {
            Some(end) => at = end,
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn patterns_of_names() {
        for (text, pattern, wanted) in [
            ("install etcd", "install etcd", true),
            ("install etcd", "install*", true),
            ("install etcd", "*etcd", true),
            ("install etcd", "*all*cd", true),
            ("install etcd", "install ?tcd", true),
            ("install etcd", "install", false),
            ("install etcd", "*etc", false),
            ("aab", "*ab", true),
            ("", "*", true),
        ] {
            assert_eq!(fits(text, pattern), wanted, "{text} {pattern}");
        }
    }
}
