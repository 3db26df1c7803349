//! `k8sbm vault`: files and strings that only a password opens, as ansible-vault makes them.

use super::Context;
use crate::{
    args::{
        OpenArgs, RekeyArgs, SealArgs, SealWith, StringArgs, VaultArgs, VaultCommand,
        VaultCommandArgs,
    },
    exit::Exit,
    replacing::replace,
    request::{new_vault_secrets, vault_secrets},
    trouble::Trouble,
};
use k8sbm_core::vault::{self, VaultKey, VaultSecrets};
use std::{
    fs,
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::NamedTempFile;

/// Does what was asked.
///
/// # Errors
/// When a file cannot be read or written, is not what it should be, or no password fits.
pub fn vault(args: &VaultCommandArgs, context: &Context) -> Result<Exit, Trouble> {
    match &args.command {
        VaultCommand::Create(args) => create(args, context)?,
        VaultCommand::Encrypt(args) => encrypt(args, context)?,
        VaultCommand::Decrypt(args) => decrypt(args, context)?,
        VaultCommand::View(args) => view(args, context)?,
        VaultCommand::Edit(args) => edit(args, context)?,
        VaultCommand::Rekey(args) => rekey(args, context)?,
        VaultCommand::EncryptString(args) => encrypt_string(args, context)?,
    }
    Ok(Exit::Ok)
}

fn create(args: &SealArgs, context: &Context) -> Result<(), Trouble> {
    let [path] = &args.files[..] else {
        return Err(Trouble::new("`create` takes one file"));
    };
    if path.exists() {
        let trouble = Trouble::new(format!("`{}` is there already", path.display()));
        return Err(trouble.help("`k8sbm vault edit` opens an editor on it"));
    }
    let secrets = sealing(&args.vault, context)?;
    let key = key(&secrets, &args.with, context)?;
    let text = edited(b"", context)?;
    put(
        args.output.as_ref().unwrap_or(path),
        &key.seal(&text),
        context,
    )
}

fn encrypt(args: &SealArgs, context: &Context) -> Result<(), Trouble> {
    let secrets = sealing(&args.vault, context)?;
    let key = key(&secrets, &args.with, context)?;
    each(&args.files, args.output.as_ref(), context, |path, bytes| {
        if std::str::from_utf8(&bytes).is_ok_and(vault::is_vault) {
            return Err(Trouble::new(format!(
                "`{}` is encrypted already",
                path.display()
            )));
        }
        Ok(key.seal(&bytes))
    })
}

fn decrypt(args: &OpenArgs, context: &Context) -> Result<(), Trouble> {
    let secrets = secrets(&args.vault, context)?;
    each(&args.files, args.output.as_ref(), context, |path, bytes| {
        Ok(opened(path, &bytes, &secrets)?.0)
    })
}

fn view(args: &OpenArgs, context: &Context) -> Result<(), Trouble> {
    let secrets = secrets(&args.vault, context)?;
    let output = Some(PathBuf::from("-"));
    each(
        &args.files,
        args.output.as_ref().or(output.as_ref()),
        context,
        |path, bytes| Ok(opened(path, &bytes, &secrets)?.0),
    )
}

fn edit(args: &OpenArgs, context: &Context) -> Result<(), Trouble> {
    let secrets = secrets(&args.vault, context)?;
    for path in &args.files {
        let bytes = get(path)?;
        let (before, key) = opened(path, &bytes, &secrets)?;
        let after = edited(&before, context)?;
        if after != before {
            put(path, &key.seal(&after), context)?;
        }
    }
    Ok(())
}

fn rekey(args: &RekeyArgs, context: &Context) -> Result<(), Trouble> {
    let secrets = secrets(&args.vault, context)?;
    let (environment, terminal) = (&context.environment, &context.terminal);
    let new = new_vault_secrets(
        args.new_id.as_deref(),
        args.new_password_file.as_deref(),
        environment,
        terminal,
    )?;
    let key = key(&new, &SealWith { id: None }, context)?;
    // All are opened before the first is written.
    let opened: Vec<_> = args
        .files
        .iter()
        .map(|path| Ok((path, opened(path, &get(path)?, &secrets)?.0)))
        .collect::<Result<_, Trouble>>()?;
    for (path, bytes) in opened {
        put(path, &key.seal(&bytes), context)?;
    }
    Ok(())
}

fn encrypt_string(args: &StringArgs, context: &Context) -> Result<(), Trouble> {
    let secrets = sealing(&args.vault, context)?;
    let key = key(&secrets, &args.with, context)?;
    let names = args.names.iter().map(Some).chain(std::iter::repeat(None));
    let mut all: Vec<(Option<&String>, Vec<u8>)> = names
        .zip(args.strings.iter().map(|text| text.clone().into_bytes()))
        .collect();
    if args.strings.is_empty() || args.stdin_name.is_some() {
        all.push((
            args.stdin_name.as_ref().or(args.names.first()),
            get(Path::new("-"))?,
        ));
    }
    for (name, bytes) in all {
        let name = name.map_or_else(String::new, |name| format!("{name}: "));
        let sealed = String::from_utf8_lossy(&key.seal(&bytes)).replace('\n', "\n          ");
        context.print(&format!(
            "{name}!vault |\n          {}\n",
            sealed.trim_end()
        ))?;
    }
    Ok(())
}

fn secrets(args: &VaultArgs, context: &Context) -> Result<VaultSecrets, Trouble> {
    let secrets = vault_secrets(args, &context.environment, &context.terminal)?;
    if !secrets.is_empty() {
        return Ok(secrets);
    }
    Ok(secrets.with("", context.terminal.password("Vault password: ")?))
}

/// The passwords to encrypt with; one that is typed is typed twice.
fn sealing(args: &VaultArgs, context: &Context) -> Result<VaultSecrets, Trouble> {
    let secrets = vault_secrets(args, &context.environment, &context.terminal)?;
    if !secrets.is_empty() {
        return Ok(secrets);
    }
    new_vault_secrets(None, None, &context.environment, &context.terminal)
}

fn key<'a>(
    secrets: &'a VaultSecrets,
    with: &SealWith,
    context: &Context,
) -> Result<VaultKey<'a>, Trouble> {
    let usual = || context.environment.get("ANSIBLE_VAULT_ENCRYPT_IDENTITY");
    match with.id.as_deref().or_else(usual) {
        Some(id) => secrets
            .key(id)
            .ok_or_else(|| Trouble::new(format!("no vault password has the id `{id}`"))),
        None => secrets.only_key().ok_or_else(|| {
            Trouble::new("several vault passwords are given")
                .help("say with `--encrypt-vault-id` which is to encrypt")
        }),
    }
}

