//! Identifiers of resources.

use crate::template::call::{Call, Operation, items, text_of};
use minijinja::{Error, Value};

pub(super) const TESTS: &[Operation] = &[
    Operation::new(&["uri"], &["schemes"], |value, call| {
        Ok(Value::from(schemes_allow(value, call)?.is_some()))
    }),
    Operation::new(&["url"], &["schemes"], |value, call| {
        let allowed = schemes_allow(value, call)?;
        Ok(Value::from(allowed.is_some_and(|(scheme, rest)| {
            scheme == "file"
                || rest
                    .strip_prefix("//")
                    .is_some_and(|host| !host.is_empty() && !host.starts_with('/'))
        })))
    }),
    Operation::new(&["urn"], &[], |value, _| {
        Ok(Value::from(parts(&text_of(value)?).0 == "urn"))
    }),
];

fn parts(text: &str) -> (String, String) {
    match text.split_once(':') {
        Some((scheme, rest))
            if scheme
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter)) =>
        {
            (scheme.to_lowercase(), rest.to_owned())
        }
        _ => (String::new(), text.to_owned()),
    }
}

fn schemes_allow(value: &Value, call: &Call<'_>) -> Result<Option<(String, String)>, Error> {
    let Some(text) = value.as_str() else {
        return Ok(None);
    };
    let found = parts(text);
    let schemes = call.value("schemes")?.filter(|schemes| schemes.is_true());
    let allowed = match schemes {
        Some(schemes) => items(&schemes)?
            .iter()
            .any(|scheme| scheme.as_str() == Some(&found.0)),
        None => true,
    };
    Ok(allowed.then_some(found))
}
