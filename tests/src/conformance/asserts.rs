//! The `assert` tasks of a target: how many there are, and how many held.

use serde_json::Value as Json;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    ops::AddAssign,
    path::Path,
};

/// How many of a target's `assert` tasks held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asserts {
    /// Those that ran, and held whenever they ran.
    pub passed: usize,
    /// Those that are written down.
    pub all: usize,
}

impl AddAssign for Asserts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.all += other.all;
    }
}

impl Asserts {
    /// Counts what is written in a target, and what `events` (files of JSON lines) say of it.
    #[must_use]
    pub fn count(target: &Path, name: &str, events: &Path) -> Self {
        let mut places = Places::default();
        for file in entries(events) {
            places.read(&fs::read_to_string(file).unwrap_or_default(), name);
        }
        let all = written(target);
        let held = places.ran.difference(&places.failed).count();
        Self {
            passed: held.min(all),
            all,
        }
    }
}

impl Asserts {
    /// Makes the asserts of a folder's YAML files go on when they fail.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub fn forgive(folder: &Path) -> io::Result<()> {
        for path in entries(folder) {
            if path.is_symlink() {
                continue;
            }
            if path.is_dir() {
                Self::forgive(&path)?;
            } else if is_yaml(&path)
                && let Ok(text) = fs::read_to_string(&path)
            {
                let all: Vec<&str> = text.lines().collect();
                let lines: Vec<String> = (0..all.len())
                    .map(|at| match said_before_or_after(&all, at) {
                        true => all[at].to_owned(),
                        false => forgiving(all[at]),
                    })
                    .collect();
                fs::write(&path, lines.join("\n") + "\n")?;
            }
        }
        Ok(())
    }
}

/// Whether the task of a line says by itself that errors are passed over.
fn said_before_or_after(lines: &[&str], at: usize) -> bool {
    let of_task =
        |line: &&&str| !line.trim_start().starts_with("- name") && !line.trim().is_empty();
    let says = |line: &&str| {
        line.trim_start()
            .trim_start_matches("- ")
            .starts_with("ignore_errors:")
    };
    lines[at + 1..].iter().take_while(of_task).any(says)
}

/// A line; one that begins an assert says before it that errors are passed over.
fn forgiving(line: &str) -> String {
    if !begins_assert(line) {
        return line.to_owned();
    }
    let indent = &line[..line.len() - line.trim_start().len()];
    match line.trim_start().strip_prefix("- ") {
        Some(rest) => {
            let gap = &rest[..rest.len() - rest.trim_start().len()];
            let rest = rest.trim_start();
            format!("{indent}- {gap}ignore_errors: true\n{indent}  {gap}{rest}")
        }
        None => format!("{indent}ignore_errors: true\n{line}"),
    }
}

/// Where asserts stand, and how they ended.
#[derive(Debug, Default)]
struct Places {
    ran: BTreeSet<String>,
    failed: BTreeSet<String>,
}

impl Places {
    fn read(&mut self, lines: &str, target: &str) {
        let mut asserts: BTreeMap<u64, String> = BTreeMap::new();
        let events = lines
            .lines()
            .filter_map(|line| serde_json::from_str::<Json>(line).ok());
        for event in events {
            match event["event"].as_str() {
                Some("task_started") => {
                    let module = event["module"].as_str().unwrap_or_default();
                    let place = event["place"].as_str().unwrap_or_default();
                    let own = !place.contains("targets/")
                        || place.contains(&format!("targets/{target}/"));
                    if let (true, true, Some(id)) = (is_assert(module), own, event["id"].as_u64()) {
                        // Scripts name the same file by several paths.
                        let place = place.rsplit(&format!("targets/{target}/")).next();
                        let place = place.unwrap_or_default().trim_start_matches("./");
                        asserts.insert(id, place.to_owned());
                    }
                }
                Some("host_finished") => {
                    let Some(place) = event["task"].as_u64().and_then(|id| asserts.get(&id)) else {
                        continue;
                    };
                    match event["outcome"].as_str() {
                        Some("ok") => drop(self.ran.insert(place.clone())),
                        Some("skipped") => {}
                        _ => drop(self.failed.insert(place.clone())),
                    }
                }
                _ => {}
            }
        }
    }
}

fn is_assert(module: &str) -> bool {
    matches!(
        module,
        "assert" | "ansible.builtin.assert" | "ansible.legacy.assert"
    )
}

/// How many `assert` tasks stand in the YAML files of a folder.
fn written(folder: &Path) -> usize {
    let mut count = 0;
    for path in entries(folder) {
        if path.is_dir() {
            count += written(&path);
        } else if is_yaml(&path) {
            let text = fs::read_to_string(&path).unwrap_or_default();
            count += text.lines().filter(|line| begins_assert(line)).count();
        }
    }
    count
}

fn is_yaml(path: &Path) -> bool {
    path.extension()
        .is_some_and(|it| it == "yml" || it == "yaml")
}

fn begins_assert(line: &str) -> bool {
    let key = line.trim_start().trim_start_matches("- ").trim_start();
    let (name, rest) = key.split_once(':').unwrap_or((key, ""));
    is_assert(name) || name == "action" && rest.split_whitespace().next().is_some_and(is_assert)
}

fn entries(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asserts_are_counted_by_their_place() {
        let lines = [
            r#"{"event":"task_started","id":1,"module":"assert","place":"/x/targets/t/tasks/main.yml:3:3"}"#,
            r#"{"event":"host_finished","task":1,"outcome":"ok"}"#,
            r#"{"event":"task_started","id":2,"module":"assert","place":"/x/targets/t/tasks/main.yml:9:3"}"#,
            r#"{"event":"host_finished","task":2,"outcome":"ok"}"#,
            r#"{"event":"host_finished","task":2,"outcome":"failed"}"#,
            r#"{"event":"task_started","id":3,"module":"assert","place":"/x/targets/other/tasks/main.yml:9:3"}"#,
            r#"{"event":"host_finished","task":3,"outcome":"ok"}"#,
        ];
        let mut places = Places::default();
        places.read(&lines.join("\n"), "t");
        assert_eq!(places.ran.len(), 2);
        assert_eq!(places.ran.difference(&places.failed).count(), 1);
        for line in [
            "- assert:",
            "    assert:",
            "  - ansible.builtin.assert: {that: x}",
            "- action: assert that=x",
        ] {
            assert!(begins_assert(line), "{line}");
        }
        assert!(!begins_assert("- name: assert: that"));
        assert_eq!(
            forgiving("  -  assert:"),
            "  -  ignore_errors: true\n     assert:"
        );
        assert_eq!(forgiving("  assert:"), "  ignore_errors: true\n  assert:");
    }
}
