//! `tempfile`: makes a file or directory of a new name.

use super::paths::absolute;
use k8sbm_core::{
    host::Command,
    task::{Error, Example, Plan, Probe, Result, Returns, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Makes an empty file or directory of a name that nobody had before, for its user alone. It always acts.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TempFile {
    /// Whether to make a file or a directory.
    #[serde(default)]
    state: State,
    /// The directory to make it in; the host's directory for temporary files when absent.
    path: Option<String>,
    /// How the name begins.
    #[serde(default = "prefix")]
    prefix: String,
    /// How the name ends.
    #[serde(default)]
    suffix: String,
}

fn prefix() -> String {
    "ansible.".into()
}

/// What to make.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// A file.
    #[default]
    File,
    /// A directory.
    Directory,
}

/// Makes it with mktemp(1); that of busybox takes no suffix, so the name is then extended without taking another's.
const SCRIPT: &str = r#"
umask 077
dir=${1:-${TMPDIR:-/tmp}}
if [ -z "$3" ]; then exec mktemp $4 "$dir/$2XXXXXXXX"; fi
mktemp $4 "$dir/$2XXXXXXXX$3" 2>/dev/null && exit
made=$(mktemp $4 "$dir/$2XXXXXXXX") || exit
if [ -e "$made$3" ]; then rm -r "$made"; exit 1; fi
mv "$made" "$made$3" && printf '%s\n' "$made$3"
"#;

impl Task for TempFile {
    const NAME: &'static str = "tempfile";
    const ALWAYS_ACTS: bool = true;

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let directory = match &self.path {
            Some(path) => absolute(host, path).await?,
            None => String::new(),
        };
        let (word, option) = match self.state {
            State::File => ("file", ""),
            State::Directory => ("directory", "-d"),
        };
        let argv = [
            "sh",
            "-c",
            SCRIPT,
            "sh",
            &directory,
            &self.prefix,
            &self.suffix,
            option,
        ];
        let command = Command::new(argv);
        let mut plan = Plan::default();
        plan.returns("state", word);
        plan.act(format!("make a temporary {word}"), async move |host| {
            let made = host.run(command).await?;
            if !made.success() {
                let said = made.error_text();
                let said = said.trim();
                return Err(Error::failed(said.strip_prefix("mktemp: ").unwrap_or(said)));
            }
            let path = made.text().trim_end_matches('\n').to_owned();
            let stat = host.probe().stat(&path).await?;
            let mut returns = Returns::new();
            if let Some(stat) = stat {
                returns.insert("uid".into(), stat.uid.into());
                returns.insert("gid".into(), stat.gid.into());
                returns.insert("owner".into(), stat.owner.clone().into());
                returns.insert("group".into(), stat.group.clone().into());
                returns.insert("mode".into(), format!("0{:03o}", stat.mode).into());
                returns.insert("size".into(), stat.size.into());
            }
            returns.insert("path".into(), path.into());
            Ok(returns)
        });
        Ok(plan)
    }

    fn validate(&self) -> Result<()> {
        for (name, part) in [("prefix", &self.prefix), ("suffix", &self.suffix)] {
            if part.contains('/') {
                return Err(Error::arguments(format!(
                    "{name} must be a valid file name component, which `{part}` is not"
                ))
                .hint("say the directory as `path`"));
            }
        }
        Ok(())
    }

    fn examples() -> &'static [Example] {
        &[Example {
            title: "Unpack a release in a directory that is removed again",
            yaml: "- tempfile:\n    state: directory\n    suffix: .etcd\n  register: unpacked\n- file:\n    path: \"{{ unpacked.path }}\"\n    state: absent\n",
        }]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("path", "The new path; unknown in check mode."),
            ("state", "`file` or `directory`."),
            ("mode", "Permissions: `0600` or `0700`."),
            ("owner", "The owner's name."),
            ("group", "The group's name."),
            ("uid", "The owner's number."),
            ("gid", "The group's number."),
            ("size", "Bytes."),
        ]
    }
}
