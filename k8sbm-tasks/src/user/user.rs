//! The `user` module.

use super::{
    accounts::{Accounts, Shadow},
    change,
    group::Presence,
    home, ssh_key,
};
use k8sbm_core::task::{Error, Example, Plan, Probe, Result, Task};
use schemars::JsonSchema;
use serde::Deserialize;

/// Manages users: who they are, their groups, home directory, password and ssh key.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct User {
    /// The user's name.
    #[serde(alias = "user")]
    #[schemars(extend("aliases" = ["user"]))]
    pub(super) name: String,
    /// Whether the user shall exist.
    pub(super) state: Presence,
    /// Number of the user.
    pub(super) uid: Option<u32>,
    /// Whether another user may have the same number.
    pub(super) non_unique: bool,
    /// The user's own group, by name or number. A new user gets one of the same name by default.
    pub(super) group: Option<String>,
    /// Further groups. Without `append` the user is in these alone; an empty list means none.
    pub(super) groups: Option<Vec<String>>,
    /// Adds to `groups` instead of making them the only ones.
    pub(super) append: bool,
    /// Full name, or what the user is for.
    pub(super) comment: Option<String>,
    /// Home directory.
    pub(super) home: Option<String>,
    /// Makes the home directory where there is none. Default true.
    #[serde(alias = "createhome")]
    #[schemars(extend("aliases" = ["createhome"]))]
    pub(super) create_home: bool,
    /// Moves what is in the home directory when `home` changes.
    pub(super) move_home: bool,
    /// The directory whose content a new home begins with, instead of `/etc/skel`.
    pub(super) skeleton: Option<String>,
    /// File mode creation mask for the new home, such as `"077"`.
    pub(super) umask: Option<String>,
    /// Login shell.
    pub(super) shell: Option<String>,
    /// Password as crypt(3) writes it, such as the `password_hash` filter gives; `"*"` or `"!"` for none.
    pub(super) password: Option<String>,
    /// Whether an existing user's password is changed as well, or only a new user gets one.
    pub(super) update_password: UpdatePassword,
    /// Whether the password is locked, so that it cannot be used while it is kept.
    pub(super) password_lock: Option<bool>,
    /// Days after which the password must be changed.
    pub(super) password_expire_max: Option<i64>,
    /// Days before which the password cannot be changed.
    pub(super) password_expire_min: Option<i64>,
    /// Days of warning before the password expires.
    pub(super) password_expire_warn: Option<i64>,
    /// Days after the password's expiry until the account is closed.
    pub(super) password_expire_account_disable: Option<i64>,
    /// When the account expires, in seconds since the epoch; negative for never.
    pub(super) expires: Option<f64>,
    /// Whether a new user is a system user.
    pub(super) system: bool,
    /// With `state: absent`: removes the home directory as well.
    pub(super) remove: bool,
    /// With `state: absent`: removes the user even where it is logged in. With `generate_ssh_key`: makes a new key.
    pub(super) force: bool,
    /// Makes an ssh key for the user where there is none.
    pub(super) generate_ssh_key: bool,
    /// Bits of the ssh key; 0, the default, leaves it to ssh-keygen.
    pub(super) ssh_key_bits: u32,
    /// Kind of the ssh key. Default `rsa`.
    pub(super) ssh_key_type: String,
    /// Where the ssh key lies, relative to the home directory. Default `.ssh/id_rsa`, by its kind.
    pub(super) ssh_key_file: Option<String>,
    /// Comment of the ssh key. Default: on which host it was made.
    pub(super) ssh_key_comment: Option<String>,
    /// Passphrase of the ssh key; none by default.
    pub(super) ssh_key_passphrase: Option<String>,
    /// Looks in the host's own files only, where a directory service knows users too.
    pub(super) local: bool,
    /// The lowest number for a new user, instead of what `/etc/login.defs` says.
    pub(super) uid_min: Option<u32>,
    /// The highest number for a new user, instead of what `/etc/login.defs` says.
    pub(super) uid_max: Option<u32>,
    /// Refused: SELinux users are not managed.
    pub(super) seuser: Option<String>,
    /// Refused: login classes are of the BSDs.
    pub(super) login_class: Option<String>,
    /// Refused: of macOS.
    pub(super) hidden: Option<bool>,
    /// Refused: of Solaris.
    pub(super) profile: Option<String>,
    /// Refused: of Solaris.
    pub(super) authorization: Option<String>,
    /// Refused: of Solaris.
    pub(super) role: Option<String>,
}

/// When a password is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum UpdatePassword {
    /// Whenever it differs.
    #[default]
    Always,
    /// When the user is new.
    OnCreate,
}

impl Default for User {
    fn default() -> Self {
        Self {
            name: String::new(),
            state: Presence::Present,
            uid: None,
            non_unique: false,
            group: None,
            groups: None,
            append: false,
            comment: None,
            home: None,
            create_home: true,
            move_home: false,
            skeleton: None,
            umask: None,
            shell: None,
            password: None,
            update_password: UpdatePassword::Always,
            password_lock: None,
            password_expire_max: None,
            password_expire_min: None,
            password_expire_warn: None,
            password_expire_account_disable: None,
            expires: None,
            system: false,
            remove: false,
            force: false,
            generate_ssh_key: false,
            ssh_key_bits: 0,
            ssh_key_type: "rsa".into(),
            ssh_key_file: None,
            ssh_key_comment: None,
            ssh_key_passphrase: None,
            local: false,
            uid_min: None,
            uid_max: None,
            seuser: None,
            login_class: None,
            hidden: None,
            profile: None,
            authorization: None,
            role: None,
        }
    }
}

