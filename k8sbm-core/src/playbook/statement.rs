//! Statements of the language: imports, includes and `meta`.

use super::{
    Block, Context, Handler, Include, IncludeKind, Meta, Statement, Step,
    action::{Call, FREE_FORM, Statements},
    inherit::value,
    keyword::Place,
    reader::Reader,
    role::RoleCall,
    search,
};
use crate::{
    diagnostic::{Diagnostic, nearest},
    node::{Map, Node, Span},
    vars::Level,
};
use std::{path::Path, sync::Arc};

pub(super) const TASKS_OPTIONS: [&str; 2] = ["file", "apply"];
pub(super) const ROLE_OPTIONS: [&str; 11] = [
    "name",
    "role",
    "tasks_from",
    "vars_from",
    "defaults_from",
    "handlers_from",
    "apply",
    "public",
    "allow_duplicates",
    "rolespec_validate",
    "rescuable",
];
const META: [(&str, Meta); 10] = [
    ("flush_handlers", Meta::FlushHandlers),
    ("refresh_inventory", Meta::RefreshInventory),
    ("noop", Meta::Noop),
    ("clear_facts", Meta::ClearFacts),
    ("clear_host_errors", Meta::ClearHostErrors),
    ("end_play", Meta::EndPlay),
    ("end_host", Meta::EndHost),
    ("end_batch", Meta::EndBatch),
    ("end_role", Meta::EndRole),
    ("reset_connection", Meta::ResetConnection),
];
/// What `meta` can do.
pub(super) fn meta_names() -> impl Iterator<Item = &'static str> + Clone {
    META.iter().map(|(name, _)| *name)
}

