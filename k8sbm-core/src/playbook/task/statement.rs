//! Statements of the language: imports, includes and `meta`.

use crate::{
    diagnostic::Diagnostic,
    node::{Map, Span},
    playbook::{
        Block, Context, Meta, Statement, Step,
        language::{Place, value},
        reader::Reader,
        role::RoleCall,
        task::{Call, Statements},
    },
};
use std::sync::Arc;

impl Reader<'_> {
    /// The steps that a statement stands for: those that it imports, or itself.
    pub(in crate::playbook) fn statement(
        &mut self,
        statement: Statements,
        map: &Map,
        span: &Span,
        call: Call,
        context: &Arc<Context>,
    ) -> Vec<Step> {
        match statement {
            Statements::Meta => {
                let mut task = self.task(map, span, &call, Place::Task, context);
                let Some((meta, place)) = self.meta(&call) else {
                    return Vec::new();
                };
                if meta == Meta::EndRole && context.role.is_none() {
                    let error = Diagnostic::new("`end_role` stands outside of a role");
                    self.error(error.label(&place, ""));
                }
                task.statement = Statement::Meta(meta);
                vec![Step::Task(Arc::new(task))]
            }
            Statements::IncludeTasks | Statements::IncludeRole => self
                .include(statement, span, &call)
                .map(|statement| {
                    let mut task = self.task(map, span, &call, Place::Include, context);
                    task.statement = statement;
                    Step::Task(Arc::new(task))
                })
                .into_iter()
                .collect(),
            Statements::ImportTasks => {
                let Some((target, inside)) = self.import(statement, map, &call, context) else {
                    return Vec::new();
                };
                let name = self.text(&target, &inside);
                let Some(name) = self.take(name) else {
                    return Vec::new();
                };
                let steps = self.tasks_file(&name, &target.span, &inside);
                self.grouped(map, span, steps)
            }
            Statements::ImportRole => {
                let Some((target, inside)) = self.import(statement, map, &call, context) else {
                    return Vec::new();
                };
                let name = self.text(&target, &inside);
                let Some(name) = self.take(name) else {
                    return Vec::new();
                };
                let role = RoleCall::imported(&name, &target.span, &call.arguments);
                let steps = self
                    .role(&role, &inside)
                    .map_or_else(Vec::new, |role| role.1);
                self.grouped(map, span, steps)
            }
        }
    }

    /// Imported steps, as a block where others can need them.
    fn grouped(&mut self, map: &Map, span: &Span, steps: Vec<Step>) -> Vec<Step> {
        if !map.contains_key("id") && !map.contains_key("needs") {
            return steps;
        }
        vec![Step::Block(Arc::new(Block {
            name: value(map, "name").cloned(),
            span: span.clone(),
            id: self.id(map),
            needs: self.needs(map),
            block: steps,
            rescue: Vec::new(),
            always: Vec::new(),
            role: None,
        }))]
    }
}

#[cfg(test)]
mod tests {
    use crate::playbook::{
        Include, Loader, Statement, Step,
        fixture::{Files, handlers_outline, outline, said, steps_outline},
    };
    use std::sync::Arc;

