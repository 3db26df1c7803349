//! Versions of Kubernetes, and the one table of what differs between them.

use k8sbm_core::task::{Error, Result};
use serde::Deserialize;
use std::{cmp::Ordering, fmt, ops::RangeInclusive};

/// A version of Kubernetes, such as `v1.34.2`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Version {
    /// The minor release.
    pub minor: u32,
    /// The patch release.
    pub patch: u32,
    /// What stands behind the numbers before a release, such as `rc.1`.
    pre: Option<String>,
}

impl Version {
    /// Reads `1.34.2`, `v1.34.2` or `v1.35.0-rc.1`.
    ///
    /// # Errors
    /// When it is no whole version.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let refused = |hint: &str| {
            Error::arguments(format!("`{text}` is no version of Kubernetes")).hint(hint)
        };
        let numbers = text.trim().trim_start_matches('v');
        let numbers = numbers.split('+').next().unwrap_or_default();
        let (numbers, pre) = match numbers.split_once('-') {
            Some((numbers, pre)) => (numbers, Some(pre.to_owned())),
            None => (numbers, None),
        };
        let parts: Option<Vec<u32>> = numbers.split('.').map(|part| part.parse().ok()).collect();
        match parts.as_deref() {
            Some([1, minor, patch]) => Ok(Self {
                minor: *minor,
                patch: *patch,
                pre,
            }),
            Some([1, minor]) => Err(refused(&format!(
                "name a release of it, such as `1.{minor}.2`; in quotes, or YAML reads a number"
            ))),
            _ => Err(refused("a version looks like `1.34.2`")),
        }
    }

    /// How many minor releases lie between this and an older one; less than nothing where that is newer.
    pub(crate) fn minors_above(&self, older: &Self) -> i64 {
        i64::from(self.minor) - i64::from(older.minor)
    }

    /// Looks whether this is a step that may be taken from what runs now: no way back, and over so many minor releases at most.
    ///
    /// # Errors
    /// With the step that comes next, where it may not be taken.
    pub(crate) fn may_follow(&self, from: &Self, minors: u32) -> Result<()> {
        let refused = |hint: String| {
            let message = format!("kubeadm does not go from {from} to {self}");
            Err(Error::arguments(message).hint(hint).about(["version"]))
        };
        if self < from {
            return refused("there is no way back but to restore a backup".into());
        }
        if self.minors_above(from) > i64::from(minors) {
            let next = from.minor + minors;
            return refused(match minors {
                1 => format!(
                    "minor releases are taken one by one: a release of 1.{next} comes before, with what is locked for it"
                ),
                _ => format!(
                    "a kubelet is at most {minors} minor releases behind the API servers: a release of 1.{next} comes before"
                ),
            });
        }
        Ok(())
    }

    /// What differs between the minor releases.
    ///
    /// # Errors
    /// When the release is not known here.
    pub(crate) fn behaviour(&self) -> Result<&'static Behaviour> {
        let row = TABLE.iter().find(|row| row.minor == self.minor);
        row.ok_or_else(|| {
            let (oldest, newest) = (MINORS.start(), MINORS.end());
            Error::arguments(format!("Kubernetes {self} is not supported"))
                .hint(format!("1.{oldest} to 1.{newest} are"))
        })
    }
}

impl TryFrom<String> for Version {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        Self::parse(&text)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v1.{}.{}", self.minor, self.patch)?;
        self.pre.as_ref().map_or(Ok(()), |pre| write!(f, "-{pre}"))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        // What is still to be released comes before what was.
        let rank = |it: &Self| (it.minor, it.patch, it.pre.is_none(), it.pre.clone());
        rank(self).cmp(&rank(other))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// What kubeadm's configuration is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KubeadmApi {
    /// Extra arguments are mappings.
    V1Beta3,
    /// Extra arguments are lists, and the proxy can be left out.
    V1Beta4,
}

impl KubeadmApi {
    /// As `apiVersion` says it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::V1Beta3 => "kubeadm.k8s.io/v1beta3",
            Self::V1Beta4 => "kubeadm.k8s.io/v1beta4",
        }
    }
}

