//! Text.

use crate::template::call::{Call, Operation, entries, fail, text_of};
use minijinja::{
    Error, Value,
    formatting::{FormatStyle, format as formatted},
};
use std::fmt::Write as _;

pub(super) const FILTERS: &[Operation] = &[
    Operation::new(&["lower"], &[], |value, _| {
        Ok(Value::from(text_of(value)?.to_lowercase()))
    }),
    Operation::new(&["upper"], &[], |value, _| {
        Ok(Value::from(text_of(value)?.to_uppercase()))
    }),
    Operation::new(&["capitalize"], &[], |value, _| {
        Ok(Value::from(capitalised(&text_of(value)?)))
    }),
    Operation::new(&["title"], &[], title),
    Operation::new(&["trim"], &["chars"], trim),
    Operation::new(&["replace"], &["old", "new", "count"], replace),
    Operation::new(&["format"], &["*", "**"], format),
    Operation::new(&["split"], &["sep", "maxsplit"], split),
    Operation::new(&["lines"], &[], |value, _| {
        Ok(Value::from(
            text_of(value)?.lines().map(Value::from).collect::<Vec<_>>(),
        ))
    }),
    Operation::new(&["wordcount"], &[], |value, _| {
        let words = text_of(value)?;
        let words = words.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
        Ok(Value::from(words.filter(|word| !word.is_empty()).count()))
    }),
    Operation::new(&["striptags"], &[], striptags),
    Operation::new(&["escape", "e", "forceescape"], &[], |value, _| {
        Ok(Value::from(escaped(&text_of(value)?)))
    }),
    Operation::new(&["safe"], &[], |value, _| text_of(value).map(Value::from)),
    Operation::new(&["xmlattr"], &["autospace"], xmlattr),
    Operation::new(
        &["comment"],
        &[
            "style",
            "decoration",
            "beginning",
            "prefix",
            "prefix_count",
            "postfix",
            "postfix_count",
            "end",
            "newline",
        ],
        comment,
    ),
    Operation::new(&["quote"], &[], |value, _| {
        Ok(Value::from(if value.is_none() {
            "''".to_owned()
        } else {
            quoted(&text_of(value)?)
        }))
    }),
    Operation::new(&["pprint"], &[], |value, _| {
        Ok(Value::from(crate::value::python_repr(
            &crate::template::finish::finish(value.clone())?,
        )))
    }),
];

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first
            .to_uppercase()
            .chain(letters.flat_map(char::to_lowercase))
            .collect()
    })
}

fn title(value: &Value, _: &Call<'_>) -> Result<Value, Error> {
    let text = text_of(value)?;
    let mut out = String::with_capacity(text.len());
    let mut inside = false;
    for letter in text.chars() {
        if inside {
            out.extend(letter.to_lowercase());
        } else {
            out.extend(letter.to_uppercase());
        }
        inside = !(letter.is_whitespace() || "-([{<".contains(letter));
    }
    Ok(Value::from(out))
}

fn trim(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let text = text_of(value)?;
    Ok(Value::from(match call.text("chars")? {
        Some(chars) => text.trim_matches(|letter| chars.contains(letter)),
        None => text.trim(),
    }))
}

fn replace(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let (text, old, new) = (
        text_of(value)?,
        call.need_text("old")?,
        call.need_text("new")?,
    );
    Ok(Value::from(match call.whole("count")? {
        Some(count) if count >= 0 => text.replacen(&old, &new, usize::try_from(count).unwrap_or(0)),
        _ => text.replace(&old, &new),
    }))
}

fn format(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let named = call.all_named();
    let args = if named.is_empty() {
        call.positional.to_vec()
    } else {
        vec![Value::from_pairs(named)]
    };
    formatted(FormatStyle::Printf, &text_of(value)?, &args).map(Value::from)
}

