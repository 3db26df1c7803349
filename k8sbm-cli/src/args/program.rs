//! The program and its subcommands.

use super::{ArtifactsArgs, HowArgs, InventoryArgs, OutputArgs, RunArgs, VaultCommandArgs};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use std::{ffi::OsString, path::PathBuf};

/// Makes bare machines into Kubernetes clusters, and keeps them so, from Ansible's playbooks.
#[derive(Debug, Parser)]
#[command(
    name = "k8sbm",
    version,
    propagate_version = true,
    max_term_width = 100
)]
pub struct Program {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,

    /// Writes without colours.
    #[arg(long, global = true, help_heading = "Output")]
    pub no_color: bool,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs playbooks, with the flags of ansible-playbook.
    Run(Box<RunArgs>),
    /// Says what running playbooks would change, host by host.
    Plan(Box<PlanArgs>),
    /// Runs one module on some hosts.
    Exec(Box<ExecArgs>),
    /// Prints the facts of hosts as JSON.
    Facts(Box<FactsArgs>),
    /// Shows hosts, groups and variables.
    Inventory(Box<InventoryCommandArgs>),
    /// Finds mistakes in playbooks, and in the inventory of a cluster, without touching a host.
    Lint(Box<LintArgs>),
    /// Shows which tasks of a playbook wait for which.
    Graph(Box<GraphArgs>),
    /// What an inventory installs, by version and checksum: fetched, compared, listed.
    Artifacts(Box<ArtifactsArgs>),
    /// Encrypts and decrypts files and strings, as ansible-vault does.
    Vault(VaultCommandArgs),
    /// Shows the manual of a module, or the list of modules.
    Doc(DocArgs),
    /// Prints the JSON schema of playbooks, for editors.
    Schema(SchemaArgs),
    /// Prints a script that completes this command in a shell.
    Completions(CompletionsArgs),
}

/// `k8sbm plan`.
#[derive(Args, Debug)]
pub struct PlanArgs {
    /// The playbooks.
    #[arg(required = true, value_name = "PLAYBOOK")]
    pub playbooks: Vec<PathBuf>,

    /// Writes the plan to this file as JSON; `-` is standard output.
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub output: Option<PathBuf>,

    /// Exits with 0 when nothing would change, with 2 when something would, with 1 on an error. What is unknown does
    /// not count.
    #[arg(long, help_heading = "Output")]
    pub detailed_exitcode: bool,

    /// Begins at the task of this name.
    #[arg(long, value_name = "NAME", help_heading = "Tasks")]
    pub start_at_task: Option<String>,

    /// Says more: -v names what is unchanged, too.
    #[arg(short, long, action = clap::ArgAction::Count, help_heading = "Output")]
    pub verbose: u8,

    #[command(flatten)]
    pub how: HowArgs,
}

/// `k8sbm lint`.
#[derive(Args, Debug)]
pub struct LintArgs {
    /// Playbooks, which are loaded with all they import and include by name; or directories, of which all playbooks and
    /// roles are. None looks at the inventory alone.
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// How what was found is told.
    #[arg(
        long,
        value_enum,
        value_name = "FORM",
        default_value = "text",
        help_heading = "Output"
    )]
    pub format: LintForm,

    #[command(flatten)]
    pub how: HowArgs,
}

/// How `k8sbm lint` tells what it found.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum LintForm {
    /// For people.
    Text,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands, which GitHub shows beside the lines.
    Github,
}

/// `k8sbm exec`.
#[derive(Args, Debug)]
pub struct ExecArgs {
    /// The hosts, as a pattern.
    pub pattern: String,

    /// The module.
    #[arg(short, long, default_value = "command")]
    pub module_name: String,

    /// Its arguments: `key=value ...`, free text for modules such as `command`, or a mapping in
    /// YAML or JSON.
    #[arg(
        short,
        long = "args",
        value_name = "ARGS",
        default_value = "",
        hide_default_value = true,
        allow_hyphen_values = true
    )]
    pub arguments: String,

    /// Changes nothing: says what would change.
    #[arg(short = 'C', long, help_heading = "Tasks")]
    pub check: bool,

    /// Lists the hosts that the pattern means, and runs nothing.
    #[arg(long)]
    pub list_hosts: bool,

    #[command(flatten)]
    pub output: OutputArgs,

    #[command(flatten)]
    pub how: HowArgs,
}

