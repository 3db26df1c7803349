//! Ansible's precedence ladder.

use std::fmt;

/// Where a variable was set; what is further down the list wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// `defaults/main.yml` of a role.
    RoleDefaults,
    /// Variables of the group `all` in an inventory file.
    InventoryAll,
    /// Variables of other groups in an inventory file.
    InventoryGroups,
    /// `group_vars/all` beside the inventory.
    InventoryGroupVarsAll,
    /// `group_vars/all` beside the playbook.
    PlaybookGroupVarsAll,
    /// `group_vars/*` beside the inventory.
    InventoryGroupVars,
    /// `group_vars/*` beside the playbook.
    PlaybookGroupVars,
    /// Variables of a host in an inventory file.
    InventoryHost,
    /// `host_vars/*` beside the inventory.
    InventoryHostVars,
    /// `host_vars/*` beside the playbook.
    PlaybookHostVars,
    /// Facts of the host.
    Facts,
    /// `vars` of the play.
    Play,
    /// Answers to `vars_prompt`.
    VarsPrompt,
    /// `vars_files` of the play.
    VarsFiles,
    /// `vars/main.yml` of a role.
    RoleVars,
    /// `vars` of a block.
    Block,
    /// `vars` of the task.
    Task,
    /// What `include_vars` read.
    IncludeVars,
    /// What `set_fact` set and tasks registered.
    SetFacts,
    /// Parameters of a role, including those of `include_role` and `import_role`.
    RoleParams,
    /// Parameters of `include_tasks`.
    IncludeParams,
    /// `--extra-vars`.
    Extra,
    /// What the engine itself sets, such as `inventory_hostname`.
    Magic,
    /// Loop variables, such as `item`.
    Loop,
}

impl Level {
    /// The name of the level in messages.
    pub fn describe(self) -> &'static str {
        match self {
            Self::RoleDefaults => "role defaults",
            Self::InventoryAll => "inventory file, group all",
            Self::InventoryGroups => "inventory file, group",
            Self::InventoryGroupVarsAll => "inventory group_vars/all",
            Self::PlaybookGroupVarsAll => "playbook group_vars/all",
            Self::InventoryGroupVars => "inventory group_vars",
            Self::PlaybookGroupVars => "playbook group_vars",
            Self::InventoryHost => "inventory file, host",
            Self::InventoryHostVars => "inventory host_vars",
            Self::PlaybookHostVars => "playbook host_vars",
            Self::Facts => "host facts",
            Self::Play => "play vars",
            Self::VarsPrompt => "vars_prompt",
            Self::VarsFiles => "vars_files",
            Self::RoleVars => "role vars",
            Self::Block => "block vars",
            Self::Task => "task vars",
            Self::IncludeVars => "include_vars",
            Self::SetFacts => "set_fact and register",
            Self::RoleParams => "role parameters",
            Self::IncludeParams => "include parameters",
            Self::Extra => "extra vars",
            Self::Magic => "magic variables",
            Self::Loop => "loop variables",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.describe())
    }
}
