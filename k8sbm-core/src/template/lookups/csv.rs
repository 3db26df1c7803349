//! `csvfile`: a value in a table.

use super::{
    Lookup,
    ask::Ask,
    inline::{Options, pair, words},
};
use crate::{template::call::fail, value::Value};
use minijinja::Error;

pub(super) const LOOKUPS: &[Lookup] = &[Lookup::new(&["csvfile"], csvfile)];

const OPTIONS: &[&str] = &["col", "default", "delimiter", "encoding", "file", "keycol"];

fn csvfile(ask: &Ask<'_>) -> Result<Vec<Value>, Error> {
    let no_key = || fail("Search key is required but was not found: name it first in the term");
    let terms = ask.texts()?;
    if terms.is_empty() {
        return Err(no_key());
    }
    let mut found = Vec::new();
    for term in terms {
        let (mut bare, mut inline) = (Vec::new(), Vec::new());
        for word in words(&term) {
            match pair(&word) {
                Some(pair) => inline.push(pair),
                None => bare.push(word),
            }
        }
        if bare.is_empty() {
            return Err(no_key());
        }
        let options = Options::new(ask, inline, OPTIONS)?;
        let key = bare.join(" ");
        let (column, key_column) = (options.number("col", 1)?, options.number("keycol", 0)?);
        let delimiter = match options.text("delimiter")?.as_deref() {
            None | Some("TAB" | "\\t") => '\t',
            Some(text) => text.chars().next().unwrap_or('\t'),
        };
        let name = options
            .text("file")?
            .unwrap_or_else(|| "ansible.csv".into());
        let path = ask
            .path(&name, "files")
            .map_err(|error| fail(format!("No such file or directory: {}", said(&error))))?;
        let rows = rows(&options.read(&path)?, delimiter);
        let row = rows.iter().find(|row| row.get(key_column) == Some(&key));
        match row.and_then(|row| row.get(column)) {
            Some(value) => found.push(Value::from(value.as_str())),
            None => found.extend(options.default()?.into_iter().flatten()),
        }
    }
    Ok(found)
}

fn said(error: &Error) -> String {
    error.detail().unwrap_or_default().to_owned()
}

/// The rows of a table. A cell that begins with a quote ends with one, and may hold delimiters, lines, and quotes
/// written twice.
fn rows(text: &str, delimiter: char) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let (mut row, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.next_if_eq(&'"').is_some() => cell.push('"'),
            '"' if quoted => quoted = false,
            '"' if cell.is_empty() => quoted = true,
            _ if quoted => cell.push(letter),
            _ if letter == delimiter => row.push(std::mem::take(&mut cell)),
            '\r' if letters.peek() == Some(&'\n') => {}
            '\n' => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            _ => cell.push(letter),
        }
    }
    if !cell.is_empty() || !row.is_empty() {
        row.push(cell);
        rows.push(row);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::rows;

    #[test]
    fn cells_in_quotes_hold_anything() {
        let table = "a,\"b, \"\"c\"\"\nd\",e\r\n\"x\"y,z\"z\",\n\nlast";
        assert_eq!(
            rows(table, ','),
            [
                vec!["a", "b, \"c\"\nd", "e"],
                vec!["xy", "z\"z\"", ""],
                vec![""],
                vec!["last"]
            ]
        );
    }
}
