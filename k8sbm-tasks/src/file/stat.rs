//! `stat`: says what stands at a path.

use super::paths::{absolute, followed, tidy};
use k8sbm_core::{
    host::{Algorithm, Command, FileKind, Output},
    task::{Example, Plan, Probe, Result, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

/// Says what stands at a path of the host: kind, size, owner, permissions, times and checksum.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stat {
    /// The path.
    #[serde(alias = "dest", alias = "name")]
    #[schemars(extend("aliases" = ["dest", "name"]))]
    path: String,
    /// Whether to look through a symbolic link.
    #[serde(default)]
    follow: bool,
    /// Whether to say the checksum of a file that can be read.
    #[serde(default = "yes")]
    get_checksum: bool,
    /// Which checksum.
    #[serde(default, alias = "checksum", alias = "checksum_algo")]
    #[schemars(extend("aliases" = ["checksum", "checksum_algo"]))]
    checksum_algorithm: Checksum,
    /// Whether to say what file(1) thinks of the content; `unknown` where the host has no file(1).
    #[serde(
        default = "yes",
        alias = "mime",
        alias = "mime_type",
        alias = "mime-type"
    )]
    #[schemars(extend("aliases" = ["mime", "mime_type", "mime-type"]))]
    get_mime: bool,
    /// Whether to say the flags that lsattr(1) shows.
    #[serde(default = "yes", alias = "attr", alias = "attributes")]
    #[schemars(extend("aliases" = ["attr", "attributes"]))]
    get_attributes: bool,
    /// Whether to say the SELinux context, as a list of user, role, type and level.
    #[serde(default)]
    get_selinux_context: bool,
}

fn yes() -> bool {
    true
}

/// The checksums that Ansible knows.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Checksum {
    /// 128 bits, broken.
    Md5,
    /// 160 bits.
    #[default]
    Sha1,
    /// 224 bits.
    Sha224,
    /// 256 bits.
    Sha256,
    /// 384 bits.
    Sha384,
    /// 512 bits.
    Sha512,
}

impl From<Checksum> for Algorithm {
    fn from(checksum: Checksum) -> Self {
        match checksum {
            Checksum::Md5 => Self::Md5,
            Checksum::Sha1 => Self::Sha1,
            Checksum::Sha224 => Self::Sha224,
            Checksum::Sha256 => Self::Sha256,
            Checksum::Sha384 => Self::Sha384,
            Checksum::Sha512 => Self::Sha512,
        }
    }
}

impl Task for Stat {
    const NAME: &'static str = "stat";

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let path = absolute(host, &self.path).await?;
        let path = match path.trim_end_matches('/') {
            "" => "/",
            path => path,
        };
        let looked = async {
            if self.follow {
                host.stat_follow(path).await
            } else {
                host.stat(path).await
            }
        };
        let checksum = async {
            match self.get_checksum {
                true => host
                    .checksum_by(path, self.checksum_algorithm.into())
                    .await
                    .ok(),
                false => None,
            }
        };
        let more = host.query_command(self.more(path));
        let (stat, checksum, more) = tokio::join!(looked, checksum, more);
        let mut plan = Plan::default();
        let Some(stat) = stat? else {
            plan.returns("stat", json!({"exists": false}));
            return Ok(plan);
        };
        let mut seen = described(&stat);
        seen.insert("path".into(), self.path.clone().into());
        self.add_more(&mut seen, &*more?);
        let readable = seen.get("readable") == Some(&Json::Bool(true));
        if stat.is_file()
            && readable
            && let Some(Some(checksum)) = checksum
        {
            seen.insert("checksum".into(), (*checksum).into());
        }
        if let Some(target) = &stat.target {
            seen.insert("lnk_target".into(), target.clone().into());
            // A link that goes in a circle leads nowhere but to itself.
            let source = followed(host, path)
                .await
                .unwrap_or_else(|_| path.to_owned());
            seen.entry("lnk_source").or_insert(tidy(&source).into());
        }
        plan.returns("stat", seen);
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Ask whether the node was joined before",
                yaml: "- stat:\n    path: /etc/kubernetes/kubelet.conf\n  register: kubelet\n- file:\n    path: /etc/cni/net.d\n    state: absent\n  when: not kubelet.stat.exists\n",
            },
            Example {
                title: "Compare a binary with its published checksum",
                yaml: "stat:\n  path: /usr/local/bin/kubelet\n  checksum_algorithm: sha256\n  get_mime: false\nregister: binary\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[(
            "stat",
            "A mapping. `exists` is always there; where something exists also `path`, `mode` (text such as `0644`), \
             `isreg`, `isdir`, `islnk`, `ischr`, `isblk`, `isfifo`, `issock`, `uid`, `gid`, `pw_name`, `gr_name`, \
             `size`, `inode`, `dev`, `nlink`, `atime`, `mtime`, `ctime`, `rusr` to `xoth`, `isuid`, `isgid`, \
             `readable`, `writeable`, `executable`, `blocks`, `block_size`, `device_type`, `disk_usage_bytes`, \
             `checksum`, `lnk_source`, `lnk_target`, `mimetype`, `charset`, `selinux_context`, `attributes`, `attr_flags` and \
             `version`.",
        )]
    }
}

