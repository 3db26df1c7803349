//! Lines: indentation, wrapping, cutting short.

use crate::template::call::{Call, Operation, fail, text_of};
use minijinja::{Error, Value};
use std::collections::VecDeque;

pub(super) const FILTERS: &[Operation] = &[
    Operation::new(&["indent"], &["width", "first", "blank"], indent),
    Operation::new(
        &["wordwrap"],
        &[
            "width",
            "break_long_words",
            "wrapstring",
            "break_on_hyphens",
        ],
        wordwrap,
    ),
    Operation::new(
        &["truncate"],
        &["length", "killwords", "end", "leeway"],
        truncate,
    ),
    Operation::new(&["center"], &["width"], center),
];

fn indent(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let text = text_of(value)?;
    let margin = match call.value("width")? {
        Some(width) if width.as_str().is_some() => text_of(&width)?,
        Some(width) => " ".repeat(width.as_usize().unwrap_or(0)),
        None => "    ".to_owned(),
    };
    let blank = call.flag("blank")?;
    let mut out = String::with_capacity(text.len() + margin.len() * 8);
    // a line end at the end begins another line, which is empty
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            out.push('\n');
        }
        let wanted = if index == 0 {
            call.flag("first")?
        } else {
            blank || !line.is_empty()
        };
        out.push_str(if wanted { &margin } else { "" });
        out.push_str(line);
    }
    Ok(Value::from(out))
}

fn wordwrap(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let width = call
        .whole("width")?
        .and_then(|width| usize::try_from(width).ok())
        .unwrap_or(79);
    if width == 0 {
        return Err(fail("a line of width 0 holds nothing"));
    }
    let long = call
        .value("break_long_words")?
        .is_none_or(|flag| flag.is_true());
    let hyphens = call
        .value("break_on_hyphens")?
        .is_none_or(|flag| flag.is_true());
    let joint = call.text("wrapstring")?.unwrap_or_else(|| "\n".to_owned());
    let text = text_of(value)?;
    let lines = text
        .lines()
        .map(|line| wrapped(line, width, long, hyphens).join(&joint));
    Ok(Value::from(lines.collect::<Vec<_>>().join(&joint)))
}

/// One line as lines of at most `width` letters.
fn wrapped(line: &str, width: usize, long: bool, hyphens: bool) -> Vec<String> {
    let size = |text: &str| text.chars().count();
    let mut waiting: VecDeque<&str> = chunks(line, hyphens).into();
    let mut lines: Vec<String> = Vec::new();
    while let Some(first) = waiting.front() {
        if !lines.is_empty() && first.trim().is_empty() {
            waiting.pop_front();
        }
        let mut current = String::new();
        while let Some(chunk) = waiting
            .front()
            .filter(|chunk| size(&current) + size(chunk) <= width)
        {
            current.push_str(chunk);
            waiting.pop_front();
        }
        if let Some(chunk) = waiting.front_mut().filter(|chunk| size(chunk) > width) {
            let room = if long {
                width - size(&current)
            } else {
                usize::MAX
            };
            let cut = chunk
                .char_indices()
                .nth(room)
                .map_or(chunk.len(), |(at, _)| at);
            if long || current.is_empty() {
                current.push_str(&chunk[..cut]);
                *chunk = &chunk[cut..];
            }
            if chunk.is_empty() {
                waiting.pop_front();
            }
        }
        let current = current.trim_end();
        if !current.is_empty() {
            lines.push(current.to_owned());
        }
    }
    lines
}

/// Words and the white space between them; words may end after a hyphen.
fn chunks(line: &str, hyphens: bool) -> Vec<&str> {
    let mut found = Vec::new();
    let mut from = 0;
    let letters: Vec<(usize, char)> = line.char_indices().collect();
    for pair in letters.windows(2) {
        let [(_, left), (at, right)] = pair else {
            continue;
        };
        let hyphen = hyphens && *left == '-' && right.is_alphabetic();
        if left.is_whitespace() != right.is_whitespace() || hyphen {
            found.push(&line[from..*at]);
            from = *at;
        }
    }
    if from < line.len() {
        found.push(&line[from..]);
    }
    found
}

fn truncate(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let text = text_of(value)?;
    let number = |name: &str, default: usize| {
        Ok::<_, Error>(
            call.whole(name)?
                .and_then(|number| usize::try_from(number).ok())
                .unwrap_or(default),
        )
    };
    let (length, leeway) = (number("length", 255)?, number("leeway", 5)?);
    let end = call.text("end")?.unwrap_or_else(|| "...".to_owned());
    let tail = end.chars().count();
    if length < tail {
        return Err(fail(format!(
            "a length below {tail} leaves no room for {end:?}"
        )));
    }
    if text.chars().count() <= length + leeway {
        return Ok(Value::from(text));
    }
    let kept: String = text.chars().take(length - tail).collect();
    if call.flag("killwords")? {
        return Ok(Value::from(kept + &end));
    }
    let words = kept
        .rsplit_once(' ')
        .map_or(kept.as_str(), |(words, _)| words);
    Ok(Value::from(format!("{words}{end}")))
}

fn center(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let text = text_of(value)?;
    let width = call
        .whole("width")?
        .and_then(|width| usize::try_from(width).ok())
        .unwrap_or(80);
    let missing = width.saturating_sub(text.chars().count());
    // where the halves differ, Python puts the larger one left of texts in odd widths
    let left = missing / 2 + (missing & width & 1);
    Ok(Value::from(format!(
        "{}{text}{}",
        " ".repeat(left),
        " ".repeat(missing - left)
    )))
}
