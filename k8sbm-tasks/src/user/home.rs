//! The home directory of a user who has none.

use super::{accounts::User as Account, user::User};
use k8sbm_core::{
    host::Command,
    task::{Diff, Plan, Probe, Result},
};

/// Makes a home as useradd would: from the skeleton, for the user alone as far as `/etc/login.defs` says.
const MAKE: &str = r#"
mask=${MASK:-$(sed -n 's/^UMASK[[:space:]]\{1,\}//p' /etc/login.defs 2>/dev/null)}
mkdir -p "$HOME_DIRECTORY"
[ ! -d "$SKELETON" ] || cp -a "$SKELETON/." "$HOME_DIRECTORY/"
chown -R "$OWNER" "$HOME_DIRECTORY"
mode=$(sed -n 's/^HOME_MODE[[:space:]]\{1,\}//p' /etc/login.defs 2>/dev/null)
[ -z "$MASK" ] || mode=
chmod "${mode:-$(printf %o $((0777 & ~0${mask:-022})))}" "$HOME_DIRECTORY"
"#;

/// Makes the home of an existing user be there.
pub(super) async fn make(
    host: &Probe,
    plan: &mut Plan,
    task: &User,
    there: &Account,
    home: &str,
) -> Result<()> {
    // When usermod moves the home, it is there afterwards.
    let moves = task.move_home && home != there.home && host.exists(&there.home).await?;
    if moves || host.exists(home).await? {
        return Ok(());
    }
    let command = Command::shell(format!("set -e{MAKE}"))
        .env("HOME_DIRECTORY", home)
        .env("SKELETON", task.skeleton.as_deref().unwrap_or("/etc/skel"))
        .env("OWNER", format!("{}:", task.name))
        .env("MASK", task.umask.as_deref().unwrap_or_default());
    let diff = Diff::text(home, "state: absent\n", "state: directory\n");
    plan.act_with(
        format!("make the home directory {home}"),
        diff,
        async move |host| {
            host.check(command).await?;
            Ok(k8sbm_core::task::Returns::new())
        },
    );
    Ok(())
}
