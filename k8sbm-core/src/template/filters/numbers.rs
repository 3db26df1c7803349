//! Numbers.

use super::types::{truncated, whole};
use crate::template::call::{Call, Operation, fail, is_list, items, name_of, text_of};
use minijinja::{Error, Value, value::ValueKind};

pub(super) const FILTERS: &[Operation] = &[
    Operation::new(&["abs"], &[], abs),
    Operation::new(&["round"], &["precision", "method"], round),
    Operation::new(&["log"], &["base"], log),
    Operation::new(&["pow"], &["y"], |value, call| {
        Ok(Value::from(number(value)?.powf(number(&call.need("y")?)?)))
    }),
    Operation::new(&["root"], &["base"], root),
    Operation::new(&["human_readable"], &["isbits", "unit"], human_readable),
    Operation::new(
        &["human_to_bytes"],
        &["default_unit", "isbits"],
        human_to_bytes,
    ),
    Operation::new(&["filesizeformat"], &["binary"], filesizeformat),
];

/// A number, booleans among them.
pub(super) fn number(value: &Value) -> Result<f64, Error> {
    match value.kind() {
        ValueKind::Bool => Ok(f64::from(u8::from(value.is_true()))),
        ValueKind::Number => f64::try_from(value.clone()).or_else(|_| {
            value
                .to_string()
                .parse()
                .map_err(|_| fail("the number is too large"))
        }),
        _ => Err(fail(format!(
            "can only be used on numbers, not on {}",
            name_of(value)
        ))),
    }
}

fn integer(value: &Value) -> Option<i128> {
    match value.kind() {
        ValueKind::Bool => Some(i128::from(value.is_true())),
        _ if value.is_integer() => i128::try_from(value.clone()).ok(),
        _ => None,
    }
}

/// The sum of numbers, texts or lists.
pub(super) fn add(left: &Value, right: &Value) -> Result<Value, Error> {
    if let (Some(left), Some(right)) = (integer(left), integer(right)) {
        return left
            .checked_add(right)
            .map(whole)
            .ok_or_else(|| fail("the sum is too large"));
    }
    if is_list(left) && is_list(right) {
        return Ok(Value::from(
            items(left)?
                .into_iter()
                .chain(items(right)?)
                .collect::<Vec<_>>(),
        ));
    }
    match (left.as_str(), right.as_str()) {
        (Some(left), Some(right)) => Ok(Value::from(format!("{left}{right}"))),
        _ => Ok(Value::from(number(left)? + number(right)?)),
    }
}

fn abs(value: &Value, _: &Call<'_>) -> Result<Value, Error> {
    match integer(value) {
        Some(number) => Ok(whole(number.abs())),
        None => Ok(Value::from(number(value)?.abs())),
    }
}

fn round(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let precision = i32::try_from(call.whole("precision")?.unwrap_or(0)).unwrap_or(0);
    let method = call.text("method")?.unwrap_or_else(|| "common".to_owned());
    if let (Some(number), "common", 0..) = (integer(value), method.as_str(), precision) {
        return Ok(whole(number));
    }
    let whole_number = integer(value).is_some();
    let number = number(value)?;
    let scale = 10f64.powi(precision);
    Ok(Value::from(match method.as_str() {
        "common" if precision >= 0 => {
            // printing rounds halves of the exact binary number to even, as Python does
            let places = usize::try_from(precision).unwrap_or(0);
            format!("{number:.places$}").parse().unwrap_or(number)
        }
        "common" if whole_number => {
            return Ok(truncated((number * scale).round_ties_even() / scale));
        }
        "common" => (number * scale).round_ties_even() / scale,
        "ceil" => (number * scale).ceil() / scale,
        "floor" => (number * scale).floor() / scale,
        other => {
            return Err(fail(format!(
                "method is \"common\", \"ceil\" or \"floor\", not {other:?}"
            )));
        }
    }))
}

fn log(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let number = number(value)?;
    if number <= 0.0 {
        return Err(fail("only numbers above 0 have a logarithm"));
    }
    Ok(Value::from(match call.value("base")? {
        Some(base) if base.as_i64() == Some(10) => number.log10(),
        Some(base) => number.ln() / self::number(&base)?.ln(),
        None => number.ln(),
    }))
}

