//! Playbooks and plays.

use crate::{
    diagnostic::Diagnostic,
    node::{Map, Node, Span},
    playbook::{
        Context, Play, Section, Step,
        language::{Place, items, value},
        reader::Reader,
        variables,
    },
    vars::{Layer, Level},
};
use std::{path::Path, sync::Arc};

impl Reader<'_> {
    /// A play. It is read until the roles are known whose variables all of it sees.
    pub(in crate::playbook) fn play(
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
            argspec: self.argspec(map, span),
            strategy: self.strategy(map, &context),
            serial: self.serial(map),
            order: self.order(map),
            force_handlers: field("force_handlers"),
            any_errors_fatal: field("any_errors_fatal"),
            max_fail_percentage: field("max_fail_percentage"),
            id: self.id(map),
            needs: self.needs(map),
            imports: self.imports.clone(),
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

    fn roles(&mut self, map: &Map, context: &Arc<Context>) -> Vec<Step> {
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
}

#[cfg(test)]
mod tests {
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
}
