//! Hosts, variables and the passwords that open them.

use clap::{ArgAction, Args};
use std::path::PathBuf;

/// Hosts and variables.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Hosts and variables")]
pub struct InventoryArgs {
    /// Inventory: a file, a directory, an executable script, or names separated by commas
    /// (`host1,` for a single one). Can be given more than once.
    #[arg(
        short,
        long,
        visible_alias = "inventory-file",
        value_name = "INVENTORY"
    )]
    pub inventory: Vec<String>,

    /// Only these hosts: a pattern such as `web:&eu:!web3`, or `@FILE`.
    #[arg(short, long, value_name = "PATTERN")]
    pub limit: Option<String>,

    /// Variables that win over all others: `key=value ...`, YAML, JSON, or `@FILE`. Can be given
    /// more than once.
    #[arg(short, long = "extra-vars", value_name = "VARS", action = ArgAction::Append)]
    pub extra_vars: Vec<String>,

    #[command(flatten)]
    pub vault: VaultArgs,

    /// Forgets the facts that earlier runs kept (`fact_caching` in ansible.cfg).
    #[arg(long)]
    pub flush_cache: bool,
}

/// Passwords for what is encrypted.
#[derive(Args, Clone, Debug, Default)]
pub struct VaultArgs {
    /// File that holds the vault password, or program that prints it. Can be given more than once.
    #[arg(
        long = "vault-password-file",
        visible_alias = "vault-pass-file",
        value_name = "FILE"
    )]
    pub password_files: Vec<PathBuf>,

    /// Vault password with an id: `ID@FILE`, or `ID@prompt` to be asked. Can be given more than
    /// once.
    #[arg(long = "vault-id", value_name = "ID@SOURCE")]
    pub ids: Vec<String>,

    /// Asks for the vault password.
    #[arg(
        short = 'J',
        long = "ask-vault-password",
        visible_alias = "ask-vault-pass"
    )]
    pub ask: bool,
}