/// What one minor release does in its own way.
#[derive(Debug)]
pub(crate) struct Behaviour {
    /// The minor release.
    pub minor: u32,
    /// What kubeadm reads.
    pub kubeadm: KubeadmApi,
    /// The tag of the sandbox image.
    pub pause: &'static str,
    /// The series of etcd that kubeadm brings.
    pub etcd: &'static str,
    /// Whether `kubeadm init` makes `super-admin.conf`, and `admin.conf` may do little before it has ended.
    pub super_admin: bool,
    /// Whether a kubelet begins on cgroup v1 without being told to.
    pub cgroup_v1: bool,
    /// Whether a kubelet still knows `--pod-infra-container-image`.
    pub infra_flag: bool,
}

/// Each release whole, so that one line says all of it.
const TABLE: &[Behaviour] = &[
    row(27, KubeadmApi::V1Beta3, "3.9", "3.5", OLD),
    row(28, KubeadmApi::V1Beta3, "3.9", "3.5", OLD),
    row(29, KubeadmApi::V1Beta3, "3.9", "3.5", SPLIT_ADMIN),
    row(30, KubeadmApi::V1Beta3, "3.9", "3.5", SPLIT_ADMIN),
    row(31, KubeadmApi::V1Beta4, "3.10", "3.5", SPLIT_ADMIN),
    row(32, KubeadmApi::V1Beta4, "3.10", "3.5", SPLIT_ADMIN),
    row(33, KubeadmApi::V1Beta4, "3.10", "3.5", SPLIT_ADMIN),
    row(34, KubeadmApi::V1Beta4, "3.10.1", "3.6", SPLIT_ADMIN),
    row(35, KubeadmApi::V1Beta4, "3.10.1", "3.6", CGROUP_V2),
    row(36, KubeadmApi::V1Beta4, "3.10.2", "3.6", CGROUP_V2),
    row(37, KubeadmApi::V1Beta4, "3.10.2", "3.7", CGROUP_V2),
];

/// The minor versions that are supported.
pub(crate) const MINORS: RangeInclusive<u32> = TABLE[0].minor..=TABLE[TABLE.len() - 1].minor;

/// `super_admin`, `cgroup_v1`, `infra_flag`
type Ways = (bool, bool, bool);
const OLD: Ways = (false, true, true);
const SPLIT_ADMIN: Ways = (true, true, true);
const CGROUP_V2: Ways = (true, false, false);

const fn row(
    minor: u32,
    kubeadm: KubeadmApi,
    pause: &'static str,
    etcd: &'static str,
    (super_admin, cgroup_v1, infra_flag): Ways,
) -> Behaviour {
    Behaviour {
        minor,
        kubeadm,
        pause,
        etcd,
        super_admin,
        cgroup_v1,
        infra_flag,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    #[test]
    fn versions_are_read_compared_and_said_again() {
        assert_eq!(version("v1.34.2+k3s1"), version(" 1.34.2"));
        assert!(version("1.9.10") < version("1.30.0"));
        assert!(version("1.36.0-rc.1") < version("1.36.0"));
        assert_eq!(version("1.36.0-rc.1").to_string(), "v1.36.0-rc.1");
        assert_eq!(version("1.36.4").minors_above(&version("1.34.9")), 2);
        assert_eq!(version("1.34.0").minors_above(&version("1.35.9")), -1);
    }

    #[test]
    fn what_is_no_release_is_refused() {
        for text in ["1.34", "latest", "2.0.0", "1.34.x", ""] {
            assert!(Version::parse(text).is_err(), "{text}");
        }
        let hint = Version::parse("1.3").unwrap_err().hint.unwrap();
        assert!(hint.contains("1.3.2"), "{hint}");
        for text in ["1.26.15", "1.38.0"] {
            let error = version(text).behaviour().unwrap_err();
            assert_eq!(error.hint.as_deref(), Some("1.27 to 1.37 are"));
        }
    }

    #[test]
    fn each_release_stands_in_the_table_once_and_in_order() {
        let minors: Vec<u32> = TABLE.iter().map(|row| row.minor).collect();
        assert_eq!(minors, (27..=37).collect::<Vec<_>>());
        let of = |minor: u32| version(&format!("1.{minor}.0")).behaviour().unwrap();
        assert_eq!(of(30).kubeadm, KubeadmApi::V1Beta3);
        assert_eq!(of(31).kubeadm, KubeadmApi::V1Beta4);
        assert!(!of(28).super_admin && of(29).super_admin);
        assert!(of(34).cgroup_v1 && !of(35).cgroup_v1 && !of(35).infra_flag);
        assert_eq!((of(36).etcd, of(37).etcd), ("3.6", "3.7"));
    }
}
