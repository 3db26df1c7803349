//! Where something is kept that several hosts share: on one host, or on the controller.

use k8sbm_core::{
    host::{Attributes, FileChange, Host, Mode},
    task::{Controller, Error, Probe, Result},
};
use std::{path::Path, sync::Arc};

/// The name of the machine that k8sbm runs on, beside the names of hosts.
const CONTROLLER: &str = "controller";

/// What was found where something is kept.
pub(super) type Found = Option<Arc<[u8]>>;

/// Where something is kept, to look at.
pub(super) enum Keeping {
    /// A host: the task's own, or another.
    Host(Box<Probe>),
    /// The machine that k8sbm runs on. Secrets are sealed there, where a vault password is known.
    Controller(Arc<dyn Controller>),
}

impl Keeping {
    /// The place that an argument names; the host itself where it names none.
    ///
    /// # Errors
    /// When there is no such host, and ahead of the task's turn where it is not the host itself.
    pub(super) fn of(host: &Probe, place: Option<&str>) -> Result<Self> {
        match place {
            None => Ok(Self::Host(Box::new(host.clone()))),
            Some(name) if name == host.name() => Ok(Self::Host(Box::new(host.clone()))),
            Some(CONTROLLER) => {
                host.only_in_turn()?;
                Ok(Self::Controller(host.controller().clone()))
            }
            Some(name) => Ok(Self::Host(Box::new(host.other(name)?))),
        }
    }

    /// As [`of`](Self::of), when acting: what was seen before is forgotten.
    pub(super) fn now(host: &Host, place: Option<&str>) -> Result<Self> {
        Self::of(host.probe(), place)
    }

    /// What stands at a path.
    pub(super) async fn read(&self, path: &str) -> Result<Found> {
        match self {
            Self::Host(probe) => probe.read(path).await,
            Self::Controller(controller) => {
                let there = controller.stat(Path::new(path));
                if !there.is_ok_and(|stat| !stat.directory) {
                    return Ok(None);
                }
                controller.read(Path::new(path)).map(|it| Some(it.into()))
            }
        }
    }

    /// As [`read`](Self::read), for text.
    pub(super) async fn read_text(&self, path: &str) -> Result<Option<String>> {
        let bytes = self.read(path).await?;
        Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// Writes what everybody may read.
    pub(super) async fn write(&self, path: &str, content: &[u8]) -> Result<()> {
        match self {
            Self::Host(probe) => write(&Host::new((**probe).clone()), path, content, 0o644).await,
            Self::Controller(controller) => controller.write(Path::new(path), content),
        }
    }

    /// Writes what only its owner may read.
    pub(super) async fn write_secret(&self, path: &str, content: &[u8]) -> Result<()> {
        match self {
            Self::Host(probe) => write(&Host::new((**probe).clone()), path, content, 0o600).await,
            Self::Controller(controller) => controller.write_secret(Path::new(path), content),
        }
    }
}

/// Refuses a path that depends on where somebody stands.
pub(super) fn absolute(argument: &str, path: &str) -> Result<()> {
    if path.starts_with('/') {
        return Ok(());
    }
    let error = Error::arguments(format!("`{path}` is no absolute path"));
    Err(error
        .hint("on the controller, `{{ inventory_dir }}` is where the inventory lies")
        .about([argument]))
}

async fn write(host: &Host, path: &str, content: &[u8], mode: u32) -> Result<()> {
    let directory = path
        .rsplit_once('/')
        .map_or("/", |(directory, _)| directory);
    if !directory.is_empty() && !host.probe().exists(directory).await? {
        // A directory for secrets shows not even their names.
        let bits = if mode == 0o600 { 0o700 } else { 0o755 };
        host.change(FileChange::MakeDirectory {
            path: directory.to_owned(),
            attributes: Attributes {
                mode: Some(Mode::octal(bits)),
                ..Attributes::default()
            },
        })
        .await?;
    }
    host.change(FileChange::Write {
        path: path.to_owned(),
        content: content.to_vec(),
        attributes: Attributes {
            mode: Some(Mode::octal(mode)),
            ..Attributes::default()
        },
        validate: None,
        backup: None,
        in_place: false,
    })
    .await
}
