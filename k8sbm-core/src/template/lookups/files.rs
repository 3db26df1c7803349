//! Files whole, and values in them.

use super::{
    Lookup,
    ask::{Ask, key_values},
};
use crate::{
    template::{call::fail, filters::pattern},
    value::Value,
};
use minijinja::Error;

pub(super) const LOOKUPS: &[Lookup] = &[
    Lookup::new(&["file"], file),
    Lookup::new(&["unvault"], |ask| {
        ask.texts()?
            .iter()
            .map(|name| ask.read(&ask.path(name, "files")?).map(Value::from))
            .collect()
    }),
    Lookup::new(&["ini"], ini),
    Lookup::new(&["csvfile"], csvfile),
];

fn file(ask: &Ask<'_>) -> Result<Vec<Value>, Error> {
    ask.options_are(&["lstrip", "rstrip"])?;
    let (left, right) = (ask.flag("lstrip", false)?, ask.flag("rstrip", true)?);
    let read = |name: &String| {
        let text = ask.read(&ask.path(name, "files")?)?;
        let text = if left { text.trim_start() } else { &text };
        Ok(Value::from(if right { text.trim_end() } else { text }))
    };
    ask.texts()?.iter().map(read).collect()
}

/// The options of `ini` and `csvfile`, given by name or in the term.
struct Options<'a> {
    ask: &'a Ask<'a>,
    inline: Vec<(String, String)>,
}

impl Options<'_> {
    fn text(&self, name: &str) -> Result<Option<String>, Error> {
        let inline = self
            .inline
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.clone());
        Ok(inline.or(self.ask.text(name)?))
    }

    fn flag(&self, name: &str) -> Result<bool, Error> {
        Ok(self.text(name)?.is_some_and(|word| {
            matches!(word.to_lowercase().as_str(), "true" | "yes" | "1" | "on")
        }))
    }
}

fn ini(ask: &Ask<'_>) -> Result<Vec<Value>, Error> {
    let mut found = Vec::new();
    for term in ask.texts()? {
        let (bare, inline) = key_values(&term);
        let options = Options { ask, inline };
        let name = options
            .text("file")?
            .unwrap_or_else(|| "ansible.ini".to_owned());
        let path = ask.path(&name, "files")?;
        let text = match options.text("encoding")? {
            Some(encoding) => ask.read_as(&path, &encoding)?,
            None => ask.read(&path)?,
        };
        let properties = options.text("type")?.as_deref() == Some("properties");
        let section = options
            .text("section")?
            .unwrap_or_else(|| "global".to_owned());
        let cased = options.flag("case_sensitive")?;
        let section = if properties {
            None
        } else {
            Some(section.as_str())
        };
        let pairs = ini_section(&text, section, cased);
        let pairs = pairs.ok_or_else(|| {
            fail(format!(
                "there is no section {:?} in {name:?}",
                section.unwrap_or_default()
            ))
        })?;
        let key = bare.join(" ");
        if options.flag("re")? {
            let regex = pattern(&format!("\\A(?:{key})"), false, false)?;
            let matching = pairs
                .into_iter()
                .filter(|(name, _)| regex.is_match(name).unwrap_or(false));
            found.extend(matching.map(|(_, value)| Value::from(value)));
            continue;
        }
        let key = if cased { key } else { key.to_lowercase() };
        let value = pairs
            .into_iter()
            .find(|(name, _)| *name == key)
            .map(|(_, value)| value);
        found.push(Value::from(
            value
                .map_or_else(|| options.text("default"), |value| Ok(Some(value)))?
                .unwrap_or_default(),
        ));
    }
    Ok(found)
}

/// The pairs of a section; of all the text if there are no sections.
fn ini_section(text: &str, section: Option<&str>, cased: bool) -> Option<Vec<(String, String)>> {
    let mut inside = section.is_none();
    let mut known = inside;
    let mut pairs: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        let content = line.trim();
        if content.is_empty() || content.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = content
            .strip_prefix('[')
            .and_then(|name| name.strip_suffix(']'))
            .filter(|_| section.is_some())
        {
            inside = Some(name) == section || name == "DEFAULT";
            known |= Some(name) == section;
        } else if inside && line.starts_with([' ', '\t']) && !pairs.is_empty() {
            if let Some((_, value)) = pairs.last_mut() {
                value.push('\n');
                value.push_str(content);
            }
        } else if inside {
            let (key, value) = content.split_once(['=', ':']).unwrap_or((content, ""));
            let key = if cased {
                key.trim().to_owned()
            } else {
                key.trim().to_lowercase()
            };
            pairs.push((key, value.trim().to_owned()));
        }
    }
    known.then_some(pairs)
}

fn csvfile(ask: &Ask<'_>) -> Result<Vec<Value>, Error> {
    let mut found = Vec::new();
    for term in ask.texts()? {
        let (bare, inline) = key_values(&term);
        let options = Options { ask, inline };
        let name = options
            .text("file")?
            .unwrap_or_else(|| "ansible.csv".to_owned());
        let text = ask.read(&ask.path(&name, "files")?)?;
        let delimiter = match options.text("delimiter")?.as_deref() {
            None | Some("TAB" | "\\t") => '\t',
            Some(text) => text.chars().next().unwrap_or('\t'),
        };
        let number = |name: &str, default: usize| {
            let text = options.text(name)?;
            text.map_or(Ok(default), |text| {
                text.parse()
                    .map_err(|_| fail(format!("{name} has to be a number")))
            })
        };
        let (column, key_column) = (number("col", 1)?, number("keycol", 0)?);
        let key = bare.join(" ");
        let mut rows = text.lines().map(|line| csv_row(line, delimiter));
        let value = rows
            .find(|row| row.get(key_column) == Some(&key))
            .and_then(|row| row.get(column).cloned());
        found.extend(
            value
                .map_or_else(|| options.text("default"), |value| Ok(Some(value)))?
                .map(Value::from),
        );
    }
    Ok(found)
}

fn csv_row(line: &str, delimiter: char) -> Vec<String> {
    let mut row = vec![String::new()];
    let mut quoted = false;
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        let Some(cell) = row.last_mut() else { break };
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                cell.push('"');
                letters.next();
            }
            '"' => quoted = !quoted,
            _ if letter == delimiter && !quoted => row.push(String::new()),
            _ => cell.push(letter),
        }
    }
    row
}
