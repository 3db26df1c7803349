//! The magic variables `hostvars` and `vars`: other hosts' variables, and one's own by name.

use super::{Frame, HostVars, Scope};
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

impl Scope {
    /// What a task that is delegated to `host` sees of it: an entry of `ansible_delegated_vars`. As in Ansible,
    /// `inventory_hostname` stays the name of the host whose task it is.
    pub(crate) fn of_delegate(&self, host: &Arc<HostVars>) -> Value {
        let frame = &self.0;
        let scope = Self::new(&frame.store, host)
            .with_layers(frame.layers.clone())
            .with_magic(frame.magic.clone())
            .with_pending(frame.pending.clone())
            .with_local("inventory_hostname", Value::from(frame.host.name.clone()));
        Value::from_dyn_object(scope.0)
    }
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
