//! Roles: from a name to steps and handlers, with those of the roles they depend on.

use super::{
    Action, Block, Context, Role, Statement, Step, TaskSpec,
    inherit::{items, nothing, value},
    keyword::{self, Place},
    reader::Reader,
    search::{self, RoleDirectory},
    shape::switch,
    variables,
};
use crate::{
    diagnostic::{Diagnostic, nearest},
    node::{Entry, Kind, Map, Node, Span},
    vars::{Layer, Level},
};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
};

/// How a role is called.
#[derive(Debug)]
pub(super) struct RoleCall {
    /// The rendered name.
    name: String,
    /// Where the name stands.
    span: Span,
    /// Keywords of an entry of `roles`.
    keywords: Map,
    /// Other keys of such an entry, which are variables.
    parameters: Map,
    tasks_from: Option<String>,
    vars_from: Option<String>,
    defaults_from: Option<String>,
    handlers_from: Option<String>,
    /// Whether it may run again though it ran already; nothing means what the role itself says.
    duplicates: Option<bool>,
    /// Whether its arguments are checked.
    validate: bool,
    /// Whether all of the play sees its variables.
    public: bool,
}

impl RoleCall {
    fn new(name: &str, span: &Span) -> Self {
        Self {
            name: name.to_owned(),
            span: span.clone(),
            keywords: Map::new(),
            parameters: Map::new(),
            tasks_from: None,
            vars_from: None,
            defaults_from: None,
            handlers_from: None,
            duplicates: None,
            validate: true,
            public: false,
        }
    }

    /// An `include_role` with its options.
    pub(super) fn included(name: &str, span: &Span, options: &Node) -> Self {
        let text = |key| options.get(key).and_then(Node::to_text);
        let is_on = |key| options.get(key).and_then(switch);
        Self {
            tasks_from: text("tasks_from"),
            vars_from: text("vars_from"),
            defaults_from: text("defaults_from"),
            handlers_from: text("handlers_from"),
            duplicates: Some(is_on("allow_duplicates").unwrap_or(true)),
            validate: is_on("rolespec_validate").unwrap_or(true),
            public: is_on("public").unwrap_or(false),
            ..Self::new(name, span)
        }
    }

    /// An `import_role` with its options.
    pub(super) fn imported(name: &str, span: &Span, options: &Node) -> Self {
        let public = options.get("public").and_then(switch).unwrap_or(true);
        Self {
            public,
            ..Self::included(name, span, options)
        }
    }
}

/// What makes a role that is called twice the same role.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Identity {
    directory: PathBuf,
    /// Parameters, variables, conditions, tags and names of files.
    call: String,
    /// Conditions and tags from around it.
    conditions: Vec<String>,
    tags: BTreeSet<Arc<str>>,
}

impl Identity {
    fn of(directory: &Path, call: &RoleCall, around: &Context) -> Self {
        let json = |map: &Map| Node::new(Kind::Map(map.clone())).to_json().to_string();
        let said: Vec<_> = ["vars", "when", "tags"]
            .iter()
            .map(|key| value(&call.keywords, key).map(Node::to_json))
            .collect();
        let from = [
            &call.tasks_from,
            &call.vars_from,
            &call.defaults_from,
            &call.handlers_from,
        ];
        let inherited = around.inherited.as_deref();
        Self {
            directory: directory.to_owned(),
            call: format!("{} {said:?} {from:?}", json(&call.parameters)),
            conditions: inherited.map_or_else(Vec::new, |task| {
                task.when.iter().filter_map(Node::to_text).collect()
            }),
            tags: inherited.map_or_else(BTreeSet::new, |task| task.tags.clone()),
        }
    }

    /// Whether this one has run wherever and whenever the other would.
    fn covers(&self, other: &Self) -> bool {
        self.directory == other.directory
            && self.call == other.call
            && self.tags == other.tags
            && (self.conditions.is_empty() || self.conditions == other.conditions)
    }
}

