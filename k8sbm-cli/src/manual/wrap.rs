//! Paragraphs in columns.

use unicode_width::UnicodeWidthStr as _;

/// Text as it stands in a doc comment, broken anew to fit `width` columns behind `indent` blanks. Paragraphs are
/// divided by empty lines; lines of a list and what is indented stay lines of their own.
pub fn wrapped(text: &str, indent: usize, width: usize) -> String {
    let room = width.saturating_sub(indent).max(20);
    let blanks = " ".repeat(indent);
    let mut out = String::new();
    for paragraph in paragraphs(text) {
        if paragraph.is_empty() {
            out.push('\n');
            continue;
        }
        let hang = if paragraph.starts_with("- ") {
            "  "
        } else {
            ""
        };
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            if !line.is_empty() && line.width() + 1 + word.width() > room {
                out.push_str(&format!("{blanks}{line}\n"));
                line = hang.to_owned();
                line.push_str(word);
            } else {
                if !line.trim().is_empty() {
                    line.push(' ');
                }
                line.push_str(word);
            }
        }
        out.push_str(&format!("{blanks}{line}\n"));
    }
    out
}

/// Lines that belong together, joined; empty ones stand between paragraphs.
fn paragraphs(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in text.trim().lines() {
        let own = line.trim_start().starts_with("- ");
        match found.last_mut() {
            Some(last) if !own && !line.trim().is_empty() && !last.is_empty() => {
                last.push(' ');
                last.push_str(line.trim());
            }
            _ => found.push(line.trim().to_owned()),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn paragraphs_and_lists_are_kept_and_lines_are_not() {
        let text = "One two three\nfour five.\n\nA list:\n- first thing that\n  goes on\n- second";
        insta::assert_snapshot!(wrapped(text, 2, 24), @"
        One two three four
        five.

        A list:
        - first thing that
          goes on
        - second
        ");
    }
}
