//! Keywords of plays that take words of their own.

use crate::{
    diagnostic::{Diagnostic, nearest},
    node::{Kind, Map, Node, Span},
    playbook::{
        Context, Strategy,
        language::{items, unfit, value},
        reader::Reader,
        task::builtin,
    },
};

const ORDERS: [&str; 5] = [
    "inventory",
    "reverse_inventory",
    "sorted",
    "reverse_sorted",
    "shuffle",
];

const STRATEGIES: [(&str, Strategy); 4] = [
    ("linear", Strategy::Linear),
    ("free", Strategy::Free),
    ("host_pinned", Strategy::HostPinned),
    ("dag", Strategy::Dag),
];

impl Reader<'_> {
    pub(in crate::playbook) fn hosts(&mut self, map: &Map, span: &Span) -> Option<Node> {
        let Some(entry) = map.get("hosts") else {
            let error = Diagnostic::new("this play has no `hosts`").label(&span.first_line(), "");
            let task = map.iter().find(|(key, _)| self.loader.knows(key));
            let near = nearest("hosts", map.keys().map(|key| &**key));
            self.error(match (task, near) {
                (Some((key, entry)), _) => Diagnostic::new(format!(
                    "'{key}' is not a valid attribute for a Play: it is a task"
                ))
                .label(&entry.key, "")
                .help("put it under `tasks` of a play, or import the file with `import_tasks`"),
                (None, Some(near)) => error.help(format!("did you mean `hosts` by `{near}`?")),
                (None, None) if map.contains_key("include") => {
                    Diagnostic::new("`include` was removed from the language")
                        .label(&span.first_line(), "")
                        .help("write `import_playbook`")
                }
                (None, None) => {
                    error.help("say which hosts it is for: a group, a pattern, or `all`")
                }
            });
            return None;
        };
        let hosts = &entry.value;
        let wrong = |item: &&Node| item.as_str().is_none_or(|text| text.trim().is_empty());
        let wrong = match hosts.as_seq() {
            Some([]) => Some(hosts),
            Some(list) => list.iter().find(wrong),
            None => Some(hosts).filter(wrong),
        };
        match wrong {
            None => Some(hosts.clone()),
            Some(item) => {
                let place = if item.is_null() {
                    &entry.key
                } else {
                    &item.span
                };
                self.error(
                    Diagnostic::new(format!(
                        "`hosts` must name hosts, not {}",
                        match &item.kind {
                            Kind::Str(_) => "an empty text",
                            Kind::Seq(_) => "an empty list",
                            _ => item.describe(),
                        }
                    ))
                    .label(place, "")
                    .help("write a group, a pattern, or `all`"),
                );
                None
            }
        }
    }

    pub(in crate::playbook) fn strategy(
        &mut self,
        map: &Map,
        context: &Context,
    ) -> Option<Strategy> {
        let node = value(map, "strategy")?;
        let text = self.text(node, context);
        let text = self.take(text)?;
        let name = builtin(&text);
        if let Some((_, strategy)) = STRATEGIES.iter().find(|(known, _)| *known == name) {
            return Some(*strategy);
        }
        // Mitogen's strategies are Ansible's, only faster.
        if let Some(plain) = name.strip_prefix("mitogen_") {
            self.warn(
                Diagnostic::new(format!("`{text}` is taken as `{plain}`")).label(&node.span, ""),
            );
            return STRATEGIES
                .iter()
                .find(|(known, _)| *known == plain)
                .map(|(_, strategy)| *strategy);
        }
        let error = Diagnostic::new(format!("there is no strategy `{text}`")).label(&node.span, "");
        let names = STRATEGIES.iter().map(|(name, _)| *name);
        self.error(match nearest(name, names.clone()) {
            _ if name == "debug" => {
                error.help("the debugger is not supported; see docs/differences-from-ansible.md")
            }
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error.help(format!("known: {}", names.collect::<Vec<_>>().join(", "))),
        });
        None
    }

    pub(in crate::playbook) fn order(&mut self, map: &Map) -> Option<Node> {
        let order = value(map, "order")?;
        let text = order.as_str().unwrap_or_default();
        if !order.is_template() && !ORDERS.contains(&text) {
            let error =
                Diagnostic::new(format!("there is no order `{text}`")).label(&order.span, "");
            self.error(match nearest(text, ORDERS) {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => error.help(format!("known: {}", ORDERS.join(", "))),
            });
        }
        Some(order.clone())
    }

    pub(in crate::playbook) fn serial(&mut self, map: &Map) -> Vec<Node> {
        let batches = value(map, "serial").map_or(&[][..], items);
        for batch in batches {
            let text = batch.to_text().unwrap_or_default();
            let number = text.trim().trim_end_matches('%').parse::<f64>();
            if !batch.is_template() && !number.is_ok_and(|number| number >= 0.0) {
                self.error(unfit("serial", "counts or percentages of hosts", batch));
            }
        }
        batches.to_vec()
    }

    pub(in crate::playbook) fn prompts(&mut self, map: &Map) -> Vec<Node> {
        const KEYS: [&str; 9] = [
            "name",
            "prompt",
            "default",
            "private",
            "confirm",
            "encrypt",
            "salt_size",
            "salt",
            "unsafe",
        ];
        let prompts = value(map, "vars_prompt").map_or(&[][..], items);
        for prompt in prompts {
            let Some(fields) = prompt.as_map() else {
                self.error(unfit("vars_prompt", "a list of mappings", prompt));
                continue;
            };
            if !fields.contains_key("name") {
                self.error(
                    Diagnostic::new("this prompt names no variable")
                        .label(&prompt.span.first_line(), "")
                        .help("name it under `name`"),
                );
            }
            for (key, entry) in fields {
                if KEYS.contains(&&**key) {
                    continue;
                }
                let error = Diagnostic::new(format!("unknown key `{key}` in `vars_prompt`"))
                    .label(&entry.key, "");
                self.error(match nearest(key, KEYS) {
                    Some(near) => error.help(format!("did you mean `{near}`?")),
                    None => error.help(format!("known keys: {}", KEYS.join(", "))),
                });
            }
        }
        prompts.to_vec()
    }

    /// Keywords that are refused, and those that change nothing here.
    pub(in crate::playbook) fn without_effect(&mut self, map: &Map) {
        if let Some(entry) = map.get("fact_path") {
            self.error(
                Diagnostic::new("`fact_path` is not supported")
                    .label(&entry.key, "")
                    .help("local facts are read from /etc/ansible/facts.d; see docs/differences-from-ansible.md"),
            );
        }
        if let Some(entry) = map.get("gather_timeout") {
            self.warn(Diagnostic::new("`gather_timeout` has no effect").label(&entry.key, ""));
        }
    }
}
