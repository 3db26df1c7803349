//! Making, changing and removing a user.

use super::{
    accounts::{Accounts, Shadow, User as Account},
    user::{UpdatePassword, User},
};
use k8sbm_core::{
    host::Command,
    task::{Diff, Error, Plan, Result, Returns},
};

const DAY: f64 = 86_400.0;

/// Makes a user.
pub(super) fn create(plan: &mut Plan, task: &User, accounts: &Accounts) -> Result<()> {
    let mut argv = vec!["useradd".to_owned()];
    let mut after = format!("{}\n", task.name);
    let mut with = |flag: &str, name: &str, value: &str| {
        argv.extend([flag.to_owned(), value.to_owned()]);
        after.push_str(&format!("{name}: {value}\n"));
    };
    if let Some(uid) = task.uid {
        with("-u", "uid", &uid.to_string());
    }
    if let Some(group) = &task.group {
        with("-g", "group", &known(accounts, group)?);
    }
    if let Some(groups) = task.groups.as_ref().filter(|it| !it.is_empty()) {
        with("-G", "groups", &all_known(accounts, groups)?.join(","));
    }
    if let Some(comment) = &task.comment {
        with("-c", "comment", comment);
    }
    if let Some(home) = &task.home {
        with("-d", "home", home);
    }
    if let Some(shell) = &task.shell {
        with("-s", "shell", shell);
    }
    if let Some(day) = expiry(task).flatten() {
        with("-e", "expires", &date(day));
    }
    if let Some(days) = task.password_expire_account_disable {
        with("-f", "password_expire_account_disable", &days.to_string());
    }
    if let Some(skeleton) = task.skeleton.as_ref().filter(|_| task.create_home) {
        with("-k", "skeleton", skeleton);
    }
    if task.uid.is_some() && task.non_unique {
        argv.push("-o".into());
    }
    // A group that has the user's name already would make useradd refuse.
    if task.group.is_none() && accounts.group(&task.name).is_some() {
        argv.push("-N".into());
    }
    argv.push(if task.create_home { "-m" } else { "-M" }.into());
    if task.system {
        argv.push("-r".into());
    }
    let settings = [
        ("UMASK", task.umask.clone()),
        ("UID_MIN", task.uid_min.map(|it| it.to_string())),
        ("UID_MAX", task.uid_max.map(|it| it.to_string())),
    ];
    for (name, value) in settings {
        argv.extend(
            value
                .into_iter()
                .flat_map(|it| ["-K".to_owned(), format!("{name}={it}")]),
        );
    }
    argv.push(task.name.clone());
    let after_command = Diff::text("user", "", after);
    run(plan, &task.name, Command::new(argv), after_command);
    if let Some(password) = &task.password {
        let lock = if task.password_lock == Some(true) {
            "!"
        } else {
            ""
        };
        set_password(plan, &task.name, &format!("{lock}{password}"));
    } else if task.password_lock == Some(true) {
        plan.run(["usermod", "-L", &task.name]);
    }
    ageing(plan, task, &Shadow::default());
    Ok(())
}

