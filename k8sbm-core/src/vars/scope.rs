//! What one task on one host sees.

use super::{HostVars, Layer, Magic, Store};
use crate::{
    template::TemplateError,
    value::{Unknown, Value},
};
use minijinja::value::{Enumerator, Object, ObjectRepr};
use std::{collections::HashSet, path::PathBuf, sync::Arc};

/// The name under which filters and lookups find the scope; no template can write it.
pub(crate) const SCOPE: &str = "\0scope";

/// The prefix that [`crate::template`] puts before names asked about with `is defined`.
pub(crate) const ASKED: &str = "__asked";

/// What one task on one host sees; cheap to make and to clone.
#[derive(Clone, Debug)]
pub struct Scope(pub(crate) Arc<Frame>);

/// The folders of the role, of the file and of the playbook, below which lookups and templates
/// look for files; first match first.
pub type SearchPath = Arc<[PathBuf]>;

/// The parts of a scope.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub store: Arc<Store>,
    pub host: Arc<HostVars>,
    pub layers: Arc<[Arc<Layer>]>,
    pub magic: Arc<Magic>,
    pub locals: Vec<(Arc<str>, Value)>,
    pub pending: Option<Arc<HashSet<Arc<str>>>>,
    pub search: SearchPath,
}

impl Scope {
    /// What `host` sees without any play: its own variables, extra vars and magic variables.
    pub fn new(store: &Arc<Store>, host: &Arc<HostVars>) -> Self {
        Self(Arc::new(Frame {
            store: store.clone(),
            host: host.clone(),
            layers: Arc::new([]),
            magic: Arc::default(),
            locals: Vec::new(),
            pending: None,
            search: Arc::new([]),
        }))
    }

    /// The same scope with the layers of a task, lowest level first.
    #[must_use]
    pub fn with_layers(self, layers: Arc<[Arc<Layer>]>) -> Self {
        self.change(|frame| frame.layers = layers)
    }

    /// The same scope with one more layer, above those of the task.
    #[must_use]
    pub fn with_layer(self, layer: Arc<Layer>) -> Self {
        self.change(|frame| {
            frame.layers = frame.layers.iter().cloned().chain([layer]).collect();
        })
    }

    /// The same scope with magic values.
    #[must_use]
    pub fn with_magic(self, magic: Arc<Magic>) -> Self {
        self.change(|frame| frame.magic = magic)
    }

    /// The same scope with names that are still to come; using one is [`TemplateError::Pending`].
    #[must_use]
    pub fn with_pending(self, pending: Option<Arc<HashSet<Arc<str>>>>) -> Self {
        self.change(|frame| frame.pending = pending)
    }

    /// The same scope with the folders where lookups and templates look for files.
    #[must_use]
    pub fn with_search(self, search: SearchPath) -> Self {
        self.change(|frame| frame.search = search)
    }

    /// The same scope with a loop variable, which wins over everything.
    #[must_use]
    pub fn with_local(self, name: impl Into<Arc<str>>, value: Value) -> Self {
        let name = name.into();
        self.change(|frame| {
            frame.locals.retain(|(known, _)| *known != name);
            frame.locals.push((name, value));
        })
    }

    /// The loop variables.
    pub fn locals(&self) -> &[(Arc<str>, Value)] {
        &self.0.locals
    }

    /// The folders to look in for files of a kind, such as `templates`.
    pub fn folders(&self, kind: &str) -> Vec<PathBuf> {
        self.0
            .search
            .iter()
            .flat_map(|folder| [folder.join(kind), folder.clone()])
            .collect()
    }

    /// The host it is of.
    pub fn host(&self) -> &Arc<HostVars> {
        &self.0.host
    }

    /// All hosts.
    pub fn store(&self) -> &Arc<Store> {
        &self.0.store
    }

    /// The value of a variable, rendered; `None` if it is not defined.
    pub fn get(&self, name: &str) -> Result<Option<Value>, TemplateError> {
        match self.0.find(name) {
            None => Ok(None),
            Some(value) if value.is_undefined() => Ok(None),
            Some(value) => self.0.store.engine.finish(value, self).map(Some),
        }
    }

    fn change(self, change: impl FnOnce(&mut Frame)) -> Self {
        let mut frame = Arc::try_unwrap(self.0).unwrap_or_else(|shared| (*shared).clone());
        change(&mut frame);
        Self(Arc::new(frame))
    }
}

/// The context of every template: names are looked up in the scope.
impl Object for Frame {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, name: &str) -> Option<Value> {
        match name {
            SCOPE => Some(Value::from_dyn_object(self.clone())),
            ASKED => Some(Value::from_object(Asked(self.clone()))),
            _ => self
                .find(name)
                .map(|value| match value.downcast_object_ref::<Unknown>() {
                    Some(unknown) => Value::from(unknown.error()),
                    None => value,
                }),
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.names().into_iter().map(Value::from).collect())
    }
}

/// Looks names up for `is defined`, which may be asked of a result that is not known.
#[derive(Debug)]
struct Asked(Arc<Frame>);

impl Object for Asked {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.0.find(key.as_str()?)
    }
}
