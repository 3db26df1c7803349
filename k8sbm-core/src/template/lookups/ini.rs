//! `ini`: values in INI files and Java's properties.

use super::{
    Lookup,
    ask::Ask,
    inline::{Options, pair},
};
use crate::{
    template::{call::fail, filters::pattern},
    value::Value,
};
use minijinja::Error;

pub(super) const LOOKUPS: &[Lookup] = &[Lookup::new(&["ini"], ini)];

const OPTIONS: &[&str] = &[
    "allow_no_value",
    "allow_none",
    "case_sensitive",
    "default",
    "encoding",
    "file",
    "interpolation",
    "re",
    "section",
    "type",
];

fn ini(ask: &Ask<'_>) -> Result<Vec<Value>, Error> {
    let mut found = Vec::new();
    for term in ask.texts()? {
        let (key, inline) = split(&term);
        let options = Options::new(ask, inline, OPTIONS)?;
        let key = key.ok_or_else(|| {
            fail(format!(
                "No key to look up was provided as first term within string inline options: {term}"
            ))
        })?;
        let name = options
            .text("file")?
            .unwrap_or_else(|| "ansible.ini".into());
        let text = options.read(&ask.path(&name, "files")?)?;
        let properties = options.text("type")?.as_deref() == Some("properties");
        let section = match options.text("section")? {
            _ if properties => PROPERTIES.to_owned(),
            section => section.unwrap_or_else(|| "global".into()),
        };
        let alone = options.flag("allow_no_value", false)? || options.flag("allow_none", false)?;
        let cased = options.flag("case_sensitive", false)?;
        let file = read(&text, properties, cased, alone)
            .map_err(|why| fail(format!("{why} in '{name}'")))?;
        let pairs = file
            .section(&section)
            .ok_or_else(|| fail(format!("No section '{section}' in '{name}'.")))?;
        let shown = |value: &str| match options.flag("interpolation", true)? {
            true => interpolated(value, &pairs, cased, 0)
                .map_err(|why| fail(format!("{value:?} in '{name}': {why}"))),
            false => Ok(value.to_owned()),
        };
        if options.flag("re", false)? {
            let regex = pattern(&format!("\\A(?:{key})"), false, false)?;
            for (_, value) in pairs
                .iter()
                .filter(|(name, _)| regex.is_match(name).unwrap_or(false))
            {
                found.push(match value {
                    Some(value) => Value::from(shown(value)?),
                    None => Value::from(()),
                });
            }
            continue;
        }
        let key = cased_as(&key, cased);
        match pairs.iter().find(|(name, _)| *name == key) {
            Some((_, Some(value))) => found.push(Value::from(shown(value)?)),
            Some((_, None)) => {}
            None => match options.default()? {
                Some(values) => found.extend(values),
                None => found.push(Value::from("")),
            },
        }
    }
    Ok(found)
}

/// The key and the options of a term. What is no option belongs to what stands before it, white space and all.
fn split(term: &str) -> (Option<String>, Vec<(String, String)>) {
    if !term.contains(['=', ' ']) {
        return (Some(term.to_owned()), Vec::new());
    }
    let mut parts: Vec<String> = Vec::new();
    for word in term.split_whitespace() {
        let opens = word
            .split_once('=')
            .is_some_and(|(name, _)| OPTIONS.contains(&name));
        match parts.last_mut() {
            Some(last) if !opens => {
                last.push(' ');
                last.push_str(word);
            }
            _ => parts.push(word.to_owned()),
        }
    }
    let is_option = |part: &String| part.contains('=');
    let key = parts.iter().find(|part| !is_option(part)).cloned();
    (key, parts.iter().filter_map(|part| pair(part)).collect())
}

/// The only section of a file of properties.
const PROPERTIES: &str = "java_properties";

/// Names with values; a name may stand alone.
type Pairs = Vec<(String, Option<String>)>;

struct File {
    defaults: Pairs,
    sections: Vec<(String, Pairs)>,
}

