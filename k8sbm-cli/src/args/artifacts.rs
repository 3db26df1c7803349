//! `k8sbm artifacts`.

use super::InventoryArgs;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `k8sbm artifacts`.
#[derive(Args, Debug)]
pub struct ArtifactsArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: ArtifactsCommand,
}

/// What can be done with the artefacts of an inventory.
#[derive(Debug, Subcommand)]
pub enum ArtifactsCommand {
    /// Fetches all that is locked into a directory, which can be carried to where there is no internet.
    Pull(LockArgs),
    /// Fills in the checksums that the lock has not, of what is published now: compare them with what the publisher says.
    Lock(LockArgs),
    /// Compares a directory with the lock: what is missing, what is wrong, what is not known.
    Verify(LockArgs),
    /// Lists what is locked, and where it would come from.
    List(LockArgs),
}

/// The lock of an inventory, and where its artefacts come from.
#[derive(Args, Debug)]
pub struct LockArgs {
    /// Only the artefacts of these names.
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,

    /// The directory of artefacts, instead of the variable `artifacts_directory`.
    #[arg(short, long, value_name = "DIR", help_heading = "Sources")]
    pub directory: Option<PathBuf>,

    /// What stands in URLs in place of the publisher's server, instead of the variable `artifacts_mirror`.
    #[arg(short, long, value_name = "URL", help_heading = "Sources")]
    pub mirror: Option<String>,

    /// The host whose variables are taken; the first of the inventory unless said.
    #[arg(long, value_name = "HOST", help_heading = "Hosts and variables")]
    pub host: Option<String>,

    #[command(flatten)]
    pub inventory: InventoryArgs,
}
