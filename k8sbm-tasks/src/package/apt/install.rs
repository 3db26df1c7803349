//! Installing, upgrading and removing packages.

use super::{
    arguments::{Apt, State, Upgrade},
    command::{AptGet, failure, quiet},
    simulation::Simulation,
};
use crate::{
    glob::Glob,
    package::{
        dpkg::Packages,
        wanted::{Version, Wanted},
    },
};
use k8sbm_core::{
    host::{Command, Host, Output},
    task::{Diff, Error, Plan, Probe, Result, Returns},
};

/// Packages that shall be there, or the newest there are.
pub(super) async fn packages(
    host: &Probe,
    plan: &mut Plan,
    task: &Apt,
    known: &Packages,
    lists_due: bool,
) -> Result<()> {
    let wanted = expand(host, &task.names(), known).await?;
    let latest = task.state == State::Latest;
    let mut missing = Vec::new();
    for it in &wanted {
        let is_missing = match known.satisfying(it) {
            Some(package) if it.names(package) || !is_offered(host, &it.name).await? => {
                latest || !it.accepts(&package.version)
            }
            _ => !task.only_upgrade,
        };
        if is_missing {
            missing.push(it);
        }
    }
    if missing.is_empty() {
        return hold_for_themselves(host, plan, &wanted, known).await;
    }
    let mut apt = task.apt_get();
    if task.autoremove {
        apt.options.push("--auto-remove".into());
    }
    let names: Vec<String> = missing.iter().map(|it| it.argument()).collect();
    let words: Vec<String> = ["install".to_owned()].into_iter().chain(names).collect();
    let output = apt.simulate(host, &words).await?;
    if !output.success() {
        if lists_due {
            later(plan, &apt, &words);
            return Ok(());
        }
        return Err(unavailable(host, &apt, &words, &output).await);
    }
    let simulation = Simulation::read(&output);
    for wanted in &missing {
        let offered = simulation.version(&wanted.name);
        if let (Version::AtLeast(version), Some(offered)) = (&wanted.version, offered)
            && !wanted.accepts(offered)
            && !lists_due
        {
            let name = &wanted.name;
            return Err(Error::failed(format!(
                "no available installation candidate for {name}>={version}"
            ))
            .hint(format!(
                "the newest that the repositories of the host have is {offered}"
            )));
        }
    }
    finish(plan, apt, words, &simulation, lists_due);
    // apt-get is told of the missing ones alone, and so marks only those.
    hold_for_themselves(host, plan, &wanted, known).await
}

/// Whether there is a package of this name itself, besides those that provide it.
async fn is_offered(host: &Probe, name: &str) -> Result<bool> {
    let names = host.query(["apt-cache", "pkgnames", name]).await?;
    Ok(names.text().lines().any(|it| it == name))
}

/// Packages that shall be gone.
pub(super) async fn remove(
    host: &Probe,
    plan: &mut Plan,
    task: &Apt,
    names: &[&str],
) -> Result<()> {
    let known = Packages::of(host).await?;
    let names: Vec<String> = names
        .iter()
        .flat_map(|name| known.removable(&Wanted::parse(name), task.purge))
        .collect();
    if names.is_empty() {
        return Ok(());
    }
    let mut apt = task.apt_get();
    let flags = [(task.purge, "--purge"), (task.autoremove, "--auto-remove")];
    let flags = flags
        .iter()
        .filter(|(is, _)| *is)
        .map(|(_, flag)| (*flag).to_owned());
    apt.options.extend(flags);
    let words: Vec<String> = ["remove".to_owned()].into_iter().chain(names).collect();
    let output = apt.simulate(host, &words).await?;
    if !output.success() {
        return Err(failure(&apt.line(&words), &output));
    }
    finish(plan, apt, words, &Simulation::read(&output), false);
    Ok(())
}

/// All packages, newer.
pub(super) async fn upgrade(
    host: &Probe,
    plan: &mut Plan,
    task: &Apt,
    how: Upgrade,
    lists_due: bool,
) -> Result<()> {
    let words: &[&str] = match how {
        Upgrade::No | Upgrade::Yes | Upgrade::Safe => &["--with-new-pkgs"],
        Upgrade::Full | Upgrade::Dist => &[],
    };
    let name = if words.is_empty() {
        "dist-upgrade"
    } else {
        "upgrade"
    };
    operation(host, plan, task, name, words, lists_due).await
}

/// Another operation of apt-get, whose doing apt-get alone can tell.
pub(super) async fn operation(
    host: &Probe,
    plan: &mut Plan,
    task: &Apt,
    name: &str,
    words: &[&str],
    lists_due: bool,
) -> Result<()> {
    let mut apt = task.apt_get();
    if task.autoremove {
        apt.options.push("--auto-remove".into());
    }
    let words: Vec<String> = [name]
        .iter()
        .chain(words)
        .map(|it| (*it).to_owned())
        .collect();
    let output = apt.simulate(host, &words).await?;
    if !output.success() {
        if lists_due {
            later(plan, &apt, &words);
            return Ok(());
        }
        return Err(failure(&apt.line(&words), &output));
    }
    finish(plan, apt, words, &Simulation::read(&output), lists_due);
    Ok(())
}

