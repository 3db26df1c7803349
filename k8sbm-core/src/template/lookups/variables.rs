//! Variables by names that are made up at run time.

use super::{Lookup, ask::Ask};
use crate::{
    diagnostic::nearest,
    template::{
        call::{class_of, defined, fail},
        filters::pattern,
    },
    value::{Value, python_str},
};
use minijinja::Error;

pub(super) const LOOKUPS: &[Lookup] = &[
    Lookup::new(&["vars"], vars),
    Lookup::new(&["varnames"], varnames),
];

fn vars(ask: &Ask<'_>) -> Result<Vec<Value>, Error> {
    ask.options_are(&["default"])?;
    let default = ask
        .options
        .iter()
        .find(|(name, _)| name == "default")
        .map(|(_, value)| value.clone());
    let value = |name: &String| match ask.scope.0.find(name).filter(|value| !value.is_undefined()) {
        Some(value) => defined(value),
        None => default.clone().ok_or_else(|| {
            let names = ask.scope.0.names();
            let meant = nearest(name, names.iter().map(|name| &**name));
            let help = meant
                .map(|meant| format!("; did you mean `{meant}`?"))
                .unwrap_or_default();
            fail(format!("No variable named '{name}' was found{help}"))
        }),
    };
    let name = |term: &Value| {
        let named = term.as_str().map(str::to_owned);
        named.ok_or_else(|| {
            let what = class_of(term);
            fail(format!("Variable name must be 'str' not '{what}'"))
        })
    };
    ask.terms
        .iter()
        .map(|term| value(&name(&defined(term.clone())?)?))
        .collect()
}

fn varnames(ask: &Ask<'_>) -> Result<Vec<Value>, Error> {
    let names = ask.scope.0.names();
    let mut found = Vec::new();
    for wanted in ask.terms {
        let Some(wanted) = wanted.as_str() else {
            let what = python_str(wanted);
            return Err(fail(format!(
                "Invalid setting identifier, '{what}' is not a string"
            )));
        };
        let regex = pattern(wanted, false, false).map_err(|error| {
            let why = error.detail().unwrap_or_default();
            fail(format!(
                "Unable to use '{wanted}' as a search parameter: {why}"
            ))
        })?;
        found.extend(
            names
                .iter()
                .filter(|name| regex.is_match(name.as_ref() as &str).unwrap_or(false))
                .cloned()
                .map(Value::from),
        );
    }
    Ok(found)
}
