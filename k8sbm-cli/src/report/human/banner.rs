//! The lines of stars.

use unicode_width::UnicodeWidthStr as _;

/// `TASK [name] ****`, to the end of the line, after an empty line.
pub fn banner(text: &str, width: usize) -> String {
    let stars = width.saturating_sub(text.width() + 1).max(3);
    format!("\n{text} {}\n", "*".repeat(stars))
}
