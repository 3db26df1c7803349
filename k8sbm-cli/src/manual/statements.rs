//! What can stand in a playbook as a task and is no module: statements of the language.

use super::{argument::Argument, entry::Entry};
use k8sbm_core::task::Example;

/// An argument: its name, what it takes, its default, what it is for.
type Row = (&'static str, &'static str, &'static str, &'static str);

/// Of what only brings tasks.
const BRINGS: &str = "It changes nothing on hosts by itself, in check mode or not; what it brings does as it would here.";

/// Of what only speaks to the run.
const SPEAKS: &str = "It changes nothing on hosts, and holds in check mode too.";

const FILE: Row = (
    "file",
    "text, required",
    "",
    "The file. It is looked for beside the file that names it, in the role's `tasks`, and beside the playbook.",
);

const APPLY: Row = (
    "apply",
    "mapping",
    "",
    "Keywords for all that is included, such as `tags` or `become`; those of the statement itself hold for itself alone.",
);

const ROLE: [Row; 8] = [
    (
        "name",
        "text, required",
        "",
        "The role; also called `role`.",
    ),
    (
        "tasks_from",
        "text",
        "main",
        "The file of the role's `tasks` to take.",
    ),
    (
        "vars_from",
        "text",
        "main",
        "The file of the role's `vars` to take.",
    ),
    (
        "defaults_from",
        "text",
        "main",
        "The file of the role's `defaults` to take.",
    ),
    (
        "handlers_from",
        "text",
        "main",
        "The file of the role's `handlers` to take.",
    ),
    (
        "public",
        "yes or no",
        "",
        "Whether all of the play sees the role's variables: an import's default is yes, an include's no.",
    ),
    (
        "allow_duplicates",
        "yes or no",
        "true",
        "Whether it runs again though it ran before.",
    ),
    (
        "rolespec_validate",
        "yes or no",
        "true",
        "Whether its arguments are checked against its `argument_specs`.",
    ),
];

const META: [(&str, &str); 10] = [
    (
        "flush_handlers",
        "Runs the handlers that were notified so far, now.",
    ),
    ("refresh_inventory", "Reads the inventory anew."),
    ("noop", "Does nothing."),
    ("clear_facts", "Forgets the facts of the host."),
    (
        "clear_host_errors",
        "Lets the hosts of the play that failed take part again, in the `always` of the block that failed and from the next play on; their failures do not count for the exit code.",
    ),
    (
        "end_play",
        "Ends the play for all hosts, without a failure.",
    ),
    (
        "end_host",
        "Ends the play for this host, without a failure.",
    ),
    (
        "end_batch",
        "Ends the batch of `serial` for all its hosts; the next one begins.",
    ),
    ("end_role", "Leaves the role on this host."),
    (
        "reset_connection",
        "Opens the connection anew, as a new group membership may need.",
    ),
];

/// What the manual says of all statements.
pub fn statements() -> impl Iterator<Item = Entry> {
    [
        Entry {
            bare: true,
            ..entry(
            "import_playbook",
            "Puts the plays of another playbook here, while loading.",
            "It stands among the plays, not among tasks. `name`, `vars`, `when`, `tags`, `id` and `needs` can stand beside it, and hold for all its plays.",
            &[("playbook", "text, required", "", "The playbook, beside the one that names it. Its name is known before any host is, so it can use extra variables only.")],
            None,
            &[Example {
                title: "Prepare the hosts, then build the cluster",
                yaml: "- import_playbook: prepare.yml\n- import_playbook: cluster.yml\n  vars:\n    cluster_name: lab\n",
            }],
        )
        },
        entry(
            "import_role",
            "Puts a role here, while loading.",
            "Its tasks are known before the run begins: they are listed, and inherit the keywords of the statement. It can have no loop; `include_role` can.",
            &ROLE,
            None,
            &[Example {
                title: "Take one file of a role",
                yaml: "import_role:\n  name: containerd\n  tasks_from: install\n",
            }],
        ),
        entry(
            "import_tasks",
            "Puts the tasks of a file here, while loading.",
            "They are known before the run begins: they are listed, and inherit the keywords of the statement. It can have no loop, and its name can use variables of the play and extra variables only; `include_tasks` sees those of the host.",
            &[FILE],
            Some("file"),
            &[Example {
                title: "Tasks for one kind of hosts",
                yaml: "import_tasks: debian.yml\nwhen: ansible_facts.os_family == 'Debian'\n",
            }],
        ),
        entry(
            "include_role",
            "Runs a role here, decided on while running.",
            "Its name and its condition are asked on each host, so it can have a loop. Of keywords, `tags` and the like hold for the statement alone; `apply` gives them to the role's tasks.",
            &[ROLE[0], ROLE[1], ROLE[2], ROLE[3], ROLE[4], ROLE[5], ROLE[6], ROLE[7], APPLY],
            None,
            &[Example {
                title: "A role for each add-on",
                yaml: "include_role:\n  name: \"{{ item }}\"\nloop: [metallb, openebs]\n",
            }],
        ),
        entry(
            "include_tasks",
            "Runs the tasks of a file here, decided on while running.",
            "Its name and its condition are asked on each host, so it can have a loop. Of keywords, `tags` and the like hold for the statement alone; `apply` gives them to the tasks.",
            &[FILE, APPLY],
            Some("file"),
            &[Example {
                title: "What the host's distribution needs",
                yaml: "include_tasks: \"{{ ansible_facts.distribution | lower }}.yml\"\n",
            }],
        ),
        Entry {
            bare: true,
            note: SPEAKS,
            arguments: vec![Argument {
                name: "what".to_owned(),
                takes: "one of the words below".to_owned(),
                required: true,
                description: "What to do.".to_owned(),
                choices: META
                    .iter()
                    .map(|(word, means)| ((*word).to_owned(), (*means).to_owned()))
                    .collect(),
                ..Argument::default()
            }],
            ..entry(
                "meta",
                "Speaks to the run itself.",
                "",
                &[],
                None,
                &[
                    Example {
                        title: "Restart what was configured before the tasks that use it",
                        yaml: "meta: flush_handlers\n",
                    },
                    Example {
                        title: "Leave out hosts that are no part of the cluster",
                        yaml: "meta: end_host\nwhen: inventory_hostname not in groups.cluster\n",
                    },
                ],
            )
        },
    ]
    .into_iter()
}

fn entry(
    name: &str,
    summary: &str,
    description: &str,
    arguments: &[Row],
    free_form: Option<&'static str>,
    examples: &'static [Example],
) -> Entry {
    Entry {
        name: name.to_owned(),
        summary: summary.to_owned(),
        description: description.to_owned(),
        aliases: vec![format!("ansible.builtin.{name}")],
        arguments: arguments.iter().map(argument).collect(),
        free_form,
        bare: false,
        returns: &[],
        examples,
        note: BRINGS,
    }
}

fn argument(&(name, takes, default, description): &Row) -> Argument {
    let (takes, required) = match takes.strip_suffix(", required") {
        Some(takes) => (takes, true),
        None => (takes, false),
    };
    Argument {
        name: name.to_owned(),
        takes: takes.to_owned(),
        required,
        default: (!default.is_empty()).then(|| default.to_owned()),
        description: description.to_owned(),
        ..Argument::default()
    }
}
