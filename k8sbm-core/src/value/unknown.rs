//! A result that check mode cannot know.

use super::Value;
use crate::template::TemplateError;
use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{Error, State};
use std::sync::Arc;

/// Stands for a result that only acting would give; using it says what it waits for.
///
/// Only `is defined` may be asked of it; everything else ends the rendering with
/// [`TemplateError::Unknown`].
#[derive(Debug)]
pub struct Unknown {
    /// What it waits for, such as `the result of "read the token"`.
    pub waits_for: Arc<str>,
}

impl Unknown {
    /// A value that waits for `waits_for`.
    pub fn value(waits_for: impl Into<Arc<str>>) -> Value {
        Value::from_object(Self {
            waits_for: waits_for.into(),
        })
    }

    /// What is known of a result, as a mapping; its other keys wait for `waits_for`.
    pub fn beyond(
        known: impl IntoIterator<Item = (String, Value)>,
        waits_for: impl Into<Arc<str>>,
    ) -> Value {
        let known = known.into_iter();
        let known = known.map(|(key, value)| (key.into(), value)).collect();
        Value::from_object(PartlyKnown {
            known,
            waits_for: waits_for.into(),
        })
    }

    /// Whether a value is a mapping of which some keys are not known.
    pub(crate) fn is_part_of(value: &Value) -> bool {
        value.downcast_object_ref::<PartlyKnown>().is_some()
    }

    /// The error that using it is.
    pub(crate) fn error(&self) -> Error {
        TemplateError::Unknown(self.waits_for.clone()).raise()
    }
}

impl Object for Unknown {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, _key: &Value) -> Option<Value> {
        Some(Value::from(self.error()))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(vec![Value::from(self.error())])
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        _: &str,
        _: &[Value],
    ) -> Result<Value, Error> {
        Err(self.error())
    }
}

/// A result of which check mode knows some keys.
#[derive(Debug)]
struct PartlyKnown {
    known: indexmap::IndexMap<Arc<str>, Value>,
    waits_for: Arc<str>,
}

impl Object for PartlyKnown {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let unknown = || Value::from(TemplateError::Unknown(self.waits_for.clone()).raise());
        Some(
            self.known
                .get(key.as_str()?)
                .cloned()
                .unwrap_or_else(unknown),
        )
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.known.keys().cloned().map(Value::from).collect())
    }
}
