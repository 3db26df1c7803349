//! Lists of tasks and blocks.

use crate::{
    diagnostic::Diagnostic,
    node::{Map, Node, Span},
    playbook::{
        Block, Context, Handler, Step,
        language::{Place, items, switch, value},
        reader::Reader,
        task::Statements,
    },
    vars::Level,
};
use std::{path::Path, sync::Arc};

/// Whether a failure of the task is passed over.
fn expects_failure(map: &Map, context: &Context) -> bool {
    let is_on = |node: &Node| node.is_template() || switch(node) == Some(true);
    let around = context.inherited.as_deref();
    let inherited = around.and_then(|task| task.ignore_errors.as_ref());
    let ignored = value(map, "ignore_errors").or(inherited);
    ignored.is_some_and(is_on)
}

impl Reader<'_> {
    /// The steps of a list.
    pub(in crate::playbook) fn steps(&mut self, list: &Node, context: &Arc<Context>) -> Vec<Step> {
        let Some(entries) = list.as_seq() else {
            return Vec::new();
        };
        let mut steps = Vec::with_capacity(entries.len());
        let around = self.expects_failure;
        for entry in entries {
            let Some(map) = self.entry(entry) else {
                continue;
            };
            self.expects_failure = around || expects_failure(map, context);
            if ["block", "rescue", "always"]
                .iter()
                .any(|key| map.contains_key(*key))
            {
                steps.extend(self.block(map, &entry.span, context));
                continue;
            }
            let Some(call) = self.call(map, &entry.span, Place::Task, context) else {
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
        self.expects_failure = around;
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
            self.error(error.label(place, "").label(&block.key, "the block"));
        }
        self.keywords(map, Place::Block, &except);
        let inside = self.within(map, Level::Block, "vars of the block", context);
        let mut part = |name| {
            let list = value(map, name);
            list.map_or_else(Vec::new, |list| self.steps(list, &inside))
        };
        let (rescue, always) = (part("rescue"), part("always"));
        let around = self.expects_failure;
        self.expects_failure |= !rescue.is_empty();
        let list = value(map, "block");
        let block = list.map_or_else(Vec::new, |list| self.steps(list, &inside));
        self.expects_failure = around;
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
    pub(in crate::playbook) fn handler_list(
        &mut self,
        list: &Node,
        context: &Arc<Context>,
    ) -> Vec<Handler> {
        let mut handlers = Vec::new();
        for entry in list.as_seq().unwrap_or_default() {
            let Some(map) = self.entry(entry) else {
                continue;
            };
            if map.contains_key("block") {
                handlers.extend(self.handler_block(map, context));
                continue;
            }
            let Some(call) = self.call(map, &entry.span, Place::Handler, context) else {
                continue;
            };
            handlers.extend(self.handler(map, &entry.span, call, context));
        }
        handlers
    }

    /// A block among handlers: each of its tasks is a handler with the block's keywords.
    fn handler_block(&mut self, map: &Map, context: &Arc<Context>) -> Vec<Handler> {
        self.keywords(map, Place::Block, &[]);
        for key in ["rescue", "always"] {
            if let Some(entry) = map.get(key) {
                self.error(
                    Diagnostic::new(format!("a block of handlers has no `{key}`"))
                        .label(&entry.key, "")
                        .help("each of its tasks is a handler of its own"),
                );
            }
        }
        let inside = self.within(map, Level::Block, "vars of the block", context);
        let list = value(map, "block");
        list.map_or_else(Vec::new, |list| self.handler_list(list, &inside))
    }

    /// The topics a handler listens to.
    pub(in crate::playbook) fn listen(&self, map: &Map) -> Vec<Arc<str>> {
        let listen = value(map, "listen");
        let topics = listen.map_or(&[][..], items).iter();
        topics.filter_map(Node::to_text).map(Arc::from).collect()
    }

    /// The list in a file of tasks or handlers; an empty file is an empty list.
    pub(in crate::playbook) fn list_in(&mut self, path: &Path) -> Option<Arc<Node>> {
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

#[cfg(test)]
mod tests {
    use crate::playbook::fixture::outline;

    #[test]
    fn tasks_inherit_from_blocks_and_plays() {
        insta::assert_snapshot!(outline(r#"
== site.yml
- hosts: all
  become: true
  tags: play
  environment: {A: 1}
  vars: {where: play, p: 1}
  tasks:
    - name: outer
      block:
        - command: ls
          when: c
          tags: [task]
          become: false
          vars: {where: task}
        - block:
            - command: ls
              environment: {C: 3}
              notify: [three]
          when: [d, e]
          become_user: pi
          notify: two
          vars: {where: inner, i: 1}
      rescue:
        - debug: msg=failed
      always:
        - debug: msg=always
      when: a and b
      tags: block
      notify: one
      run_once: true
      environment: "{{ proxy }}"
      vars: {where: block}
    - command: ls
  handlers:
    - debug:
      listen: [one, two, three]
"#), @r#"
play all
 Tasks
  block outer
   command {"cmd":"ls"}; when=a and b & c; tags=block,play,task; notify=one; become=False; run_once=True; environment={"A":1} & {{ proxy }}; vars=p:1,where:task
   block 
    command {"cmd":"ls"}; when=a and b & d & e; tags=block,play; notify=three; become=True; become_user=pi; run_once=True; environment={"A":1} & {{ proxy }} & {"C":3}; vars=i:1,p:1,where:inner
  rescue
   debug {"msg":"failed"}; when=a and b; tags=block,play; notify=one; become=True; run_once=True; environment={"A":1} & {{ proxy }}; vars=p:1,where:block
  always
   debug {"msg":"always"}; when=a and b; tags=block,play; notify=one; become=True; run_once=True; environment={"A":1} & {{ proxy }}; vars=p:1,where:block
  command {"cmd":"ls"}; tags=play; become=True; environment={"A":1}; vars=p:1,where:play
 Handlers
  debug {}; tags=play; become=True; environment={"A":1}; vars=p:1,where:play listen=one,two,three
"#);
    }

    #[test]
    fn all_forms_of_a_module_say_the_same() {
        insta::assert_snapshot!(outline(r#"
== site.yml
- hosts: all
  tasks:
    - command: make all
      args: {chdir: /src}
    - command: chdir=/src make all
    - command: {cmd: make all, chdir: /src}
    - ansible.builtin.command:
        _raw_params: make all
        chdir: /src
    - action: command chdir=/src make all
    - action: {module: command, cmd: make all, chdir: /src}
    - local_action: command chdir=/src make all
    - action: "{{ module }} chdir=/src"
    - command: "{{ binary }} creates={{ file }}"
    - debug: "{{ arguments }}"
    - debug: msg="a b" verbosity=2
      args: "{{ more }}"
"#), @r#"
play all
 Tasks
  command {"chdir":"/src","cmd":"make all"}
  command {"chdir":"/src","cmd":"make all"}
  command {"cmd":"make all","chdir":"/src"}
  ansible.builtin.command {"chdir":"/src","cmd":"make all"}
  command {"chdir":"/src","cmd":"make all"}
  command {"cmd":"make all","chdir":"/src"}
  command {"chdir":"/src","cmd":"make all"}; delegate_to=localhost
  {{ module }} {"chdir":"/src"}
  command {"creates":"{{ file }}","cmd":"{{ binary }}"}
  debug {"_variable_params":"{{ arguments }}"}
  debug {"_variable_params":"{{ more }}","msg":"a b","verbosity":"2"}
"#);
    }

    #[test]
    fn keywords_of_a_task() {
        insta::assert_snapshot!(outline(r#"
== site.yml
- hosts: all
  tasks:
    - name: everything
      command: ls {{ item }}
      with_items: [a, b]
      loop_control: {label: x, loop_var: item}
      register: out
      until: out.rc == 0
      retries: 5
      ignore_errors: "{{ x }}"
      delegate_to: "{{ groups.all[0] }}"
      async: 60
      id: list
    - command: ls
      register: {out: stdout, code: rc}
      needs: [list, {task: list, on: all}, {task: list, on: "{{ groups.all }}"}]
    - command: ls
      when:
      tags:
      vars:
      needs:
    - command: ls
      delay: 5
      poll: 0
"#), @r#"
play all
 Tasks
  command {"cmd":"ls {{ item }}"}; name=everything; loop=items["a","b"]; register=out; delegate_to={{ groups.all[0] }}; ignore_errors={{ x }}; id=list
  command {"cmd":"ls"}; register={"out":"stdout","code":"rc"}; needs=list,list@all,list@{{ groups.all }}
  command {"cmd":"ls"}; needs=
  command {"cmd":"ls"}
warning: site.yml:23:7: `delay` has no effect without `until` or `retries`
warning: site.yml:24:7: `poll` has no effect without `async`
"#);
    }
}
