//! Manifests that lie on a host.

use crate::{
    file::parent,
    kubernetes::cluster::{documents, into_namespace},
};
use k8sbm_core::task::{Error, Probe, Result};
use serde_json::Value as Json;

/// How deep directories are read.
const DEEPEST: usize = 16;

/// Manifests that lie on a host.
#[derive(Clone, Debug)]
pub(super) struct Manifests {
    /// Files, or directories of them.
    pub(super) paths: Vec<String>,
    /// Whether directories are read with all below.
    pub(super) recursive: bool,
    /// The namespace of objects that say none.
    pub(super) namespace: Option<String>,
}

impl Manifests {
    /// Their objects; nothing where one of the files is not there.
    pub(super) async fn read(&self, host: &Probe) -> Result<Option<Vec<Json>>> {
        match self.objects(host).await? {
            Ok(objects) => Ok(Some(objects)),
            Err(_) => Ok(None),
        }
    }

    /// Their objects.
    ///
    /// # Errors
    /// Names the file that is not there.
    pub(super) async fn there(&self, host: &Probe) -> Result<Vec<Json>> {
        let objects = self.objects(host).await?;
        objects.map_err(|path| Error::failed(format!("there is no {path} on this host")))
    }

    async fn objects(&self, host: &Probe) -> Result<Result<Vec<Json>, String>> {
        let mut objects = Vec::new();
        for path in self.paths.iter().map(|path| path.trim()) {
            if path.contains("://") {
                return Err(Error::failed(format!("{path} is no file of the host"))
                    .hint("`get_url` fetches it; then it can be compared before it is applied"));
            }
            for file in self.files(host, path).await? {
                let Some(text) = host.read_text(&file).await? else {
                    return Ok(Err(file));
                };
                objects.extend(documents(&file, &text)?);
            }
        }
        if let Some(namespace) = &self.namespace {
            into_namespace(&mut objects, namespace);
        }
        Ok(Ok(objects))
    }

    /// The file itself, or the manifests of a directory in the order of their names.
    async fn files(&self, host: &Probe, path: &str) -> Result<Vec<String>> {
        let stat = host.stat_follow(path).await?;
        if !stat.is_some_and(|stat| stat.is_dir()) {
            return Ok(vec![path.to_owned()]);
        }
        let mut found = Vec::new();
        let mut open = vec![path.trim_end_matches('/').to_owned()];
        let top = open[0].matches('/').count();
        while let Some(directory) = open.pop() {
            let names = host.list(&directory).await?;
            for name in names.iter().flat_map(|names| names.iter()) {
                let path = format!("{directory}/{name}");
                let deep = path.matches('/').count() - top > DEEPEST;
                if [".yaml", ".yml", ".json"]
                    .iter()
                    .any(|it| name.ends_with(it))
                {
                    found.push(path);
                } else if self.recursive
                    && !deep
                    && host.stat(&path).await?.is_some_and(|it| it.is_dir())
                {
                    open.push(path);
                }
            }
        }
        found.sort_by(|one, other| (parent(one), one).cmp(&(parent(other), other)));
        Ok(found)
    }
}
