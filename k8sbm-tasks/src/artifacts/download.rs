//! Fetching from a server.

use super::file::{Progress, wrong};
use k8sbm_core::task::{Error, Result};
use sha2::{Digest as _, Sha256};
use std::{
    fs,
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
    thread::sleep,
    time::Duration,
};
use tempfile::NamedTempFile;
use ureq::{
    Agent,
    tls::{RootCerts, TlsConfig},
};

/// How often it is tried where the network fails.
const TRIES: u32 = 3;
/// How long a server may take to be reached, and to begin with its answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long the whole file may take to come.
const WHOLE: Duration = Duration::from_secs(60 * 60);

/// Fetches `url` beside `path`, and puts it there when its checksum is right.
pub(super) fn to_file(
    url: &str,
    path: &Path,
    sha256: &str,
    progress: Option<&Progress>,
) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let (beside, found) = into_folder(url, folder, progress)?;
    if found != sha256 {
        return Err(wrong(url, &found, sha256));
    }
    put(beside, path)
}

/// Fetches `url` to where `place` puts what has this checksum; returns the checksum.
pub(super) fn to_place(
    url: &str,
    folder: &Path,
    place: impl Fn(&str) -> PathBuf,
    progress: Option<&Progress>,
) -> Result<String> {
    let (beside, found) = into_folder(url, folder, progress)?;
    put(beside, &place(&found))?;
    Ok(found)
}

fn put(beside: NamedTempFile, path: &Path) -> Result<()> {
    let here = |error| at(path, &error);
    let readable = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).map_err(here)?;
    fs::set_permissions(beside.path(), readable).map_err(here)?;
    beside.persist(path).map_err(|error| here(error.error))?;
    Ok(())
}

fn at(path: &Path, error: &std::io::Error) -> Error {
    Error::failed(format!("{}: {error}", path.display()))
}

/// What `url` has as a file of `folder` that goes away by itself, with its checksum.
fn into_folder(
    url: &str,
    folder: &Path,
    progress: Option<&Progress>,
) -> Result<(NamedTempFile, String)> {
    let here = |error| at(folder, &error);
    fs::create_dir_all(folder).map_err(here)?;
    let mut beside = NamedTempFile::new_in(folder).map_err(here)?;
    let mut tries = 1;
    loop {
        match attempt(url, beside.as_file_mut(), progress) {
            Ok(found) => return Ok((beside, found)),
            Err(error) if tries < TRIES && is_passing(&error) => {
                sleep(Duration::from_secs(u64::from(tries)));
                tries += 1;
            }
            Err(error) => {
                return Err(
                    Error::failed(format!("{url} cannot be fetched: {}", told(&error)))
                        .hint("see `artifacts_mirror` and `artifacts_directory` for other sources"),
                );
            }
        }
    }
}

fn attempt(
    url: &str,
    file: &mut fs::File,
    progress: Option<&Progress>,
) -> Result<String, ureq::Error> {
    let trusted = TlsConfig::builder()
        .root_certs(RootCerts::PlatformVerifier)
        .build();
    let agent: Agent = Agent::config_builder()
        .tls_config(trusted)
        .timeout_connect(Some(PATIENCE))
        .timeout_recv_response(Some(PATIENCE))
        .timeout_recv_body(Some(WHOLE))
        .user_agent(concat!("k8sbm/", env!("CARGO_PKG_VERSION")))
        .build()
        .into();
    let mut response = agent.get(url).call()?;
    let total = response.body().content_length();
    let mut body = response.body_mut().as_reader();
    let (mut hash, mut done) = (Sha256::new(), 0);
    let mut piece = vec![0; 256 * 1024];
    file.set_len(0)?;
    std::io::Seek::rewind(file)?;
    loop {
        match body.read(&mut piece)? {
            0 => break,
            count => {
                hash.update(&piece[..count]);
                file.write_all(&piece[..count])?;
                done += count as u64;
                if let Some(progress) = progress {
                    progress(done, total);
                }
            }
        }
    }
    file.sync_all()?;
    Ok(hex::encode(hash.finalize()))
}

/// Whether it may work a moment later.
fn is_passing(error: &ureq::Error) -> bool {
    match error {
        ureq::Error::StatusCode(status) => *status >= 500 || *status == 429,
        ureq::Error::Io(_) | ureq::Error::Timeout(_) | ureq::Error::ConnectionFailed => true,
        _ => false,
    }
}

fn told(error: &ureq::Error) -> String {
    match error {
        ureq::Error::StatusCode(404) => "the server has no such file (404)".into(),
        ureq::Error::StatusCode(status) => format!("the server answered {status}"),
        error => error.to_string(),
    }
}
