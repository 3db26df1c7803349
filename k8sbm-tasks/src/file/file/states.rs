//! What each state takes.

use super::{File, State, links::Link, recursion};
use crate::file::{
    paths::{absolute, followed},
    standing::Standing,
};
use k8sbm_core::{
    host::{Attributes, FileChange, FileKind, Stat},
    task::{Diff, Error, Plan, Probe, Result},
};
use std::sync::Arc;

impl File {
    /// The path that a link leads to, when links are followed, with what stands there.
    async fn real(
        &self,
        host: &Probe,
        path: String,
        here: Option<&Arc<Stat>>,
    ) -> Result<(String, Option<Arc<Stat>>)> {
        if self.follow && here.is_some_and(|stat| stat.is_link()) {
            let path = followed(host, &path).await?;
            let here = host.stat(&path).await?;
            return Ok((path, here));
        }
        Ok((path, here.cloned()))
    }

    pub(super) async fn file_state(
        &self,
        host: &Probe,
        plan: &mut Plan,
        path: String,
        here: Option<&Arc<Stat>>,
    ) -> Result<()> {
        let (path, here) = self.real(host, path, here).await?;
        let kind = here
            .as_ref()
            .map(|stat| format!("{:?}", stat.kind).to_lowercase());
        let Some(stat) = here.filter(|stat| !stat.is_dir() && !stat.is_link()) else {
            let kind = kind.unwrap_or_else(|| "absent".into());
            return Err(Error::failed(format!("{path} is {kind}, cannot continue"))
                .hint("`state: touch` makes an empty file")
                .returning("path", path)
                .returning("state", kind));
        };
        plan.returns("path", path.as_str());
        plan.attributes(host, &path, &self.wanted(), true).await?;
        self.times(State::File)?
            .plan(host, plan, &path, Some(&stat))
            .await?;
        self.tell(host, plan, Some(&stat), stat.kind, None).await
    }

    pub(super) async fn directory_state(
        &self,
        host: &Probe,
        plan: &mut Plan,
        path: String,
        here: Option<&Arc<Stat>>,
    ) -> Result<()> {
        let (path, here) = self.real(host, path, here).await?;
        plan.returns("path", path.as_str());
        let wanted = self.wanted();
        let times = self.times(State::Directory)?;
        match here.as_deref() {
            None => {
                plan.directory(host, &path, &wanted).await?;
            }
            Some(stat) if stat.is_dir() && self.recurse => {
                recursion::attributes(host, plan, &path, &wanted, self.follow).await?;
            }
            Some(stat) if stat.is_dir() => {
                plan.attributes(host, &path, &wanted, true).await?;
            }
            Some(stat) => {
                let kind = format!("{:?}", stat.kind).to_lowercase();
                return Err(Error::failed(format!("{path} already exists as a {kind}"))
                    .returning("path", path));
            }
        }
        times.plan(host, plan, &path, here.as_deref()).await?;
        self.tell(host, plan, here.as_deref(), FileKind::Directory, None)
            .await
    }

    pub(super) async fn touch_state(
        &self,
        host: &Probe,
        plan: &mut Plan,
        path: String,
        here: Option<&Arc<Stat>>,
    ) -> Result<()> {
        let (path, here) = self.real(host, path, here).await?;
        plan.returns("dest", path.as_str());
        if here.is_some() {
            plan.attributes(host, &path, &self.wanted(), true).await?;
        } else {
            let write = FileChange::Write {
                path: path.clone(),
                content: Vec::new(),
                attributes: self.wanted(),
                validate: None,
                backup: None,
                in_place: false,
            };
            let diff = Diff::text(&path, "state: absent\n", "state: file\n");
            plan.change(format!("make an empty file {path}"), write, Some(diff));
        }
        self.times(State::Touch)?
            .plan(host, plan, &path, here.as_deref())
            .await?;
        let kind = here.as_ref().map_or(FileKind::File, |stat| stat.kind);
        let size = here.is_none().then_some(0);
        self.tell(host, plan, here.as_deref(), kind, size).await
    }

    fn link<'a>(&'a self, path: &'a str, src: Option<&'a str>, wanted: &'a Attributes) -> Link<'a> {
        Link {
            path,
            src,
            force: self.force,
            follow: self.follow,
            attributes: wanted,
        }
    }

    pub(super) async fn symbolic_state(
        &self,
        host: &Probe,
        plan: &mut Plan,
        path: String,
        here: Option<&Arc<Stat>>,
    ) -> Result<()> {
        let wanted = self.wanted();
        let link = self.link(&path, self.src.as_deref(), &wanted);
        let target = link.symbolic(host, plan, here.map(|stat| &**stat)).await?;
        let here = here.filter(|stat| stat.is_link()).map(|stat| &**stat);
        let own = if self.follow {
            Attributes::default()
        } else {
            wanted
        };
        let standing = Standing {
            before: here,
            kind: FileKind::Link,
            size: Some(target.len() as u64),
            attributes: &own,
        };
        plan.returns("dest", path).returns("src", target);
        standing.tell(host, plan).await
    }

    pub(super) async fn hard_state(
        &self,
        host: &Probe,
        plan: &mut Plan,
        path: String,
        here: Option<&Arc<Stat>>,
    ) -> Result<()> {
        let src = match &self.src {
            Some(src) => Some(absolute(host, src).await?),
            None => None,
        };
        let wanted = self.wanted();
        let link = self.link(&path, src.as_deref(), &wanted);
        let other = link.hard(host, plan, here.map(|stat| &**stat)).await?;
        let stat = match &other {
            Some((_, stat)) => Some(&**stat),
            None => here.map(|stat| &**stat),
        };
        self.tell(host, plan, stat, FileKind::File, None).await?;
        plan.returns("state", "hard").returns("dest", path);
        if let Some((target, _)) = other {
            plan.returns("src", target);
        }
        Ok(())
    }

    async fn tell(
        &self,
        host: &Probe,
        plan: &mut Plan,
        before: Option<&Stat>,
        kind: FileKind,
        size: Option<u64>,
    ) -> Result<()> {
        let standing = Standing {
            before,
            kind,
            size,
            attributes: &self.wanted(),
        };
        standing.tell(host, plan).await
    }
}
