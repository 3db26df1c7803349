//! The ssh key of a user.

use super::{accounts::Accounts, user::User};
use k8sbm_core::{
    host::{Command, Host},
    task::{Diff, Error, Plan, Probe, Result, Returns},
};

const MAKE: &str = r#"
directory=${KEY%/*}
[ -d "$directory" ] || { mkdir -p "$directory"; chmod 0700 "$directory"; chown "$OWNER" "$directory"; }
rm -f "$KEY" "$KEY.pub"
umask 077
set -- -q -t "$TYPE" -f "$KEY" -N "$PASSPHRASE" -C "${COMMENT:-made on $(uname -n)}"
[ "$BITS" = 0 ] || set -- "$@" -b "$BITS"
ssh-keygen "$@" </dev/null
chown "$OWNER" "$KEY" "$KEY.pub"
chmod 0644 "$KEY.pub"
"#;

/// Makes a user have an ssh key. The home is absent where the user is still to be made.
pub(super) async fn make(
    host: &Probe,
    plan: &mut Plan,
    task: &User,
    home: Option<String>,
) -> Result<()> {
    if let Some(home) = &home {
        let key = path(task, home);
        if !task.force && host.exists(&key).await? {
            for (name, value) in described(host, &key).await? {
                plan.returns(name, value);
            }
            return Ok(());
        }
        plan.returns("ssh_key_file", key);
    }
    let shown = path(task, home.as_deref().unwrap_or("~"));
    let diff = Diff::text(&shown, "state: absent\n", "state: file\n");
    let task = task.clone();
    plan.act_with(format!("make the ssh key {shown}"), diff, |host| {
        act(host, task)
    });
    Ok(())
}

fn path(task: &User, home: &str) -> String {
    let file = match &task.ssh_key_file {
        Some(file) => file.trim_start_matches("~/").to_owned(),
        None => format!(".ssh/id_{}", task.ssh_key_type),
    };
    if file.starts_with('/') {
        return file;
    }
    format!("{}/{file}", home.trim_end_matches('/'))
}

async fn act(host: Host, task: User) -> Result<Returns> {
    let accounts = Accounts::of(host.probe()).await?;
    let user = accounts
        .user(&task.name)
        .ok_or_else(|| Error::failed(format!("failed to look up user name: {}", task.name)))?;
    let key = path(&task, &user.home);
    let command = Command::shell(format!("set -e{MAKE}"))
        .env("KEY", &key)
        .env("OWNER", format!("{}:{}", user.uid, user.gid))
        .env("TYPE", &task.ssh_key_type)
        .env("BITS", task.ssh_key_bits.to_string())
        .env("PASSPHRASE", task.ssh_key_passphrase.unwrap_or_default())
        .env("COMMENT", task.ssh_key_comment.unwrap_or_default());
    let output = host.run(command).await?;
    if !output.success() {
        let said = output.error_text();
        return Err(
            Error::failed(format!("making the ssh key {key}: {}", said.trim()))
                .returning("rc", output.status)
                .returning("stderr", said.trim_end()),
        );
    }
    described(host.probe(), &key).await
}

async fn described(host: &Probe, key: &str) -> Result<Returns> {
    let public = format!("{key}.pub");
    let (fingerprint, public) = tokio::join!(
        host.query(["ssh-keygen", "-l", "-f", key]),
        host.read_text(&public)
    );
    let mut returns = Returns::new();
    returns.insert("ssh_key_file".into(), key.into());
    returns.insert("ssh_fingerprint".into(), fingerprint?.text().trim().into());
    let public = public?.unwrap_or_default();
    returns.insert("ssh_public_key".into(), public.trim_end().into());
    Ok(returns)
}
