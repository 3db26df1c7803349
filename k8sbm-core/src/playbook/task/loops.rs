//! Loops, repetition and what comes of a task.

use crate::{
    diagnostic::{Diagnostic, nearest},
    node::{Kind, Map, Node, Span},
    playbook::{
        Loop, LoopControl, Until,
        language::{Shape, unfit, value},
        reader::Reader,
        reserved_name, variables,
    },
};
use std::sync::Arc;

const CONTROL: [(&str, Shape); 7] = [
    ("loop_var", Shape::Text),
    ("index_var", Shape::Text),
    ("label", Shape::Any),
    ("pause", Shape::Number),
    ("extended", Shape::Switch),
    ("extended_allitems", Shape::Switch),
    ("break_when", Shape::Conditions),
];

/// Seconds between two looks at a task in the background, unless it says otherwise.
const POLL: i64 = 15;

impl Reader<'_> {
    /// The loop of a task.
    pub(in crate::playbook) fn repeat(&mut self, map: &Map) -> Option<Loop> {
        let mut loops = map
            .iter()
            .filter(|(key, _)| &***key == "loop" || key.starts_with("with_"));
        let control = self.control(map);
        let (key, entry) = loops.next()?;
        if let Some((other, second)) = loops.next() {
            self.error(
                Diagnostic::new(format!(
                    "a task has one loop, and this has `{key}` and `{other}`"
                ))
                .label(&second.key, "the second")
                .label(&entry.key, "the first"),
            );
        }
        if entry.value.is_null() {
            self.error(Diagnostic::new(format!("`{key}` has no items")).label(&entry.key, ""));
            return None;
        }
        let lookup: Option<Arc<str>> = key.strip_prefix("with_").map(Into::into);
        let items = &entry.value;
        if lookup.is_none() && items.as_seq().is_none() && !items.is_template() {
            let error = unfit("loop", "a list", items);
            let error = match items.as_str() {
                Some(name) if variables::is_name(name) => {
                    error.help(format!("for the variable, write \"{{{{ {name} }}}}\""))
                }
                _ if items.as_map().is_some() => {
                    error.help("write \"{{ ... | dict2items }}\", or `with_dict`")
                }
                _ => error,
            };
            self.error(error);
        }
        if let Some(name) = &lookup {
            self.check_lookup(name, &entry.key);
            self.check_templates(Shape::Any, items);
        }
        Some(Loop {
            lookup,
            items: items.clone(),
            control,
        })
    }

    fn check_lookup(&mut self, name: &str, span: &Span) {
        let engine = &self.loader.engine;
        if engine.has_lookup(name) {
            return;
        }
        let error = Diagnostic::new(format!("there is no lookup `{name}`")).label(span, "");
        let error = match engine.nearest_lookup(name) {
            Some(near) => error.help(format!("did you mean `with_{near}`?")),
            None => error,
        };
        self.error(error);
    }

    fn control(&mut self, map: &Map) -> LoopControl {
        let Some(fields) = value(map, "loop_control").and_then(Node::as_map) else {
            return LoopControl::default();
        };
        for (key, entry) in fields {
            match CONTROL.iter().find(|(name, _)| **name == **key) {
                Some(_) if entry.value.is_null() => {}
                Some((name, shape)) => {
                    let fits = shape.check(name, &entry.value);
                    if self.tolerate(fits).is_some() {
                        self.check_templates(*shape, &entry.value);
                    }
                }
                None => {
                    let error = Diagnostic::new(format!("unknown key `{key}` in `loop_control`"))
                        .label(&entry.key, "");
                    let names = CONTROL.iter().map(|(name, _)| *name);
                    self.error(match nearest(key, names.clone()) {
                        Some(near) => error.help(format!("did you mean `{near}`?")),
                        None => error.help(format!(
                            "known keys: {}",
                            names.collect::<Vec<_>>().join(", ")
                        )),
                    });
                }
            }
        }
        let field = |name| value(fields, name).cloned();
        LoopControl {
            loop_var: field("loop_var"),
            index_var: field("index_var"),
            label: field("label"),
            pause: field("pause"),
            extended: field("extended"),
            extended_allitems: field("extended_allitems"),
            break_when: field("break_when"),
        }
    }

    /// `until`, `retries` and `delay`.
    pub(in crate::playbook) fn until(&mut self, map: &Map) -> Option<Until> {
        let field = |name| value(map, name).cloned();
        let (condition, retries, delay) = (field("until"), field("retries"), field("delay"));
        if condition.is_none() && retries.is_none() {
            if let Some(entry) = map.get("delay") {
                self.warn(
                    Diagnostic::new("`delay` has no effect without `until` or `retries`")
                        .label(&entry.key, ""),
                );
            }
            return None;
        }
        Some(Until {
            condition,
            retries,
            delay,
        })
    }

    /// `async` and `poll`.
    pub(in crate::playbook) fn background(&mut self, map: &Map) -> Option<(Node, Node)> {
        let Some(seconds) = value(map, "async") else {
            if let Some(entry) = map.get("poll") {
                self.warn(
                    Diagnostic::new("`poll` has no effect without `async`").label(&entry.key, ""),
                );
            }
            return None;
        };
        if matches!(seconds.kind, Kind::Int(0)) {
            return None;
        }
        let poll = value(map, "poll")
            .cloned()
            .unwrap_or_else(|| Node::at(Kind::Int(POLL), seconds.span.clone()));
        Some((seconds.clone(), poll))
    }

    /// `register`: a name, or a mapping of names to expressions.
    pub(in crate::playbook) fn register(&mut self, map: &Map) -> Option<Node> {
        let register = value(map, "register")?;
        let names: Vec<(String, &Span)> = match &register.kind {
            Kind::Map(names) => {
                self.check_projections(names);
                names
                    .iter()
                    .map(|(name, entry)| (name.to_string(), &entry.key))
                    .collect()
            }
            _ => match register.to_text() {
                Some(name) => vec![(name, &register.span)],
                None => {
                    self.error(unfit("register", "the name of a variable", register));
                    return None;
                }
            },
        };
        for (name, span) in names {
            if let Some(warning) = reserved_name(&name) {
                self.warn(warning.label(span, ""));
            }
            if variables::is_name(&name) {
                continue;
            }
            let error = Diagnostic::new(format!("Invalid variable name '{name}'")).label(span, "");
            self.error(if name.contains("{{") {
                error.help("`register` takes the name itself, without a template")
            } else {
                error.help("names have letters, digits and `_`, and begin with no digit")
            });
        }
        Some(register.clone())
    }
}
