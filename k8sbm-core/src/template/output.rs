//! What a template puts out: the value of its one expression, or text as Python prints it.

use super::{Compat, finish};
use crate::value::{Unknown, Value, python_float, python_repr, python_str};
use minijinja::{Error, Output, State, value::ValueKind};
use std::cell::RefCell;

/// The first letter of the names of templates that give a value.
pub(super) const VALUE: char = 'e';

/// The first letter of the names of templates that give text.
pub(super) const TEXT: char = 't';

thread_local! {
    /// The value a template of one expression gave.
    static VALUE_GIVEN: RefCell<Value> = const { RefCell::new(Value::UNDEFINED) };
    /// How often the template being rendered put something out, and what it was first.
    static EMITTED: RefCell<(usize, Value)> = const { RefCell::new((0, Value::UNDEFINED)) };
}

/// Called by minijinja for everything a template puts out.
pub(super) fn format(
    out: &mut Output<'_>,
    state: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), Error> {
    if state.name().starts_with(VALUE) {
        VALUE_GIVEN.set(value.clone());
        return Ok(());
    }
    EMITTED.with_borrow_mut(|(count, first)| {
        if value.is_none() {
            return;
        }
        *count += 1;
        if *count == 1 {
            *first = value.clone();
        }
    });
    write(out, value)
}

/// Takes the value that a template of one expression gave.
pub(super) fn take_value() -> Value {
    VALUE_GIVEN.take()
}

/// Watches what one rendering puts out.
pub(super) struct Emitted {
    before: (usize, Value),
}

impl Emitted {
    /// Begins to watch.
    pub fn begin() -> Self {
        Self {
            before: EMITTED.take(),
        }
    }

    /// The value that stands for `text`, if it is not text: the only thing that was put out, or
    /// nothing at all.
    pub fn only(&self, text: &str, compat: Compat) -> Option<Value> {
        let (count, first) = EMITTED.take();
        match count {
            0 if text.is_empty() && compat == Compat::V2_19 => Some(Value::from(())),
            1 if first.as_str().is_none() && !first.is_undefined() => {
                (python_str(&first) == text).then_some(first)
            }
            _ => None,
        }
    }
}

impl Drop for Emitted {
    fn drop(&mut self) {
        EMITTED.set(std::mem::take(&mut self.before));
    }
}

/// Prints a value as Ansible does.
pub(super) fn write(out: &mut Output<'_>, value: &Value) -> Result<(), Error> {
    match value.kind() {
        ValueKind::String => out.write_str(value.as_str().unwrap_or_default())?,
        ValueKind::None | ValueKind::Undefined => {}
        ValueKind::Number if !value.is_integer() => {
            out.write_str(
                &f64::try_from(value.clone()).map_or_else(|_| value.to_string(), python_float),
            )?;
        }
        ValueKind::Map | ValueKind::Seq | ValueKind::Iterable => {
            out.write_str(&python_repr(&finish::finish(value.clone())?))?;
        }
        ValueKind::Plain => match value.downcast_object_ref::<Unknown>() {
            Some(unknown) => return Err(unknown.error()),
            None => write!(out, "{value}")?,
        },
        _ => write!(out, "{value}")?,
    }
    Ok(())
}

/// The text of a whole template, whose lines end as those of its source do.
pub(super) fn text(value: &Value, source: &str) -> Result<String, Error> {
    if let Some(text) = value.as_str() {
        return Ok(text.to_owned());
    }
    let printed = match value.kind() {
        ValueKind::None => String::new(),
        _ => python_str(&finish::finish(value.clone())?),
    };
    let wanted = source.len() - source.trim_end_matches('\n').len();
    Ok(printed + &"\n".repeat(wanted))
}
