//! Symbolic and hard links.

use crate::file::paths::{join, parent, tidy};
use k8sbm_core::{
    host::{Attributes, FileChange, FileKind, Stat},
    task::{Diff, Error, Plan, Probe, Result},
};
use std::sync::Arc;

/// A link that shall be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link<'a> {
    /// Where it is.
    pub path: &'a str,
    /// Where it points; nothing keeps what an existing one says.
    pub src: Option<&'a str>,
    /// Whether it may replace a file, or point to nothing.
    pub force: bool,
    /// Whether owner, group and mode are meant for what it points to.
    pub follow: bool,
    /// Owner, group and mode.
    pub attributes: &'a Attributes,
}

impl Link<'_> {
    /// Plans a symbolic link; returns where it points.
    pub(crate) async fn symbolic(
        self,
        host: &Probe,
        plan: &mut Plan,
        here: Option<&Stat>,
    ) -> Result<String> {
        let current = here.and_then(|stat| stat.target.as_deref());
        let Some(target) = self.src.or(current) else {
            return Err(Error::failed(
                "src is required for a symbolic link that is not there",
            ));
        };
        let directory = here.is_some_and(Stat::is_dir);
        let start = if directory {
            self.path
        } else {
            parent(self.path)
        };
        let leads_to = tidy(&join(start, target));
        let end = host.stat_follow(&leads_to).await?;
        if end.is_none() && !self.force && self.src.is_some() {
            return Err(Error::failed(format!(
                "the link would point to {leads_to}, which does not exist"
            ))
            .hint("write `force: true` if the link shall be made nevertheless")
            .returning("path", self.path)
            .returning("src", target));
        }
        if current != Some(target) {
            self.make_room(host, plan, here).await?;
            let diff = Diff::text(
                self.path,
                side(here),
                format!("state: link\nsrc: {target}\n"),
            );
            let change = FileChange::SymbolicLink {
                path: self.path.into(),
                target: target.into(),
            };
            plan.change(
                format!("link {} to {target}", self.path),
                change,
                Some(diff),
            );
        }
        let is_link = current.is_some();
        self.owned(host, plan, &leads_to, end.is_some(), is_link)
            .await?;
        Ok(target.to_owned())
    }

    /// Refuses to replace what should not be lost, and removes an empty directory.
    async fn make_room(self, host: &Probe, plan: &mut Plan, here: Option<&Stat>) -> Result<()> {
        let Some(stat) = here.filter(|stat| !stat.is_link()) else {
            return Ok(());
        };
        let kind = format!("{:?}", stat.kind).to_lowercase();
        if !self.force {
            return Err(Error::failed(format!(
                "{} is a {kind}, and is not replaced by a link",
                self.path
            ))
            .hint("write `force: true` to replace a file or an empty directory")
            .returning("path", self.path));
        }
        if stat.is_dir() {
            let names = host.list(self.path).await?.unwrap_or_default();
            if !names.is_empty() {
                return Err(Error::failed(format!(
                    "the directory {} is not empty, and is not replaced by a link",
                    self.path
                ))
                .returning("path", self.path));
            }
            plan.absent(host, self.path).await?;
        }
        Ok(())
    }

    async fn owned(
        self,
        host: &Probe,
        plan: &mut Plan,
        leads_to: &str,
        exists: bool,
        is_link: bool,
    ) -> Result<()> {
        if self.attributes.is_empty() {
            return Ok(());
        }
        match (self.follow, exists) {
            (true, true) => {
                plan.attributes(host, leads_to, self.attributes, true).await?;
            }
            (true, false) => plan.warn(format!(
                "{} points to nothing whose owner or mode could be set; `follow: false` means the link itself",
                self.path
            )),
            (false, _) if is_link => {
                plan.attributes(host, self.path, self.attributes, false).await?;
            }
            (false, _) => {
                let attributes = Attributes {
                    mode: None,
                    ..self.attributes.clone()
                };
                if !attributes.is_empty() {
                    let change = FileChange::Attributes {
                        path: self.path.into(),
                        attributes,
                        follow: false,
                        recursive: false,
                    };
                    plan.change(format!("set owner of the link {}", self.path), change, None);
                }
            }
        }
        Ok(())
    }

    /// Plans a hard link; returns the other name.
    pub(crate) async fn hard(
        self,
        host: &Probe,
        plan: &mut Plan,
        here: Option<&Stat>,
    ) -> Result<Option<(String, Arc<Stat>)>> {
        let is_hard = here.is_some_and(|stat| !stat.is_dir() && !stat.is_link() && stat.links > 1);
        let Some(target) = self.src else {
            if is_hard {
                plan.attributes(host, self.path, self.attributes, true)
                    .await?;
                return Ok(None);
            }
            return Err(Error::failed(
                "src is required for a hard link that is not there",
            ));
        };
        let other = host.stat_follow(target).await?.ok_or_else(|| {
            Error::failed(format!("{target} does not exist"))
                .returning("dest", self.path)
                .returning("src", target)
        })?;
        let same = |stat: &Stat| (stat.inode, stat.device) == (other.inode, other.device);
        if here.is_some_and(same) {
            plan.attributes(host, self.path, self.attributes, true)
                .await?;
            return Ok(Some((target.to_owned(), other)));
        }
        if let Some(stat) = here
            && !stat.is_link()
            && (!self.force || stat.is_dir())
        {
            let kind = format!("{:?}", stat.kind).to_lowercase();
            let error = Error::failed(format!(
                "{} is another {kind}, and is not replaced by a link",
                self.path
            ));
            let error = match stat.kind {
                FileKind::Directory => error,
                _ => error.hint("write `force: true` to replace it"),
            };
            return Err(error.returning("dest", self.path).returning("src", target));
        }
        let diff = Diff::text(
            self.path,
            side(here),
            format!("state: hard\nsrc: {target}\n"),
        );
        let change = FileChange::HardLink {
            path: self.path.into(),
            target: target.into(),
        };
        plan.change(
            format!("link {} to {target}", self.path),
            change,
            Some(diff),
        );
        plan.attributes(host, target, self.attributes, true).await?;
        Ok(Some((target.to_owned(), other)))
    }
}

fn side(here: Option<&Stat>) -> String {
    match here {
        None => "state: absent\n".into(),
        Some(stat) => {
            let kind = format!("{:?}", stat.kind).to_lowercase();
            let target = stat
                .target
                .as_ref()
                .map(|target| format!("src: {target}\n"));
            format!("state: {kind}\n{}", target.unwrap_or_default())
        }
    }
}
