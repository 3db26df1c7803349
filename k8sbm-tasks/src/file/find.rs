//! `find`: lists files of the host by name, age, size or content.

mod filter;

use self::filter::{Filter, Name, begins, with_unit};
use super::{
    paths::{absolute, join},
    stat::{Checksum, described},
    text::{Encoding, Form},
    tree::{Below, Depth, Listing, below_to},
};
use crate::glob::Glob;
use futures::future::try_join_all;
use k8sbm_core::{
    host::Mode,
    python_regex::{Flags, Pattern},
    task::{Error, Example, Plan, Probe, Result, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value as Json};

/// Lists files below directories of the host, by name, age, size, permissions or content.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Find {
    /// The directories to look in.
    #[serde(alias = "name", alias = "path")]
    #[schemars(extend("aliases" = ["name", "path"]))]
    paths: Vec<String>,
    /// Names to list, as shell patterns, or as Python's with `use_regex`. All, when absent.
    #[serde(default, alias = "pattern")]
    #[schemars(extend("aliases" = ["pattern"]))]
    patterns: Vec<String>,
    /// Names to leave out, written as `patterns`.
    #[serde(default, alias = "exclude")]
    #[schemars(extend("aliases" = ["exclude"]))]
    excludes: Vec<String>,
    /// Whether `patterns` and `excludes` are Python's patterns, which must match from the beginning of a name.
    #[serde(default)]
    use_regex: bool,
    /// A pattern that a line of a file must begin with. It counts for files alone.
    contains: Option<String>,
    /// Whether `contains` may match anywhere in a file instead of at the beginning of a line.
    #[serde(default)]
    read_whole_file: bool,
    /// What to list.
    #[serde(default)]
    file_type: FileType,
    /// Whether to look below the directories' own directories too.
    #[serde(default)]
    recurse: bool,
    /// How many levels to look below, with `recurse`. No limit, when absent.
    depth: Option<usize>,
    /// List what is at least this old, such as `2d`; with `-`, at most. Units are `s`, `m`, `h`, `d` and `w`.
    age: Option<String>,
    /// Which time counts for `age`.
    #[serde(default)]
    age_stamp: AgeStamp,
    /// List what is at least this big, such as `10m`; with `-`, at most. Units are `b`, `k`, `m`, `g` and `t`, in powers
    /// of 1024. Directories have no size.
    size: Option<String>,
    /// List what has these permissions, such as `"0600"`.
    mode: Option<Mode>,
    /// Whether `mode` must be met exactly; else one common bit is enough.
    #[serde(default = "yes")]
    exact_mode: bool,
    /// Whether names that begin with a dot are listed.
    #[serde(default)]
    hidden: bool,
    /// Whether to look below directories that symbolic links lead to.
    #[serde(default)]
    follow: bool,
    /// Whether to say the checksum of files.
    #[serde(default)]
    get_checksum: bool,
    /// Which checksum.
    #[serde(default, alias = "checksum", alias = "checksum_algo")]
    #[schemars(extend("aliases" = ["checksum", "checksum_algo"]))]
    checksum_algorithm: Checksum,
    /// How many to list at most.
    limit: Option<usize>,
    /// How the bytes of files stand for letters, for `contains`: `utf-8`, `ascii`, or one byte a letter: `latin-1`, `cp1252`, ...
    #[serde(default = "utf8")]
    encoding: String,
}

fn utf8() -> String {
    "utf-8".into()
}

fn yes() -> bool {
    true
}

/// What to list.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FileType {
    /// Everything.
    Any,
    /// Directories.
    Directory,
    /// Regular files.
    #[default]
    File,
    /// Symbolic links.
    Link,
}

/// A time of a file.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AgeStamp {
    /// Last access.
    Atime,
    /// Last change of owner, permissions or content.
    Ctime,
    /// Last change of content.
    #[default]
    Mtime,
}

