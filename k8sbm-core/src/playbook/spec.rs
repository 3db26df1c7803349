//! What a playbook says, typed: the shape that the runner compiles to a graph.

use crate::{
    node::{Node, Span},
    vars::Layer,
};
use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

/// A playbook with all its imports.
#[derive(Debug, Default)]
pub struct Playbook {
    /// The plays, in order.
    pub plays: Vec<Arc<Play>>,
    /// What the user should know: old forms, keywords without effect.
    pub warnings: Vec<crate::diagnostic::Diagnostic>,
}

/// An `import_playbook` whose plays are needed, or need others, as one.
#[derive(Debug)]
pub struct PlaybookImport {
    /// What `needs` calls all of its plays.
    pub id: Option<Arc<str>>,
    /// What each of them needs.
    pub needs: Option<Vec<Need>>,
}

/// One play.
#[derive(Debug)]
pub struct Play {
    /// Its name; the host pattern where it has none. May be a template.
    pub name: Node,
    /// Where it stands.
    pub span: Span,
    /// Host patterns, possibly a template.
    pub hosts: Node,
    /// Whether facts are gathered first: unset follows the configuration.
    pub gather_facts: Option<Node>,
    /// `gather_subset`, where the play says so.
    pub gather_subset: Option<Node>,
    /// What its variables are checked against, where it says so.
    pub argspec: Option<PlayArgspec>,
    /// How the tasks of hosts wait for each other.
    pub strategy: Option<Strategy>,
    /// Batches of hosts: counts or percentages, possibly templates; empty is all at once.
    pub serial: Vec<Node>,
    /// `inventory`, `sorted`, ...
    pub order: Option<Node>,
    /// Whether handlers run on hosts that failed.
    pub force_handlers: Option<Node>,
    /// Whether one failed host ends the play for all.
    pub any_errors_fatal: Option<Node>,
    /// The share of hosts in percent that may fail before the play ends for all.
    pub max_fail_percentage: Option<Node>,
    /// Its id, for `needs` of other plays.
    pub id: Option<Arc<str>>,
    /// The plays that must have ended before, by id; nothing means all before it.
    pub needs: Option<Vec<Need>>,
    /// The imports with `id` or `needs` that brought it, the outermost first.
    pub imports: Vec<Arc<PlaybookImport>>,
    /// `vars` and the like: the layers of the play, shared by all its hosts.
    pub layers: Vec<Arc<Layer>>,
    /// `vars_files`: each a path, or a list of which the first that exists is taken. May be templates.
    pub vars_files: Vec<Node>,
    /// `vars_prompt` entries.
    pub vars_prompt: Vec<Node>,
    /// pre_tasks, roles, tasks, post_tasks: each ends with handlers run.
    pub sections: Vec<(Section, Vec<Step>)>,
    /// Handlers of roles and of the play, in the order they run.
    pub handlers: Vec<Handler>,
    /// The roles that the play names, for `ansible_play_role_names`.
    pub roles: Vec<Arc<Role>>,
    /// Directory of the playbook file.
    pub directory: PathBuf,
    /// Defaults for tasks that inherit from the play, for what is included while running.
    pub context: Arc<Context>,
}

/// What `validate_argspec` of a play says, and what there is to check against.
#[derive(Clone, Debug)]
pub struct PlayArgspec {
    /// A name, or `true` for the one with the play's name; may be a template.
    pub wanted: Node,
    /// The play's own name, where it has one.
    pub own: Option<Node>,
    /// The file beside the playbook.
    pub path: PathBuf,
    /// Its `argument_specs`, by name; nothing where there is no such file.
    pub specs: Option<Node>,
}

/// The parts of a play, in the order they run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// `pre_tasks`
    PreTasks,
    /// `roles`
    Roles,
    /// `tasks`
    Tasks,
    /// `post_tasks`
    PostTasks,
}

/// How the tasks of hosts wait for each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strategy {
    /// Every host ends a task before any begins the next.
    #[default]
    Linear,
    /// Every host goes on by itself.
    Free,
    /// As `free`; a host is begun when another has ended.
    HostPinned,
    /// Tasks wait for what they need, and for nothing else.
    Dag,
}

/// A task or a block.
#[derive(Clone, Debug)]
pub enum Step {
    /// A task.
    Task(Arc<TaskSpec>),
    /// A block of steps.
    Block(Arc<Block>),
}

