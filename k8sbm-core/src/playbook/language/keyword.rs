//! The keywords of the language: where each may stand and what it takes.

use crate::playbook::language::Shape;

/// What a keyword can stand on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::playbook) enum Place {
    /// A play.
    Play,
    /// An entry of `roles`, or of a role's dependencies.
    Role,
    /// A block.
    Block,
    /// A task.
    Task,
    /// A handler.
    Handler,
    /// `include_tasks` or `include_role`.
    Include,
}

impl Place {
    /// What it is called in messages.
    pub(in crate::playbook) fn describe(self) -> &'static str {
        match self {
            Self::Play => "a play",
            Self::Role => "a role",
            Self::Block => "a block",
            Self::Task => "a task",
            Self::Handler => "a handler",
            Self::Include => "an include",
        }
    }
}

/// A keyword.
#[derive(Debug)]
pub(in crate::playbook) struct Keyword {
    /// The word.
    pub(in crate::playbook) name: &'static str,
    /// What it can stand on.
    pub(in crate::playbook) on: &'static [Place],
    /// What it takes.
    pub(in crate::playbook) takes: Shape,
    /// What it means, for editors.
    pub(in crate::playbook) about: &'static str,
}

const ALL: &[Place] = &[
    Place::Play,
    Place::Role,
    Place::Block,
    Place::Task,
    Place::Handler,
];
/// As [`ALL`], and on includes, where it is about the include itself.
const ALL_AND_INCLUDES: &[Place] = &[
    Place::Play,
    Place::Role,
    Place::Block,
    Place::Task,
    Place::Handler,
    Place::Include,
];
const PLAY: &[Place] = &[Place::Play];
const BELOW_PLAY: &[Place] = &[Place::Role, Place::Block, Place::Task, Place::Handler];
const BELOW_PLAY_AND_INCLUDES: &[Place] = &[
    Place::Role,
    Place::Block,
    Place::Task,
    Place::Handler,
    Place::Include,
];
const BLOCK: &[Place] = &[Place::Block];
const STEPS: &[Place] = &[Place::Block, Place::Task, Place::Handler];
const TASK: &[Place] = &[Place::Task, Place::Handler];
const TASK_AND_INCLUDES: &[Place] = &[Place::Task, Place::Handler, Place::Include];
const HANDLER: &[Place] = &[Place::Handler];
const GRAPH: &[Place] = &[Place::Play, Place::Block, Place::Task, Place::Include];

const fn keyword(
    name: &'static str,
    on: &'static [Place],
    takes: Shape,
    about: &'static str,
) -> Keyword {
    Keyword {
        name,
        on,
        takes,
        about,
    }
}

