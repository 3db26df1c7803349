//! How a file stands once a plan was applied: what `register` sees of it.

use super::actor::Actor;
use k8sbm_core::{
    host::{Attributes, FileKind, Stat},
    task::{Plan, Probe, Result},
};
use serde_json::Value as Json;

/// What a plan makes of a path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing<'a> {
    /// What stands there before.
    pub before: Option<&'a Stat>,
    /// What kind of file it will be.
    pub kind: FileKind,
    /// How long it will be; nothing where only the host can say.
    pub size: Option<u64>,
    /// What is asked of its owner, group and mode.
    pub attributes: &'a Attributes,
}

impl Standing<'_> {
    /// Puts uid, gid, owner, group, mode, state and size among the return values.
    pub(crate) async fn tell(self, host: &Probe, plan: &mut Plan) -> Result<()> {
        let directory = self.kind == FileKind::Directory;
        let (uid, user, gid, group, bits) = match self.before {
            Some(stat) => (
                stat.uid,
                stat.owner.clone(),
                stat.gid,
                stat.group.clone(),
                stat.mode,
            ),
            None => {
                let actor = Actor::of(host).await?;
                let all = match self.kind {
                    FileKind::Link => 0o777,
                    FileKind::Directory => 0o777 & !actor.umask,
                    _ => 0o666 & !actor.umask,
                };
                (actor.uid, actor.user, actor.gid, actor.group, all)
            }
        };
        let Attributes {
            owner,
            group: wanted_group,
            ..
        } = self.attributes;
        let users = ("passwd", "/etc/passwd");
        let owner = named(host, plan, users, owner.as_deref(), (uid, user)).await?;
        let groups = ("group", "/etc/group");
        let group = named(host, plan, groups, wanted_group.as_deref(), (gid, group)).await?;
        let mode = match &self.attributes.mode {
            Some(mode) if self.kind != FileKind::Link => mode.apply(bits, directory),
            _ => bits,
        };
        plan.returns("uid", owner.0).returns("gid", group.0);
        plan.returns("owner", owner.1).returns("group", group.1);
        plan.returns("mode", format!("0{mode:03o}"))
            .returns("state", self.state());
        let size = self.size.or(self.before.map(|stat| stat.size));
        if let Some(size) = size {
            plan.returns("size", size);
        }
        Ok(())
    }

    fn state(self) -> &'static str {
        match self.kind {
            FileKind::Directory => "directory",
            FileKind::Link => "link",
            _ if self
                .before
                .is_some_and(|stat| stat.links > 1 && !stat.is_dir()) =>
            {
                "hard"
            }
            _ => "file",
        }
    }
}

/// Number and name of an owner or group: those asked for, or those that stay.
async fn named(
    host: &Probe,
    plan: &mut Plan,
    (database, file): (&str, &str),
    wanted: Option<&str>,
    (number, name): (u32, String),
) -> Result<(Json, Json)> {
    let Some(wanted) = wanted.filter(|wanted| *wanted != name && *wanted != number.to_string())
    else {
        return Ok((number.into(), name.into()));
    };
    let listed = host.read_text(file).await?.unwrap_or_default();
    if let Some(found) = account(&listed, wanted) {
        return Ok(found);
    }
    if let Ok(number) = wanted.parse::<u32>() {
        return Ok((number.into(), wanted.into()));
    }
    // A directory service may know what the file does not.
    let asked = host.query(["getent", database, wanted]).await?;
    Ok(account(&asked.text(), wanted).unwrap_or_else(|| {
        let what = if database == "group" { "group" } else { "user" };
        plan.warn(format!(
            "failed to look up {what} {wanted}: it must exist when the task is done"
        ));
        (Json::Null, wanted.into())
    }))
}

/// Number and name of an account in lines such as those of `/etc/passwd`.
fn account(lines: &str, wanted: &str) -> Option<(Json, Json)> {
    let fields = lines
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>());
    let mut fields = fields.filter(|fields| fields.len() > 2);
    let found = fields.find(|fields| fields[0] == wanted || fields[2] == wanted)?;
    let number = found[2].parse::<u32>().map_or(Json::Null, Json::from);
    Some((number, found[0].into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_found_by_name_and_number() {
        let lines = "root:x:0:0::/root:/bin/sh\nada:x:1000:1000::/home/ada:/bin/sh\n";
        let ada = Some((Json::from(1000), Json::from("ada")));
        assert_eq!(account(lines, "ada"), ada);
        assert_eq!(account(lines, "1000"), ada);
        assert_eq!(account(lines, "eve"), None);
    }
}