impl File {
    /// The pairs of a section, and those of `DEFAULT` that it does not have itself.
    fn section(&self, wanted: &str) -> Option<Pairs> {
        let (_, own) = self.sections.iter().find(|(name, _)| name == wanted)?;
        let others = self.defaults.iter();
        let others = others.filter(|(name, _)| !own.iter().any(|(known, _)| known == name));
        Some(own.iter().chain(others).cloned().collect())
    }
}

fn cased_as(name: &str, cased: bool) -> String {
    match cased {
        true => name.to_owned(),
        false => name.to_lowercase(),
    }
}

fn read(text: &str, properties: bool, cased: bool, alone: bool) -> Result<File, String> {
    let mut file = File {
        defaults: Pairs::new(),
        sections: Vec::new(),
    };
    let mut inside: Option<usize> = None;
    if properties {
        file.sections.push((PROPERTIES.to_owned(), Pairs::new()));
        inside = Some(0);
    }
    let mut in_defaults = false;
    for line in text.lines() {
        let content = line.trim();
        if content.is_empty() || content.starts_with(['#', ';']) {
            continue;
        }
        let pairs = match inside {
            _ if in_defaults => Some(&mut file.defaults),
            Some(at) => file.sections.get_mut(at).map(|(_, pairs)| pairs),
            None => None,
        };
        let begun = pairs.as_deref().is_some_and(|pairs| !pairs.is_empty());
        if line.starts_with([' ', '\t']) && begun {
            if let Some((_, Some(value))) = pairs.and_then(|pairs| pairs.last_mut()) {
                value.push('\n');
                value.push_str(content);
            }
            continue;
        }
        let header = content
            .strip_prefix('[')
            .and_then(|name| name.strip_suffix(']'));
        if let Some(name) = header {
            in_defaults = name == "DEFAULT";
            if in_defaults {
                continue;
            }
            if file.sections.iter().any(|(known, _)| known == name) {
                return Err(format!("Duplicate section '{name}'"));
            }
            inside = Some(file.sections.len());
            file.sections.push((name.to_owned(), Pairs::new()));
            continue;
        }
        let Some(pairs) = pairs else {
            return Err(format!("there is no section above {content:?}"));
        };
        let (key, value) = match content.split_once(['=', ':']) {
            Some((key, value)) => (key.trim(), Some(value.trim().to_owned())),
            None if alone => (content, None),
            None => {
                return Err(format!(
                    "{content:?} has no value, which `allow_no_value` would allow,"
                ));
            }
        };
        let key = cased_as(key, cased);
        if pairs.iter().any(|(known, _)| *known == key) {
            return Err("Duplicate option".to_owned());
        }
        pairs.push((key, value));
    }
    Ok(file)
}

/// How deep values may name each other.
const DEEPEST: usize = 10;

/// A value with `%(name)s` replaced by that value of its section, and `%%` by `%`.
fn interpolated(value: &str, pairs: &Pairs, cased: bool, depth: usize) -> Result<String, String> {
    if depth > DEEPEST {
        return Err("values name each other without an end".to_owned());
    }
    let (mut text, mut rest) = (String::new(), value);
    while let Some((before, after)) = rest.split_once('%') {
        text.push_str(before);
        if let Some(more) = after.strip_prefix('%') {
            text.push('%');
            rest = more;
            continue;
        }
        let named = after.strip_prefix('(').and_then(|it| it.split_once(")s"));
        let Some((name, more)) = named else {
            return Err(
                "'%' must be followed by '%' or '('; `interpolation=false` takes it as it is"
                    .to_owned(),
            );
        };
        let name = cased_as(name, cased);
        let other = pairs.iter().find(|(known, _)| *known == name);
        let Some((_, other)) = other else {
            return Err(format!("there is no option '{name}' to put in"));
        };
        text.push_str(&interpolated(
            other.as_deref().unwrap_or_default(),
            pairs,
            cased,
            depth + 1,
        )?);
        rest = more;
    }
    text.push_str(rest);
    Ok(text)
}