/// Steps that succeed or fail together.
#[derive(Debug)]
pub struct Block {
    /// Its name.
    pub name: Option<Node>,
    /// Where it stands.
    pub span: Span,
    /// Its id, for `needs`.
    pub id: Option<Arc<str>>,
    /// What must have ended before it begins.
    pub needs: Option<Vec<Need>>,
    /// The steps.
    pub block: Vec<Step>,
    /// What runs on hosts where a step failed.
    pub rescue: Vec<Step>,
    /// What runs in any case.
    pub always: Vec<Step>,
    /// The variables and conditions of the block are in its steps already; a role's steps are a block with its name.
    pub role: Option<Arc<Role>>,
}

/// A handler.
#[derive(Clone, Debug)]
pub struct Handler {
    /// What it does.
    pub task: Arc<TaskSpec>,
    /// The topics it listens to, beside its name.
    pub listen: Vec<Arc<str>>,
}

/// A task with everything inherited resolved.
#[derive(Clone, Debug)]
pub struct TaskSpec {
    /// Its name; may be a template.
    pub name: Option<Node>,
    /// Where it stands.
    pub span: Span,
    /// What it does.
    pub statement: Statement,
    /// Conditions, the outermost block's first: all must hold.
    pub when: Vec<Node>,
    /// Its tags and those it inherits; may be templates.
    pub tags: BTreeSet<Arc<str>>,
    /// The loop, if any.
    pub repeat: Option<Loop>,
    /// `until`, `retries`, `delay`.
    pub until: Option<Until>,
    /// The variable to set with the result (or the mapping form of `register`: name to expression).
    pub register: Option<Node>,
    /// When it counts as changed.
    pub changed_when: Option<Node>,
    /// When it counts as failed.
    pub failed_when: Option<Node>,
    /// Handlers to notify when it changed; may be templates.
    pub notify: Vec<Node>,
    /// Whether a failure is passed over.
    pub ignore_errors: Option<Node>,
    /// Whether an unreachable host is passed over.
    pub ignore_unreachable: Option<Node>,
    /// Whether one failed host ends the play for all.
    pub any_errors_fatal: Option<Node>,
    /// As whom it acts.
    pub r#become: BecomeSpec,
    /// The host it acts on instead.
    pub delegate_to: Option<Node>,
    /// Whether facts are those of the host it acted on.
    pub delegate_facts: Option<Node>,
    /// Whether it runs on one host for all.
    pub run_once: Option<Node>,
    /// How many hosts may run it at once.
    pub throttle: Option<Node>,
    /// Variables of commands' environment, the innermost last; mappings or templates of them.
    pub environment: Vec<Node>,
    /// Whether results are kept from the output.
    pub no_log: Option<Node>,
    /// Forces check mode on or off.
    pub check_mode: Option<Node>,
    /// Forces diffs on or off.
    pub diff: Option<Node>,
    /// Seconds after which it fails.
    pub timeout: Option<Node>,
    /// `async` seconds and `poll` interval.
    pub background: Option<(Node, Node)>,
    /// `connection`
    pub connection: Option<Node>,
    /// `port`
    pub port: Option<Node>,
    /// `remote_user`
    pub remote_user: Option<Node>,
    /// `debugger`, which is refused when loading; kept out of here. `vars` are in the context.
    pub context: Arc<Context>,
    /// Its id, for `needs`.
    pub id: Option<Arc<str>>,
    /// What must have ended before it begins; nothing means the step before.
    pub needs: Option<Vec<Need>>,
}

/// What the tasks of one place share.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// The variables seen from here, least first: role defaults, play, role, block, task, parameters.
    pub layers: Vec<Arc<Layer>>,
    /// The role it stands in.
    pub role: Option<Arc<Role>>,
    /// The roles around that role, which include it or depend on it, outermost first.
    pub parents: Vec<Arc<Role>>,
    /// Those of them that include or import what they hold, for `ansible_parent_role_names`.
    pub includers: Vec<Arc<Role>>,
    /// Directory of the file it stands in.
    pub directory: PathBuf,
    /// Directory of the playbook.
    pub playbook: PathBuf,
    /// `module_defaults`, outermost first: module or group name to arguments.
    pub module_defaults: Vec<Node>,
    /// `collections`, where names are looked up.
    pub collections: Vec<Arc<str>>,
    /// Keywords that what is included here inherits: an otherwise empty task.
    pub inherited: Option<Arc<TaskSpec>>,
}

/// A role on disk.
#[derive(Debug)]
pub struct Role {
    /// The name it was called by.
    pub name: Arc<str>,
    /// Its directory.
    pub path: PathBuf,
    /// Its defaults, and those of the roles it depends on.
    pub defaults: Vec<Arc<Layer>>,
    /// Its vars, and those of the roles it depends on.
    pub vars: Vec<Arc<Layer>>,
    /// `allow_duplicates` of its meta.
    pub allow_duplicates: bool,
    /// `argument_specs`, by entry point.
    pub argument_specs: Option<Node>,
    /// The roles it depends on.
    pub dependencies: Vec<Arc<Self>>,
}