    #[test]
    fn what_is_imported_inherits_all_keywords_of_the_import() {
        insta::assert_snapshot!(outline(r#"
== site.yml
- hosts: all
  vars: {file: one}
  tasks:
    - import_tasks: "{{ file }}.yml"
      when: a
      tags: imported
      become: true
      vars: {v: import}
    - import_tasks: tasks/two.yml
      id: two
== one.yml
- command: one
  when: b
  tags: own
  vars: {w: task}
- import_tasks: tasks/two.yml
  when: c
== tasks/two.yml
- import_tasks: three.yml
== tasks/three.yml
- block:
    - command: three
      vars: {v: task}
  vars: {v: block}
== three.yml
- command: not this one
"#), @r#"
play all
 Tasks
  command {"cmd":"one"}; when=a & b; tags=imported,own; become=True; vars=file:one,v:import,w:task
  block 
   command {"cmd":"three"}; when=a & c; tags=imported; become=True; vars=file:one,v:task
  block  id=two
   block 
    command {"cmd":"three"}; vars=file:one,v:task
"#);
    }

    #[test]
    fn includes_keep_their_keywords_to_themselves() {
        insta::assert_snapshot!(outline(r#"
== site.yml
- hosts: all
  tasks:
    - include_tasks: "{{ ansible_facts.os_family }}.yml"
      when: a
      tags: [x]
      loop: [1, 2]
      vars: {v: include}
    - include_tasks:
        file: one.yml
        apply: {become: true, tags: y}
    - include_role: {name: web, tasks_from: install}
    - meta: flush_handlers
"#), @r#"
play all
 Tasks
  include Tasks {{ ansible_facts.os_family }}.yml; when=a; tags=x; loop=[1,2]; vars=v:include
  include Tasks one.yml
  include Role web
  meta FlushHandlers
"#);
    }

    fn include(loader: &Loader, files: &Files, target: &str) -> String {
        let playbook = files.playbook().unwrap();
        let [Step::Block(block)] = &playbook.plays[0].sections[0].1[..] else {
            panic!("expected a block");
        };
        let [Step::Task(task)] = &block.block[..] else {
            panic!("expected a task");
        };
        let Statement::Include(include) = &task.statement else {
            panic!("expected an include");
        };
        match loader.tasks(include, target, &task.context, &[]) {
            Ok(included) => {
                steps_outline(&included.steps, 0) + &handlers_outline(&included.handlers)
            }
            Err(errors) => said("", &errors),
        }
    }

    #[test]
    fn what_is_included_inherits_from_around_the_include_and_from_apply() {
        let files = Files::new(
            r#"
== site.yml
- hosts: all
  become: true
  tasks:
    - block:
        - include_tasks:
            file: parts/one.yml
            apply: {tags: applied, become_user: pi, vars: {v: apply}}
          when: not inherited
          tags: not_inherited
          vars: {p: parameter}
      when: a
      tags: block
== parts/one.yml
- command: one
  when: b
  vars: {v: task}
- import_tasks: two.yml
== parts/two.yml
- command: two
== parts/wrong.yml
- comand: one
"#,
        );
        let loader = files.loader();
        insta::assert_snapshot!(include(&loader, &files, "parts/one.yml"), @r#"
command {"cmd":"one"}; when=a & b; tags=applied,block; become=True; become_user=pi; vars=p:parameter,v:task
command {"cmd":"two"}; when=a; tags=applied,block; become=True; become_user=pi; vars=p:parameter,v:apply
"#);
        assert!(include(&loader, &files, "parts/wrong.yml").contains("did you mean `command`?"));
        assert!(include(&loader, &files, "parts/none.yml").contains("there is no file"));
    }

    #[test]
    fn handlers_can_be_imported_and_included() {
        let files = Files::new(
            r#"
== site.yml
- hosts: all
  become: true
  handlers:
    - name: restart
      command: restart
      listen: [web, proxy]
      when: a
    - import_tasks: handlers/more.yml
      when: b
    - block:
        - name: stop
          command: stop
          listen: web
      become_user: web
    - name: include more
      include_tasks: handlers/more.yml
      listen: more
    - meta: noop
== handlers/more.yml
- name: reload
  command: reload
  notify: restart
  listen: web
"#,
        );
        insta::assert_snapshot!(files.outline(), @r#"
play all
 Handlers
  command {"cmd":"restart"}; name=restart; when=a; become=True listen=web,proxy
  command {"cmd":"reload"}; name=reload; when=b; notify=restart; become=True listen=web
  command {"cmd":"stop"}; name=stop; become=True; become_user=web listen=web
  include Tasks handlers/more.yml; name=include more; become=True listen=more
  meta Noop; become=True
"#);
        let playbook = files.playbook().unwrap();
        let task = &playbook.plays[0].handlers[3].task;
        let Statement::Include(include) = &task.statement else {
            panic!("expected an include");
        };
        let include = Include {
            apply: None,
            ..include.clone()
        };
        let context = Arc::clone(&task.context);
        let handlers = files
            .loader()
            .handlers(&include, "more.yml", &context, &[])
            .unwrap();
        insta::assert_snapshot!(handlers_outline(&handlers), @r#"  command {"cmd":"reload"}; name=reload; notify=restart; become=True listen=web"#);
    }
}