impl Reader<'_> {
    /// The steps that a statement stands for: those that it imports, or itself.
    pub(super) fn statement(
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

    /// A handler, or the handlers that an import brings.
    pub(super) fn handler(
        &mut self,
        map: &Map,
        span: &Span,
        call: Call,
        context: &Arc<Context>,
    ) -> Vec<Handler> {
        let statement = Statements::of(&call.name);
        let mut task = match statement {
            None => self.module_task(map, span, call, Place::Handler, context),
            Some(Statements::Meta) => {
                let mut task = self.task(map, span, &call, Place::Handler, context);
                match self.meta(&call) {
                    Some((Meta::EndRole, span)) => {
                        self.error(Diagnostic::new("a handler cannot end a role").label(&span, ""));
                    }
                    Some((meta, _)) => task.statement = Statement::Meta(meta),
                    None => {}
                }
                task
            }
            Some(Statements::ImportTasks) => {
                let Some((target, inside)) =
                    self.import(Statements::ImportTasks, map, &call, context)
                else {
                    return Vec::new();
                };
                let name = self.text(&target, &inside);
                let name = self.take(name);
                return name.map_or_else(Vec::new, |name| {
                    self.handlers_file(&name, &target.span, &inside)
                });
            }
            Some(statement @ Statements::IncludeTasks) => {
                let mut fields = map.clone();
                fields.shift_remove("listen");
                let Some(include) = self.include(statement, span, &call) else {
                    return Vec::new();
                };
                let mut task = self.task(&fields, span, &call, Place::Include, context);
                task.statement = include;
                task
            }
            Some(Statements::ImportRole | Statements::IncludeRole) => {
                self.error(
                    Diagnostic::new(format!("`{}` cannot be a handler", call.name))
                        .label(&call.span, "")
                        .help("include a file of tasks instead"),
                );
                return Vec::new();
            }
        };
        task.span = span.clone();
        vec![Handler {
            task: Arc::new(task),
            listen: self.listen(map),
        }]
    }

    /// The steps of a file of tasks.
    pub(super) fn tasks_file(
        &mut self,
        name: &str,
        span: &Span,
        context: &Arc<Context>,
    ) -> Vec<Step> {
        self.in_file(name, "tasks", span, context, Self::steps)
    }

    /// The handlers of a file.
    pub(super) fn handlers_file(
        &mut self,
        name: &str,
        span: &Span,
        context: &Arc<Context>,
    ) -> Vec<Handler> {
        self.in_file(name, "handlers", span, context, Self::handler_list)
    }

    /// Finds and reads a file, guarding against files that import each other in a circle.
    fn in_file<T>(
        &mut self,
        name: &str,
        kind: &str,
        span: &Span,
        context: &Arc<Context>,
        read: fn(&mut Self, &Node, &Arc<Context>) -> Vec<T>,
    ) -> Vec<T> {
        let path = search::file(name, span, search::task_files(name, kind, context));
        let Some(path) = self.take(path) else {
            return Vec::new();
        };
        if self
            .enter(&path, path.display().to_string(), span)
            .is_none()
        {
            return Vec::new();
        }
        let directory = path.parent().unwrap_or(&path).to_owned();
        let inside = if directory == context.directory {
            context.clone()
        } else {
            let mut inside = Context::clone(context);
            inside.directory = directory;
            Arc::new(inside)
        };
        let list = self.list_in(&path);
        let entries = list.map_or_else(Vec::new, |list| read(self, &list, &inside));
        self.chain.pop();
        entries
    }

    /// Begins to import a file or role; an import inside itself is a mistake.
    pub(super) fn enter(&mut self, path: &Path, name: String, span: &Span) -> Option<()> {
        if let Some(at) = self.chain.iter().position(|(known, _)| known == path) {
            let circle: Vec<&str> = self.chain[at..]
                .iter()
                .map(|(_, name)| &**name)
                .chain([&*name])
                .collect();
            self.error(
                Diagnostic::new(format!("imports go in a circle: {}", circle.join(" -> ")))
                    .label(span, "")
                    .help("an include ends where a condition does not hold; an import cannot"),
            );
            return None;
        }
        self.chain.push((path.to_owned(), name));
        Some(())
    }

    /// What is imported, and the context inside: all keywords of the import hold for all that it brings.
    fn import(
        &mut self,
        statement: Statements,
        map: &Map,
        call: &Call,
        context: &Arc<Context>,
    ) -> Option<(Node, Arc<Context>)> {
        self.task_keywords(map, Place::Task, &call.name);
        let looped = map
            .iter()
            .find(|(key, _)| &***key == "loop" || key.starts_with("with_"));
        if let Some((key, entry)) = looped {
            let include = call.name.replace("import_", "include_");
            self.error(
                Diagnostic::new(format!("`{}` cannot have a loop", call.name))
                    .label(&entry.key, format!("`{key}` is known only while running"))
                    .help(format!("write `{include}`")),
            );
        }
        let target = self.target(statement, call)?;
        let inside = self.within(map, Level::Block, "vars of the import", context);
        Some((target, inside))
    }

    fn include(&mut self, statement: Statements, span: &Span, call: &Call) -> Option<Statement> {
        let target = self.target(statement, call)?;
        let kind = match statement {
            Statements::IncludeRole => IncludeKind::Role,
            _ => IncludeKind::Tasks,
        };
        let apply = call.arguments.get("apply").filter(|apply| !apply.is_null());
        if let Some(apply) = apply {
            match apply.as_map() {
                Some(keywords) => self.keywords(keywords, Place::Block, &[]),
                None => self.error(super::shape::unfit("apply", "a mapping of keywords", apply)),
            }
        }
        Some(Statement::Include(Include {
            kind,
            span: span.clone(),
            target,
            options: call.arguments.clone(),
            apply: apply.cloned(),
        }))
    }

    /// The file or role that a statement names; its options are checked, too.
    fn target(&mut self, statement: Statements, call: &Call) -> Option<Node> {
        let arguments = call.arguments.as_map()?;
        let (options, names): (&[&str], &[&str]) = match statement {
            Statements::ImportRole | Statements::IncludeRole => (&ROLE_OPTIONS, &["name", "role"]),
            _ => (&TASKS_OPTIONS, &["file"]),
        };
        let is_import = matches!(statement, Statements::ImportRole | Statements::ImportTasks);
        let before = self.errors.len();
        for (key, entry) in arguments {
            if is_import && matches!(&**key, "apply" | "rescuable") {
                self.error(
                    Diagnostic::new(format!("`{}` takes no `{key}`", call.name))
                        .label(&entry.key, "")
                        .help("an import's own keywords hold for all that it brings"),
                );
            } else if !options.contains(&&**key) {
                let error = Diagnostic::new(format!("`{}` has no option `{key}`", call.name))
                    .label(&entry.key, "");
                self.error(match nearest(key, options.iter().copied()) {
                    Some(near) => error.help(format!("did you mean `{near}`?")),
                    None => error.help(format!(
                        "keywords stand beside `{}`, and variables under `vars` there",
                        call.name
                    )),
                });
            }
        }
        let target = names.iter().find_map(|name| value(arguments, name));
        if target.is_none() && self.errors.len() == before {
            let what = names[0];
            self.error(
                Diagnostic::new(format!("`{}` says no {what}", call.name))
                    .label(&call.span, "")
                    .help(format!("write `{}: {{{what}: ...}}`", call.name)),
            );
        }
        target.cloned()
    }

    fn meta(&mut self, call: &Call) -> Option<(Meta, Span)> {
        let word = call.arguments.get(FREE_FORM);
        let text = word.and_then(Node::as_str).unwrap_or_default();
        let span = word.map_or(&call.span, |word| &word.span);
        if let Some((_, meta)) = META.iter().find(|(name, _)| *name == text) {
            return Some((*meta, span.clone()));
        }
        let names = meta_names();
        let error = match text {
            "" => Diagnostic::new("`meta` says nothing to do"),
            text => Diagnostic::new(format!("`meta` cannot do `{text}`")),
        };
        let error = error.label(span, "");
        self.error(match nearest(text, names.clone()) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error.help(format!(
                "it can do: {}",
                names.collect::<Vec<_>>().join(", ")
            )),
        });
        None
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
