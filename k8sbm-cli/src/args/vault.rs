//! `k8sbm vault`.

use super::VaultArgs;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `k8sbm vault`.
#[derive(Args, Debug)]
pub struct VaultCommandArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: VaultCommand,
}

/// What can be done with encrypted files.
#[derive(Debug, Subcommand)]
pub enum VaultCommand {
    /// Opens an editor on a new file, and encrypts it.
    Create(SealArgs),
    /// Encrypts files in their places; standard input to standard output where there is none.
    Encrypt(SealArgs),
    /// Decrypts files in their places; standard input to standard output where there is none.
    Decrypt(OpenArgs),
    /// Prints what encrypted files hold.
    View(OpenArgs),
    /// Opens an editor on what an encrypted file holds, and encrypts it again as it was.
    Edit(OpenArgs),
    /// Encrypts files with another password.
    Rekey(RekeyArgs),
    /// Prints strings as encrypted variables for a YAML file.
    #[command(alias = "encrypt_string")]
    EncryptString(StringArgs),
}

/// Files to encrypt.
#[derive(Args, Debug)]
pub struct SealArgs {
    /// The files; `-` is standard input.
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,

    /// Writes to this file instead; `-` is standard output.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    #[command(flatten)]
    pub with: SealWith,

    #[command(flatten)]
    pub vault: VaultArgs,
}

/// Which password encrypts.
#[derive(Args, Debug)]
pub struct SealWith {
    /// The id of the password to encrypt with, where several are given.
    #[arg(long = "encrypt-vault-id", value_name = "ID")]
    pub id: Option<String>,
}

/// Encrypted files.
#[derive(Args, Debug)]
pub struct OpenArgs {
    /// The files; `-` is standard input.
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,

    /// Writes to this file instead; `-` is standard output.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    #[command(flatten)]
    pub vault: VaultArgs,
}

/// Files that get another password.
#[derive(Args, Debug)]
pub struct RekeyArgs {
    /// The files.
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,

    /// The new password with an id: `ID@FILE`, or `ID@prompt` to be asked.
    #[arg(long = "new-vault-id", value_name = "ID@SOURCE")]
    pub new_id: Option<String>,

    /// File that holds the new password, or program that prints it.
    #[arg(
        long = "new-vault-password-file",
        value_name = "FILE",
        conflicts_with = "new_id"
    )]
    pub new_password_file: Option<PathBuf>,

    #[command(flatten)]
    pub vault: VaultArgs,
}

/// Strings to encrypt.
#[derive(Args, Debug)]
pub struct StringArgs {
    /// The strings; standard input where there is none.
    #[arg(value_name = "STRING")]
    pub strings: Vec<String>,

    /// The name of the variable, in the order of the strings.
    #[arg(short, long = "name", value_name = "NAME")]
    pub names: Vec<String>,

    /// The name of the variable that standard input is for.
    #[arg(long, value_name = "NAME")]
    pub stdin_name: Option<String>,

    #[command(flatten)]
    pub with: SealWith,

    #[command(flatten)]
    pub vault: VaultArgs,
}
