//! What lookups reach on the machine that runs the playbook, and nothing else does.

use std::{
    collections::BTreeMap,
    fmt, fs, io,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

/// The controller as lookups and templates see it; calls may block.
pub trait Controller: Send + Sync + fmt::Debug {
    /// Reads a file.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// Writes a file that only the owner may read, making its folders.
    fn write_secret(&self, path: &Path, content: &[u8]) -> io::Result<()>;

    /// Whether something is there.
    fn exists(&self, path: &Path) -> bool;

    /// Whether it is a folder.
    fn is_dir(&self, path: &Path) -> bool;

    /// Whether it is a symbolic link.
    fn is_link(&self, path: &Path) -> bool;

    /// Whether a file system is mounted there.
    fn is_mount(&self, path: &Path) -> bool;

    /// The permissions, if it exists.
    fn mode(&self, path: &Path) -> Option<u32>;

    /// The time and the time zone.
    fn now(&self) -> jiff::Zoned;

    /// The path without symbolic links.
    fn real_path(&self, path: &Path) -> io::Result<PathBuf>;

    /// What is in a folder, sorted by name.
    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>>;

    /// Runs a command line with the shell.
    fn run(&self, command: &str, folder: Option<&Path>) -> io::Result<Output>;

    /// A variable of the environment.
    fn env(&self, name: &str) -> Option<String>;

    /// The first of `folders` under which `name` exists; an absolute name stands for itself.
    fn find(&self, name: &str, folders: &[PathBuf]) -> Option<PathBuf> {
        let path = Path::new(name);
        if path.is_absolute() {
            return self.exists(path).then(|| path.to_owned());
        }
        folders
            .iter()
            .map(|folder| folder.join(path))
            .find(|candidate| self.exists(candidate))
    }
}

/// The machine itself.
#[derive(Clone, Debug, Default)]
pub struct LocalController {
    /// The environment that the `env` lookup and commands see.
    pub env: BTreeMap<String, String>,
}

impl LocalController {
    /// The machine with an environment.
    pub fn new(env: impl IntoIterator<Item = (String, String)>) -> Self {
        Self {
            env: env.into_iter().collect(),
        }
    }
}

impl Controller for LocalController {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        fs::read(path)
    }

    fn write_secret(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        use std::{io::Write as _, os::unix::fs::OpenOptionsExt as _};
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let fresh = path.with_extension("new");
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&fresh)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&fresh, path)
    }

    fn exists(&self, path: &Path) -> bool {
        path.exists()
    }

    fn is_dir(&self, path: &Path) -> bool {
        path.is_dir()
    }

    fn is_link(&self, path: &Path) -> bool {
        path.is_symlink()
    }

    fn is_mount(&self, path: &Path) -> bool {
        use std::os::unix::fs::MetadataExt as _;
        let device = |path: &Path| fs::metadata(path).map(|meta| meta.dev()).ok();
        path.parent()
            .is_none_or(|parent| device(path) != device(parent))
            && path.exists()
    }

    fn mode(&self, path: &Path) -> Option<u32> {
        use std::os::unix::fs::PermissionsExt as _;
        fs::symlink_metadata(path)
            .ok()
            .map(|meta| meta.permissions().mode() & 0o7777)
    }

    fn now(&self) -> jiff::Zoned {
        let zone = self
            .env
            .get("TZ")
            .and_then(|name| jiff::tz::TimeZone::get(name).ok());
        jiff::Timestamp::now().to_zoned(zone.unwrap_or_else(jiff::tz::TimeZone::system))
    }

    fn real_path(&self, path: &Path) -> io::Result<PathBuf> {
        fs::canonicalize(path)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        let mut found = fs::read_dir(path)?
            .map(|entry| Ok(entry?.path()))
            .collect::<io::Result<Vec<_>>>()?;
        found.sort();
        Ok(found)
    }

    fn run(&self, command: &str, folder: Option<&Path>) -> io::Result<Output> {
        let mut shell = Command::new("/bin/sh");
        shell
            .args(["-c", command])
            .env_clear()
            .envs(&self.env)
            .stdin(Stdio::null());
        // A playbook named without a folder stands in this one.
        if let Some(folder) = folder.filter(|folder| !folder.as_os_str().is_empty()) {
            shell.current_dir(folder);
        }
        shell.output()
    }

    fn env(&self, name: &str) -> Option<String> {
        self.env.get(name).cloned()
    }
}