fn split(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let text = text_of(value)?;
    let most = call
        .whole("maxsplit")?
        .and_then(|most| usize::try_from(most).ok());
    let parts: Vec<Value> = match (call.text("sep")?, most) {
        (Some(separator), _) if separator.is_empty() => return Err(fail("the separator is empty")),
        (Some(separator), Some(most)) => {
            text.splitn(most + 1, &separator).map(Value::from).collect()
        }
        (Some(separator), None) => text.split(&separator).map(Value::from).collect(),
        (None, None) => text.split_whitespace().map(Value::from).collect(),
        (None, Some(most)) => {
            let mut parts = Vec::new();
            let mut rest = text.trim_start();
            while parts.len() < most
                && let Some((part, tail)) = rest.split_once(char::is_whitespace)
            {
                parts.push(Value::from(part));
                rest = tail.trim_start();
            }
            if !rest.is_empty() {
                parts.push(Value::from(rest));
            }
            parts
        }
    };
    Ok(Value::from(parts))
}

fn striptags(value: &Value, _: &Call<'_>) -> Result<Value, Error> {
    let text = text_of(value)?;
    let without = super::pattern("(<!--.*?-->|<[^>]*>)", false, false)?;
    let plain = without.replace_all(&text, "");
    let words = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    let entities = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#34;", "\""),
        ("&amp;", "&"),
    ];
    Ok(Value::from(
        entities
            .iter()
            .fold(words, |text, (entity, letter)| text.replace(entity, letter)),
    ))
}

/// Text with what HTML reads as markup written as entities.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\'' => out.push_str("&#39;"),
            '"' => out.push_str("&#34;"),
            other => out.push(other),
        }
    }
    out
}

fn xmlattr(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let mut out = String::new();
    for (name, value) in entries(value)? {
        if !value.is_none() && !value.is_undefined() {
            let _ = write!(
                out,
                " {}=\"{}\"",
                escaped(&text_of(&name)?),
                escaped(&text_of(&value)?)
            );
        }
    }
    let autospace = call.value("autospace")?.is_none_or(|flag| flag.is_true());
    Ok(Value::from(if autospace {
        out
    } else {
        out.trim_start().to_owned()
    }))
}

/// The parts of a comment: beginning, decoration and end.
fn comment_style(style: &str) -> Option<(&'static str, &'static str, &'static str)> {
    match style {
        "plain" => Some(("", "# ", "")),
        "erlang" => Some(("", "% ", "")),
        "c" => Some(("", "// ", "")),
        "cblock" => Some(("/*", " * ", " */")),
        "xml" => Some(("<!--", " - ", "-->")),
        _ => None,
    }
}

fn comment(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let style = call.text("style")?.unwrap_or_else(|| "plain".to_owned());
    let (beginning, decoration, end) = comment_style(&style).ok_or_else(|| {
        fail(format!(
            "{style:?} is no style; use plain, erlang, c, cblock or xml"
        ))
    })?;
    let given = |name: &str, default: &str| {
        Ok::<_, Error>(call.text(name)?.unwrap_or_else(|| default.to_owned()))
    };
    let times =
        |name: &str| Ok::<_, Error>(usize::try_from(call.whole(name)?.unwrap_or(1)).unwrap_or(0));
    let newline = given("newline", "\n")?;
    let decoration = given("decoration", decoration)?;
    let (prefix, postfix) = (
        given("prefix", decoration.trim_end())?,
        given("postfix", decoration.trim_end())?,
    );
    let (beginning, end) = (given("beginning", beginning)?, given("end", end)?);

    let mut out = String::new();
    if !beginning.is_empty() {
        out.push_str(&(beginning + &newline));
    }
    if prefix == newline {
        out.push_str(&newline.repeat(times("prefix_count")?));
    } else if !prefix.is_empty() {
        out.push_str(&format!("{prefix}{newline}").repeat(times("prefix_count")?));
    }
    let text = text_of(value)?.replace(&newline, &format!("{newline}{decoration}"));
    // an empty line keeps its decoration but not the space after it
    let (bare, trimmed) = (
        format!("{decoration}{newline}"),
        format!("{}{newline}", decoration.trim_end()),
    );
    out.push_str(&format!("{decoration}{text}").replace(&bare, &trimmed));
    out.push_str(&format!("{newline}{postfix}").repeat(times("postfix_count")?));
    if !end.is_empty() {
        out.push_str(&(newline + &end));
    }
    Ok(Value::from(out))
}

/// A word for the shell, quoted if it needs to be.
pub(in crate::template) fn quoted(text: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "@%+=:,./-_".contains(letter);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\"'\"'"))
}