/// Plans a call of apt-get whose outcome is known, unless the lists change before it.
fn finish(plan: &mut Plan, apt: AptGet, words: Vec<String>, known: &Simulation, lists_due: bool) {
    let line = apt.line(&words);
    if !known.is_empty() {
        let removed = known.removed();
        if words.first().is_some_and(|it| it != "remove") && !removed.is_empty() {
            plan.warn(format!("`{line}` removes {}", removed.join(", ")));
        }
        plan.act_with(line, known.diff(), move |host| call(host, apt, words));
    } else if lists_due {
        // The lists that the host has offer nothing new; those to come may.
        plan.observe(
            format!("{line}, should the new lists offer more"),
            move |host| call_if_needed(host, apt, words),
        );
    }
}

/// Plans a call of apt-get that only the new lists can tell of.
fn later(plan: &mut Plan, apt: &AptGet, words: &[String]) {
    let (apt, words) = (apt.clone(), words.to_vec());
    let named = words.iter().skip(1).map(|it| format!("{it}\n"));
    let diff = Diff::text("packages", "", named.collect::<String>());
    let summary = format!(
        "{}, once the package lists are up to date",
        apt.line(&words)
    );
    plan.act_with(summary, diff, move |host| call(host, apt, words));
}

pub(super) async fn call(host: Host, apt: AptGet, words: Vec<String>) -> Result<Returns> {
    let output = apt.run(&host, &words).await?;
    if !output.success() {
        return Err(failure(&apt.line(&words), &output));
    }
    let mut returns = Returns::new();
    returns.insert("stdout".into(), output.text().trim_end().into());
    returns.insert("stderr".into(), output.error_text().trim_end().into());
    Ok(returns)
}

async fn call_if_needed(host: Host, apt: AptGet, words: Vec<String>) -> Result<Returns> {
    let output = apt.simulate(host.probe(), &words).await?;
    if Simulation::read(&output).is_empty() {
        return Ok(Returns::new());
    }
    let mut returns = call(host, apt, words).await?;
    returns.insert("changed".into(), true.into());
    Ok(returns)
}

/// Patterns stand for the packages that the repositories have.
async fn expand(host: &Probe, names: &[&str], known: &Packages) -> Result<Vec<Wanted>> {
    let wanted = names.iter().map(|it| Wanted::parse(it));
    let (patterns, mut plain): (Vec<_>, Vec<_>) = wanted.partition(|it| Glob::is_pattern(&it.name));
    if patterns.is_empty() {
        return Ok(plain);
    }
    let offered = host.query(["apt-cache", "pkgnames"]).await?.text();
    let mut offered: Vec<&str> = offered.lines().collect();
    offered.extend(known.installed().map(|it| it.name.as_str()));
    offered.sort_unstable();
    offered.dedup();
    for pattern in patterns {
        let glob = Glob::new(&pattern.name);
        let before = plain.len();
        plain.extend(
            offered
                .iter()
                .filter(|it| glob.matches(it))
                .map(|name| Wanted {
                    name: (*name).to_owned(),
                    version: pattern.version.clone(),
                }),
        );
        if plain.len() == before {
            return Err(Error::failed(format!(
                "No package(s) matching '{}' available",
                pattern.name
            )));
        }
    }
    Ok(plain)
}

/// A package that came for the sake of another, and is now wanted itself, must not go with the other.
async fn hold_for_themselves(
    host: &Probe,
    plan: &mut Plan,
    wanted: &[Wanted],
    known: &Packages,
) -> Result<()> {
    let Some(states) = host.read_text("/var/lib/apt/extended_states").await? else {
        return Ok(());
    };
    let automatic: Vec<&str> = states
        .split("\n\n")
        .filter(|it| it.contains("Auto-Installed: 1"))
        .filter_map(|it| it.lines().find_map(|line| line.strip_prefix("Package: ")))
        .collect();
    let names: Vec<String> = wanted
        .iter()
        .filter(|it| known.installed().any(|package| it.names(package)))
        .map(|it| it.name.clone())
        .filter(|it| automatic.contains(&it.split(':').next().unwrap_or_default()))
        .collect();
    if names.is_empty() {
        return Ok(());
    }
    let side = |how| {
        names
            .iter()
            .map(|it| format!("{it}: {how}\n"))
            .collect::<String>()
    };
    let diff = Diff::text(
        "why packages are installed",
        side("for others"),
        side("for itself"),
    );
    let argv = ["apt-mark".to_owned(), "manual".into()]
        .into_iter()
        .chain(names);
    plan.run_command(quiet(Command::new(argv)), Some(diff));
    Ok(())
}

/// Says which package there is none of, in Ansible's words, and what was probably meant.
async fn unavailable(host: &Probe, apt: &AptGet, words: &[String], output: &Output) -> Error {
    let error = failure(&apt.line(words), output);
    let stderr = output.error_text();
    let named = stderr
        .lines()
        .find_map(|line| line.strip_prefix("E: Unable to locate package "));
    let Some(name) = named.map(str::trim) else {
        return error;
    };
    let offered = host.query(["apt-cache", "pkgnames"]).await;
    let offered = offered.map(|it| it.text()).unwrap_or_default();
    let hint = match k8sbm_core::diagnostic::nearest(name, offered.lines()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "its repository may be missing, or the package lists old: `update_cache: true` brings them up to date".into(),
    };
    Error {
        message: format!("No package matching '{name}' is available"),
        hint: Some(hint),
        ..error
    }
}
