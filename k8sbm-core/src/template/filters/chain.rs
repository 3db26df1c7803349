//! What may be asked of undefined values: fallbacks, and reaching further into them.

use super::Filters;
use crate::template::guard::CHAIN;
use minijinja::{
    Error, ErrorKind, Value,
    value::{Kwargs, Object, ObjectRepr, Rest},
};
use std::sync::{Arc, LazyLock};

pub(super) fn register(filters: &mut Filters<'_>) {
    filters.0.add_filter(CHAIN, chain);
    filters.builtin(&["default", "d"], default);
    filters.builtin(&["mandatory"], mandatory);
}

/// Has nothing: reaching into it gives undefined again. It lives only between two links.
#[derive(Debug)]
struct Nothing;

impl Object for Nothing {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }
}

fn chain(value: &Value) -> Value {
    static NOTHING: LazyLock<Value> = LazyLock::new(|| Value::from_object(Nothing));
    if value.is_undefined() {
        NOTHING.clone()
    } else {
        value.clone()
    }
}

fn default(value: &Value, args: Rest<Value>, kwargs: Kwargs) -> Result<Value, Error> {
    // a fallback may itself be undefined, so it has to stay as it is
    let named = |name: &str| {
        kwargs
            .has(name)
            .then(|| kwargs.get::<Value>(name))
            .transpose()
    };
    let fallback = named("default_value")?.or_else(|| args.first().cloned());
    let boolean = named("boolean")?.or_else(|| args.get(1).cloned());
    kwargs.assert_all_used()?;
    let falls_back = value.is_undefined()
        || boolean.is_some_and(|boolean| boolean.is_true()) && !value.is_true();
    Ok(if falls_back {
        fallback.unwrap_or_else(|| Value::from(""))
    } else {
        value.clone()
    })
}

fn mandatory(value: &Value, message: Option<String>, kwargs: Kwargs) -> Result<Value, Error> {
    let message = kwargs.get::<Option<String>>("msg")?.or(message);
    kwargs.assert_all_used()?;
    if value.is_undefined() {
        let words = message.unwrap_or_else(|| "a mandatory variable is not defined".to_owned());
        return Err(Error::new(ErrorKind::InvalidOperation, words));
    }
    Ok(value.clone())
}
