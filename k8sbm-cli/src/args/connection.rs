//! How hosts are reached, and as whom.

use clap::Args;
use std::path::PathBuf;

/// How hosts are reached, and as whom. Variables of hosts win over these.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Connection")]
pub struct ConnectionArgs {
    /// User to log in as.
    #[arg(short = 'u', long = "user", visible_alias = "remote-user")]
    pub user: Option<String>,

    /// Private key to log in with.
    #[arg(long = "private-key", visible_alias = "key-file", value_name = "FILE")]
    pub private_key: Option<PathBuf>,

    /// Kind of connection: `ssh` or `local`.
    #[arg(short, long)]
    pub connection: Option<String>,

    /// Seconds that connecting may take, and after which a silent host counts as gone.
    #[arg(short = 'T', long, value_name = "SECONDS")]
    pub timeout: Option<u64>,

    /// More arguments for ssh, such as `-J bastion`.
    #[arg(long, value_name = "ARGS", allow_hyphen_values = true)]
    pub ssh_common_args: Option<String>,

    /// More arguments for ssh, after the common ones.
    #[arg(long, value_name = "ARGS", allow_hyphen_values = true)]
    pub ssh_extra_args: Option<String>,

    /// Arguments for sftp, which is not used: files travel over ssh itself.
    #[arg(long, hide = true, value_name = "ARGS", allow_hyphen_values = true)]
    pub sftp_extra_args: Option<String>,

    /// Arguments for scp, which is not used: files travel over ssh itself.
    #[arg(long, hide = true, value_name = "ARGS", allow_hyphen_values = true)]
    pub scp_extra_args: Option<String>,

    /// Asks for a login password, which is not supported.
    #[arg(short = 'k', long = "ask-pass", hide = true)]
    pub ask_pass: bool,

    /// File with a login password, which is not supported.
    #[arg(
        long = "connection-password-file",
        alias = "conn-pass-file",
        hide = true,
        value_name = "FILE"
    )]
    pub connection_password_file: Option<PathBuf>,

    /// Acts as another user.
    #[arg(short = 'b', long = "become", help_heading = "Acting as another user")]
    pub r#become: bool,

    /// The other user [default: root].
    #[arg(long, value_name = "USER", help_heading = "Acting as another user")]
    pub become_user: Option<String>,

    /// How to become the other user: `sudo` or `su` [default: sudo].
    #[arg(long, value_name = "METHOD", value_parser = ["sudo", "su"], hide_possible_values = true, help_heading = "Acting as another user")]
    pub become_method: Option<String>,

    /// Asks for the password that becoming the other user needs.
    #[arg(
        short = 'K',
        long = "ask-become-pass",
        help_heading = "Acting as another user"
    )]
    pub ask_become_pass: bool,

    /// File that holds that password, or program that prints it.
    #[arg(
        long = "become-password-file",
        visible_alias = "become-pass-file",
        value_name = "FILE",
        conflicts_with = "ask_become_pass",
        help_heading = "Acting as another user"
    )]
    pub become_password_file: Option<PathBuf>,
}
