//! The same done to every item: `map`, `select` and their kin.

use crate::template::{
    call::{Call, Operation, defined, fail, items, valid},
    output::Emitted,
};
use minijinja::{Error, ErrorKind, State, Value, value::Kwargs};

pub(super) const FILTERS: &[Operation] = &[
    Operation::stateful(&["map"], &["*", "**"], map),
    Operation::stateful(&["select"], &["*", "**"], |value, call, state| {
        pick(value, call, state, false, true)
    }),
    Operation::stateful(&["reject"], &["*", "**"], |value, call, state| {
        pick(value, call, state, false, false)
    }),
    Operation::stateful(&["selectattr"], &["*", "**"], |value, call, state| {
        pick(value, call, state, true, true)
    }),
    Operation::stateful(&["rejectattr"], &["*", "**"], |value, call, state| {
        pick(value, call, state, true, false)
    }),
    Operation::new(&["sum"], &["attribute", "start"], sum),
];

/// What is found at a dotted path; numbers in it count items.
pub(in crate::template) fn attribute(value: &Value, path: &str) -> Result<Value, Error> {
    let mut found = value.clone();
    for part in path.split('.') {
        if found.is_undefined() {
            return Ok(found);
        }
        found = match part.parse::<i64>() {
            Ok(index) => {
                let by_index = valid(found.get_item(&Value::from(index))?)?;
                if by_index.is_undefined() {
                    valid(found.get_item(&Value::from(part))?)?
                } else {
                    by_index
                }
            }
            Err(_) => valid(found.get_item(&Value::from(part))?)?,
        };
    }
    Ok(found)
}

/// The arguments that go on to the filter or test that is applied.
fn passed_on(call: &Call<'_>, from: usize) -> Vec<Value> {
    let mut args: Vec<Value> = call.positional.get(from..).unwrap_or_default().to_vec();
    let named = call.all_named();
    if !named.is_empty() {
        args.push(Kwargs::from_iter(named).into());
    }
    args
}

fn map(value: &Value, call: &Call<'_>, state: &mut State<'_, '_>) -> Result<Value, Error> {
    let mut out = Vec::new();
    if call.positional.is_empty() {
        let path = call
            .named("attribute")
            .ok_or_else(|| fail("it needs a filter, or attribute="))?
            .to_string();
        let default = call.named("default");
        for item in items(value)? {
            let found = attribute(&item, &path)?;
            out.push(if found.is_undefined() {
                default.clone().unwrap_or(found)
            } else {
                found
            });
        }
        return Ok(Value::from(out));
    }
    let filter = call.positional[0].to_string();
    let rest = passed_on(call, 1);
    for item in items(value)? {
        let args: Vec<Value> = std::iter::once(item).chain(rest.iter().cloned()).collect();
        out.push(
            state
                .apply_filter(&filter, &args)
                .map_err(|error| named(error, "filter", &filter))?,
        );
    }
    Ok(Value::from(out))
}

/// Whether an item counts as true; what an `if` without `else` leaves out does not.
fn truth(subject: Value, state: &mut State<'_, '_>) -> Result<bool, Error> {
    if subject.is_undefined() {
        // Only this tells it from a name that is missing: what is left out may be printed.
        let _aside = Emitted::begin();
        return state.format(subject).map(|_| false);
    }
    Ok(defined(subject)?.is_true())
}

fn pick(
    value: &Value,
    call: &Call<'_>,
    state: &mut State<'_, '_>,
    by_attribute: bool,
    keep: bool,
) -> Result<Value, Error> {
    let path = match call.positional.first() {
        Some(path) if by_attribute => Some(path.to_string()),
        None if by_attribute => return Err(fail("it needs the name of an attribute")),
        _ => None,
    };
    let at = usize::from(by_attribute);
    let test = call.positional.get(at).map(ToString::to_string);
    let rest = passed_on(call, at + 1);
    let mut out = Vec::new();
    for item in items(value)? {
        let subject = match &path {
            Some(path) => attribute(&item, path)?,
            None => item.clone(),
        };
        let holds = match &test {
            Some(test) => {
                let args: Vec<Value> = std::iter::once(subject)
                    .chain(rest.iter().cloned())
                    .collect();
                state
                    .perform_test(test, &args)
                    .map_err(|error| named(error, "test", test))?
            }
            None => truth(subject, state)?,
        };
        if holds == keep {
            out.push(item);
        }
    }
    Ok(Value::from(out))
}

/// Says which filter or test is unknown.
fn named(error: Error, what: &str, name: &str) -> Error {
    match error.kind() {
        ErrorKind::UnknownFilter | ErrorKind::UnknownTest if error.detail().is_none() => {
            Error::new(error.kind(), format!("{what} {name} is unknown"))
        }
        _ => error,
    }
}

fn sum(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let path = call.text("attribute")?;
    let mut all = Vec::new();
    for item in items(value)? {
        let item = path
            .as_ref()
            .map_or(Ok(item.clone()), |path| attribute(&item, path))?;
        all.push(defined(item)?);
    }
    let start = call.value("start")?.unwrap_or_else(|| Value::from(0));
    all.iter()
        .try_fold(start, |total, item| super::numbers::add(&total, item))
}