/// Lines `key value` of what stat(2) does not say, all in one process tree; silent where nothing stands.
const MORE: &str = r#"
[ -e "$1" ] || [ -L "$1" ] || exit 0
if [ -r "$1" ]; then echo r; fi
if [ -w "$1" ]; then echo w; fi
if [ -x "$1" ]; then echo x; fi
stat $2 -c 'b %b %B %o %t %T' -- "$1"
if [ -L "$1" ]; then printf 'l '; readlink -f -- "$1" || echo; fi
if [ -n "$3" ] && command -v file >/dev/null; then
  printf 'm '; file -b --mime-type --mime-encoding -- "$1"
fi
if [ -n "$5" ]; then printf 's '; stat $2 -c %C -- "$1" 2>/dev/null || echo; fi
if [ -n "$4" ] && command -v lsattr >/dev/null; then printf 'a '; lsattr -vd -- "$1" || echo; fi
"#;

impl Stat {
    fn more(&self, path: &str) -> Command {
        let flag = |on: bool| if on { "1" } else { "" };
        let follow = if self.follow { "-L" } else { "" };
        Command::new([
            "sh",
            "-c",
            MORE,
            "sh",
            path,
            follow,
            flag(self.get_mime),
            flag(self.get_attributes),
            flag(self.get_selinux_context),
        ])
    }

    fn add_more(&self, seen: &mut Map<String, Json>, output: &Output) {
        for key in ["readable", "writeable", "executable"] {
            seen.insert(key.into(), false.into());
        }
        let unknown = json!({"mimetype": "unknown", "charset": "unknown"});
        let unflagged = json!({"version": null, "attributes": [], "attr_flags": ""});
        for (wanted, defaults) in [(self.get_mime, unknown), (self.get_attributes, unflagged)] {
            if wanted && let Json::Object(defaults) = defaults {
                seen.extend(defaults);
            }
        }
        for line in output.text().lines() {
            let (key, value) = line.split_once(' ').unwrap_or((line, ""));
            match key {
                "r" => drop(seen.insert("readable".into(), true.into())),
                "w" => drop(seen.insert("writeable".into(), true.into())),
                "x" => drop(seen.insert("executable".into(), true.into())),
                "b" => blocks(seen, value),
                "l" if !value.is_empty() => drop(seen.insert("lnk_source".into(), value.into())),
                "m" => mime(seen, value),
                "a" => flags(seen, value),
                "s" => context(seen, value),
                _ => {}
            }
        }
    }
}

/// What stat(2) says, under Ansible's names.
pub(super) fn described(stat: &k8sbm_core::host::Stat) -> Map<String, Json> {
    let mut seen = Map::new();
    let mut set = |key: &str, value: Json| drop(seen.insert(key.to_owned(), value));
    set("exists", true.into());
    set("mode", format!("{:04o}", stat.mode).into());
    for (key, kind) in [
        ("isreg", FileKind::File),
        ("isdir", FileKind::Directory),
        ("islnk", FileKind::Link),
        ("isblk", FileKind::Block),
        ("ischr", FileKind::Char),
        ("isfifo", FileKind::Fifo),
        ("issock", FileKind::Socket),
    ] {
        set(key, (stat.kind == kind).into());
    }
    for (key, number) in [
        ("uid", stat.uid.into()),
        ("gid", stat.gid.into()),
        ("size", stat.size),
        ("inode", stat.inode),
        ("dev", stat.device),
        ("nlink", stat.links),
    ] {
        set(key, number.into());
    }
    for (key, time) in [
        ("atime", stat.atime),
        ("mtime", stat.mtime),
        ("ctime", stat.ctime),
    ] {
        set(key, time.into());
    }
    let bits = [
        "rusr", "wusr", "xusr", "rgrp", "wgrp", "xgrp", "roth", "woth", "xoth",
    ];
    for (shift, key) in bits.into_iter().rev().enumerate() {
        set(key, (stat.mode >> shift & 1 == 1).into());
    }
    set("isuid", (stat.mode & 0o4000 != 0).into());
    set("isgid", (stat.mode & 0o2000 != 0).into());
    // Where an account has no name, its number stands for it.
    for (key, name, number) in [
        ("pw_name", &stat.owner, stat.uid),
        ("gr_name", &stat.group, stat.gid),
    ] {
        if *name != number.to_string() {
            set(key, name.clone().into());
        }
    }
    seen
}

