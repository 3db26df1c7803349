//! Copying whole directories.

use crate::file::{
    delivery::{Content, Delivery},
    paths::{absolute, base_name, join},
    tree::below,
};
use futures::future::try_join_all;
use k8sbm_core::{
    host::{Algorithm, Attributes, FileChange, FileKind, Mode},
    task::{Diff, Error, Plan, Probe, Result},
};
use std::path::Path;

/// Something in a directory that is copied.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    /// Where it is in the directory.
    pub path: String,
    /// What it is.
    pub what: What,
    /// Its permissions.
    pub mode: u32,
}

/// What stands in a directory that is copied.
#[derive(Clone, Debug)]
pub(crate) enum What {
    /// A directory.
    Directory,
    /// A file.
    File(Content),
    /// A symbolic link, and where it points.
    Link(String),
}

/// What is in a directory of the controller. A link that is followed and leads nowhere stays a link.
pub(crate) fn of_controller(
    host: &Probe,
    root: &Path,
    decrypt: bool,
    follow: bool,
) -> Result<Vec<Item>> {
    let controller = host.controller();
    let mut items: Vec<Item> = Vec::new();
    let mut links: Vec<String> = Vec::new();
    for path in controller.walk(root)? {
        let directory = path.ends_with('/');
        let path = path.trim_end_matches('/').to_owned();
        // What is below a link that stays one is not copied.
        if links.iter().any(|link| path.starts_with(link)) {
            continue;
        }
        let full = root.join(&path);
        let stat = controller.stat(&full);
        let link = controller.link(&full)?.filter(|_| !follow || stat.is_err());
        let (what, mode) = match (link, directory) {
            (Some(target), _) => {
                links.push(format!("{path}/"));
                (What::Link(target), 0o777)
            }
            (None, true) => (What::Directory, stat?.mode),
            (None, false) => {
                let bytes = match decrypt {
                    true => controller.read(&full)?,
                    false => controller.read_sealed(&full)?,
                };
                (What::File(Content::Bytes(bytes)), stat?.mode)
            }
        };
        items.push(Item { path, what, mode });
    }
    Ok(items)
}

/// What is in a directory of the host.
pub(crate) async fn of_host(host: &Probe, root: &str, follow: bool) -> Result<Vec<Item>> {
    let all = below(host, root).await?;
    let item = async |path: String, stat: k8sbm_core::host::Stat| -> Result<Option<Item>> {
        let from = join(root, &path);
        let (what, mode) = match stat.kind {
            FileKind::Directory => (What::Directory, stat.mode),
            FileKind::File => (What::File(content(host, from, stat.size).await?), stat.mode),
            FileKind::Link if follow => match host.stat_follow(&from).await? {
                Some(real) if real.is_file() => {
                    (What::File(content(host, from, real.size).await?), real.mode)
                }
                _ => (What::Link(target(host, &from).await?), stat.mode),
            },
            FileKind::Link => (What::Link(target(host, &from).await?), stat.mode),
            _ => return Ok(None),
        };
        Ok(Some(Item { path, what, mode }))
    };
    let items = all.into_iter().map(|below| item(below.path, below.stat));
    Ok(try_join_all(items).await?.into_iter().flatten().collect())
}

async fn content(host: &Probe, from: String, size: u64) -> Result<Content> {
    let checksum = host.checksum_by(&from, Algorithm::Sha1).await?;
    let checksum = checksum.ok_or_else(|| Error::failed(format!("{from} cannot be read")))?;
    Ok(Content::OfHost {
        from,
        checksum,
        size,
    })
}

async fn target(host: &Probe, link: &str) -> Result<String> {
    let stat = host.stat(link).await?;
    stat.and_then(|stat| stat.target.clone())
        .ok_or_else(|| Error::failed(format!("{link} does not say where it points")))
}

/// Where a directory is copied to.
#[derive(Clone, Debug)]
pub(crate) struct Into {
    /// The directory that takes what is in the source.
    base: String,
    /// What directories that are made shall have.
    directory: Attributes,
    /// Whether directories that are made get the source's mode where none is asked for.
    keep_modes: bool,
}

impl Into {
    /// The directory `dest`, or that of the source's name in it when `src` does not end with `/`.
    pub(crate) async fn of(
        host: &Probe,
        dest: &str,
        src: &str,
        directory: Attributes,
        keep_modes: bool,
    ) -> Result<Self> {
        let dest = absolute(host, dest).await?;
        let base = match src.ends_with('/') {
            true => match dest.trim_end_matches('/') {
                "" => "/".into(),
                dest => dest.to_owned(),
            },
            false => join(&dest, base_name(src)),
        };
        Ok(Self {
            base,
            directory,
            keep_modes,
        })
    }

    /// Plans all that is missing or differs.
    pub(crate) async fn copy(
        &self,
        host: &Probe,
        plan: &mut Plan,
        items: Vec<Item>,
        delivery: impl Fn(Content, u32) -> Delivery,
    ) -> Result<()> {
        let directories = items
            .iter()
            .filter(|item| matches!(item.what, What::Directory));
        let directories = directories.map(|item| (join(&self.base, &item.path), Some(item.mode)));
        let missing = std::iter::once((self.base.clone(), None))
            .chain(directories)
            .map(|(path, mode)| self.directory(host, path, mode));
        for change in try_join_all(missing).await?.into_iter().flatten() {
            let path = change.path().to_owned();
            let diff = Diff::text(&path, "state: absent\n", "state: directory\n");
            plan.change(format!("make directory {path}"), change, Some(diff));
        }
        let others = items
            .into_iter()
            .filter(|item| !matches!(item.what, What::Directory));
        let parts = others.map(|item| self.item(host, item, &delivery));
        for part in try_join_all(parts).await? {
            plan.steps.extend(part.steps);
        }
        plan.returns("dest", format!("{}/", self.base.trim_end_matches('/')));
        Ok(())
    }

    async fn directory(
        &self,
        host: &Probe,
        path: String,
        mode: Option<u32>,
    ) -> Result<Option<FileChange>> {
        if let Some(stat) = host.stat_follow(&path).await? {
            return match stat.is_dir() {
                true => Ok(None),
                false => Err(Error::failed(format!(
                    "{path} is there, and is no directory"
                ))),
            };
        }
        let mut attributes = self.directory.clone();
        if self.keep_modes && attributes.mode.is_none() {
            attributes.mode = mode.map(Mode::octal);
        }
        Ok(Some(FileChange::MakeDirectory { path, attributes }))
    }

    async fn item(
        &self,
        host: &Probe,
        item: Item,
        delivery: impl Fn(Content, u32) -> Delivery,
    ) -> Result<Plan> {
        let mut plan = Plan::default();
        let path = join(&self.base, &item.path);
        match item.what {
            What::Directory => {}
            What::File(content) => {
                let mut delivery = delivery(content, item.mode);
                // Links in the tree are replaced, as it says what they are.
                delivery.manner.follow = false;
                delivery.plan_at(host, &mut plan, path).await?;
            }
            What::Link(target) => {
                let here = host.stat(&path).await?;
                if here.is_none_or(|stat| stat.target.as_deref() != Some(&*target)) {
                    let diff = Diff::text(&path, "", format!("link to {target}\n"));
                    let summary = format!("link {path} to {target}");
                    plan.change(
                        summary,
                        FileChange::SymbolicLink { path, target },
                        Some(diff),
                    );
                }
            }
        }
        Ok(plan)
    }
}