impl Task for Find {
    const NAME: &'static str = "find";

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let filter = self.filter()?;
        let now = match filter.age {
            Some(_) => host
                .query(["date", "+%s"])
                .await?
                .text()
                .trim()
                .parse()
                .unwrap_or(0.0),
            None => 0.0,
        };
        let mut plan = Plan::default();
        let (mut files, mut examined, mut skipped) = (Vec::new(), 0, Map::new());
        let mut warned = false;
        for path in &self.paths {
            let path = absolute(host, path).await?;
            let path = path.trim_end_matches('/');
            if !host
                .stat_follow(&format!("{path}/"))
                .await?
                .is_some_and(|stat| stat.is_dir())
            {
                let why = format!("'{path}' is not a directory");
                plan.warn(format!("{path} was skipped: it is not a directory"));
                skipped.insert(path.into(), why.into());
                warned = true;
                continue;
            }
            let depth = Depth {
                most: if self.recurse {
                    self.depth.filter(|depth| *depth > 0)
                } else {
                    Some(1)
                },
                follow: self.follow,
            };
            let Listing { mut all, closed } = below_to(host, path, depth).await?;
            for (path, why) in closed {
                skipped.insert(path, why.into());
            }
            all.sort_by_cached_key(|below| (below.path.matches('/').count(), below.path.clone()));
            examined += all.len();
            all.retain(|below| filter.takes(below, now));
            let found = all
                .into_iter()
                .map(|below| self.described(host, path, below, &filter));
            files.extend(try_join_all(found).await?.into_iter().flatten());
        }
        let limited = self.limit.is_some_and(|limit| files.len() >= limit);
        files.truncate(self.limit.unwrap_or(usize::MAX));
        let message = match (warned, limited) {
            (true, _) => "Not all paths examined, check warnings for details",
            (false, true) => "Limit of matches reached",
            (false, false) => "All paths examined",
        };
        plan.returns("matched", files.len()).returns("files", files);
        plan.returns("examined", examined)
            .returns("skipped_paths", skipped);
        plan.returns("msg", message);
        Ok(plan)
    }

    fn validate(&self) -> Result<()> {
        if self.limit == Some(0) {
            return Err(Error::arguments("`limit` must be at least 1"));
        }
        Encoding::named(&self.encoding)?;
        self.filter().map(|_| ())
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Remove what other network plugins left",
                yaml: "- find:\n    paths: /etc/cni/net.d\n    patterns: [\"*.conf\", \"*.conflist\"]\n    excludes: \"*calico*\"\n  register: left\n- file:\n    path: \"{{ item.path }}\"\n    state: absent\n  loop: \"{{ left.files }}\"\n",
            },
            Example {
                title: "List etcd snapshots older than two weeks",
                yaml: "find:\n  paths: /var/backups/etcd\n  patterns: '^snapshot-\\d+\\.db$'\n  use_regex: true\n  age: 2w\nregister: old\n",
            },
            Example {
                title: "List the certificates of the control plane with their checksums",
                yaml: "find:\n  paths: /etc/kubernetes/pki\n  patterns: \"*.crt\"\n  recurse: true\n  get_checksum: true\n  checksum_algorithm: sha256\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            (
                "files",
                "A list of mappings, each as `stat` describes a file, with `path`.",
            ),
            ("matched", "How many are listed."),
            ("examined", "How many were looked at."),
            (
                "skipped_paths",
                "Directories that were not looked in, with the reason.",
            ),
            ("msg", "Whether all directories were looked in."),
        ]
    }
}

impl Find {
    fn filter(&self) -> Result<Filter> {
        let number = |name: &str, text: &Option<String>, units: &[(&str, f64)]| match text {
            Some(text) => with_unit(text, units).map(Some).ok_or_else(|| {
                Error::arguments(format!(
                    "`{name}` is a number with a unit such as `{}`, not `{text}`",
                    units[1].0
                ))
            }),
            None => Ok(None),
        };
        let ages = [
            ("s", 1.0),
            ("m", 60.0),
            ("h", 3600.0),
            ("d", 86400.0),
            ("w", 604_800.0),
        ];
        let kilo = 1024_f64;
        let sizes = [
            ("b", 1.0),
            ("k", kilo),
            ("m", kilo.powi(2)),
            ("g", kilo.powi(3)),
            ("t", kilo.powi(4)),
        ];
        let contains = match &self.contains {
            Some(pattern) => {
                Some(Pattern::new(pattern, Flags::default()).map_err(Error::arguments)?)
            }
            None => None,
        };
        Ok(Filter {
            names: self.names(&self.patterns)?,
            excludes: self.names(&self.excludes)?,
            age: number("age", &self.age, &ages)?,
            stamp: self.age_stamp,
            size: number("size", &self.size, &sizes)?,
            mode: self.mode.as_ref().map(|mode| mode.apply(0, false)),
            exact_mode: self.exact_mode,
            hidden: self.hidden,
            file_type: self.file_type,
            contains,
        })
    }

    fn names(&self, patterns: &[String]) -> Result<Vec<Name>> {
        let name = |pattern: &String| match self.use_regex {
            true => Pattern::new(pattern, Flags::default())
                .map(Name::Pattern)
                .map_err(Error::arguments),
            false => Ok(Name::Glob(Glob::new(pattern))),
        };
        patterns.iter().map(name).collect()
    }

    /// What is said of a file, unless its content is not the one that is looked for.
    async fn described(
        &self,
        host: &Probe,
        directory: &str,
        below: Below,
        filter: &Filter,
    ) -> Result<Option<Json>> {
        let path = join(directory, &below.path);
        let is_file = below.stat.is_file();
        if let Some(pattern) = &filter.contains
            && is_file
            && self.file_type == FileType::File
        {
            // A file that cannot be read contains nothing.
            let content = host.read(&path).await.ok().flatten().unwrap_or_default();
            let (text, _) = Form::read(&content, Encoding::named(&self.encoding)?);
            if !self.matches(pattern, &text)? {
                return Ok(None);
            }
        }
        let mut seen = Map::new();
        seen.insert("path".into(), path.clone().into());
        seen.extend(
            described(&below.stat)
                .into_iter()
                .filter(|(key, _)| key != "exists"),
        );
        if self.get_checksum && is_file {
            let checksum = host
                .checksum_by(&path, self.checksum_algorithm.into())
                .await?;
            seen.insert(
                "checksum".into(),
                checksum.map_or(Json::Null, |sum| (*sum).into()),
            );
        }
        Ok(Some(seen.into()))
    }

    fn matches(&self, pattern: &Pattern, text: &str) -> Result<bool> {
        if self.read_whole_file {
            return pattern.is_match(text).map_err(Error::failed);
        }
        for line in text.split_inclusive('\n') {
            if begins(pattern, line)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
