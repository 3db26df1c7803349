//! How large a device is, and what its file system has of it.

use super::kind::{Growing, Kind};
use crate::storage::{
    devices::{Device, devices},
    lvm,
};
use k8sbm_core::task::{Error, Probe, Result};

/// Where a device is mounted, the first place of several.
pub(super) async fn mountpoint(host: &Probe, path: &str) -> Result<Option<String>> {
    let findmnt = ["findmnt", "--noheadings", "--output", "TARGET", "--source"];
    let output = host.query(findmnt.iter().chain([&path])).await?;
    let text = output.text();
    let first = text.lines().next().map(str::trim);
    Ok(first.filter(|it| !it.is_empty()).map(str::to_owned))
}

/// The bytes of a device, or of a file that stands for one.
pub(super) async fn size(host: &Probe, path: &str, file: Option<u64>) -> Result<u64> {
    match file {
        Some(size) => Ok(size),
        None => {
            number(host, &["blockdev", "--getsize64", path], |text| {
                text.trim().parse().ok()
            })
            .await
        }
    }
}

/// The bytes that a file system has taken of its device, and those that it may leave at the end.
pub(super) async fn taken(
    host: &Probe,
    kind: Kind,
    path: &str,
    mountpoint: Option<&str>,
) -> Result<(u64, u64)> {
    let at = mountpoint.unwrap_or(path);
    let bytes = match kind {
        Kind::Ext2 | Kind::Ext3 | Kind::Ext4 => {
            number(host, &["tune2fs", "-l", path], blocks_of_ext).await
        }
        Kind::Xfs => number(host, &["xfs_info", at], blocks_of_xfs).await,
        Kind::Btrfs => {
            let usage = ["btrfs", "filesystem", "usage", "-b", at];
            number(host, &usage, |text| after(text, "Device size:")).await
        }
        Kind::Lvm => return of_physical_volume(host, path).await,
        _ => Err(fixed(kind)),
    }?;
    Ok((bytes, kind.slack()))
}

/// A physical volume is a whole number of extents.
async fn of_physical_volume(host: &Probe, path: &str) -> Result<(u64, u64)> {
    let (volumes, groups) = tokio::join!(lvm::physical(host), lvm::groups(host));
    let (volumes, groups) = (volumes?, groups?);
    let wanted = [path.to_owned()];
    let (wanted, real) = devices(host, &wanted, volumes.iter().map(|it| &*it.name)).await?;
    let path = wanted.first().map_or(path, Device::path);
    let volume = volumes.iter().zip(real).find(|(_, real)| real == path);
    let Some((volume, _)) = volume else {
        return Err(Error::failed(format!(
            "{path} is no physical volume of LVM"
        )));
    };
    let group = groups.iter().find(|it| it.name == volume.group);
    let extent = group.map_or(0, |it| it.extent);
    Ok((volume.start + volume.size, extent))
}

/// What grows a file system, whole.
pub(super) fn grow(kind: Kind, path: &str, mountpoint: Option<&str>) -> Result<Vec<String>> {
    let (words, target) = match (kind.growing(), mountpoint) {
        (Growing::Device(program), _) => (vec![program], path),
        (Growing::Mounted(words), Some(mountpoint)) => (words.to_vec(), mountpoint),
        (Growing::Mounted(_), None) => {
            let tag = kind.tag();
            return Err(
                Error::failed(format!("{path} needs to be mounted for {tag} operations"))
                    .hint("mount it first, with `mount`"),
            );
        }
        (Growing::Never, _) => return Err(fixed(kind)),
    };
    let words = words.into_iter().chain([target]);
    Ok(words.map(str::to_owned).collect())
}

fn fixed(kind: Kind) -> Error {
    let tag = kind.tag();
    Error::failed(format!(
        "a file system of type {tag} cannot be resized here"
    ))
}

async fn number(host: &Probe, argv: &[&str], read: fn(&str) -> Option<u64>) -> Result<u64> {
    let output = host.query(argv).await?;
    let error = |why: &str| Error::failed(format!("{}: {why}", argv.join(" ")));
    if !output.success() {
        return Err(error(output.error_text().trim()));
    }
    read(&output.text()).ok_or_else(|| error("says no size"))
}

/// The number behind a name.
fn after(text: &str, name: &str) -> Option<u64> {
    let rest = text.split_once(name)?.1;
    rest.split_whitespace().next()?.parse().ok()
}

/// Of `tune2fs -l`.
fn blocks_of_ext(text: &str) -> Option<u64> {
    after(text, "Block count:")?.checked_mul(after(text, "Block size:")?)
}

/// Of `xfs_info`: `data     =      bsize=4096   blocks=65536, imaxpct=25`.
fn blocks_of_xfs(text: &str) -> Option<u64> {
    let line = text.lines().find(|line| line.starts_with("data"))?;
    let value = |name: &str| {
        let rest = line.split_once(name)?.1;
        let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
        digits.parse::<u64>().ok()
    };
    value("bsize=")?.checked_mul(value("blocks=")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read() {
        let ext =
            "tune2fs 1.47.2\nBlock count:              16384\nBlock size:               1024\n";
        assert_eq!(blocks_of_ext(ext), Some(16_777_216));
        let xfs = "meta-data=/dev/loop0  isize=512    agcount=4, agsize=16384 blks\n\
                   data     =                       bsize=4096   blocks=65536, imaxpct=25\n\
                   naming   =version 2              bsize=4096   ascii-ci=0\n";
        assert_eq!(blocks_of_xfs(xfs), Some(268_435_456));
        assert_eq!(
            after("    Device size:\t\t 100 \n", "Device size:"),
            Some(100)
        );
        assert_eq!(blocks_of_xfs("nothing"), None);
    }
}
