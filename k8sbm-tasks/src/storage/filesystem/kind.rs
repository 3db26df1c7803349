//! The types of file systems, and the programs that make and grow them.

use schemars::JsonSchema;
use serde::Deserialize;

/// A type of file system, or what else a device can be made into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    /// bcachefs.
    Bcachefs,
    /// Btrfs.
    Btrfs,
    /// ext2.
    Ext2,
    /// ext3.
    Ext3,
    /// ext4.
    #[serde(alias = "ext4dev")]
    Ext4,
    /// The flash-friendly file system.
    F2fs,
    /// A physical volume of LVM.
    Lvm,
    /// The Oracle cluster file system.
    Ocfs2,
    /// ReiserFS.
    Reiserfs,
    /// Space to swap to.
    Swap,
    /// FAT.
    Vfat,
    /// XFS.
    Xfs,
}

/// How a file system is grown to the size of its device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Growing {
    /// By this program, given the device.
    Device(&'static str),
    /// By these words, given where it is mounted.
    Mounted(&'static [&'static str]),
    /// Not at all.
    Never,
}

impl Kind {
    /// What blkid calls it.
    pub(super) fn tag(self) -> &'static str {
        match self {
            Self::Bcachefs => "bcachefs",
            Self::Btrfs => "btrfs",
            Self::Ext2 => "ext2",
            Self::Ext3 => "ext3",
            Self::Ext4 => "ext4",
            Self::F2fs => "f2fs",
            Self::Lvm => "LVM2_member",
            Self::Ocfs2 => "ocfs2",
            Self::Reiserfs => "reiserfs",
            Self::Swap => "swap",
            Self::Vfat => "vfat",
            Self::Xfs => "xfs",
        }
    }

    /// What makes it, without asking.
    pub(super) fn maker(self) -> &'static [&'static str] {
        match self {
            Self::Bcachefs => &["mkfs.bcachefs", "--force"],
            Self::Btrfs => &["mkfs.btrfs", "-f"],
            Self::Ext2 => &["mkfs.ext2", "-F"],
            Self::Ext3 => &["mkfs.ext3", "-F"],
            Self::Ext4 => &["mkfs.ext4", "-F"],
            Self::F2fs => &["mkfs.f2fs", "-f"],
            Self::Lvm => &["pvcreate", "-f", "--yes"],
            Self::Ocfs2 => &["mkfs.ocfs2", "-Fx"],
            Self::Reiserfs => &["mkfs.reiserfs", "-q"],
            Self::Swap => &["mkswap", "-f"],
            Self::Vfat => &["mkfs.vfat"],
            Self::Xfs => &["mkfs.xfs", "-f"],
        }
    }

    /// The package of Debian that has these programs.
    pub(super) fn package(self) -> &'static str {
        match self {
            Self::Bcachefs => "bcachefs-tools",
            Self::Btrfs => "btrfs-progs",
            Self::Ext2 | Self::Ext3 | Self::Ext4 => "e2fsprogs",
            Self::F2fs => "f2fs-tools",
            Self::Lvm => "lvm2",
            Self::Ocfs2 => "ocfs2-tools",
            Self::Reiserfs => "reiserfsprogs",
            Self::Swap => "util-linux",
            Self::Vfat => "dosfstools",
            Self::Xfs => "xfsprogs",
        }
    }

    /// The options that give it a UUID while it is made.
    pub(super) fn with_uuid(self, uuid: &str) -> Option<Vec<String>> {
        match self {
            Self::Ext2 | Self::Ext3 | Self::Ext4 | Self::Bcachefs => {
                Some(vec!["-U".into(), uuid.into()])
            }
            Self::Xfs => Some(vec!["-m".into(), format!("uuid={uuid}")]),
            _ => None,
        }
    }

    /// What gives it another UUID; the device follows.
    pub(super) fn renaming(self) -> Option<&'static str> {
        match self {
            Self::Ext2 | Self::Ext3 | Self::Ext4 => Some("tune2fs"),
            Self::Xfs => Some("xfs_admin"),
            _ => None,
        }
    }

    pub(super) fn growing(self) -> Growing {
        match self {
            Self::Ext2 | Self::Ext3 | Self::Ext4 => Growing::Device("resize2fs"),
            Self::Lvm => Growing::Device("pvresize"),
            Self::Xfs => Growing::Mounted(&["xfs_growfs"]),
            Self::Btrfs => Growing::Mounted(&["btrfs", "filesystem", "resize", "max"]),
            _ => Growing::Never,
        }
    }

    /// How many bytes a file system of this type may leave at the end of its device: a rest that is too small for
    /// another group of blocks stays unused.
    pub(super) fn slack(self) -> u64 {
        match self {
            Self::Ext2 | Self::Ext3 | Self::Ext4 => 4 << 20,
            _ => 64 * 4096,
        }
    }
}
