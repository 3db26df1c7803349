//! Numbers in a row.

use super::{
    Lookup,
    ask::{Ask, key_values},
};
use crate::{
    template::{call::fail, filters::pattern},
    value::Value,
};
use minijinja::{
    Error,
    formatting::{FormatStyle, format},
};

pub(super) const LOOKUPS: &[Lookup] = &[Lookup::new(&["sequence"], sequence)];

#[derive(Default)]
struct Sequence {
    start: Option<i64>,
    end: Option<i64>,
    count: Option<i64>,
    stride: Option<i64>,
    format: Option<String>,
}

fn sequence(ask: &Ask<'_>) -> Result<Vec<Value>, Error> {
    let mut terms = ask.texts()?;
    if terms.is_empty() && !ask.options.is_empty() {
        terms.push(String::new());
    }
    let mut all = Vec::new();
    for term in terms {
        let mut sequence = Sequence::default();
        for (name, value) in &ask.options {
            sequence.set(name, &value.to_string())?;
        }
        if !sequence.short(&term)? {
            let (bare, pairs) = key_values(&term);
            if let Some(word) = bare.first() {
                return Err(fail(format!(
                    "{word:?} is not a sequence such as 1-5 or start=1 end=5"
                )));
            }
            for (name, value) in pairs {
                sequence.set(&name, &value)?;
            }
        }
        sequence.numbers(&mut all)?;
    }
    Ok(all)
}

impl Sequence {
    fn set(&mut self, name: &str, value: &str) -> Result<(), Error> {
        match name {
            "start" => self.start = Some(number(name, value)?),
            "end" => self.end = Some(number(name, value)?),
            "count" => self.count = Some(number(name, value)?),
            "stride" => self.stride = Some(number(name, value)?),
            "format" => self.format = Some(value.to_owned()),
            _ => {
                return Err(fail(format!(
                    "unrecognized arguments to with_sequence: {name:?}; there are start, end, count, stride and format"
                )));
            }
        }
        Ok(())
    }

    /// Reads `[start-]end[/stride][:format]`.
    fn short(&mut self, term: &str) -> Result<bool, Error> {
        let number = "(?:0x)?[0-9a-fA-F]+";
        let form = pattern(
            &format!("^(?:({number})-)?({number})(?:/({number}))?(?::(.+))?$"),
            true,
            false,
        )?;
        let Ok(Some(found)) = form.captures(term) else {
            return Ok(false);
        };
        for (index, name) in ["start", "end", "stride", "format"].into_iter().enumerate() {
            if let Some(part) = found.get(index + 1) {
                self.set(name, part.as_str())?;
            }
        }
        Ok(true)
    }

    fn numbers(&self, all: &mut Vec<Value>) -> Result<(), Error> {
        let (start, stride) = (self.start.unwrap_or(1), self.stride.unwrap_or(1));
        let end = match (self.count, self.end) {
            (None, None) => {
                return Err(fail("must specify count or end in with_sequence"));
            }
            (Some(_), Some(_)) => {
                return Err(fail("can't specify both count and end in with_sequence"));
            }
            (Some(0), None) => return Ok(()),
            (Some(count), None) => start + count * stride - 1,
            (None, Some(end)) => end,
        };
        if stride == 0 {
            return Ok(());
        }
        if stride > 0 && end < start {
            return Err(fail(
                "the end is below the start: to count backwards make stride negative",
            ));
        }
        if stride < 0 && end > start {
            return Err(fail(
                "the end is above the start: to count forward don't make stride negative",
            ));
        }
        let layout = self.format.as_deref().unwrap_or("%d");
        if !layout.contains('%') {
            return Err(fail(format!("bad formatting string: {layout}")));
        }
        let mut at = start;
        while if stride > 0 { at <= end } else { at >= end } {
            all.push(Value::from(format(
                FormatStyle::Printf,
                layout,
                &[Value::from(at)],
            )?));
            at += stride;
        }
        Ok(())
    }
}

fn number(name: &str, text: &str) -> Result<i64, Error> {
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => i64::from_str_radix(digits, 16),
        None if text.len() > 1 && text.starts_with('0') => i64::from_str_radix(&text[1..], 8),
        None => text.parse(),
    };
    parsed.map_err(|_| {
        fail(format!(
            "{name} has an invalid value: {text:?} is not a whole number"
        ))
    })
}
