//! What a shell is told when it is opened.

use std::fmt::Write as _;

/// The functions that all scripts use, after the shell's own `marker` and `name` (for temporary files).
pub(crate) fn prologue(marker: &str, name: &str) -> String {
    let mut text = format!("_k8m='{marker}' _k8x={name}\n");
    let lines = include_str!("prologue.sh")
        .lines()
        .map(str::trim_start)
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    for line in lines {
        let _ = writeln!(text, "{line}");
    }
    text
}