impl Task for User {
    const NAME: &'static str = "user";

    fn validate(&self) -> Result<()> {
        if self.name.is_empty() {
            return Err(Error::arguments("missing required arguments: name"));
        }
        if self.append && self.groups.is_none() {
            return Err(Error::arguments("`append` says nothing without `groups`"));
        }
        if self.non_unique && self.uid.is_none() {
            return Err(Error::arguments("`non_unique` needs a `uid`"));
        }
        let foreign = [
            (self.seuser.is_some(), "seuser"),
            (self.login_class.is_some(), "login_class"),
            (self.hidden.is_some(), "hidden"),
            (self.profile.is_some(), "profile"),
            (self.authorization.is_some(), "authorization"),
            (self.role.is_some(), "role"),
        ];
        if let Some((_, name)) = foreign.iter().find(|(is, _)| *is) {
            return Err(Error::arguments(format!("`{name}` would have no effect"))
                .hint("users of Linux are managed, without their SELinux user"));
        }
        Ok(())
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let mut accounts = Accounts::of(host).await?;
        if !self.local {
            accounts.add_user(host, &self.name).await?;
            for group in self.group.iter().chain(self.groups.iter().flatten()) {
                accounts.add_group(host, group).await?;
            }
        }
        let mut plan = Plan::default();
        plan.returns("name", self.name.clone());
        plan.returns("state", self.state.word());
        let there = accounts.user(&self.name).cloned();
        if self.state == Presence::Absent {
            if let Some(there) = &there {
                plan.returns("force", self.force);
                plan.returns("remove", self.remove);
                change::remove(&mut plan, self, there);
            }
            return Ok(plan);
        }
        self.looks_encrypted(&mut plan);
        if let Some(groups) = &self.groups {
            plan.returns("groups", groups.join(","));
        }
        if self.password.is_some() {
            plan.returns("password", "NOT_LOGGING_PASSWORD");
        }
        let home = match &there {
            None => {
                plan.returns("create_home", self.create_home);
                plan.returns("system", self.system);
                change::create(&mut plan, self, &accounts)?;
                self.home
                    .clone()
                    .unwrap_or_else(|| format!("/home/{}", self.name))
            }
            Some(there) => {
                plan.returns("append", self.append);
                plan.returns("move_home", self.move_home);
                let shadow = if self.needs_shadow() {
                    Shadow::of(host, &self.name).await?
                } else {
                    None
                };
                change::modify(
                    &mut plan,
                    self,
                    &accounts,
                    there,
                    &shadow.unwrap_or_default(),
                )?;
                let home = self.home.clone().unwrap_or_else(|| there.home.clone());
                if self.create_home {
                    home::make(host, &mut plan, self, there, &home).await?;
                }
                home
            }
        };
        if self.generate_ssh_key {
            ssh_key::make(host, &mut plan, self, there.as_ref().map(|_| home)).await?;
        }
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Who owns what etcd stores",
                yaml: "user:\n  name: etcd\n  system: true\n  shell: /usr/sbin/nologin\n  home: /var/lib/etcd\n  create_home: false\n",
            },
            Example {
                title: "An operator who may use sudo",
                yaml: "user:\n  name: ops\n  shell: /bin/bash\n  groups: [sudo, adm]\n  append: true\n",
            },
            Example {
                title: "An operator with a key, and no password",
                yaml: "user:\n  name: ops\n  password: \"*\"\n  generate_ssh_key: true\n  ssh_key_type: ed25519\n",
            },
            Example {
                title: "No such user, and nothing left of them",
                yaml: "user:\n  name: pi\n  state: absent\n  remove: true\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("name", "The user."),
            ("state", "`present` or `absent`."),
            ("uid", "Number of the user."),
            ("group", "Number of the user's own group."),
            (
                "groups",
                "The further groups that were asked for, with commas.",
            ),
            ("comment", "Full name."),
            ("home", "Home directory."),
            ("shell", "Login shell."),
            ("password", "Says that a password was given, and not which."),
            (
                "append",
                "Whether groups were added to those that were there.",
            ),
            ("create_home", "Whether a new user gets a home directory."),
            ("move_home", "Whether the home directory is moved."),
            ("system", "Whether a new user is a system user."),
            ("force", "Whether the user is removed while logged in."),
            ("remove", "Whether the home directory is removed."),
            ("ssh_fingerprint", "Fingerprint of the ssh key."),
            ("ssh_key_file", "Where the ssh key lies."),
            ("ssh_public_key", "The public half of the ssh key."),
        ]
    }
}

impl User {
    fn needs_shadow(&self) -> bool {
        let password = self.password.is_some() && self.update_password == UpdatePassword::Always;
        let days = [
            self.password_expire_max,
            self.password_expire_min,
            self.password_expire_warn,
            self.password_expire_account_disable,
        ];
        password
            || self.password_lock.is_some()
            || self.expires.is_some()
            || days.iter().any(Option::is_some)
    }

    /// A password in clear text would be written to the shadow file as if it were a hash, and open nothing.
    fn looks_encrypted(&self, plan: &mut Plan) {
        let Some(password) = self.password.as_deref() else {
            return;
        };
        let hash = password.trim_start_matches('!');
        let none = ["", "*", "x"].contains(&hash);
        let des = hash.len() == 13
            && hash
                .bytes()
                .all(|it| it.is_ascii_alphanumeric() || b"./".contains(&it));
        let modular = hash.starts_with('$') && hash.matches('$').count() >= 3;
        if !(none || des || modular) {
            plan.warn("the password does not look like a hash of crypt(3); the `password_hash` filter makes one");
        }
    }
}

#[cfg(test)]
mod tests;
