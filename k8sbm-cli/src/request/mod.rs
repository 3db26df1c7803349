//! What is meant: flags, environment and files together, as the engine takes them.

mod configuration;
mod environment;
mod extra_vars;
mod password;
mod pins;
mod playbook;
mod repository;
mod settings;
mod sources;
mod vault;

pub use configuration::Configuration;
pub use environment::Environment;
pub use playbook::check as check_playbooks;
pub use repository::{Repository, alone};
pub use settings::{Asked, Settings};
pub use sources::Sources;
pub use vault::{new_secrets as new_vault_secrets, secrets as vault_secrets};
