//! The source distribution, fetched once.

use crate::program;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// Which distribution it is: pip's own form, with its checksum.
const REQUIREMENT: &str = include_str!("../../conformance/requirements.txt");

/// The unpacked integration tests of ansible-core.
#[derive(Debug)]
pub struct Suite {
    /// The folder of all targets.
    pub targets: PathBuf,
}

impl Suite {
    /// Takes what was fetched before, or fetches it with pip.
    ///
    /// # Errors
    /// When it cannot be fetched.
    pub fn fetch(cache: &Path) -> Result<Self, String> {
        let name = Self::name();
        let folder = cache.join(&name);
        let targets = folder.join("test/integration/targets");
        if !targets.is_dir() {
            fs::create_dir_all(cache).map_err(|error| error.to_string())?;
            let archive = cache.join(format!("{name}.tar.gz"));
            if !archive.is_file() {
                download(cache)?;
            }
            // Unpacked beside its place, so that what is there is whole.
            let unpacking = tempfile::tempdir_in(cache).map_err(|error| error.to_string())?;
            let mut tar = Command::new("tar");
            tar.arg("-xzf")
                .arg(&archive)
                .arg("-C")
                .arg(unpacking.path());
            tell(tar.output(), "tar")?;
            fs::rename(unpacking.path().join(&name), &folder).map_err(|error| error.to_string())?;
        }
        Ok(Self { targets })
    }

    /// The version that is measured against.
    #[must_use]
    pub fn version() -> &'static str {
        let (_, version) = REQUIREMENT.split_once("==").unwrap_or_default();
        version.split_whitespace().next().unwrap_or_default()
    }

    fn name() -> String {
        format!("ansible_core-{}", Self::version())
    }
}

/// pip looks at the checksum; it would also refuse a version that this Python is too old for, which does not matter.
fn download(cache: &Path) -> Result<(), String> {
    let requirements = Path::new(program::ROOT).join("tests/conformance/requirements.txt");
    let mut pip = Command::new("python3");
    pip.args([
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--no-binary",
        ":all:",
    ]);
    pip.args(["--ignore-requires-python", "--require-hashes", "--dest"]);
    pip.arg(cache).arg("--requirement").arg(requirements);
    tell(pip.output(), "pip")
}

fn tell(output: std::io::Result<Output>, what: &str) -> Result<(), String> {
    let output = output.map_err(|error| format!("{what} does not start: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    let last = errors.lines().last().unwrap_or_default();
    Err(format!("{what} failed: {last}"))
}
