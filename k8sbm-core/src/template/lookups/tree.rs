//! Files by pattern, and whole folders.

use super::{Lookup, ask::Ask};
use crate::{controller::Controller, template::call::fail, value::Value, vars::absolute};
use minijinja::Error;
use std::path::{Path, PathBuf};

pub(super) const LOOKUPS: &[Lookup] = &[
    Lookup::new(&["fileglob"], fileglob),
    Lookup::new(&["filetree"], filetree).of(&["community.general"]),
];

fn fileglob(ask: &Ask<'_>) -> Result<Vec<Value>, Error> {
    let mut found = Vec::new();
    for term in ask.texts()? {
        let path = Path::new(&term);
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let folders = match path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
        {
            Some(parent) => ask
                .controller()
                .find(&parent.to_string_lossy(), &ask.folders("files"))
                .into_iter()
                .collect(),
            None => ask.folders("files"),
        };
        let matches = folders
            .iter()
            .map(|folder| glob(ask.controller(), &folder.join(&name).to_string_lossy()));
        found.extend(
            matches
                .into_iter()
                .find(|files| !files.is_empty())
                .unwrap_or_default(),
        );
    }
    let whole = |path: String| Value::from(absolute(Path::new(&path)));
    Ok(found.into_iter().map(whole).collect())
}

/// The files whose paths fit a pattern with `*`, `?` and `[...]`.
pub(in crate::template) fn glob(controller: &dyn Controller, pattern: &str) -> Vec<String> {
    let absolute = pattern.starts_with('/');
    let mut found = vec![PathBuf::from(if absolute { "/" } else { "" })];
    for part in pattern.split('/').filter(|part| !part.is_empty()) {
        found = found
            .iter()
            .flat_map(|folder| step(controller, folder, part))
            .collect();
    }
    let files = found.iter().filter(|path| !controller.is_dir(path));
    files
        .map(|path| path.to_string_lossy().into_owned())
        .collect()
}

fn step(controller: &dyn Controller, folder: &Path, part: &str) -> Vec<PathBuf> {
    if !part.contains(['*', '?', '[']) {
        let path = folder.join(part);
        return if controller.exists(&path) {
            vec![path]
        } else {
            Vec::new()
        };
    }
    let here = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let names = controller.list(here).unwrap_or_default();
    let names = names.iter().filter_map(|path| {
        path.file_name()
            .map(|name| name.to_string_lossy().into_owned())
    });
    let fitting = names
        .filter(|name| matches(part, name) && (part.starts_with('.') || !name.starts_with('.')));
    fitting.map(|name| folder.join(name)).collect()
}

/// Whether a name fits a pattern with `*`, `?` and `[...]`.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    let mut letters = pattern.chars();
    let Some(first) = letters.next() else {
        return name.is_empty();
    };
    let rest = letters.as_str();
    match first {
        '*' => {
            matches(rest, name)
                || name
                    .char_indices()
                    .any(|(at, letter)| matches(rest, &name[at + letter.len_utf8()..]))
        }
        '[' if rest.contains(']') => {
            let (class, rest) = rest.split_once(']').unwrap_or((rest, ""));
            let Some(letter) = name.chars().next() else {
                return false;
            };
            in_class(class, letter) && matches(rest, &name[letter.len_utf8()..])
        }
        _ => match name.chars().next() {
            Some(letter) => {
                (first == '?' || first == letter) && matches(rest, &name[letter.len_utf8()..])
            }
            None => false,
        },
    }
}

fn in_class(class: &str, letter: char) -> bool {
    let (negated, class) = class
        .strip_prefix(['!', '^'])
        .map_or((false, class), |class| (true, class));
    let letters: Vec<char> = class.chars().collect();
    let mut found = false;
    let mut at = 0;
    while at < letters.len() {
        if letters.get(at + 1) == Some(&'-') && at + 2 < letters.len() {
            found |= (letters[at]..=letters[at + 2]).contains(&letter);
            at += 3;
        } else {
            found |= letters[at] == letter;
            at += 1;
        }
    }
    found != negated
}

fn filetree(ask: &Ask<'_>) -> Result<Vec<Value>, Error> {
    let mut found: Vec<Value> = Vec::new();
    let mut known: Vec<String> = Vec::new();
    for term in ask.texts()? {
        let root = ask.path(&term, "files")?;
        let mut waiting = vec![root.clone()];
        while let Some(folder) = waiting.pop() {
            let entries = ask.controller().list(&folder);
            let entries = entries
                .map_err(|error| fail(format!("cannot list {}: {error}", folder.display())))?;
            for path in entries {
                let relative = path
                    .strip_prefix(&root)
                    .unwrap_or(&path)
                    .to_string_lossy()
                    .into_owned();
                let is_dir = ask.controller().is_dir(&path) && !ask.controller().is_link(&path);
                if is_dir {
                    waiting.push(path.clone());
                }
                if !known.contains(&relative) {
                    found.push(entry(ask.controller(), &root, &path, &relative, is_dir));
                    known.push(relative);
                }
            }
        }
    }
    Ok(found)
}

fn entry(
    controller: &dyn Controller,
    root: &Path,
    path: &Path,
    relative: &str,
    is_dir: bool,
) -> Value {
    let text = |path: &Path| Value::from(path.to_string_lossy().into_owned());
    let mut entry = vec![("root", text(root)), ("path", Value::from(relative))];
    if is_dir {
        entry.push(("state", Value::from("directory")));
    } else if controller.is_link(path) {
        entry.push(("state", Value::from("link")));
        entry.push((
            "src",
            controller
                .real_path(path)
                .map_or_else(|_| Value::from(""), |target| text(&target)),
        ));
    } else {
        entry.push(("state", Value::from("file")));
        entry.push(("src", text(path)));
    }
    if let Some(mode) = controller.mode(path) {
        entry.push(("mode", Value::from(format!("0{mode:o}"))));
    }
    Value::from_pairs(entry)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_fit_names() {
        assert!(
            matches("*.yml", "site.yml")
                && matches("a?c", "abc")
                && matches("[a-c]x", "bx")
                && matches("*", "")
        );
        assert!(!matches("*.yml", "site.yaml") && !matches("[!a]x", "ax") && !matches("a", "ab"));
    }
}
