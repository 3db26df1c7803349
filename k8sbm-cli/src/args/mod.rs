//! What was typed.

mod artifacts;
mod connection;
mod inventory;
mod output;
mod program;
mod run;
mod vault;

pub use artifacts::{ArtifactsArgs, ArtifactsCommand, LockArgs};
pub use connection::ConnectionArgs;
pub use inventory::{InventoryArgs, VaultArgs};
pub use output::{Output, OutputArgs};
pub use program::{
    Command, CompletionsArgs, DocArgs, ExecArgs, FactsArgs, GraphArgs, GraphForm,
    InventoryCommandArgs, LintArgs, LintForm, PlanArgs, Program, SchemaArgs,
};
pub use run::{CompatArg, HowArgs, RunArgs};
pub use vault::{
    OpenArgs, RekeyArgs, SealArgs, SealWith, StringArgs, VaultCommand, VaultCommandArgs,
};
