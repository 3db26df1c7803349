//! Differences, as `diff -u` writes them.

use super::{Look, Tone};
use k8sbm_core::task::Diff;
use similar::TextDiff;

/// A difference with the headers that Ansible gives it; nothing where both sides are equal.
pub fn unified(diff: &Diff, look: &Look) -> String {
    if diff.before == diff.after {
        return String::new();
    }
    let header = |side: &str, name: &str| match name {
        "" => side.to_owned(),
        name => format!("{side}: {name}"),
    };
    let before = header("before", &diff.before_header);
    let after = header("after", &diff.after_header);
    let text = TextDiff::from_lines(&diff.before, &diff.after)
        .unified_diff()
        .context_radius(3)
        .header(&before, &after)
        .to_string();
    let mut painted = String::new();
    for line in text.lines() {
        let tone = match line.as_bytes().first() {
            Some(b'+') => Some(Tone::Ok),
            Some(b'-') => Some(Tone::Failed),
            Some(b'@') => Some(Tone::Skipped),
            _ => None,
        };
        match tone {
            Some(tone) => painted.push_str(&look.paint(tone, line)),
            None => painted.push_str(line),
        }
        painted.push('\n');
    }
    painted.push('\n');
    painted
}