/// Changes what differs of a user.
pub(super) fn modify(
    plan: &mut Plan,
    task: &User,
    accounts: &Accounts,
    there: &Account,
    shadow: &Shadow,
) -> Result<()> {
    let mut argv = vec!["usermod".to_owned()];
    let (mut before, mut after) = (String::new(), String::new());
    let mut differs = |flags: &[&str], name: &str, old: &str, new: &str, argument: &str| {
        argv.extend(flags.iter().map(|it| (*it).to_owned()));
        argv.push(argument.to_owned());
        before.push_str(&format!("{name}: {old}\n"));
        after.push_str(&format!("{name}: {new}\n"));
    };
    let uid = task.uid.unwrap_or(there.uid);
    if uid != there.uid {
        let flags: &[&str] = if task.non_unique {
            &["-o", "-u"]
        } else {
            &["-u"]
        };
        let uid = uid.to_string();
        differs(flags, "uid", &there.uid.to_string(), &uid, &uid);
    }
    let mut gid = there.gid;
    if let Some(group) = &task.group {
        let name = known(accounts, group)?;
        gid = accounts.group(&name).map_or(gid, |it| it.gid);
        if gid != there.gid {
            let old = accounts.group(&there.gid.to_string());
            let old = old.map_or(there.gid.to_string(), |it| it.name.clone());
            differs(&["-g"], "group", &old, &name, &name);
        }
    }
    if let Some(groups) = &task.groups {
        let (old, new) = memberships(task, accounts, groups, gid)?;
        if old != new {
            differs(
                &["-G"],
                "groups",
                &old.join(","),
                &new.join(","),
                &new.join(","),
            );
        }
    }
    let texts = [
        (&["-c"] as &[&str], "comment", &task.comment, &there.comment),
        (
            if task.move_home {
                &["-m", "-d"]
            } else {
                &["-d"]
            },
            "home",
            &task.home,
            &there.home,
        ),
        (&["-s"], "shell", &task.shell, &there.shell),
    ];
    for (flags, name, wanted, old) in texts {
        if let Some(wanted) = wanted.as_ref().filter(|it| *it != old) {
            differs(flags, name, old, wanted, wanted);
        }
    }
    if let Some(day) = expiry(task).filter(|day| *day != shadow.expires) {
        let text = |day: Option<i64>| day.map(date).unwrap_or_default();
        differs(
            &["-e"],
            "expires",
            &text(shadow.expires),
            &text(day),
            &text(day),
        );
    }
    plan.returns("uid", uid);
    plan.returns("group", gid);
    plan.returns(
        "comment",
        task.comment.as_ref().unwrap_or(&there.comment).clone(),
    );
    plan.returns("home", task.home.as_ref().unwrap_or(&there.home).clone());
    plan.returns("shell", task.shell.as_ref().unwrap_or(&there.shell).clone());
    if argv.len() > 1 {
        argv.push(task.name.clone());
        run(
            plan,
            &task.name,
            Command::new(argv),
            Diff::text("user", before, after),
        );
    }
    password(plan, task, shadow);
    ageing(plan, task, shadow);
    Ok(())
}

/// Removes a user.
pub(super) fn remove(plan: &mut Plan, task: &User, there: &Account) {
    let mut argv = vec!["userdel"];
    let flags = [(task.force, "-f"), (task.remove, "-r")];
    argv.extend(flags.iter().filter(|(is, _)| *is).map(|(_, flag)| flag));
    argv.push(&task.name);
    let mut before = format!("{}\nuid: {}\n", there.name, there.uid);
    if task.remove {
        before.push_str(&format!("home: {}\n", there.home));
    }
    plan.run_command(Command::new(argv), Some(Diff::text("user", before, "")));
}

/// The password as it shall be, against the one that is there; a lock is a `!` before it.
fn password(plan: &mut Plan, task: &User, shadow: &Shadow) {
    let is_locked = shadow.password.starts_with('!');
    let wanted = task
        .password
        .as_ref()
        .filter(|_| task.update_password == UpdatePassword::Always);
    if let Some(wanted) = wanted {
        let lock = if task.password_lock == Some(true) {
            "!"
        } else {
            ""
        };
        let wanted = match task.password_lock {
            Some(false) => wanted.trim_start_matches('!').to_owned(),
            _ if wanted.starts_with('!') => wanted.clone(),
            _ => format!("{lock}{wanted}"),
        };
        if wanted != shadow.password {
            set_password(plan, &task.name, &wanted);
        }
        return;
    }
    let lock = |plan: &mut Plan, flag: &str, before: &str, after: &str| {
        let command = Command::new(["usermod", flag, &task.name]);
        plan.run_command(command, Some(Diff::text("password", before, after)));
    };
    match task.password_lock {
        Some(true) if !is_locked => lock(plan, "-L", "locked: no\n", "locked: yes\n"),
        // usermod refuses to unlock what has no password behind its lock: that would open the account to everybody.
        Some(false) if is_locked && shadow.password.trim_start_matches('!').len() > 1 => {
            lock(plan, "-U", "locked: yes\n", "locked: no\n");
        }
        _ => {}
    }
}