/// `k8sbm facts`.
#[derive(Args, Debug)]
pub struct FactsArgs {
    /// The hosts, as a pattern.
    #[arg(default_value = "all")]
    pub pattern: String,

    /// Only these families of facts, such as `network` or `!hardware`.
    #[arg(
        long,
        value_name = "SUBSET",
        value_delimiter = ',',
        allow_hyphen_values = true
    )]
    pub gather_subset: Vec<String>,

    #[command(flatten)]
    pub how: HowArgs,
}

/// `k8sbm inventory`.
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("view").required(true).args(["list", "graph", "host", "explain_var"]).multiple(true))]
pub struct InventoryCommandArgs {
    /// The group at the root of `--graph`.
    #[arg(value_name = "GROUP", requires = "graph")]
    pub group: Option<String>,

    /// All groups, hosts and variables, in the form that inventory scripts give.
    #[arg(long, conflicts_with_all = ["graph", "host", "explain_var"])]
    pub list: bool,

    /// Groups and hosts as a tree.
    #[arg(long, conflicts_with_all = ["host", "explain_var"])]
    pub graph: bool,

    /// The variables of one host; with `--explain-var`, the host to explain for.
    #[arg(long)]
    pub host: Option<String>,

    /// Every definition of a variable with its place, and why the winner wins.
    #[arg(long, value_name = "NAME", requires = "host")]
    pub explain_var: Option<String>,

    /// Adds variables to the graph.
    #[arg(long, requires = "graph")]
    pub vars: bool,

    /// Writes YAML instead of JSON.
    #[arg(short, long)]
    pub yaml: bool,

    /// Folder of playbooks, whose `group_vars` and `host_vars` count, too.
    #[arg(long, value_name = "DIR")]
    pub playbook_dir: Option<PathBuf>,

    #[command(flatten)]
    pub inventory: InventoryArgs,
}

/// `k8sbm graph`.
#[derive(Args, Debug)]
pub struct GraphArgs {
    /// The playbook.
    pub playbook: PathBuf,

    /// How to draw it.
    #[arg(short, long, value_enum, default_value_t = GraphForm::Tree)]
    pub output: GraphForm,

    /// Shows every task. Without it, a playbook of several plays is shown play by play: where each runs, which roles it
    /// has and which plays it waits for; what the inventory asks for nowhere is left out.
    #[arg(long)]
    pub tasks: bool,

    #[command(flatten)]
    pub inventory: InventoryArgs,
}

/// How a graph is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GraphForm {
    /// A list for the terminal.
    Tree,
    /// For Graphviz.
    Dot,
    /// For Markdown pages.
    Mermaid,
}

/// `k8sbm doc`.
#[derive(Args, Debug)]
pub struct DocArgs {
    /// The module or statement, by any of its names; all of them when there is none.
    pub module: Option<String>,
    /// Writes all pages and an index into a directory, as Markdown.
    #[arg(long, value_name = "DIRECTORY", conflicts_with = "module")]
    pub markdown: Option<PathBuf>,
}

/// `k8sbm schema`.
#[derive(Args, Debug)]
pub struct SchemaArgs {
    /// What to describe: `playbook`, `tasks` (a file of tasks or handlers), or a module's arguments.
    #[arg(default_value = "playbook")]
    pub of: String,
}

/// `k8sbm completions`.
#[derive(Args, Debug)]
pub struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    pub shell: Shell,
}

impl Program {
    /// Reads the arguments; a program called by the name of one of Ansible's behaves as the command in its place.
    ///
    /// # Errors
    /// When they make no sense, or ask for help or the version.
    pub fn read(words: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let mut words: Vec<OsString> = words.into_iter().collect();
        let called = words.first().map(PathBuf::from).unwrap_or_default();
        let command = match called.file_name().and_then(|name| name.to_str()) {
            Some("ansible-playbook") => Some("run"),
            Some("ansible-vault") => Some("vault"),
            Some("ansible-inventory") => Some("inventory"),
            Some("ansible-doc") => Some("doc"),
            Some("ansible") => Some("exec"),
            _ => None,
        };
        if let Some(command) = command {
            words.insert(1, command.into());
        }
        Self::try_parse_from(words)
    }
}

#[cfg(test)]
mod tests;
