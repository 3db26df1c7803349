//! What is mounted now, as the kernel says.

use super::fstab::plain;
use k8sbm_core::task::{Probe, Result};

/// Something that is mounted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mounted {
    /// The directory of its file system that is shown; `/` unless it is a bind mount.
    pub(super) root: String,
    /// Where it is mounted.
    pub(super) target: String,
    /// The type of file system.
    pub(super) kind: String,
    /// The device, or what else is mounted.
    pub(super) source: String,
}

/// What is mounted at a path, the last mount where there are several.
pub(super) async fn at(host: &Probe, path: &str) -> Result<Option<Mounted>> {
    let text = host
        .read_text("/proc/self/mountinfo")
        .await?
        .unwrap_or_default();
    let path = trimmed(path);
    Ok(text.lines().filter_map(read).rfind(|it| it.target == path))
}

/// A path without the slashes at its end.
pub(super) fn trimmed(path: &str) -> &str {
    match path.trim_end_matches('/') {
        "" => "/",
        path => path,
    }
}

/// `36 35 98:0 /root /target rw,noatime shared:1 - ext4 /dev/sda1 rw`
fn read(line: &str) -> Option<Mounted> {
    let (place, what) = line.split_once(" - ")?;
    let mut place = place.split(' ').skip(3);
    let mut what = what.split(' ');
    Some(Mounted {
        root: plain(place.next()?),
        target: plain(place.next()?),
        kind: what.next()?.to_owned(),
        source: plain(what.next()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_is_understood() {
        let line =
            r"36 35 98:0 /data /mnt\0402 rw,noatime shared:1 - ext3 /dev/root rw,errors=continue";
        let mounted = read(line).unwrap();
        assert_eq!((&*mounted.root, &*mounted.target), ("/data", "/mnt 2"));
        assert_eq!((&*mounted.kind, &*mounted.source), ("ext3", "/dev/root"));
        assert_eq!(trimmed("/mnt/"), "/mnt");
        assert_eq!(trimmed("/"), "/");
    }
}