impl Reader<'_> {
    /// An entry of `roles` or of a role's dependencies.
    pub(super) fn role_entry(&mut self, entry: &Node, context: &Context) -> Option<RoleCall> {
        let (name, map) = match &entry.kind {
            Kind::Map(map) => {
                let name = ["role", "name", "src"]
                    .iter()
                    .find_map(|key| value(map, key));
                (name, Some(map))
            }
            Kind::Str(_) | Kind::Int(_) => (Some(entry), None),
            _ => {
                self.error(
                    Diagnostic::new(format!(
                        "a role must be a name or a mapping, not {}",
                        entry.describe()
                    ))
                    .label(&entry.span.first_line(), ""),
                );
                return None;
            }
        };
        let Some(name) = name else {
            self.error(
                Diagnostic::new("this role has no name")
                    .label(&entry.span.first_line(), "")
                    .help("name it under `role`"),
            );
            return None;
        };
        let text = self.text(name, context);
        let mut call = RoleCall::new(&self.take(text)?, &name.span);
        call.public = true;
        for (key, field) in map.into_iter().flatten() {
            let known = keyword::find(key).filter(|keyword| keyword.on.contains(&Place::Role));
            if &**key == "port" {
                self.warn(
                    Diagnostic::new("`port` is the port to connect to, not a variable of the role")
                        .label(&field.key, "")
                        .help("give variables under `vars`"),
                );
            }
            if known.is_some() {
                call.keywords.insert(key.clone(), field.clone());
                continue;
            }
            if matches!(&**key, "src" | "scm" | "version") {
                continue;
            }
            let names = keyword::on(Place::Role).map(|keyword| keyword.name);
            if let Some(near) = nearest(key, names).filter(|near| near.len() > 3) {
                self.warn(
                    Diagnostic::new(format!(
                        "`{key}` is no keyword, and becomes a variable of the role"
                    ))
                    .label(&field.key, "")
                    .help(format!(
                        "did you mean `{near}`? Variables are better given under `vars`"
                    )),
                );
            }
            call.parameters.insert(key.clone(), field.clone());
        }
        let keywords = call.keywords.clone();
        self.keywords(&keywords, Place::Role, &[]);
        Some(call)
    }

    /// The steps of a role, after those of the roles it depends on; nothing if it ran already.
    pub(super) fn role(
        &mut self,
        call: &RoleCall,
        around: &Arc<Context>,
    ) -> Option<(Arc<Role>, Vec<Step>)> {
        let beside = around.role.as_ref().and_then(|role| role.path.parent());
        let found = self
            .loader
            .find_role(&call.name, &call.span, around, beside);
        let directory = self.take(found)?;
        let tasks = search::role_file(&directory.path.join("tasks"), call.tasks_from.as_deref());
        if tasks.is_none()
            && let Some(name) = &call.tasks_from
        {
            let places = vec![directory.path.join("tasks").join(name)];
            let missing = search::file(name, &call.span, places);
            self.take(missing)?;
        }
        // A role is entered by its file of tasks: it may import another file of its own.
        let entered = tasks.clone().unwrap_or_else(|| directory.path.clone());
        self.enter(&entered, format!("role {}", call.name), &call.span)?;
        let result = self.inside_role(call, &directory, tasks.as_deref(), around);
        self.chain.pop();
        let (role, steps) = result?;
        if call.public {
            self.found.push(role.clone());
        }
        Some((role, steps))
    }

    fn inside_role(
        &mut self,
        call: &RoleCall,
        directory: &RoleDirectory,
        tasks: Option<&Path>,
        around: &Arc<Context>,
    ) -> Option<(Arc<Role>, Vec<Step>)> {
        let mut keywords = call.keywords.clone();
        let vars = keywords
            .shift_remove("vars")
            .filter(|vars| !vars.value.is_null());
        let mut inside = Context::clone(&self.within(&keywords, Level::RoleVars, "", around));
        let defaults = self.role_layers(
            directory,
            "defaults",
            call.defaults_from.as_deref(),
            Level::RoleDefaults,
        );
        let role_vars = self.role_layers(
            directory,
            "vars",
            call.vars_from.as_deref(),
            Level::RoleVars,
        );
        let mut given = Vec::new();
        if let Some(vars) = vars {
            let layer =
                variables::of_keyword(&vars.value, Level::RoleVars, "vars of the role's entry");
            given.extend(self.take(layer).map(Arc::new));
        }
        if !call.parameters.is_empty() {
            let label = "parameters of the role";
            let layer = Layer::from_map(Level::RoleParams, label, &call.parameters);
            given.push(Arc::new(layer));
        }
        let meta = self.meta_of(directory)?;
        let own = Role {
            name: directory.name.as_str().into(),
            path: directory.path.clone(),
            defaults: defaults.clone(),
            vars: role_vars.clone(),
            allow_duplicates: meta.allow_duplicates,
            argument_specs: meta.argument_specs,
        };
        inside.collections = directory
            .collection
            .iter()
            .map(|name| name.as_str().into())
            .collect();
        inside.collections.extend(meta.collections);
        inside.directory = directory.path.join("tasks");

        let mut below = inside.clone();
        for layer in defaults.iter().chain(&role_vars).chain(&given) {
            variables::put(&mut below.layers, layer.clone());
        }
        let own = Arc::new(own);
        below.role = Some(own.clone());
        below.parents.push(own.clone());
        let (roles, mut steps) = self.dependencies(&meta.dependencies, Arc::new(below));

        let of_dependencies = |layers: fn(&Role) -> &Vec<Arc<Layer>>| {
            roles
                .iter()
                .flat_map(move |role| layers(role).iter().cloned())
        };
        let role = Arc::new(Role {
            defaults: of_dependencies(|role| &role.defaults)
                .chain(defaults)
                .collect(),
            vars: of_dependencies(|role| &role.vars)
                .chain(role_vars)
                .collect(),
            name: own.name.clone(),
            path: own.path.clone(),
            allow_duplicates: own.allow_duplicates,
            argument_specs: own.argument_specs.clone(),
        });
        for layer in role.defaults.iter().chain(&role.vars).chain(&given) {
            variables::put(&mut inside.layers, layer.clone());
        }
        inside.role = Some(role.clone());
        if let Some(parent) = &around.role
            && around
                .parents
                .last()
                .is_none_or(|last| !Arc::ptr_eq(last, parent))
        {
            inside.parents.push(parent.clone());
        }
        let inherited = inside
            .inherited
            .clone()
            .unwrap_or_else(|| Arc::new(nothing()));
        let identity = Identity::of(&directory.path, call, around);
        let again = call.duplicates.unwrap_or(role.allow_duplicates);
        if !again && self.ran.iter().any(|ran| ran.covers(&identity)) {
            return Some((role, Vec::new()));
        }
        self.ran.push(identity);
        let inside = Arc::new(inside);
        let mut block = self.validation(call, &role, &inside, &inherited);
        if let Some(path) = tasks
            && let Some(list) = self.list_in(path)
        {
            let context = in_directory(&inside, path);
            block.extend(self.steps(&list, &context));
        }
        let folder = directory.path.join("handlers");
        if let Some(path) = search::role_file(&folder, call.handlers_from.as_deref())
            && let Some(list) = self.list_in(&path)
        {
            let handlers = self.handler_list(&list, &in_directory(&inside, &path));
            self.handlers.extend(handlers);
        }
        if block.is_empty() {
            return Some((role, steps));
        }
        steps.push(Step::Block(Arc::new(Block {
            name: Some(Node::at(Kind::Str(role.name.clone()), call.span.clone())),
            span: call.span.clone(),
            id: None,
            needs: None,
            block,
            rescue: Vec::new(),
            always: Vec::new(),
            role: Some(role.clone()),
        })));
        Some((role, steps))
    }

    fn dependencies(
        &mut self,
        list: &[Node],
        context: Arc<Context>,
    ) -> (Vec<Arc<Role>>, Vec<Step>) {
        let (mut roles, mut steps) = (Vec::new(), Vec::new());
        for entry in list {
            let call = self.role_entry(entry, &context);
            let called = call.and_then(|mut call| {
                call.public = false;
                self.role(&call, &context)
            });
            if let Some((role, more)) = called {
                roles.push(role);
                steps.extend(more);
            }
        }
        (roles, steps)
    }

    /// The layers of `defaults/` or `vars/`.
    fn role_layers(
        &mut self,
        directory: &RoleDirectory,
        folder: &str,
        from: Option<&str>,
        level: Level,
    ) -> Vec<Arc<Layer>> {
        search::variable_files(&directory.path.join(folder), from)
            .iter()
            .filter_map(|path| {
                let layer = self.loader.vars_file(path, level);
                self.take(layer)
            })
            .collect()
    }

    fn meta_of(&mut self, directory: &RoleDirectory) -> Option<RoleMeta> {
        let folder = directory.path.join("meta");
        let mut meta = RoleMeta::default();
        let specs = search::role_file(&folder, Some("argument_specs"));
        if let Some(path) = &specs {
            let document = self.loader.files.document(path);
            meta.argument_specs = self.take(document)?.get("argument_specs").cloned();
        }
        let Some(path) = search::role_file(&folder, None) else {
            return Some(meta);
        };
        let document = self.loader.files.document(&path);
        let document = self.take(document)?;
        let Some(map) = document.as_map() else {
            if !document.is_null() {
                self.error(super::shape::unfit("meta", "a mapping", &document));
            }
            return Some(meta);
        };
        if let Some(list) = value(map, "dependencies") {
            match list.as_seq() {
                Some(list) => meta.dependencies = list.to_vec(),
                None => self.error(super::shape::unfit("dependencies", "a list of roles", list)),
            }
        }
        meta.allow_duplicates = value(map, "allow_duplicates")
            .and_then(switch)
            .unwrap_or(false);
        meta.collections = value(map, "collections")
            .map_or(&[][..], items)
            .iter()
            .filter_map(Node::as_str)
            .map(Arc::from)
            .collect();
        if specs.is_none() {
            meta.argument_specs = value(map, "argument_specs").cloned();
        }
        Some(meta)
    }

    /// The task that checks the role's arguments, where it says what they are.
    fn validation(
        &self,
        call: &RoleCall,
        role: &Arc<Role>,
        inside: &Arc<Context>,
        inherited: &TaskSpec,
    ) -> Vec<Step> {
        const MODULE: &str = "ansible.builtin.validate_argument_spec";
        let entry = call.tasks_from.as_deref().unwrap_or("main");
        let spec = role
            .argument_specs
            .as_ref()
            .and_then(|specs| specs.get(entry));
        let Some(spec) = spec.filter(|_| call.validate && self.loader.knows(MODULE)) else {
            return Vec::new();
        };
        let title = spec.get("short_description").and_then(Node::as_str);
        let name = match title {
            Some(title) => format!("Validating arguments against arg spec '{entry}' - {title}"),
            None => format!("Validating arguments against arg spec '{entry}'"),
        };
        let text = |text: &str| Node::at(Kind::Str(text.into()), call.span.clone());
        let path = role.path.display().to_string();
        let about = [
            ("type", text("role")),
            ("name", text(&role.name)),
            ("argument_spec_name", text(entry)),
            ("path", text(&path)),
        ];
        let options = spec.get("options").cloned();
        let arguments = mapping(
            [
                (
                    "argument_spec",
                    options.unwrap_or_else(|| mapping([], &spec.span)),
                ),
                ("validate_args_context", mapping(about, &call.span)),
            ],
            &call.span,
        );
        let mut task = inherited.clone();
        task.name = Some(text(&name));
        task.span = call.span.clone();
        task.tags.insert("always".into());
        task.context = inside.clone();
        task.statement = Statement::Module(Action {
            module: MODULE.into(),
            span: call.span.clone(),
            arguments,
        });
        vec![Step::Task(Arc::new(task))]
    }
}

/// What a role's `meta/` says.
#[derive(Default)]
struct RoleMeta {
    dependencies: Vec<Node>,
    allow_duplicates: bool,
    collections: Vec<Arc<str>>,
    argument_specs: Option<Node>,
}

fn mapping<const N: usize>(entries: [(&str, Node); N], span: &Span) -> Node {
    let entry = |value| Entry {
        key: span.clone(),
        value,
    };
    let map = entries.map(|(name, value)| (Arc::from(name), entry(value)));
    Node::at(Kind::Map(map.into_iter().collect()), span.clone())
}

/// The context of the tasks in a file.
fn in_directory(context: &Arc<Context>, file: &Path) -> Arc<Context> {
    let mut inside = Context::clone(context);
    inside.directory = file.parent().unwrap_or(file).to_owned();
    Arc::new(inside)
}

#[cfg(test)]
mod tests {
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
        let from = super::mapping(
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
}
