//! `k8sbm run`: the flags of ansible-playbook.

use super::{ConnectionArgs, InventoryArgs, OutputArgs};
use clap::{ArgAction, Args, ValueEnum};
use std::path::PathBuf;

/// Runs playbooks.
#[derive(Args, Clone, Debug, Default)]
pub struct RunArgs {
    /// The playbooks, which run one after the other.
    #[arg(required = true, value_name = "PLAYBOOK")]
    pub playbooks: Vec<PathBuf>,

    #[command(flatten)]
    pub how: HowArgs,

    /// Changes nothing: says what would change.
    #[arg(short = 'C', long, help_heading = "Tasks")]
    pub check: bool,

    /// Begins at the task of this name.
    #[arg(long, value_name = "NAME", help_heading = "Tasks")]
    pub start_at_task: Option<String>,

    /// Asks before each task, which is not supported.
    #[arg(long, hide = true)]
    pub step: bool,

    /// Lists the hosts of each play, and runs nothing.
    #[arg(long, help_heading = "Instead of running")]
    pub list_hosts: bool,

    /// Lists the tasks of each play, and runs nothing.
    #[arg(long, help_heading = "Instead of running")]
    pub list_tasks: bool,

    /// Lists the tags of each play, and runs nothing.
    #[arg(long, help_heading = "Instead of running")]
    pub list_tags: bool,

    /// Reads the playbooks, and runs nothing.
    #[arg(long, help_heading = "Instead of running")]
    pub syntax_check: bool,

    #[command(flatten)]
    pub output: OutputArgs,
}

/// What running and planning share.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Tasks")]
pub struct HowArgs {
    /// Only tasks with one of these tags. Can be given more than once.
    #[arg(short, long, value_name = "TAGS", value_delimiter = ',', action = ArgAction::Append)]
    pub tags: Vec<String>,

    /// No tasks with one of these tags. Can be given more than once.
    #[arg(long, value_name = "TAGS", value_delimiter = ',', action = ArgAction::Append)]
    pub skip_tags: Vec<String>,

    /// Shows the differences in files.
    #[arg(short = 'D', long)]
    pub diff: bool,

    /// How many hosts are worked on at once [default: 50].
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub forks: Option<u32>,

    /// Runs handlers on hosts that failed, too.
    #[arg(long)]
    pub force_handlers: bool,

    /// Speaks the dialect of this version of ansible-core: conditions may give anything in 2.18. A repository whose
    /// `meta/runtime.yml` or `requirements.txt` wants an older one than 2.19 has it by itself.
    #[arg(long, value_name = "VERSION", value_enum)]
    pub compat: Option<CompatArg>,

    /// Folders of Ansible's modules in Python, which are not used.
    #[arg(short = 'M', long, hide = true, value_name = "PATH")]
    pub module_path: Vec<PathBuf>,

    #[command(flatten)]
    pub inventory: InventoryArgs,

    #[command(flatten)]
    pub connection: ConnectionArgs,
}

/// A dialect, by the version of ansible-core that speaks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CompatArg {
    /// Conditions may give anything.
    #[value(name = "2.18", alias = "2.17", alias = "2.16")]
    V2_18,
    /// Conditions have to give a boolean.
    #[value(name = "2.19", alias = "2.20", alias = "2.21")]
    V2_19,
}
