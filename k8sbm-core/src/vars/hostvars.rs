//! The magic variables `hostvars` and `vars`: other hosts' variables, and one's own by name.

use super::{Frame, Scope};
use crate::value::Value;
use minijinja::value::{Enumerator, Object, ObjectRepr};
use std::sync::Arc;

/// `hostvars`: every host's variables, each rendered in that host's own context.
pub(super) fn hostvars(frame: &Arc<Frame>) -> Value {
    Value::from_object(HostVarsMap(frame.clone()))
}

/// `vars`: the variables of the scope by name.
pub(super) fn vars(frame: &Arc<Frame>) -> Value {
    Value::from_dyn_object(frame.clone())
}

#[derive(Debug)]
struct HostVarsMap(Arc<Frame>);

impl Object for HostVarsMap {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, name: &str) -> Option<Value> {
        let host = self.0.store.host_named(name)?;
        let scope = Scope::new(&self.0.store, &host).with_magic(self.0.magic.clone());
        Some(Value::from_dyn_object(
            scope.with_pending(self.0.pending.clone()).0,
        ))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(
            self.0
                .store
                .host_names()
                .into_iter()
                .map(Value::from)
                .collect(),
        )
    }

    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }
}
