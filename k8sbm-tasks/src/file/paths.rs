//! Paths as playbooks write them: with `~`, variables of the environment, or relative.

use super::actor::Actor;
use k8sbm_core::task::{Error, Probe, Result};

/// How many symbolic links in a row are followed, as Linux does.
const MOST_LINKS: usize = 40;

/// The absolute path that `written` means on the host; a trailing slash stays.
pub(crate) async fn absolute(host: &Probe, written: &str) -> Result<String> {
    let written = with_variables(host, written).await?;
    let path = match written.strip_prefix('~') {
        Some(rest) => {
            let (user, below) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            format!("{}{below}", home(host, user).await?.trim_end_matches('/'))
        }
        None if written.starts_with('/') => written,
        None => {
            let directory = Actor::of(host).await?.directory;
            join(&directory, written.trim_start_matches("./"))
        }
    };
    Ok(path)
}

/// Where a path leads through symbolic links in its last part; a dangling link leads to where nothing is.
pub(crate) async fn followed(host: &Probe, path: &str) -> Result<String> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        let target = match host.stat(&path).await? {
            Some(stat) if stat.is_link() => stat.target.clone(),
            _ => return Ok(path),
        };
        let Some(target) = target else {
            return Ok(path);
        };
        path = tidy(&join(parent(&path), &target));
    }
    Err(Error::failed(format!(
        "{path}: too many levels of symbolic links"
    )))
}

/// `name` below `directory`; an absolute name stands for itself.
pub(crate) fn join(directory: &str, name: &str) -> String {
    if name.starts_with('/') {
        name.to_owned()
    } else {
        format!("{}/{name}", directory.trim_end_matches('/'))
    }
}

/// The directory that a path is in.
pub(crate) fn parent(path: &str) -> &str {
    match path.trim_end_matches('/').rsplit_once('/') {
        Some(("", _)) | None => "/",
        Some((parent, _)) => parent,
    }
}

/// The last part of a path.
pub(crate) fn base_name(path: &str) -> &str {
    let path = path.trim_end_matches('/');
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// Without `.` and `..`, where that can be said without looking.
pub(crate) fn tidy(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

async fn home(host: &Probe, user: &str) -> Result<String> {
    if user.is_empty() {
        return Ok(Actor::of(host).await?.home);
    }
    let accounts = host.read_text("/etc/passwd").await?.unwrap_or_default();
    accounts
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .find(|fields| fields.first() == Some(&user))
        .and_then(|fields| fields.get(5).map(|home| (*home).to_owned()))
        .ok_or_else(|| Error::failed(format!("there is no user `{user}` whose home ~{user} is")))
}

/// Puts the values of `$NAME` and `${NAME}` in; what the environment does not have stays as it is.
async fn with_variables(host: &Probe, written: &str) -> Result<String> {
    let mut path = String::new();
    let mut rest = written;
    while let Some((before, after)) = rest.split_once('$') {
        path.push_str(before);
        let braced = after
            .strip_prefix('{')
            .and_then(|inner| inner.split_once('}'));
        let (name, behind) = braced.unwrap_or_else(|| {
            let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            after.split_at(end.unwrap_or(after.len()))
        });
        let output = host.query(["printenv", name]).await?;
        if name.is_empty() || !output.success() {
            path.push_str(&rest[before.len()..rest.len() - behind.len()]);
        } else {
            path.push_str(output.text().trim_end_matches('\n'));
        }
        rest = behind;
    }
    path.push_str(rest);
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_taken_apart_and_put_together() {
        assert_eq!(join("/etc/", "hosts"), "/etc/hosts");
        assert_eq!(join("/", "hosts"), "/hosts");
        assert_eq!(join("/etc", "/run/x"), "/run/x");
        assert_eq!((parent("/etc/hosts"), parent("/etc")), ("/etc", "/"));
        assert_eq!(
            (parent("/etc/ssl/"), base_name("/etc/ssl/")),
            ("/etc", "ssl")
        );
        assert_eq!(base_name("hosts"), "hosts");
        assert_eq!(tidy("/etc/./ssl/../hosts"), "/etc/hosts");
        assert_eq!(tidy("/.."), "/");
    }
}
