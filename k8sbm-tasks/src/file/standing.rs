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
        let owner = named(
            host,
            "/etc/passwd",
            self.attributes.owner.as_deref(),
            uid,
            user,
        )
        .await?;
        let group = named(
            host,
            "/etc/group",
            self.attributes.group.as_deref(),
            gid,
            group,
        )
        .await?;
        let mode = match &self.attributes.mode {
            Some(mode) if self.kind != FileKind::Link => mode.apply(bits, directory),
            _ => bits,
        };
        plan.returns("uid", owner.0).returns("gid", group.0);
        plan.returns("owner", owner.1).returns("group", group.1);
        plan.returns("mode", format!("{mode:04o}"))
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
    accounts: &str,
    wanted: Option<&str>,
    number: u32,
    name: String,
) -> Result<(Json, Json)> {
    let Some(wanted) = wanted.filter(|wanted| *wanted != name && *wanted != number.to_string())
    else {
        return Ok((number.into(), name.into()));
    };
    let accounts = host.read_text(accounts).await?.unwrap_or_default();
    let fields = accounts
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>());
    let known = fields
        .filter(|fields| fields.len() > 2)
        .find(|fields| fields[0] == wanted || fields[2] == wanted);
    Ok(match (known, wanted.parse::<u32>()) {
        (Some(fields), _) => (
            fields[2].parse::<u32>().map_or(Json::Null, Json::from),
            fields[0].into(),
        ),
        (None, Ok(number)) => (number.into(), wanted.into()),
        (None, Err(_)) => (Json::Null, wanted.into()),
    })
}