/// Sets a hash through standard input, where no list of processes shows it.
fn set_password(plan: &mut Plan, name: &str, hash: &str) {
    let command = Command::new(["chpasswd", "-e"]).stdin(format!("{name}:{hash}\n"));
    let diff = Diff::text(
        "password",
        "(another, which is not shown)\n",
        "(the one asked for, which is not shown)\n",
    );
    plan.run_command(command, Some(diff));
}

fn ageing(plan: &mut Plan, task: &User, shadow: &Shadow) {
    let mut argv = vec!["chage".to_owned()];
    let (mut before, mut after) = (String::new(), String::new());
    let days = [
        (
            "-M",
            "password_expire_max",
            task.password_expire_max,
            shadow.max,
        ),
        (
            "-m",
            "password_expire_min",
            task.password_expire_min,
            shadow.min,
        ),
        (
            "-W",
            "password_expire_warn",
            task.password_expire_warn,
            shadow.warn,
        ),
        (
            "-I",
            "password_expire_account_disable",
            task.password_expire_account_disable,
            shadow.inactive,
        ),
    ];
    for (flag, name, wanted, there) in days {
        let Some(wanted) = wanted.filter(|it| Some(*it) != there && !(*it < 0 && there.is_none()))
        else {
            continue;
        };
        argv.extend([flag.to_owned(), wanted.to_string()]);
        let old = there.map_or_else(String::new, |it| it.to_string());
        before.push_str(&format!("{name}: {old}\n"));
        after.push_str(&format!("{name}: {wanted}\n"));
    }
    if argv.len() > 1 {
        argv.push(task.name.clone());
        plan.run_command(
            Command::new(argv),
            Some(Diff::text("password", before, after)),
        );
    }
}

/// The further groups that are, and that shall be; the user's own group is none of them.
fn memberships(
    task: &User,
    accounts: &Accounts,
    groups: &[String],
    own: u32,
) -> Result<(Vec<String>, Vec<String>)> {
    let mut old: Vec<String> = accounts
        .groups_of(&task.name)
        .into_iter()
        .map(str::to_owned)
        .collect();
    let mut new = all_known(accounts, groups)?;
    new.retain(|it| accounts.group(it).is_some_and(|it| it.gid != own) || old.contains(it));
    if task.append {
        new.extend(old.iter().cloned());
    }
    for list in [&mut old, &mut new] {
        list.sort();
        list.dedup();
    }
    Ok((old, new))
}

fn all_known(accounts: &Accounts, groups: &[String]) -> Result<Vec<String>> {
    groups.iter().map(|it| known(accounts, it.trim())).collect()
}

fn known(accounts: &Accounts, group: &str) -> Result<String> {
    match accounts.group(group) {
        Some(group) => Ok(group.name.clone()),
        None => {
            let names = accounts.groups.iter().map(|it| it.name.as_str());
            let error = Error::failed(format!("Group {group} does not exist"));
            Err(match k8sbm_core::diagnostic::nearest(group, names) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint("a `group` task before this one can make it"),
            })
        }
    }
}

/// The day of expiry: unset, never, or days since the epoch.
fn expiry(task: &User) -> Option<Option<i64>> {
    let seconds = task.expires?;
    Some((seconds >= 0.0).then_some((seconds / DAY) as i64))
}

fn date(day: i64) -> String {
    let time = jiff::Timestamp::from_second(day * 86_400);
    time.map_or_else(
        |_| day.to_string(),
        |it| it.strftime("%Y-%m-%d").to_string(),
    )
}

fn run(plan: &mut Plan, name: &str, command: Command, diff: Diff) {
    let (summary, name) = (command.line(), name.to_owned());
    plan.act_with(summary, diff, async move |host| {
        host.check(command).await?;
        let mut returns = Returns::new();
        let accounts = Accounts::of(host.probe()).await?;
        if let Some(user) = accounts.user(&name) {
            returns.insert("uid".into(), user.uid.into());
            returns.insert("group".into(), user.gid.into());
            returns.insert("comment".into(), user.comment.clone().into());
            returns.insert("home".into(), user.home.clone().into());
            returns.insert("shell".into(), user.shell.clone().into());
        }
        Ok(returns)
    });
}