fn opened<'a>(
    path: &Path,
    bytes: &[u8],
    secrets: &'a VaultSecrets,
) -> Result<(Vec<u8>, VaultKey<'a>), Trouble> {
    let text = std::str::from_utf8(bytes)
        .ok()
        .filter(|text| vault::is_vault(text));
    let text =
        text.ok_or_else(|| Trouble::new(format!("`{}` is not encrypted", path.display())))?;
    vault::open_with(text, secrets).map_err(|mut diagnostic| {
        diagnostic.message = format!("`{}`: {}", path.display(), diagnostic.message);
        diagnostic.into()
    })
}

/// Turns each file into another; nothing is written unless all could be turned.
fn each(
    files: &[PathBuf],
    output: Option<&PathBuf>,
    context: &Context,
    turn: impl Fn(&Path, Vec<u8>) -> Result<Vec<u8>, Trouble>,
) -> Result<(), Trouble> {
    let input = [PathBuf::from("-")];
    let files = if files.is_empty() { &input } else { files };
    let to_file = output.is_some_and(|path| path != Path::new("-"));
    if to_file && files.len() > 1 {
        return Err(Trouble::new(
            "`--output` takes what one file gives, and several are named",
        ));
    }
    let turned: Vec<(&PathBuf, Vec<u8>)> = files
        .iter()
        .map(|path| Ok((path, turn(path, get(path)?)?)))
        .collect::<Result<_, Trouble>>()?;
    for (path, bytes) in turned {
        put(output.unwrap_or(path), &bytes, context)?;
    }
    Ok(())
}

fn get(path: &Path) -> Result<Vec<u8>, Trouble> {
    let read = if path == Path::new("-") {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        fs::read(path)
    };
    read.map_err(|error| Trouble::new(format!("cannot read `{}`: {error}", path.display())))
}

/// Replaces the file, or prints where it is `-`.
fn put(path: &Path, bytes: &[u8], context: &Context) -> Result<(), Trouble> {
    if path == Path::new("-") {
        return context.print(&String::from_utf8_lossy(bytes));
    }
    let failed = |error| Trouble::new(format!("cannot write `{}`: {error}", path.display()));
    replace(path, bytes).map_err(failed)
}

/// What an editor makes of a text, in a file that only its owner can read.
fn edited(text: &[u8], context: &Context) -> Result<Vec<u8>, Trouble> {
    let get = |name| context.environment.get(name);
    let editor = get("ANSIBLE_EDITOR")
        .or_else(|| get("EDITOR"))
        .unwrap_or("vi");
    let mut words = editor.split_whitespace();
    let mut file = NamedTempFile::new()?;
    file.write_all(text)?;
    file.flush()?;
    let status = Command::new(words.next().unwrap_or("vi"))
        .args(words)
        .arg(file.path())
        .status();
    let ended = status
        .map_err(|error| Trouble::new(format!("cannot start the editor `{editor}`: {error}")))?;
    if !ended.success() {
        return Err(
            Trouble::new(format!("the editor `{editor}` ended with {ended}"))
                .help("nothing was written"),
        );
    }
    Ok(fs::read(file.path())?)
}
