//! The passwords for what is encrypted.

use super::{Environment, password};
use crate::{args::VaultArgs, terminal::Terminal, trouble::Trouble};
use k8sbm_core::vault::VaultSecrets;
use std::path::Path;

/// All vault passwords, from flags and the environment.
///
/// # Errors
/// When one cannot be read, or nobody is there to be asked.
pub fn secrets(
    args: &VaultArgs,
    environment: &Environment,
    terminal: &Terminal,
) -> Result<VaultSecrets, Trouble> {
    let mut secrets = VaultSecrets::new();
    let ids = environment
        .list("ANSIBLE_VAULT_IDENTITY_LIST", ',')
        .into_iter()
        .chain(args.ids.iter().cloned());
    for given in ids {
        secrets = with_id(secrets, &given, environment, terminal)?;
    }
    let mut files = args.password_files.clone();
    if files.is_empty()
        && !args.ask
        && let Some(file) = environment.get("ANSIBLE_VAULT_PASSWORD_FILE")
    {
        files.push(environment.path(file));
    }
    for file in files {
        let password = match file.to_str() {
            Some("prompt") if !Path::new("prompt").exists() => ask(terminal, "")?,
            _ => password::from_file(&file)?,
        };
        secrets = secrets.with("", password);
    }
    if args.ask {
        secrets = secrets.with("", ask(terminal, "")?);
    }
    Ok(secrets)
}

/// A new password: of a `--new-vault-id`, of a file, or typed twice.
///
/// # Errors
/// When it cannot be read, nobody is there to be asked, or what was typed is not the same.
pub fn new_secrets(
    id: Option<&str>,
    file: Option<&Path>,
    environment: &Environment,
    terminal: &Terminal,
) -> Result<VaultSecrets, Trouble> {
    let none = VaultSecrets::new();
    match (id, file) {
        (Some(id), _) => with_id(none, id, environment, terminal),
        (None, Some(file)) => Ok(none.with("", password::from_file(file)?)),
        (None, None) => {
            let typed = terminal.password("New vault password: ")?;
            if terminal.password("Confirm new vault password: ")? != typed {
                return Err(Trouble::new("the two passwords are not the same"));
            }
            Ok(none.with("", typed))
        }
    }
}

/// With the password of `ID@SOURCE`.
fn with_id(
    secrets: VaultSecrets,
    given: &str,
    environment: &Environment,
    terminal: &Terminal,
) -> Result<VaultSecrets, Trouble> {
    let (id, source) = given.split_once('@').unwrap_or(("", given));
    let password = match source {
        "prompt" | "prompt_ask_vault_pass" => ask(terminal, id)?,
        _ => password::from_file(&environment.path(source))?,
    };
    Ok(secrets.with(id, password))
}

fn ask(terminal: &Terminal, id: &str) -> Result<String, Trouble> {
    let prompt = match id {
        "" => "Vault password: ".to_owned(),
        id => format!("Vault password ({id}): "),
    };
    terminal.password(&prompt)
}
