//! A controller whose files are a folder of the tests.

use k8sbm_core::task::{
    Controller, Error, FileSearch, LocalStat, NoController, Result, TemplateOptions,
};
use serde_json::Value as Json;
use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

/// A controller whose files are a folder of the tests; a template is its own result.
#[derive(Debug)]
pub struct Folder(pub PathBuf);

fn failed(path: &Path) -> impl Fn(std::io::Error) -> Error {
    move |error| Error::failed(format!("{}: {error}", path.display()))
}

impl Controller for Folder {
    fn find(&self, _: FileSearch, name: &str) -> Result<PathBuf> {
        let path = self.0.join(name);
        fs::metadata(&path).map_err(failed(&path))?;
        Ok(path)
    }

    fn read(&self, path: &Path) -> Result<Vec<u8>> {
        fs::read(path).map_err(failed(path))
    }

    fn read_sealed(&self, path: &Path) -> Result<Vec<u8>> {
        self.read(path)
    }

    fn stat(&self, path: &Path) -> Result<LocalStat> {
        let stat = fs::metadata(path).map_err(failed(path))?;
        Ok(LocalStat {
            mode: stat.permissions().mode() & 0o7777,
            directory: stat.is_dir(),
        })
    }

    fn link(&self, path: &Path) -> Result<Option<String>> {
        let link = fs::read_link(path).ok();
        Ok(link.map(|target| target.display().to_string()))
    }

    fn walk(&self, directory: &Path) -> Result<Vec<String>> {
        let mut found = Vec::new();
        let mut open = vec![directory.to_owned()];
        while let Some(next) = open.pop() {
            for entry in fs::read_dir(&next).map_err(failed(&next))? {
                let path = entry.map_err(failed(&next))?.path();
                let name = path
                    .strip_prefix(directory)
                    .unwrap_or(&path)
                    .display()
                    .to_string();
                if path.is_dir() {
                    found.push(format!("{name}/"));
                    open.push(path);
                } else {
                    found.push(name);
                }
            }
        }
        found.sort();
        Ok(found)
    }

    fn write(&self, path: &Path, content: &[u8]) -> Result<()> {
        fs::write(path, content).map_err(failed(path))
    }

    fn render(&self, path: &Path, _: &TemplateOptions, _: &[(&str, &str)]) -> Result<String> {
        fs::read_to_string(path).map_err(failed(path))
    }

    fn variables(&self, path: &Path) -> Result<Json> {
        NoController.variables(path)
    }

    fn variable(&self, name: &str) -> Option<Json> {
        let folder = || self.0.display().to_string().into();
        (name == "artifacts_directory").then(folder)
    }

    fn ask(&self, prompt: &str, echo: bool) -> Result<String> {
        NoController.ask(prompt, echo)
    }
}
