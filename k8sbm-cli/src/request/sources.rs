//! Inventory, variables and passwords.

use super::{Environment, extra_vars, vault};
use crate::{args::InventoryArgs, terminal::Terminal, trouble::Trouble};
use k8sbm_core::{
    diagnostic::Diagnostic,
    inventory::{Inventory, Pattern},
    node::{Duplicates, Reading, Span},
    vars::{Names, Variable},
};
use std::path::Path;

/// The inventory that is read when none is named.
const DEFAULT: &str = "/etc/ansible/hosts";

/// Inventory, variables and passwords.
pub struct Sources {
    /// Where the inventory came from.
    pub names: Vec<String>,
    /// The hosts.
    pub inventory: Inventory,
    /// How all files are read.
    pub reading: Reading,
    /// The variables of `-e`.
    pub extra: Names<Variable>,
    /// `--limit`, as a pattern.
    pub limit: Option<String>,
}

impl Sources {
    /// Reads them.
    ///
    /// # Errors
    /// At the mistake in one of them.
    pub fn read(
        args: &InventoryArgs,
        environment: &Environment,
        terminal: &Terminal,
    ) -> Result<Self, Trouble> {
        let reading = Reading {
            duplicates: duplicates(environment)?,
            ..vault::secrets(&args.vault, environment, terminal)?.into()
        };
        let extra = extra_vars::read(&args.extra_vars, &reading)?;
        let names = names(args, environment)?;
        let inventory = Inventory::load(&names, &reading)?;
        Ok(Self {
            names,
            inventory,
            reading,
            extra,
            limit: args.limit.clone(),
        })
    }

    /// The warnings of the inventory.
    pub fn warnings(&self) -> &[Diagnostic] {
        self.inventory.warnings()
    }

    /// Refuses a limit that leaves no host.
    ///
    /// # Errors
    /// When no host is left, or the limit cannot be read.
    pub fn check_limit(&self) -> Result<(), Trouble> {
        let Some(limit) = &self.limit else {
            return Ok(());
        };
        let pattern = Pattern::parse(limit, &Span::none())?;
        let chosen = self
            .inventory
            .select_within(&Pattern::all(), Some(&pattern))?;
        let implicit = self.inventory.select(&pattern)?;
        if chosen.hosts.is_empty() && implicit.hosts.is_empty() {
            let trouble = Trouble::new(format!("`--limit {limit}` leaves no host"));
            return Err(trouble.help("`k8sbm inventory --graph` shows what there is"));
        }
        Ok(())
    }
}

fn duplicates(environment: &Environment) -> Result<Duplicates, Trouble> {
    let name = "ANSIBLE_DUPLICATE_YAML_DICT_KEY";
    match environment.get(name) {
        None | Some("error") => Ok(Duplicates::Refused),
        Some("warn") => Ok(Duplicates::Warned),
        Some("ignore") => Ok(Duplicates::Ignored),
        Some(other) => Err(Trouble::new(format!("{name} is `{other}`"))
            .help("it can be `error`, `warn` or `ignore`")),
    }
}

fn names(args: &InventoryArgs, environment: &Environment) -> Result<Vec<String>, Trouble> {
    let mut names = args.inventory.clone();
    if names.is_empty() {
        names = environment.list("ANSIBLE_INVENTORY", ',');
    }
    if names.is_empty() && Path::new(DEFAULT).exists() {
        names.push(DEFAULT.to_owned());
    }
    for name in &names {
        if !name.contains(',') && !Path::new(name).exists() {
            let trouble = Trouble::new(format!("there is no inventory `{name}`"));
            return Err(trouble.help(format!("a single host is given as `-i {name},`")));
        }
    }
    Ok(names)
}