/// What a task does.
#[derive(Clone, Debug)]
pub enum Statement {
    /// Runs a module.
    Module(Action),
    /// Puts more steps here while running.
    Include(Include),
    /// Speaks to the run itself.
    Meta(Meta),
}

/// A module with its arguments.
#[derive(Clone, Debug)]
pub struct Action {
    /// The name as it was written; may be a template for `action:`.
    pub module: Arc<str>,
    /// Where the name stands.
    pub span: Span,
    /// The arguments: a mapping (free form text already under its argument's name). Under [`Action::MORE`] it may
    /// hold a template, or a list of templates, that give more arguments, which the others win over.
    pub arguments: Node,
}

impl Action {
    /// The key of arguments that are a template as a whole: `copy: "{{ arguments }}"` and `args: "{{ more }}"`.
    pub const MORE: &str = "_variable_params";
}

/// `include_tasks` or `include_role`.
#[derive(Clone, Debug)]
pub struct Include {
    /// Tasks or a role.
    pub kind: IncludeKind,
    /// Where the statement stands.
    pub span: Span,
    /// File or role name; may be a template.
    pub target: Node,
    /// `tasks_from`, `handlers_from`, `vars_from`, `defaults_from`, `public`, `allow_duplicates`, `rolespec_validate`.
    pub options: Node,
    /// `apply`: keywords for all that is included.
    pub apply: Option<Node>,
}

/// What an include brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IncludeKind {
    /// A file of tasks.
    Tasks,
    /// A role.
    Role,
}

/// What a task says to the run itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meta {
    /// Runs notified handlers now.
    FlushHandlers,
    /// Reads the inventory anew.
    RefreshInventory,
    /// Does nothing.
    Noop,
    /// Forgets the facts of the hosts.
    ClearFacts,
    /// Lets failed hosts take part again.
    ClearHostErrors,
    /// Ends the play for all hosts.
    EndPlay,
    /// Ends the play for this host.
    EndHost,
    /// Ends the batch for all its hosts.
    EndBatch,
    /// Leaves the role on this host.
    EndRole,
    /// Opens the connection anew.
    ResetConnection,
}

/// `loop` or a `with_*`.
#[derive(Clone, Debug)]
pub struct Loop {
    /// The lookup of `with_LOOKUP`; nothing for `loop`.
    pub lookup: Option<Arc<str>>,
    /// The items or the lookup's terms.
    pub items: Node,
    /// Its control.
    pub control: LoopControl,
}

/// `loop_control`.
#[derive(Clone, Debug, Default)]
pub struct LoopControl {
    /// The variable that holds the item; `item` unless said otherwise.
    pub loop_var: Option<Node>,
    /// The variable that holds the index.
    pub index_var: Option<Node>,
    /// What to show of an item.
    pub label: Option<Node>,
    /// Seconds between items.
    pub pause: Option<Node>,
    /// Whether `ansible_loop` is set.
    pub extended: Option<Node>,
    /// Whether `ansible_loop.allitems` is set.
    pub extended_allitems: Option<Node>,
    /// When to end the loop.
    pub break_when: Option<Node>,
}

/// `until`, `retries`, `delay`.
#[derive(Clone, Debug)]
pub struct Until {
    /// When it is done; nothing means when it did not fail.
    pub condition: Option<Node>,
    /// How often to try again; 3 unless said otherwise.
    pub retries: Option<Node>,
    /// Seconds between tries; 5 unless said otherwise.
    pub delay: Option<Node>,
}

/// As whom a task acts; absent parts follow the connection's configuration and variables.
#[derive(Clone, Debug, Default)]
pub struct BecomeSpec {
    /// `become`
    pub enabled: Option<Node>,
    /// `become_user`
    pub user: Option<Node>,
    /// `become_method`
    pub method: Option<Node>,
    /// `become_flags`
    pub flags: Option<Node>,
    /// `become_exe`
    pub exe: Option<Node>,
}

/// Something that must have ended before.
#[derive(Clone, Debug)]
pub struct Need {
    /// The id of a task or block (or play).
    pub id: Arc<str>,
    /// Where it is said.
    pub span: Span,
    /// On which hosts.
    pub on: NeedScope,
}

/// On which hosts what is needed must have ended.
#[derive(Clone, Debug, Default)]
pub enum NeedScope {
    /// On the same host.
    #[default]
    SameHost,
    /// On all hosts of the play.
    All,
    /// On these hosts: a pattern or template.
    Hosts(Node),
}

/// Whether a keyword is on: unset, said plainly, or a template to be asked per host.
pub type Switch = Option<Node>;
