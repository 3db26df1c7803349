//! The commands that make an archive, and tell whether one is as it would be made.

use super::{Archive, Format, sources::Sources};
use crate::program;
use k8sbm_core::{
    host::Command,
    task::{Probe, Result},
};

/// Tells whether the file is what the arguments print: the same input gives the same archive.
const COMPARE: &str = r#"cd "$ROOT" || exit
if [ "$("$@" 2>/dev/null | sha256sum)" = "$(sha256sum <"$DEST")" ]; then echo same; fi"#;
/// Puts what the arguments print in place, with the owner and mode of what stood there. They print into a pipe as they
/// do to compare: zip writes something else where it can go back. Nobody else can read it before it has its mode.
const WRITE: &str = r#"set -e
cd "$ROOT"
new=$DEST.k8sbm$$
old=$(umask)
umask 077
trap 'rm -f -- "$new"' EXIT
status=$({ { "$@" || code=$?; echo "${code:-0}" >&3; } | cat >"$new"; } 3>&1)
[ "$status" = 0 ] || exit "$status"
if [ -e "$DEST" ]; then
  chmod --reference="$DEST" -- "$new"
  chown --reference="$DEST" -- "$new"
elif [ -z "$MODE" ]; then
  chmod "$(printf %o $((0666 & ~old)))" -- "$new"
fi
mv -f -- "$new" "$DEST""#;

/// An archive that is to be made.
#[derive(Clone, Debug)]
pub(super) struct Making {
    /// The words that print it.
    words: Vec<String>,
    /// What they read.
    input: Vec<u8>,
    dest: String,
    root: String,
    /// The program that packs, which tar may call, and its package.
    packer: &'static str,
    package: &'static str,
    /// Whether a later step gives a new archive its mode.
    mode: bool,
}

impl Making {
    /// What makes one of several files, or of one as it is.
    pub(super) fn new(archive: &Archive, sources: &Sources, dest: &str, is_archive: bool) -> Self {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let (packer, options, package): (_, &[&str], _) = match archive.format {
            Format::Gz => ("gzip", &["--gzip"], "gzip"),
            Format::Bz2 => ("bzip2", &["--bzip2"], "bzip2"),
            Format::Xz => ("xz", &["--xz"], "xz-utils"),
            Format::Tar => ("tar", &[], "tar"),
            Format::Zip => ("zip", &[], "zip"),
        };
        let separator = if archive.format.is_zip() { "\n" } else { "\0" };
        let mut input: String = sources.names().flat_map(|name| [name, separator]).collect();
        let words: Vec<String> = match archive.format {
            Format::Zip => owned(&["zip", "-q", "-X", "-@", "-"]),
            Format::Tar | Format::Gz | Format::Bz2 | Format::Xz if is_archive => {
                let create: &[&str] = &["tar", "--create", "--file=-", "--format=gnu"];
                let listed = &["--no-recursion", "--null", "--files-from=-"];
                owned(&[create, options, listed].concat())
            }
            _ => {
                input.clear();
                let mut words = owned(&[packer, "-c", "--"]);
                words.extend(sources.members.first().cloned());
                words
            }
        };
        Self {
            words,
            input: input.into(),
            dest: dest.to_owned(),
            root: sources.root.clone(),
            packer,
            package,
            mode: archive.mode.is_some(),
        }
    }

    /// Whether what stands there is what would be made.
    pub(super) async fn is_done(&self, host: &Probe) -> Result<bool> {
        let output = host.query_slowly(self.script(COMPARE)).await?;
        Ok(output.text().trim() == "same")
    }

    /// Refuses where the host has no program for it.
    pub(super) async fn check(&self, host: &Probe) -> Result<()> {
        program::installed(host, self.packer, self.package).await
    }

    /// What puts it in place.
    pub(super) fn write(&self) -> Command {
        let mode = if self.mode { "1" } else { "" };
        self.script(WRITE).env("MODE", mode)
    }

    fn script(&self, script: &str) -> Command {
        let words = ["sh", "-c", script, "sh"].into_iter().map(str::to_owned);
        Command::new(words.chain(self.words.iter().cloned()))
            .stdin(self.input.clone())
            .env("LC_ALL", "C")
            .env("ROOT", &self.root)
            .env("DEST", &self.dest)
    }
}
