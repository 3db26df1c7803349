//! The users and groups of a host, as its files say.

use k8sbm_core::task::{Probe, Result};

/// A line of `/etc/passwd`, with what `/etc/shadow` adds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct User {
    pub(super) name: String,
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) comment: String,
    pub(super) home: String,
    pub(super) shell: String,
}

/// A line of `/etc/group`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) gid: u32,
    pub(super) members: Vec<String>,
}

/// A line of `/etc/shadow`; numbers are days since the epoch or days, absent where the field is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Shadow {
    pub(super) password: String,
    pub(super) min: Option<i64>,
    pub(super) max: Option<i64>,
    pub(super) warn: Option<i64>,
    pub(super) inactive: Option<i64>,
    pub(super) expires: Option<i64>,
}

/// The users and groups of a host.
#[derive(Clone, Debug, Default)]
pub(super) struct Accounts {
    pub(super) users: Vec<User>,
    pub(super) groups: Vec<Group>,
}

impl Accounts {
    /// Reads a host's files.
    pub(super) async fn of(host: &Probe) -> Result<Self> {
        let (users, groups) =
            tokio::join!(host.read_text("/etc/passwd"), host.read_text("/etc/group"));
        let (users, groups) = (users?.unwrap_or_default(), groups?.unwrap_or_default());
        Ok(Self {
            users: users.lines().filter_map(user).collect(),
            groups: groups.lines().filter_map(group).collect(),
        })
    }

    /// A user by name.
    pub(super) fn user(&self, name: &str) -> Option<&User> {
        self.users.iter().find(|it| it.name == name)
    }

    /// A group by name or number.
    pub(super) fn group(&self, name: &str) -> Option<&Group> {
        let number = name.parse().ok();
        let named = self.groups.iter().find(|it| it.name == name);
        named.or_else(|| self.groups.iter().find(|it| Some(it.gid) == number))
    }

    /// The names of the groups that list a user as a member.
    pub(super) fn groups_of(&self, user: &str) -> Vec<&str> {
        let listing = self
            .groups
            .iter()
            .filter(|it| it.members.iter().any(|it| it == user));
        listing.map(|it| it.name.as_str()).collect()
    }

    /// Looks for a user whom the files do not know in what else the host asks (LDAP and the like).
    pub(super) async fn add_user(&mut self, host: &Probe, name: &str) -> Result<()> {
        if self.user(name).is_none() {
            let output = host.query(["getent", "passwd", name]).await?;
            self.users.extend(output.text().lines().find_map(user));
        }
        Ok(())
    }

    /// Looks for a group that the files do not know in what else the host asks.
    pub(super) async fn add_group(&mut self, host: &Probe, name: &str) -> Result<()> {
        if self.group(name).is_none() {
            let output = host.query(["getent", "group", name]).await?;
            self.groups.extend(output.text().lines().find_map(group));
        }
        Ok(())
    }
}

impl Shadow {
    /// Reads a user's line; nothing where there is none.
    pub(super) async fn of(host: &Probe, user: &str) -> Result<Option<Self>> {
        let text = host.read_text("/etc/shadow").await?.unwrap_or_default();
        Ok(text.lines().find_map(|line| shadow(line, user)))
    }
}

fn user(line: &str) -> Option<User> {
    let fields: Vec<&str> = line.split(':').collect();
    let [name, _, uid, gid, comment, home, shell] = fields[..] else {
        return None;
    };
    Some(User {
        name: name.into(),
        uid: uid.parse().ok()?,
        gid: gid.parse().ok()?,
        comment: comment.into(),
        home: home.into(),
        shell: shell.into(),
    })
}

fn group(line: &str) -> Option<Group> {
    let fields: Vec<&str> = line.split(':').collect();
    let [name, _, gid, members] = fields[..] else {
        return None;
    };
    let members = members.split(',').filter(|it| !it.is_empty());
    Some(Group {
        name: name.into(),
        gid: gid.parse().ok()?,
        members: members.map(str::to_owned).collect(),
    })
}

fn shadow(line: &str, user: &str) -> Option<Shadow> {
    let fields: Vec<&str> = line.split(':').collect();
    let [name, password, _, min, max, warn, inactive, expires, ..] = fields[..] else {
        return None;
    };
    let number = |field: &str| field.parse().ok();
    (name == user).then(|| Shadow {
        password: password.into(),
        min: number(min),
        max: number(max),
        warn: number(warn),
        inactive: number(inactive),
        expires: number(expires),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read() {
        let accounts = Accounts {
            users: "root:x:0:0:root:/root:/bin/bash\nbroken\n"
                .lines()
                .filter_map(user)
                .collect(),
            groups: "root:x:0:\nsudo:x:27:ops,pw\nadm:x:4:ops\n"
                .lines()
                .filter_map(group)
                .collect(),
        };
        assert_eq!(accounts.user("root").unwrap().home, "/root");
        assert!(accounts.user("broken").is_none());
        assert_eq!(accounts.group("27").unwrap().name, "sudo");
        assert_eq!(accounts.groups_of("ops"), ["sudo", "adm"]);
        let shadow = shadow("ops:$6$x:19000:0:99999:7::20000:", "ops").unwrap();
        assert_eq!(
            (shadow.max, shadow.inactive, shadow.expires),
            (Some(99999), None, Some(20000))
        );
    }
}
