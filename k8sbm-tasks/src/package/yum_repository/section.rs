//! A section of a `.repo` file.

use serde_json::{Map, Value as Json};

fn is_header(line: &str) -> bool {
    line.starts_with('[')
}

fn names(line: &str, id: &str) -> bool {
    line.strip_prefix('[')
        .and_then(|it| it.split_once(']'))
        .is_some_and(|(name, _)| name == id)
}

/// The options of a section; nothing where there is none.
pub(super) fn parsed(text: &str, id: &str) -> Option<Map<String, Json>> {
    let mut lines = text.lines().skip_while(|line| !names(line, id));
    lines.next()?;
    let mut options: Vec<(String, String)> = Vec::new();
    for line in lines.take_while(|line| !is_header(line)) {
        let goes_on = line.starts_with([' ', '\t']);
        match (line.trim(), options.last_mut()) {
            ("", _) => {}
            (more, Some((_, value))) if goes_on => *value = format!("{value}\n{more}"),
            (line, _) if line.starts_with(['#', ';']) => {}
            (line, _) => {
                let (key, value) = line.split_once(['=', ':']).unwrap_or((line, ""));
                options.push((key.trim().to_lowercase(), value.trim().to_owned()));
            }
        }
    }
    options.sort_unstable();
    Some(
        options
            .into_iter()
            .map(|(key, value)| (key, value.into()))
            .collect(),
    )
}

/// The text with the section as it shall be, or without it.
pub(super) fn replaced(text: &str, id: &str, options: Option<&Map<String, Json>>) -> String {
    let (mut before, mut after) = (String::new(), String::new());
    let (mut inside, mut behind) = (false, false);
    for line in text.lines() {
        if is_header(line) {
            behind |= inside;
            inside = names(line, id);
        }
        if !inside {
            let side = if behind { &mut after } else { &mut before };
            side.push_str(line);
            side.push('\n');
        }
    }
    if let Some(options) = options {
        if !before.is_empty() && !before.ends_with("\n\n") {
            before.push('\n');
        }
        before.push_str(&format!("[{id}]\n"));
        for (key, value) in options {
            let value = value.as_str().unwrap_or_default().replace('\n', "\n\t");
            before.push_str(format!("{key} = {value}").trim_end());
            before.push('\n');
        }
        before.push('\n');
    }
    before + &after
}