fn root(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let number = number(value)?;
    let base = call
        .value("base")?
        .map_or(Ok(2.0), |base| self::number(&base))?;
    if number < 0.0 {
        return Err(fail("a number below 0 has no root"));
    }
    Ok(Value::from(if base == 2.0 {
        number.sqrt()
    } else {
        number.powf(1.0 / base)
    }))
}

const UNITS: [(char, u32); 9] = [
    ('Y', 80),
    ('Z', 70),
    ('E', 60),
    ('P', 50),
    ('T', 40),
    ('G', 30),
    ('M', 20),
    ('K', 10),
    ('B', 0),
];

fn human_readable(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let size = number(value).map_err(|_| {
        let what = name_of(value);
        fail(format!("human_readable() failed on bad input: {what}"))
    })?;
    let bits = call.flag("isbits")?;
    let unit = call
        .text("unit")?
        .and_then(|unit| unit.chars().next())
        .map(|unit| unit.to_ascii_uppercase());
    let fits = |&&(letter, power): &&(char, u32)| match unit {
        Some(unit) => unit == letter,
        None => size >= 2f64.powi(power.cast_signed()),
    };
    let (letter, power) = UNITS.iter().find(fits).copied().unwrap_or(('B', 0));
    let name = match (power, bits) {
        (0, true) => "bits".to_owned(),
        (0, false) => "Bytes".to_owned(),
        (_, true) => format!("{letter}b"),
        (_, false) => format!("{letter}B"),
    };
    Ok(Value::from(format!(
        "{:.2} {name}",
        size / 2f64.powi(power.cast_signed())
    )))
}

fn human_to_bytes(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let text = text_of(value)?;
    let bits = call.flag("isbits")?;
    let digits = text
        .find(|letter: char| !letter.is_ascii_digit() && letter != '.')
        .unwrap_or(text.len());
    let size: f64 = text[..digits]
        .parse()
        .map_err(|_| fail(format!("{text:?} is not a size")))?;
    let written = text[digits..].trim().to_owned();
    let unit = if written.is_empty() {
        call.text("default_unit")?.unwrap_or_default()
    } else {
        written
    };
    let Some(first) = unit.chars().next() else {
        return Ok(truncated(size.round_ties_even()));
    };
    let letter = first.to_ascii_uppercase();
    let Some((_, power)) = UNITS.iter().find(|(known, _)| *known == letter) else {
        return Err(fail(format!(
            "{unit:?} is not a unit; use one of Y, Z, E, P, T, G, M, K, B"
        )));
    };
    let kind = if bits { 'b' } else { 'B' };
    let long = [
        "", "kilo", "mega", "giga", "tera", "peta", "exa", "zetta", "yotta",
    ];
    let names = ["bit", "byte"];
    let expected = if *power == 0 {
        kind.to_string()
    } else {
        format!("{letter}{kind}")
    };
    let word = format!(
        "{}{}",
        long[usize::try_from(power / 10).unwrap_or(0)],
        names[usize::from(!bits)]
    );
    if unit.len() > 1 && unit != expected && unit.to_lowercase() != word {
        return Err(fail(format!(
            "{unit:?} is not a unit here; use {letter} or {expected}"
        )));
    }
    Ok(truncated(
        (size * 2f64.powi(power.cast_signed())).round_ties_even(),
    ))
}

fn filesizeformat(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let size = match value.as_str() {
        Some(text) => text
            .parse()
            .map_err(|_| fail(format!("{text:?} is not a size")))?,
        None => number(value)?,
    };
    let binary = call.flag("binary")?;
    let base: f64 = if binary { 1024.0 } else { 1000.0 };
    if size.trunc() == 1.0 {
        return Ok(Value::from("1 Byte"));
    }
    if size < base {
        return Ok(Value::from(format!("{} Bytes", size.trunc())));
    }
    let letters = ["k", "M", "G", "T", "P", "E", "Z", "Y"];
    let mut power = 0;
    while power + 1 < letters.len() && size >= base.powi(i32::try_from(power).unwrap_or(0) + 2) {
        power += 1;
    }
    let prefix = if binary && power == 0 {
        "K"
    } else {
        letters[power]
    };
    let unit = if binary {
        format!("{prefix}iB")
    } else {
        format!("{prefix}B")
    };
    Ok(Value::from(format!(
        "{:.1} {unit}",
        size / base.powi(i32::try_from(power).unwrap_or(0) + 1)
    )))
}
