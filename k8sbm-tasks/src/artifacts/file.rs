//! Files of the controller that are known by their checksum.

use super::download;
use k8sbm_core::task::{Error, Result};
use sha2::{Digest as _, Sha256};
use std::{
    collections::HashMap,
    fs,
    io::Read as _,
    path::{Path, PathBuf},
    sync::{Arc, LazyLock, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

/// A file of the controller whose checksum is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// Where it is.
    pub path: PathBuf,
    /// How long it is.
    pub size: u64,
    /// Its SHA-256 in lower-case hexadecimal.
    pub sha256: String,
}

/// Is told how many bytes have come, and how many there are if that is known.
pub type Progress = Arc<dyn Fn(u64, Option<u64>) + Send + Sync>;

/// What was found out about a file.
#[derive(Debug, Default)]
struct Known {
    /// How long it was, when it was changed, and its checksum then.
    checksum: Option<(u64, SystemTime, String)>,
    /// Why it could not be fetched.
    failure: Option<(Instant, Error)>,
}

type Turn = Arc<tokio::sync::Mutex<Known>>;

/// How long a failure is told again before it is tried anew: hosts that waited for the same file do not try one after
/// the other.
const FAILED: Duration = Duration::from_secs(15);

/// Many hosts want the same file at once: the first fetches and hashes it, the others wait.
static FILES: LazyLock<Mutex<HashMap<PathBuf, Turn>>> = LazyLock::new(Mutex::default);

fn turn(path: &Path) -> Turn {
    let mut files = FILES.lock().unwrap_or_else(PoisonError::into_inner);
    files.entry(path.to_owned()).or_default().clone()
}

/// A file with its checksum, which is computed once as long as the file stays the same.
///
/// # Errors
/// When it cannot be read.
pub(super) async fn hashed(path: &Path) -> Result<Fetched> {
    let turn = turn(path);
    let mut known = turn.lock().await;
    looked_at(path, &mut known).await
}

async fn looked_at(path: &Path, known: &mut Known) -> Result<Fetched> {
    let failed = |error: std::io::Error| Error::failed(format!("{}: {error}", path.display()));
    let metadata = fs::metadata(path).map_err(failed)?;
    let (size, changed) = (metadata.len(), metadata.modified().map_err(failed)?);
    let sha256 = match &known.checksum {
        Some((length, time, sha256)) if (*length, *time) == (size, changed) => sha256.clone(),
        _ => {
            let owned = path.to_owned();
            let sha256 = blocking(move || sha256_of(&owned)).await?.map_err(failed)?;
            known.checksum = Some((size, changed, sha256.clone()));
            sha256
        }
    };
    Ok(Fetched {
        path: path.to_owned(),
        size,
        sha256,
    })
}

fn sha256_of(path: &Path) -> std::io::Result<String> {
    let (mut file, mut hash) = (fs::File::open(path)?, Sha256::new());
    let mut piece = vec![0; 256 * 1024];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(hex::encode(hash.finalize())),
            count => hash.update(&piece[..count]),
        }
    }
}

/// Fetches `url` as the file `path` unless that is there, with the checksum `wanted`.
///
/// # Errors
/// When it cannot be fetched, or has another checksum; then nothing is left.
pub(super) async fn fetch_as(
    url: &str,
    path: &Path,
    wanted: &str,
    progress: Option<Progress>,
) -> Result<Fetched> {
    let turn = turn(path);
    let mut known = turn.lock().await;
    if path.is_file() {
        let found = looked_at(path, &mut known).await?;
        if found.sha256 == wanted {
            return Ok(found);
        }
    }
    if let Some((when, error)) = &known.failure
        && when.elapsed() < FAILED
    {
        return Err(error.clone());
    }
    let (url, owned, sha256) = (url.to_owned(), path.to_owned(), wanted.to_owned());
    let fetched =
        blocking(move || download::to_file(&url, &owned, &sha256, progress.as_ref())).await?;
    known.failure = fetched.clone().err().map(|error| (Instant::now(), error));
    fetched?;
    looked_at(path, &mut known).await
}

/// Fetches `url` to where `place` puts what has its checksum, whatever that is.
///
/// # Errors
/// When it cannot be fetched.
pub(super) async fn fetch_unknown(
    url: &str,
    folder: &Path,
    place: impl Fn(&str) -> PathBuf + Send + Clone + 'static,
    progress: Option<Progress>,
) -> Result<Fetched> {
    let (url, folder, placed) = (url.to_owned(), folder.to_owned(), place.clone());
    let fetching =
        blocking(move || download::to_place(&url, &folder, placed, progress.as_ref())).await?;
    hashed(&place(&fetching?)).await
}

/// The error for a file that is not what it was said to be.
pub(super) fn wrong(what: &str, found: &str, wanted: &str) -> Error {
    Error::failed(format!("{what} has the checksum {found}, not {wanted}"))
        .hint("the lock is wrong, or somebody changed the file: nothing was installed of it")
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| Error::failed("reading was given up"))
}