/// Blocks, their unit, the best size to read, and a device's numbers in hexadecimal.
fn blocks(seen: &mut Map<String, Json>, value: &str) {
    let fields: Vec<_> = value.split(' ').collect();
    let &[blocks, unit, size, major, minor] = fields.as_slice() else {
        return;
    };
    let number = |text: &str| text.parse::<u64>().unwrap_or(0);
    let hex = |text: &str| u64::from_str_radix(text, 16).unwrap_or(0);
    let (major, minor) = (hex(major), hex(minor));
    let device = (major & 0xfff) << 8 | (minor & 0xff) | (minor & !0xff) << 12;
    seen.insert("blocks".into(), number(blocks).into());
    seen.insert("block_size".into(), number(size).into());
    seen.insert(
        "disk_usage_bytes".into(),
        (number(blocks) * number(unit)).into(),
    );
    seen.insert("device_type".into(), device.into());
}

/// `text/plain; charset=us-ascii`
fn mime(seen: &mut Map<String, Json>, value: &str) {
    if let Some((kind, charset)) = value.split_once("; charset=") {
        seen.insert("mimetype".into(), kind.into());
        seen.insert("charset".into(), charset.trim().into());
    }
}

/// `system_u:object_r:etc_t:s0`, or what is no context where there is none.
fn context(seen: &mut Map<String, Json>, value: &str) {
    let parts: Vec<_> = value.splitn(4, ':').map(Json::from).collect();
    let known = parts.len() == 4;
    let parts = if known { parts } else { vec![Json::Null; 4] };
    seen.insert("selinux_context".into(), parts.into());
}

/// `741251229 --------------e------- /etc/hosts`
fn flags(seen: &mut Map<String, Json>, value: &str) {
    let mut words = value.split_whitespace();
    if let (Some(version), Some(letters)) = (words.next(), words.next()) {
        let letters: String = letters.chars().filter(|letter| *letter != '-').collect();
        let names: Vec<_> = letters.chars().filter_map(flag_name).collect();
        seen.insert("version".into(), version.into());
        seen.insert("attributes".into(), names.into());
        seen.insert("attr_flags".into(), letters.into());
    }
}

fn flag_name(letter: char) -> Option<&'static str> {
    Some(match letter {
        'A' => "noatime",
        'a' => "append",
        'c' => "compressed",
        'C' => "nocow",
        'd' => "nodump",
        'D' => "dirsync",
        'e' => "extents",
        'E' => "encrypted",
        'h' => "blocksize",
        'i' => "immutable",
        'I' => "indexed",
        'j' => "journalled",
        'N' => "inline",
        's' => "zero",
        'S' => "synchronous",
        't' => "notail",
        'T' => "blockroot",
        'u' => "undelete",
        'X' => "compressedraw",
        'Z' => "compresseddirty",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{here, plan_on};
    use std::fs;

    #[tokio::test]
    async fn a_path_is_described() {
        let folder = tempfile::tempdir().unwrap();
        let stat = async |name: &str, more: &str| {
            let path = folder.path().join(name);
            let arguments = format!("{{path: {}{more}}}", path.display());
            let plan = plan_on(&here(), "stat", &arguments).await.unwrap();
            assert!(plan.is_empty());
            plan.returns["stat"].clone()
        };
        fs::write(folder.path().join("x"), "hello").unwrap();
        std::os::unix::fs::symlink("x", folder.path().join("link")).unwrap();
        let file = stat("x", "").await;
        assert_eq!(file["checksum"], "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d");
        assert_eq!(
            (&file["isreg"], &file["rusr"], &file["readable"]),
            (&true.into(), &true.into(), &true.into())
        );
        assert_eq!(
            (&file["size"], &file["blocks"].is_u64()),
            (&5.into(), &true)
        );
        let link = stat("link", ", get_checksum: false").await;
        assert_eq!(
            (&link["islnk"], &link["lnk_target"]),
            (&true.into(), &"x".into())
        );
        assert_eq!(
            link["lnk_source"],
            fs::canonicalize(folder.path().join("x"))
                .unwrap()
                .display()
                .to_string()
        );
        assert!(link.get("checksum").is_none());
        let followed = stat("link", ", follow: true, checksum_algorithm: md5").await;
        assert_eq!(followed["checksum"], "5d41402abc4b2a76b9719d911017c592");
        assert_eq!(stat("nothing", "").await, json!({"exists": false}));
    }

    #[test]
    fn lines_are_read() {
        let mut seen = Map::new();
        blocks(&mut seen, "8 512 4096 8 11");
        mime(&mut seen, "text/plain; charset=us-ascii");
        context(&mut seen, "?");
        flags(&mut seen, "741 ----i---------e------- /etc/x");
        assert_eq!(
            Json::from(seen),
            json!({
                "blocks": 8, "block_size": 4096, "disk_usage_bytes": 4096, "device_type": 0x811,
                "mimetype": "text/plain", "charset": "us-ascii",
                "selinux_context": [null, null, null, null],
                "version": "741", "attributes": ["immutable", "extents"], "attr_flags": "ie",
            })
        );
    }
}
