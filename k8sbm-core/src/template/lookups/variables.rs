//! Variables by names that are made up at run time.

use super::{Lookup, ask::Ask};
use crate::{
    diagnostic::nearest,
    template::{
        call::{defined, fail},
        filters::pattern,
    },
    value::Value,
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
    ask.texts()?.iter().map(value).collect()
}

fn varnames(ask: &Ask<'_>) -> Result<Vec<Value>, Error> {
    let names = ask.scope.0.names();
    let mut found = Vec::new();
    for wanted in ask.texts()? {
        let regex = pattern(&wanted, false, false)?;
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
