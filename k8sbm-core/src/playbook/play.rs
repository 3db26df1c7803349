//! Playbooks and plays.

use super::{
    Context, Play, Section, Strategy, TaskSpec,
    action::builtin,
    inherit::{items, nothing, value},
    inline::{self, Inline},
    keyword::Place,
    reader::Reader,
    search, variables,
};
use crate::{
    diagnostic::{Diagnostic, nearest},
    node::{Entry, Kind, Map, Node, Span},
    vars::{Layer, Level},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
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
    /// The plays of a playbook, with those that it imports.
    pub(super) fn playbook(&mut self, path: &Path) -> Vec<Arc<Play>> {
        let around = Context {
            inherited: Some(Arc::new(nothing())),
            ..Context::default()
        };
        self.plays(path, &Span::none(), &Arc::new(around), &[])
    }

    /// The plays of a file; `over` are variables of the imports that brought it, which win over the plays' own.
    fn plays(
        &mut self,
        path: &Path,
        span: &Span,
        around: &Arc<Context>,
        over: &[Arc<Layer>],
    ) -> Vec<Arc<Play>> {
        if self.enter(path, path.display().to_string(), span).is_none() {
            return Vec::new();
        }
        let document = self
            .loader
            .files
            .document(path)
            .map_err(|error| error.or_at(span));
        let document = self.take(document);
        let directory = path.parent().map_or_else(PathBuf::new, Path::to_owned);
        let plays = document.map_or_else(Vec::new, |document| {
            self.entries(&document, &directory, around, over)
        });
        self.chain.pop();
        plays
    }

    fn entries(
        &mut self,
        document: &Node,
        directory: &Path,
        around: &Arc<Context>,
        over: &[Arc<Layer>],
    ) -> Vec<Arc<Play>> {
        let Some(entries) = document.as_seq() else {
            let error = Diagnostic::new(format!(
                "a playbook must be a list of plays, not {}",
                document.describe()
            ))
            .label(&document.span.first_line(), "");
            self.error(match document.as_map() {
                Some(map) if map.contains_key("hosts") => error.help("begin each play with `- `"),
                Some(_) => error.help("is this a file of variables or an inventory?"),
                None => error,
            });
            return Vec::new();
        };
        let mut plays = Vec::new();
        for entry in entries {
            let Some(map) = entry.as_map() else {
                let message = format!("a play must be a mapping, not {}", entry.describe());
                self.error(Diagnostic::new(message).label(&entry.span.first_line(), ""));
                continue;
            };
            match map
                .iter()
                .find(|(key, _)| builtin(key) == "import_playbook")
            {
                Some((key, import)) => {
                    plays.extend(self.imported(map, key, import, directory, around, over));
                }
                None => plays.extend(self.play(map, &entry.span, directory, around, over)),
            }
        }
        plays
    }

    fn imported(
        &mut self,
        map: &Map,
        key: &str,
        import: &Entry,
        directory: &Path,
        around: &Arc<Context>,
        over: &[Arc<Layer>],
    ) -> Vec<Arc<Play>> {
        for (other, entry) in map {
            if !["name", "vars", "when", "tags", key].contains(&&**other) {
                self.error(
                    Diagnostic::new(format!("`{other}` cannot stand beside `{key}`"))
                        .label(&entry.key, "")
                        .help("`name`, `vars`, `when` and `tags` can"),
                );
            }
        }
        let mut keywords = map.clone();
        let vars = keywords
            .shift_remove("vars")
            .filter(|vars| !vars.value.is_null());
        let mut over = over.to_vec();
        if let Some(vars) = vars {
            let layer = variables::of_keyword(&vars.value, Level::Play, "vars of the import");
            // Outer imports win over inner ones.
            over.splice(0..0, self.take(layer).map(Arc::new));
        }
        let mut inside = Context::clone(&self.within(&keywords, Level::Play, "", around));
        inside.playbook = directory.to_owned();
        for layer in &over {
            variables::put(&mut inside.layers, layer.clone());
        }
        let target = self.old_parameters(&import.value, &mut over);
        let name = self.text(&target, &inside);
        inside.layers.clear();
        let Some(name) = self.take(name) else {
            return Vec::new();
        };
        let path = match self.loader.playbook_of_collection(&name) {
            Some(path) => Ok(path),
            None => search::file(&name, &import.value.span, vec![directory.join(&name)]),
        };
        match self.take(path) {
            Some(path) => self.plays(&path, &import.value.span, &Arc::new(inside), &over),
            None => Vec::new(),
        }
    }

    /// Variables after the path of an import, as they were given once: `site.yml version=1`.
    fn old_parameters(&mut self, target: &Node, over: &mut Vec<Arc<Layer>>) -> Node {
        let text = target.as_str().unwrap_or_default();
        let Ok(Inline {
            arguments,
            rest: Some(path),
        }) = inline::arguments(target, text)
        else {
            return target.clone();
        };
        if arguments.is_empty() {
            return target.clone();
        }
        self.warn(
            Diagnostic::new("variables after a path are an old form")
                .label(&target.span, "")
                .help("give them under `vars`"),
        );
        let layer = Layer::from_map(Level::Play, "vars of the import", &arguments);
        over.insert(0, Arc::new(layer));
        path
    }

    /// A play. It is read until the roles are known whose variables all of it sees.
    fn play(
        &mut self,
        map: &Map,
        span: &Span,
        directory: &Path,
        around: &Arc<Context>,
        over: &[Arc<Layer>],
    ) -> Option<Arc<Play>> {
        const PASSES: usize = 4;
        let hosts = self.hosts(map, span)?;
        let before = self.errors.len();
        self.exported.clear();
        for _ in 0..PASSES {
            self.errors.truncate(before);
            self.ran.clear();
            self.found.clear();
            self.handlers.clear();
            let play = self.pass(map, span, hosts.clone(), directory, around, over);
            let same = self.found.len() == self.exported.len()
                && self
                    .found
                    .iter()
                    .zip(&self.exported)
                    .all(|(found, known)| found.path == known.path);
            if same {
                return Some(Arc::new(play));
            }
            self.exported = std::mem::take(&mut self.found);
        }
        self.error(
            Diagnostic::new("names of imported roles depend on each other's variables")
                .label(&span.first_line(), ""),
        );
        None
    }

    fn pass(
        &mut self,
        map: &Map,
        span: &Span,
        hosts: Node,
        directory: &Path,
        around: &Arc<Context>,
        over: &[Arc<Layer>],
    ) -> Play {
        self.keywords(map, Place::Play, &[]);
        if let (Some(old), Some(new)) = (map.get("user"), map.get("remote_user")) {
            self.error(
                Diagnostic::new("`user` is an old name of `remote_user`; a play has one of them")
                    .label(&old.key, "")
                    .label(&new.key, ""),
            );
        }
        self.without_effect(map);
        let context = self.play_context(map, directory, around, over);
        let roles = self.roles(map, &context);
        let first = self.handlers.len();
        let mut section = |name| {
            let list = value(map, name);
            list.map_or_else(Vec::new, |list| self.steps(list, &context))
        };
        let mut sections = vec![
            (Section::PreTasks, section("pre_tasks")),
            (Section::Roles, roles),
            (Section::Tasks, section("tasks")),
            (Section::PostTasks, section("post_tasks")),
        ];
        sections.retain(|(_, steps)| !steps.is_empty());
        let imported = self.handlers.split_off(first);
        let mut handlers = std::mem::take(&mut self.handlers);
        if let Some(list) = value(map, "handlers") {
            handlers.extend(self.handler_list(list, &context));
        }
        handlers.extend(imported);
        self.check_notified(&sections, &handlers);
        let field = |name| value(map, name).cloned();
        let list = |name| value(map, name).map_or_else(Vec::new, |list| items(list).to_vec());
        Play {
            name: field("name").unwrap_or_else(|| hosts.clone()),
            span: span.clone(),
            hosts,
            gather_facts: field("gather_facts"),
            gather_subset: field("gather_subset"),
            strategy: self.strategy(map, &context),
            serial: self.serial(map),
            order: self.order(map),
            force_handlers: field("force_handlers"),
            any_errors_fatal: field("any_errors_fatal"),
            max_fail_percentage: field("max_fail_percentage"),
            id: self.id(map),
            needs: self.needs(map),
            layers: context.layers.clone(),
            vars_files: list("vars_files"),
            vars_prompt: self.prompts(map),
            sections,
            handlers,
            roles: self.found.clone(),
            directory: directory.to_owned(),
            context,
        }
    }

    /// The context of a play: its variables, and those of roles that all of it sees.
    fn play_context(
        &mut self,
        map: &Map,
        directory: &Path,
        around: &Arc<Context>,
        over: &[Arc<Layer>],
    ) -> Arc<Context> {
        let mut context =
            Context::clone(&self.within(map, Level::Play, "vars of the play", around));
        context.directory = directory.to_owned();
        context.playbook = directory.to_owned();
        let exported = self
            .exported
            .iter()
            .flat_map(|role| role.defaults.iter().chain(&role.vars));
        for layer in over.iter().chain(exported) {
            variables::put(&mut context.layers, layer.clone());
        }
        self.files.clear();
        for file in value(map, "vars_files").map_or(&[][..], items) {
            self.vars_file(file, &context);
        }
        Arc::new(context)
    }

    /// Reads a file of `vars_files` for the names of imports, as far as its own name is known already.
    fn vars_file(&mut self, names: &Node, context: &Context) {
        let names: Vec<String> = items(names)
            .iter()
            .filter_map(|name| self.text(name, context).ok())
            .collect();
        let found = names
            .iter()
            .find_map(|name| self.loader.find_vars_file(&context.playbook, name));
        if let Some(path) = found {
            let layer = self.loader.vars_file(&path, Level::VarsFiles);
            let layer = self.take(layer);
            self.files.extend(layer);
        }
    }

    fn roles(&mut self, map: &Map, context: &Arc<Context>) -> Vec<super::Step> {
        let mut steps = Vec::new();
        for entry in value(map, "roles")
            .and_then(Node::as_seq)
            .unwrap_or_default()
        {
            let Some(call) = self.role_entry(entry, context) else {
                continue;
            };
            if let Some((_, more)) = self.role(&call, context) {
                steps.extend(more);
            }
        }
        steps
    }

    fn hosts(&mut self, map: &Map, span: &Span) -> Option<Node> {
        let Some(entry) = map.get("hosts") else {
            let error = Diagnostic::new("this play has no `hosts`").label(&span.first_line(), "");
            let task = map.iter().find(|(key, _)| self.loader.knows(key));
            let near = nearest("hosts", map.keys().map(|key| &**key));
            self.error(match (task, near) {
                (Some((key, entry)), _) => Diagnostic::new(format!(
                    "`{key}` is a task, where a play is expected"
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

    fn strategy(&mut self, map: &Map, context: &Context) -> Option<Strategy> {
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

    fn order(&mut self, map: &Map) -> Option<Node> {
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

    fn serial(&mut self, map: &Map) -> Vec<Node> {
        let batches = value(map, "serial").map_or(&[][..], items);
        for batch in batches {
            let text = batch.to_text().unwrap_or_default();
            let number = text.trim().trim_end_matches('%').parse::<f64>();
            if !batch.is_template() && !number.is_ok_and(|number| number >= 0.0) {
                self.error(super::shape::unfit(
                    "serial",
                    "counts or percentages of hosts",
                    batch,
                ));
            }
        }
        batches.to_vec()
    }

    fn prompts(&mut self, map: &Map) -> Vec<Node> {
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
                self.error(super::shape::unfit(
                    "vars_prompt",
                    "a list of mappings",
                    prompt,
                ));
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
    fn without_effect(&mut self, map: &Map) {
        for (key, why) in [
            (
                "validate_argspec",
                "check the variables with `assert`, or in a role with `argument_specs`",
            ),
            (
                "fact_path",
                "local facts are read from /etc/ansible/facts.d",
            ),
        ] {
            if let Some(entry) = map.get(key) {
                self.error(
                    Diagnostic::new(format!("`{key}` is not supported"))
                        .label(&entry.key, "")
                        .help(format!("{why}; see docs/differences-from-ansible.md")),
                );
            }
        }
        if let Some(entry) = map.get("gather_timeout") {
            self.warn(Diagnostic::new("`gather_timeout` has no effect").label(&entry.key, ""));
        }
    }
}

/// Whether a task is the one to start at (`--start-at-task`): its name fits the pattern, or `role : name` does.
pub fn starts_at(task: &TaskSpec, name: &str, pattern: &str) -> bool {
    let full = task
        .context
        .role
        .as_ref()
        .map(|role| format!("{} : {name}", role.name));
    name == pattern
        || full.as_deref() == Some(pattern)
        || fits(name, pattern)
        || full.is_some_and(|full| fits(&full, pattern))
}

/// Whether a text fits a pattern with `*` and `?`.
fn fits(text: &str, pattern: &str) -> bool {
    let mut pieces = pattern.split('*');
    let one = |text: &str, piece: &str| {
        let mut letters = text.char_indices();
        for wanted in piece.chars() {
            match letters.next() {
                Some((_, letter)) if wanted == '?' || wanted == letter => {}
                _ => return None,
            }
        }
        Some(letters.next().map_or(text.len(), |(at, _)| at))
    };
    let Some(mut at) = one(text, pieces.next().unwrap_or_default()) else {
        return false;
    };
    let mut pieces = pieces.peekable();
    if pieces.peek().is_none() {
        return at == text.len();
    }
    while let Some(piece) = pieces.next() {
        let last = pieces.peek().is_none();
        let starts = text[at..].char_indices().map(|(start, _)| at + start);
        let found = starts.chain([text.len()]).find_map(|start| {
            let end = start + one(&text[start..], piece)?;
            (!last || end == text.len()).then_some(end)
        });
        match found {
            Some(end) => at = end,
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::fits;
    use crate::playbook::{
        Strategy,
        fixture::{Files, outline},
    };

    #[test]
    fn imported_playbooks_take_over_variables_conditions_and_tags() {
        insta::assert_snapshot!(outline(r#"
== site.yml
- import_playbook: plays/inner.yml
  vars: {v: outer, file: innermost}
  when: a
  tags: outer
- hosts: last
  pre_tasks:
    - debug: msg=pre
  tasks:
    - debug: msg=tasks
  post_tasks:
    - debug: msg=post
== plays/inner.yml
- import_playbook: "{{ file }}.yml"
  vars: {v: inner, w: inner}
  when: b
- name: named
  hosts: [web, db]
  vars: {v: play}
  tags: play
  tasks:
    - command: ls
== plays/innermost.yml
- hosts: all
  vars: {v: play, w: play, x: play}
  tasks:
    - command: ls
      when: c
"#), @r#"
play all
 Tasks
  command {"cmd":"ls"}; when=a & b & c; tags=outer; vars=file:innermost,v:outer,w:inner,x:play
play named
 Tasks
  command {"cmd":"ls"}; when=a; tags=outer,play; vars=file:innermost,v:outer
play last
 PreTasks
  debug {"msg":"pre"}
 Tasks
  debug {"msg":"tasks"}
 PostTasks
  debug {"msg":"post"}
"#);
    }

    #[test]
    fn files_of_variables_are_seen_by_names_of_imports() {
        insta::assert_snapshot!(outline(r#"
== site.yml
- hosts: all
  vars: {distribution: debian}
  vars_files: ["{{ distribution }}.yml", [none.yml, more.yml], "{{ ansible_facts.os_family }}.yml"]
  tasks:
    - import_tasks: "{{ name_of_file }}.yml"
    - import_tasks: "{{ playbook_dir }}/two.yml"
== vars/debian.yml
name_of_file: one
== more.yml
more: 1
== one.yml
- command: one
== two.yml
- command: two
"#), @r#"
play all
 Tasks
  command {"cmd":"one"}; vars=distribution:debian
  command {"cmd":"two"}; vars=distribution:debian
"#);
    }

    #[test]
    fn keywords_of_a_play() {
        let files = Files::new(
            r#"
== site.yml
- hosts: all
  id: first
  strategy: "{{ how }}"
  vars: {how: ansible.builtin.free}
  serial: [1, "20%", "{{ rest }}"]
  order: sorted
  user: pi
  max_fail_percentage: 10
  tasks:
    - command: ls
- hosts: all
  strategy: mitogen_linear
  gather_timeout: 5
  needs: first
"#,
        );
        let playbook = files.playbook().unwrap();
        let [first, second] = &playbook.plays[..] else {
            panic!("expected two plays")
        };
        assert_eq!(first.strategy, Some(Strategy::Free));
        assert_eq!(second.strategy, Some(Strategy::Linear));
        assert_eq!(first.serial.len(), 3);
        assert_eq!(&*second.needs.as_ref().unwrap()[0].id, "first");
        insta::assert_snapshot!(files.outline(), @r#"
play all
 Tasks
  command {"cmd":"ls"}; remote_user=pi; vars=how:ansible.builtin.free
play all
warning: site.yml:12:13: `mitogen_linear` is taken as `linear`
warning: site.yml:13:3: `gather_timeout` has no effect
"#);
    }

    #[test]
    fn patterns_of_names() {
        for (text, pattern, wanted) in [
            ("install etcd", "install etcd", true),
            ("install etcd", "install*", true),
            ("install etcd", "*etcd", true),
            ("install etcd", "*all*cd", true),
            ("install etcd", "install ?tcd", true),
            ("install etcd", "install", false),
            ("install etcd", "*etc", false),
            ("aab", "*ab", true),
            ("", "*", true),
        ] {
            assert_eq!(fits(text, pattern), wanted, "{text} {pattern}");
        }
    }
}
