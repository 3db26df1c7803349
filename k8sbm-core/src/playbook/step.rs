//! Lists of tasks and blocks.

use super::{
    Block, Context, Handler, Step,
    action::Statements,
    inherit::{items, value},
    keyword::Place,
    reader::Reader,
};
use crate::{
    diagnostic::Diagnostic,
    node::{Map, Node, Span},
    vars::Level,
};
use std::{path::Path, sync::Arc};

impl Reader<'_> {
    /// The steps of a list.
    pub(super) fn steps(&mut self, list: &Node, context: &Arc<Context>) -> Vec<Step> {
        let Some(entries) = list.as_seq() else {
            return Vec::new();
        };
        let mut steps = Vec::with_capacity(entries.len());
        for entry in entries {
            let Some(map) = self.entry(entry) else {
                continue;
            };
            if ["block", "rescue", "always"]
                .iter()
                .any(|key| map.contains_key(*key))
            {
                steps.extend(self.block(map, &entry.span, context));
                continue;
            }
            let call = self.call(map, &entry.span, context);
            let Some(call) = self.take(call) else {
                continue;
            };
            match Statements::of(&call.name) {
                None => {
                    let task = self.module_task(map, &entry.span, call, Place::Task, context);
                    steps.push(Step::Task(Arc::new(task)));
                }
                Some(statement) => {
                    steps.extend(self.statement(statement, map, &entry.span, call, context));
                }
            }
        }
        steps
    }

    /// An entry of a list of tasks, which has to be a mapping.
    fn entry<'n>(&mut self, entry: &'n Node) -> Option<&'n Map> {
        if let Some(map) = entry.as_map() {
            return Some(map);
        }
        let error = Diagnostic::new(format!(
            "a task must be a mapping, not {}",
            entry.describe()
        ))
        .label(&entry.span.first_line(), "");
        self.error(match entry.as_str() {
            Some(text) if self.loader.knows(text.trim_end_matches(':')) => {
                error.help(format!("write `{}:`", text.trim_end_matches(':')))
            }
            Some(text) if text.contains('=') => {
                error.help("there must be a `:` after the module's name")
            }
            _ if entry.is_null() => error.help("remove the `-` that has nothing after it"),
            _ => error,
        });
        None
    }

    fn block(&mut self, map: &Map, span: &Span, context: &Arc<Context>) -> Option<Step> {
        let Some(block) = map.get("block") else {
            let (key, entry) = map
                .iter()
                .find(|(key, _)| matches!(&***key, "rescue" | "always"))?;
            self.error(
                Diagnostic::new(format!("`{key}` stands without a `block`"))
                    .label(&entry.key, "")
                    .help("it belongs to a block, at the same indentation"),
            );
            return None;
        };
        let except: Vec<&str> = map
            .keys()
            .map(|key| &**key)
            .filter(|key| key.starts_with("with_") || self.loader.knows(key))
            .collect();
        for key in &except {
            let error = if key.starts_with("with_") {
                Diagnostic::new(format!("`{key}` cannot stand on a block"))
                    .help("put the block into a file of its own, and loop over `include_tasks`")
            } else {
                Diagnostic::new(format!("a block cannot run a module, and this has `{key}`"))
                    .help("make it a task of the block")
            };
            let place = map.get(*key).map_or(span, |entry| &entry.key);
            self.error(error.label(place, "").label(&block.key, ""));
        }
        self.keywords(map, Place::Block, &except);
        let inside = self.within(map, Level::Block, "vars of the block", context);
        let mut part = |name| {
            let list = value(map, name);
            list.map_or_else(Vec::new, |list| self.steps(list, &inside))
        };
        let (block, rescue, always) = (part("block"), part("rescue"), part("always"));
        Some(Step::Block(Arc::new(Block {
            name: value(map, "name").cloned(),
            span: span.clone(),
            id: self.id(map),
            needs: self.needs(map),
            block,
            rescue,
            always,
            role: None,
        })))
    }

    /// The handlers of a list.
    pub(super) fn handler_list(&mut self, list: &Node, context: &Arc<Context>) -> Vec<Handler> {
        let mut handlers = Vec::new();
        for entry in list.as_seq().unwrap_or_default() {
            let Some(map) = self.entry(entry) else {
                continue;
            };
            if let Some(block) = map.get("block") {
                self.error(
                    Diagnostic::new("a block cannot be a handler")
                        .label(&block.key, "")
                        .help("give its tasks one `listen`, or put them into a file and use `include_tasks`"),
                );
                continue;
            }
            let call = self.call(map, &entry.span, context);
            let Some(call) = self.take(call) else {
                continue;
            };
            handlers.extend(self.handler(map, &entry.span, call, context));
        }
        handlers
    }

    /// The topics a handler listens to.
    pub(super) fn listen(&self, map: &Map) -> Vec<Arc<str>> {
        let listen = value(map, "listen");
        let topics = listen.map_or(&[][..], items).iter();
        topics.filter_map(Node::to_text).map(Arc::from).collect()
    }

    /// The list in a file of tasks or handlers; an empty file is an empty list.
    pub(super) fn list_in(&mut self, path: &Path) -> Option<Arc<Node>> {
        let document = self.loader.files.document(path);
        let document = self.take(document)?;
        if document.is_null() || document.as_seq().is_some() {
            return Some(document);
        }
        let error = Diagnostic::new(format!(
            "a file of tasks must hold a list, not {}",
            document.describe()
        ))
        .label(&document.span.first_line(), "");
        self.error(match document.as_map() {
            Some(map) if map.contains_key("tasks") => {
                error.help("remove `tasks:`; the file holds the tasks themselves")
            }
            Some(_) => error.help("begin each task with `- `"),
            None => error,
        });
        None
    }
}
