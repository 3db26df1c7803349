//! The modules that a playbook can name.

use super::{Erased, Error, Example, Sets, Task};
use crate::{
    diagnostic::{Diagnostic, nearest},
    node::{Kind, Node, Span, from_node},
};
use indexmap::IndexMap;
use schemars::generate::SchemaSettings;
use serde_json::Value as Json;
use std::{any::type_name, collections::HashMap, sync::Arc};

/// A module: a task's type, by name.
pub struct Module {
    /// Its short name, such as `sysctl`.
    pub name: &'static str,
    /// Its collection, such as `ansible.posix`; nothing for our own.
    pub collection: Option<&'static str>,
    /// See [`Task::FREE_FORM`].
    pub free_form: Option<&'static str>,
    /// See [`Task::EXPRESSIONS`].
    pub expressions: &'static [&'static str],
    /// See [`Task::CONDITIONS`].
    pub conditions: &'static [&'static str],
    /// See [`Task::UNTEMPLATED`].
    pub untemplated: &'static [&'static str],
    /// See [`Task::SETS`].
    pub sets: Sets,
    /// See [`Task::ALWAYS_ACTS`].
    pub always_acts: bool,
    /// See [`Task::RUN_ONCE`].
    pub run_once: bool,
    /// See [`Task::examples`].
    pub examples: &'static [Example],
    /// See [`Task::returns`].
    pub returns: &'static [(&'static str, &'static str)],
    type_name: &'static str,
    schema: fn() -> Json,
    parse: fn(&Node) -> Result<Arc<dyn Erased>, Diagnostic>,
}

impl std::fmt::Debug for Module {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Module({})", self.full_name())
    }
}

impl Module {
    fn of<T: Task>(collection: Option<&'static str>) -> Self {
        Self {
            name: T::NAME,
            collection,
            free_form: T::FREE_FORM,
            expressions: T::EXPRESSIONS,
            conditions: T::CONDITIONS,
            untemplated: T::UNTEMPLATED,
            sets: T::SETS,
            always_acts: T::ALWAYS_ACTS,
            run_once: T::RUN_ONCE,
            examples: T::examples(),
            returns: T::returns(),
            type_name: type_name::<T>(),
            schema: || {
                let schema = SchemaSettings::draft07()
                    .into_generator()
                    .into_root_schema_for::<T>();
                schema.to_value()
            },
            parse: |arguments| {
                let task: T = from_node(arguments)?;
                task.validate().map_err(|error| refused(error, arguments))?;
                Ok(Arc::new(task))
            },
        }
    }

    /// The name with the collection: `ansible.posix.sysctl`.
    pub fn full_name(&self) -> String {
        self.collection.map_or_else(
            || self.name.to_owned(),
            |collection| format!("{collection}.{}", self.name),
        )
    }

    /// The JSON schema (draft-07) of the arguments; its descriptions are the manual.
    pub fn schema(&self) -> Json {
        (self.schema)()
    }

    /// Types rendered arguments.
    ///
    /// # Errors
    /// At the argument that is unknown, missing or of the wrong type.
    pub fn parse(&self, arguments: &Node) -> Result<Arc<dyn Erased>, Diagnostic> {
        (self.parse)(arguments)
    }
}

fn refused(error: Error, arguments: &Node) -> Diagnostic {
    let place = meant(arguments, &error.argument).unwrap_or(&arguments.span);
    let mut diagnostic = Diagnostic::new(error.message).or_at(place);
    diagnostic.help = error.hint;
    diagnostic
}

/// Where an argument's name stands, or as near to it as what was written goes.
fn meant<'a>(arguments: &'a Node, path: &[String]) -> Option<&'a Span> {
    let (mut node, mut place) = (arguments, None);
    for step in path {
        match &node.kind {
            Kind::Map(map) => {
                let Some(entry) = map.get(&**step) else { break };
                (node, place) = (&entry.value, Some(&entry.key));
            }
            Kind::Seq(items) => {
                let at = step.parse::<usize>().ok();
                let Some(item) = at.and_then(|at| items.get(at)) else {
                    break;
                };
                (node, place) = (item, Some(&item.span));
            }
            _ => break,
        }
    }
    place
}

/// The modules that a playbook can name.
#[derive(Debug, Default)]
pub struct Registry {
    modules: IndexMap<&'static str, Module>,
    names: HashMap<String, &'static str>,
}

impl Registry {
    /// Adds a task of one's own.
    ///
    /// # Panics
    /// When another task has its name.
    #[must_use]
    pub fn with<T: Task>(self) -> Self {
        self.add(Module::of::<T>(None), &[])
    }

    /// Adds a task that Ansible has in `ansible.builtin`.
    ///
    /// # Panics
    /// When another task has its name.
    #[must_use]
    pub fn builtin<T: Task>(self) -> Self {
        self.add(
            Module::of::<T>(Some("ansible.builtin")),
            &["ansible.legacy"],
        )
    }

    /// Adds a task that Ansible has in a collection.
    ///
    /// # Panics
    /// When another task has its name.
    #[must_use]
    pub fn of<T: Task>(self, collection: &'static str) -> Self {
        self.add(Module::of::<T>(Some(collection)), &[])
    }

    /// Lets a module be called by another name as well.
    ///
    /// # Panics
    /// When there is no module `name`, or the other name is taken.
    #[must_use]
    pub fn alias(mut self, other: &str, name: &'static str) -> Self {
        assert!(
            self.modules.contains_key(name),
            "no module `{name}` to be called `{other}`"
        );
        assert!(
            self.names.insert(other.to_owned(), name).is_none(),
            "the name `{other}` is taken"
        );
        self
    }

    fn add(mut self, module: Module, more: &[&str]) -> Self {
        let name = module.name;
        if let Some(other) = self.modules.get(name) {
            panic!(
                "two tasks are called `{name}`: `{}` and `{}`",
                other.type_name, module.type_name
            );
        }
        self.names.insert(name.to_owned(), name);
        for collection in module.collection.iter().chain(more) {
            self.names.insert(format!("{collection}.{name}"), name);
        }
        self.modules.insert(name, module);
        self
    }

    /// The module of a name: short, with its collection, or another name it goes by.
    pub fn get(&self, name: &str) -> Option<&Module> {
        self.names.get(name).and_then(|name| self.modules.get(name))
    }

    /// All modules, in the order they were added.
    pub fn modules(&self) -> impl Iterator<Item = &Module> {
        self.modules.values()
    }

    /// The other names of a module.
    pub fn aliases<'a>(&'a self, module: &'a Module) -> impl Iterator<Item = &'a str> {
        self.names
            .iter()
            .filter(move |(_, name)| **name == module.name)
            .map(|(alias, _)| alias.as_str())
    }

    /// The known name nearest to what was typed.
    pub fn nearest(&self, typed: &str) -> Option<&str> {
        nearest(typed, self.names.keys().map(String::as_str))
    }
}