/// Every keyword.
#[rustfmt::skip]
pub(in crate::playbook) const KEYWORDS: &[Keyword] = &[
    // What runs.
    keyword("name", ALL_AND_INCLUDES, Shape::Text, "What to call it in the output; may hold templates."),
    keyword("hosts", PLAY, Shape::Texts, "The hosts to act on: a pattern or a list of patterns."),
    keyword("pre_tasks", PLAY, Shape::Steps, "Tasks that run before the roles."),
    keyword("roles", PLAY, Shape::Roles, "Roles to run."),
    keyword("tasks", PLAY, Shape::Steps, "Tasks that run after the roles."),
    keyword("post_tasks", PLAY, Shape::Steps, "Tasks that run last."),
    keyword("handlers", PLAY, Shape::Handlers, "Tasks that run when they are notified of a change."),
    keyword("role", &[Place::Role], Shape::Text, "The role's name or path."),
    keyword("block", BLOCK, Shape::Steps, "Steps that succeed or fail together."),
    keyword("rescue", BLOCK, Shape::Steps, "Steps that run on hosts where the block failed."),
    keyword("always", BLOCK, Shape::Steps, "Steps that run in any case."),
    keyword("action", TASK_AND_INCLUDES, Shape::Any, "The module with its arguments, in the old form."),
    keyword("local_action", TASK, Shape::Any, "As `action`, run on the controller."),
    keyword("args", TASK_AND_INCLUDES, Shape::Mapping, "Arguments of the module, beside those given inline."),
    keyword("listen", HANDLER, Shape::Texts, "Topics that notify the handler, beside its name."),
    // When it runs.
    keyword("when", BELOW_PLAY_AND_INCLUDES, Shape::Conditions, "Conditions, written without braces; all must hold."),
    keyword("tags", ALL_AND_INCLUDES, Shape::Tags, "Tags to select it with `--tags` and `--skip-tags`."),
    keyword("id", GRAPH, Shape::Word, "What `needs` calls it."),
    keyword("needs", GRAPH, Shape::Needs, "What must have ended before it begins."),
    keyword("strategy", PLAY, Shape::Text, "How the tasks of hosts wait for each other."),
    keyword("serial", PLAY, Shape::Batches, "How many hosts run the play at once: counts or percentages."),
    keyword("order", PLAY, Shape::Text, "The order of the hosts."),
    keyword("throttle", ALL, Shape::Whole, "How many hosts may run it at once."),
    keyword("run_once", ALL_AND_INCLUDES, Shape::Switch, "Run on one host for all."),
    keyword("delegate_to", BELOW_PLAY, Shape::Text, "The host to act on instead."),
    keyword("delegate_facts", BELOW_PLAY, Shape::Switch, "Whether facts are those of the host that was acted on."),
    keyword("notify", STEPS, Shape::Texts, "Handlers to run if something changed."),
    // Loops and repetition.
    keyword("loop", TASK_AND_INCLUDES, Shape::Any, "The items to run the task for."),
    keyword("loop_control", TASK_AND_INCLUDES, Shape::Mapping, "How the loop runs and is shown."),
    keyword("until", TASK, Shape::Conditions, "Run again until this holds."),
    keyword("retries", TASK, Shape::Whole, "How often to run again; 3 by default."),
    keyword("delay", TASK, Shape::Number, "Seconds between two runs; 5 by default."),
    keyword("async", TASK, Shape::Whole, "Seconds that it may run in the background."),
    keyword("poll", TASK, Shape::Whole, "Seconds between two looks at a task in the background; 0 does not wait."),
    keyword("timeout", ALL_AND_INCLUDES, Shape::Whole, "Seconds after which it fails."),
    // What comes of it.
    keyword("register", TASK_AND_INCLUDES, Shape::Any, "The variable to keep the result in."),
    keyword("changed_when", TASK, Shape::Conditions, "When it counts as changed."),
    keyword("failed_when", TASK, Shape::Conditions, "When it counts as failed."),
    keyword("ignore_errors", ALL_AND_INCLUDES, Shape::Switch, "Go on after a failure."),
    keyword("ignore_unreachable", ALL, Shape::Switch, "Go on with hosts that cannot be reached."),
    keyword("any_errors_fatal", ALL, Shape::Switch, "End the play for all hosts when one fails."),
    keyword("max_fail_percentage", PLAY, Shape::Number, "The share of hosts that may fail before the play ends."),
    keyword("force_handlers", PLAY, Shape::Switch, "Run handlers on hosts that failed, too."),
    keyword("no_log", ALL_AND_INCLUDES, Shape::Switch, "Keep the results out of the output."),
    keyword("check_mode", ALL, Shape::Switch, "Force check mode on or off."),
    keyword("diff", ALL, Shape::Switch, "Force showing differences on or off."),
    keyword("debugger", ALL_AND_INCLUDES, Shape::Any, "Ansible's debugger, which is not supported."),
    // Variables.
    keyword("vars", ALL_AND_INCLUDES, Shape::Mapping, "Variables."),
    keyword("vars_files", PLAY, Shape::Files, "Files of variables; of a list in the list, the first that exists."),
    keyword("vars_prompt", PLAY, Shape::Prompts, "Variables to ask for."),
    keyword("module_defaults", ALL, Shape::Mappings, "Default arguments of modules."),
    keyword("environment", ALL, Shape::Mappings, "Environment variables of what is run on hosts."),
    keyword("collections", ALL_AND_INCLUDES, Shape::Texts, "Collections to look names up in."),
    keyword("validate_argspec", PLAY, Shape::Any, "Check the play's variables first: the name of one of the `argument_specs` in the file beside the playbook that is called as it is, with `.meta.yml`; `true` means the one with the play's name."),
    // Facts.
    keyword("gather_facts", PLAY, Shape::Switch, "Gather facts first."),
    keyword("gather_subset", PLAY, Shape::Texts, "Which facts to gather."),
    keyword("gather_timeout", PLAY, Shape::Whole, "Seconds that gathering a fact may take."),
    keyword("fact_path", PLAY, Shape::Text, "The directory of local facts on the hosts."),
    // As whom and how.
    keyword("become", ALL, Shape::Switch, "Act as another user."),
    keyword("become_user", ALL, Shape::Text, "The user to act as."),
    keyword("become_method", ALL, Shape::Method, "How to become the user: sudo or su."),
    keyword("become_flags", ALL, Shape::Text, "Options of the command that becomes the user."),
    keyword("become_exe", ALL, Shape::Text, "The command that becomes the user."),
    keyword("connection", ALL, Shape::Text, "How to reach the host: ssh or local."),
    keyword("port", ALL, Shape::Whole, "The port to connect to."),
    keyword("remote_user", ALL, Shape::Text, "The user to connect as."),
    keyword("user", PLAY, Shape::Text, "An old name of `remote_user`."),
];

/// The keyword of a name.
pub(in crate::playbook) fn find(name: &str) -> Option<&'static Keyword> {
    KEYWORDS.iter().find(|keyword| keyword.name == name)
}

/// The keywords that can stand on something.
pub(in crate::playbook) fn on(place: Place) -> impl Iterator<Item = &'static Keyword> {
    KEYWORDS
        .iter()
        .filter(move |keyword| keyword.on.contains(&place))
}

/// Whether the key is a keyword of tasks: one of the list, or `with_LOOKUP`.
pub(in crate::playbook) fn of_tasks(name: &str) -> bool {
    name.starts_with("with_")
        || find(name).is_some_and(|keyword| {
            keyword.on.contains(&Place::Task) || keyword.on.contains(&Place::Handler)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_keyword_is_listed_twice() {
        for (index, keyword) in KEYWORDS.iter().enumerate() {
            assert!(
                KEYWORDS[..index]
                    .iter()
                    .all(|other| other.name != keyword.name),
                "{}",
                keyword.name
            );
        }
    }
}
