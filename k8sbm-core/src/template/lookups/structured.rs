//! Variables merged by the pattern of their names.

use super::{Lookup, ask::Ask};
use crate::{
    template::{
        call::{entries, fail, is_list, items},
        filters,
    },
    value::{Dict, Value},
};
use minijinja::{Error, value::ValueKind};

pub(super) const LOOKUPS: &[Lookup] =
    &[Lookup::new(&["merge_variables"], merge_variables).of(&["community.general"])];

fn merge_variables(ask: &Ask<'_>) -> Result<Vec<Value>, Error> {
    let kind = ask
        .text("pattern_type")?
        .unwrap_or_else(|| "regex".to_owned());
    let mut merged = Vec::new();
    for wanted in ask.texts()? {
        let regex = filters::pattern(&wanted, false, false)?;
        let fits = |name: &str| match kind.as_str() {
            "prefix" => name.starts_with(&wanted),
            "suffix" => name.ends_with(&wanted),
            _ => regex.is_match(name).unwrap_or(false),
        };
        let mut result = ask.option("initial_value")?;
        for name in ask.scope.0.names().into_iter().filter(|name| fits(name)) {
            let Some(value) = ask.scope.0.find(&name) else {
                continue;
            };
            let value = crate::template::call::defined(value)?;
            result = Some(match result {
                None => value,
                Some(below) => merge(&below, &value, &name)?,
            });
        }
        merged.push(result.unwrap_or_else(|| Value::from(())));
    }
    Ok(merged)
}

/// Mappings merged through and through, lists joined.
fn merge(below: &Value, above: &Value, name: &str) -> Result<Value, Error> {
    match (below.kind(), above.kind()) {
        (ValueKind::Map, ValueKind::Map) => {
            let mut map: Dict = entries(below)?.into_iter().collect();
            for (key, value) in entries(above)? {
                let value = match map.get(&key) {
                    Some(known)
                        if known.kind() == ValueKind::Map && value.kind() == ValueKind::Map =>
                    {
                        merge(known, &value, name)?
                    }
                    Some(known) if is_list(known) && is_list(&value) => merge(known, &value, name)?,
                    _ => value,
                };
                map.insert(key, value);
            }
            Ok(Value::from_object(map))
        }
        _ if is_list(below) && is_list(above) => Ok(Value::from(
            items(below)?
                .into_iter()
                .chain(items(above)?)
                .collect::<Vec<_>>(),
        )),
        _ => Err(fail(format!(
            "`{name}` cannot be merged with the others: they are neither lists nor mappings"
        ))),
    }
}
