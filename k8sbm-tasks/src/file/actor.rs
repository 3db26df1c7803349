//! As whom a task acts on its host.

use k8sbm_core::{
    host::Command,
    task::{Error, Probe, Result},
};

/// The user that commands of a task run as, and how its shell starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Actor {
    /// The user's number.
    pub uid: u32,
    /// The main group's number.
    pub gid: u32,
    /// The user's name.
    pub user: String,
    /// The main group's name.
    pub group: String,
    /// The file mode creation mask.
    pub umask: u32,
    /// Where commands start.
    pub directory: String,
    /// The home directory.
    pub home: String,
}

impl Actor {
    /// Asks the host; the answer is shared by all tasks of the same user.
    pub(crate) async fn of(host: &Probe) -> Result<Self> {
        let script =
            r#"id -u; id -g; id -un || id -u; id -gn || id -g; umask; pwd; printf '%s\n' "$HOME""#;
        let output = host.query_command(Command::shell(script)).await?;
        Self::parse(&output.text()).ok_or_else(|| {
            Error::failed(format!(
                "the host does not say as whom it acts: {}",
                output.error_text().trim()
            ))
        })
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        Some(Self {
            uid: lines.next()?.parse().ok()?,
            gid: lines.next()?.parse().ok()?,
            user: lines.next()?.into(),
            group: lines.next()?.into(),
            umask: u32::from_str_radix(lines.next()?, 8).ok()?,
            directory: lines.next()?.into(),
            home: lines.next()?.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seven_lines_say_as_whom_the_host_acts() {
        let actor = Actor::parse("1000\n100\nada\nusers\n0022\n/\n/home/ada\n").unwrap();
        assert_eq!((actor.uid, actor.gid, actor.umask), (1000, 100, 0o022));
        assert_eq!((&*actor.user, &*actor.group), ("ada", "users"));
        assert_eq!((&*actor.directory, &*actor.home), ("/", "/home/ada"));
        assert_eq!(Actor::parse("id: not found\n"), None);
    }
}
