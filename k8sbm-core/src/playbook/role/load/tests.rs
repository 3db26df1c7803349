use crate::node::{Kind, Node};
use crate::playbook::{
    Statement, Step,
    fixture::{Files, outline, steps_outline},
};

#[test]
fn roles_bring_their_dependencies_variables_and_handlers() {
    insta::assert_snapshot!(outline(r#"
== site.yml
- hosts: all
  vars: {level: play}
  roles:
    - {role: web, at: 80, tags: web, when: a, become: true, vars: {entry: 1}}
    - db
  tasks:
    - debug: msg=end
== roles/web/defaults/main.yml
level: web defaults
port: 8080
== roles/web/vars/main.yml
internal: web
== roles/web/meta/main.yml
dependencies:
  - {role: base, tags: [base], when: b}
== roles/web/tasks/main.yml
- import_tasks: install.yml
== roles/web/tasks/install.yml
- command: install web
  notify: restart web
== roles/web/handlers/main.yml
- name: restart web
  command: restart web
== roles/base/tasks/main.yaml
- command: install base
== roles/base/defaults/main/one.yml
of: [base]
== roles/base/defaults/main/two.yml
of: base
== roles/base/handlers/main.yml
- name: restart base
  command: restart base
== shared/db/tasks/main.yml
- command: install db
"#), @r#"
play all
 Roles
  role base
   command {"cmd":"install base"}; when=a & b; tags=base,web; become=True; role=base; parents=web; vars=at:80,entry:1,internal:web,level:play,of:base,port:8080
  role web
   command {"cmd":"install web"}; when=a; tags=web; notify=restart web; become=True; role=web; vars=at:80,entry:1,internal:web,level:play,of:base,port:8080
  role db
   command {"cmd":"install db"}; role=db; vars=internal:web,level:play,of:base,port:8080
 Tasks
  debug {"msg":"end"}; vars=internal:web,level:play,of:base,port:8080
 Handlers
  command {"cmd":"restart base"}; name=restart base; when=a & b; tags=base,web; become=True; role=base; parents=web; vars=at:80,entry:1,internal:web,level:play,of:base,port:8080
  command {"cmd":"restart web"}; name=restart web; when=a; tags=web; become=True; role=web; vars=at:80,entry:1,internal:web,level:play,of:base,port:8080
"#);
}

#[test]
fn a_role_runs_once_unless_it_differs_or_says_otherwise() {
    insta::assert_snapshot!(outline(r#"
== site.yml
- hosts: all
  roles:
    - one
    - one
    - {role: one, p: 1}
    - {role: one, p: 1}
    - {role: one, when: a}
    - {role: one, tags: a}
    - two
    - two
    - three
== roles/one/tasks/main.yml
- command: one
== roles/two/tasks/main.yml
- command: two
== roles/two/meta/main.yml
allow_duplicates: true
== roles/three/meta/main.yml
dependencies: [one, two]
"#), @r#"
play all
 Roles
  role one
   command {"cmd":"one"}; role=one
  role one
   command {"cmd":"one"}; role=one; vars=p:1
  role one
   command {"cmd":"one"}; when=a; role=one
  role one
   command {"cmd":"one"}; tags=a; role=one
  role two
   command {"cmd":"two"}; role=two
  role two
   command {"cmd":"two"}; role=two
  role two
   command {"cmd":"two"}; role=two; parents=three
"#);
}

#[test]
fn an_imported_role_shows_its_variables_to_all_of_the_play() {
    insta::assert_snapshot!(outline(r#"
== site.yml
- hosts: all
  pre_tasks:
    - debug: msg=before
  tasks:
    - import_role: {name: web, tasks_from: install, vars_from: more}
      when: a
      vars: {given: 1}
    - import_role: {name: hidden, public: false}
    - import_tasks: "{{ file }}.yml"
  handlers:
    - name: own
      command: own
== one.yml
- command: one
== roles/web/tasks/install.yml
- command: install
- import_role: {name: web, tasks_from: configure}
- meta: end_role
== roles/web/tasks/configure.yml
- command: configure
== roles/web/vars/more.yml
file: one
== roles/web/handlers/main.yml
- name: restart web
  command: restart
== roles/hidden/vars/main.yml
secret: 1
== roles/hidden/tasks/main.yml
- command: hidden
"#), @r#"
play all
 PreTasks
  debug {"msg":"before"}; vars=file:one
 Tasks
  role web
   command {"cmd":"install"}; when=a; role=web; vars=file:one,given:1
   role web
    command {"cmd":"configure"}; when=a; role=web; parents=web; vars=file:one,given:1
   meta EndRole; when=a; role=web; vars=file:one,given:1
  role hidden
   command {"cmd":"hidden"}; role=hidden; vars=file:one,secret:1
  command {"cmd":"one"}; vars=file:one
 Handlers
  command {"cmd":"own"}; name=own; vars=file:one
  command {"cmd":"restart"}; name=restart web; when=a; role=web; parents=web; vars=file:one,given:1
  command {"cmd":"restart"}; name=restart web; when=a; role=web; vars=file:one,given:1
"#);
}

#[test]
fn an_included_role_comes_with_its_parents_and_parameters() {
    let files = Files::new(
        r#"
== site.yml
- hosts: all
  roles: [outer]
== roles/outer/tasks/main.yml
- include_role: {name: inner}
  vars: {given: parameter}
== roles/outer/vars/main.yml
of: outer
== roles/inner/tasks/main.yml
- command: inner
== roles/inner/tasks/other.yml
- command: other
== roles/inner/vars/main.yml
of: inner
given: not this
"#,
    );
    let playbook = files.playbook().unwrap();
    let [Step::Block(block)] = &playbook.plays[0].sections[0].1[..] else {
        panic!("expected the role");
    };
    let [Step::Task(task)] = &block.block[..] else {
        panic!("expected the include");
    };
    let Statement::Include(include) = &task.statement else {
        panic!("expected an include");
    };
    let loader = files.loader();
    let role = |options: &Node| {
        let role = loader
            .role(include, "inner", options, &task.context, &[])
            .unwrap();
        steps_outline(&role.steps, 0)
    };
    insta::assert_snapshot!(role(&include.options), @r#"
role inner
 command {"cmd":"inner"}; role=inner; parents=outer; vars=given:parameter,of:inner
"#);
    let from = crate::playbook::role::validation::mapping(
        [("tasks_from", Node::new(Kind::Str("other".into())))],
        &include.span,
    );
    assert!(role(&from).contains("command {\"cmd\":\"other\"}"));
}

#[test]
fn roles_of_collections_and_their_arguments() {
    insta::assert_snapshot!(outline(r#"
== site.yml
- hosts: all
  collections: [acme.tools]
  roles:
    - acme.tools.web
    - db
- import_playbook: acme.tools.other
== ansible_collections/acme/tools/roles/web/tasks/main.yml
- command: web
== ansible_collections/acme/tools/roles/web/meta/argument_specs.yml
argument_specs:
  main:
    short_description: A web server
    options: {port: {type: int}}
== ansible_collections/acme/tools/roles/db/tasks/main.yml
- command: db
== ansible_collections/acme/tools/playbooks/other.yml
- hosts: other
"#), @r#"
play all
 Roles
  role acme.tools.web
   ansible.builtin.validate_argument_spec {"argument_spec":{"port":{"type":"int"}},"validate_args_context":{"type":"role","name":"acme.tools.web","argument_spec_name":"main","path":"ansible_collections/acme/tools/roles/web"}}; name=Validating arguments against arg spec 'main' - A web server; tags=always; role=acme.tools.web
   command {"cmd":"web"}; role=acme.tools.web
  role acme.tools.db
   command {"cmd":"db"}; role=acme.tools.db
play other
"#);
}
