//! Comparing and unpacking by GNU tar.

use crate::file::download::{Download, file_name};
use k8sbm_core::{
    host::{Attributes, Command, FileChange, Host, Output},
    task::{Error, Result, Returns},
};

/// What is asked of tar.
#[derive(Clone, Debug)]
pub(crate) struct Tar {
    /// The directory to unpack into.
    pub dest: String,
    /// More options.
    pub options: Vec<String>,
    /// What is left out.
    pub exclude: Vec<String>,
    /// What is taken; all, when empty.
    pub include: Vec<String>,
    /// Whether files that are newer than those of the archive stay.
    pub keep_newer: bool,
}

impl Tar {
    /// The command for an archive on the host, whose packing tar recognises itself.
    pub(crate) fn of_file(&self, operation: &str, archive: &str) -> Command {
        self.command(operation, None, archive)
    }

    /// The command for an archive on standard input.
    pub(crate) fn of_bytes(&self, operation: &str, bytes: &[u8]) -> Command {
        let packing = match bytes {
            [0x1f, 0x8b, ..] => Some("--gzip"),
            [b'B', b'Z', b'h', ..] => Some("--bzip2"),
            [0xfd, b'7', b'z', b'X', b'Z', ..] => Some("--xz"),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some("--zstd"),
            _ => None,
        };
        self.command(operation, packing, "-").stdin(bytes)
    }

    /// The command that reads an archive while it is downloaded.
    pub(crate) fn of_download(&self, operation: &str, download: &Download) -> Command {
        let name = file_name(&download.url);
        let packing = [
            ("gz", "--gzip"),
            ("bz2", "--bzip2"),
            ("xz", "--xz"),
            ("zst", "--zstd"),
        ];
        let packing = packing.iter().find(|(end, _)| name.ends_with(end));
        let packing = packing.map(|(_, option)| *option);
        let reader = self.words(operation, packing, "-");
        download.read_by(reader).env("LC_ALL", "C")
    }

    fn command(&self, operation: &str, packing: Option<&str>, archive: &str) -> Command {
        Command::new(self.words(operation, packing, archive)).env("LC_ALL", "C")
    }

    fn words(&self, operation: &str, packing: Option<&str>, archive: &str) -> Vec<String> {
        let mut argv = vec![
            "tar".to_owned(),
            operation.into(),
            "-C".into(),
            self.dest.clone(),
        ];
        argv.extend(packing.map(str::to_owned));
        if !self.options.is_empty() {
            argv.push("--show-transformed-names".into());
            argv.extend(self.options.iter().cloned());
        }
        if self.keep_newer {
            argv.push("--keep-newer-files".into());
        }
        let exclude = self.exclude.iter().map(|name| name.trim_end_matches('/'));
        argv.extend(exclude.map(|name| format!("--exclude={name}")));
        argv.extend(["-f".into(), archive.to_owned()]);
        argv.extend(self.include.iter().cloned());
        argv
    }

    /// Downloads an archive and unpacks it.
    pub(crate) async fn fetch(self, host: Host, download: Download) -> Result<Returns> {
        let made = host
            .check(Command::new(["mktemp", "-d", "/tmp/k8sbm.XXXXXXXX"]))
            .await?;
        let directory = made.text().trim_end().to_owned();
        let archive = format!("{directory}/archive");
        let unpacked = async {
            let output = host.run(download.command(&archive)).await?;
            download.check(&output)?;
            host.check(self.of_file("--extract", &archive)).await
        };
        let unpacked = unpacked.await;
        host.change(FileChange::Remove { path: directory }).await?;
        unpacked.map(|_| Returns::new())
    }
}

/// The names that `tar --list` says.
pub(crate) fn names(output: &Output) -> Result<Vec<String>> {
    if !output.success() {
        return Err(unreadable(output));
    }
    let names = output.text();
    Ok(names
        .lines()
        .map(|name| name.trim_start_matches('/').to_owned())
        .collect())
}

/// What `tar --diff` says that unpacking would change.
///
/// What the task itself sets (owner, group, mode) does not count, nor owners when somebody else than root unpacks.
pub(crate) fn differences(output: &Output, wanted: &Attributes, root: bool) -> Result<Vec<String>> {
    let said = [output.text(), output.error_text()].concat();
    let mut counted = Vec::new();
    let mut known = output.success();
    for line in said.lines() {
        let Some(kind) = Kind::of(line) else {
            continue;
        };
        known = true;
        let counts = match kind {
            Kind::Owner => root && wanted.owner.is_none(),
            Kind::Group => root && wanted.group.is_none(),
            Kind::Mode => wanted.mode.is_none(),
            Kind::Nameless => false,
            Kind::Content => true,
        };
        if counts {
            counted.push(line.trim_start_matches("tar: ").to_owned());
        }
    }
    match known {
        true => Ok(counted),
        false => Err(unreadable(output)),
    }
}

/// What a line of `tar --diff` is about.
enum Kind {
    Owner,
    Group,
    Mode,
    Content,
    /// A directory whose name was stripped to nothing.
    Nameless,
}

impl Kind {
    fn of(line: &str) -> Option<Self> {
        const CONTENT: [&str; 9] = [
            ": Mod time differs",
            ": Size differs",
            ": Contents differ",
            ": Symlink differs",
            ": File type differs",
            ": Device number differs",
            ": Cannot stat: No such file or directory",
            ": Cannot open: No such file or directory",
            ": Cannot stat: Not a directory",
        ];
        if line.contains("tar: : Warning:") {
            return Some(Self::Nameless);
        }
        let line = line.replace(": Warning: ", ": ");
        let ends = |end: &str| line.ends_with(end);
        match () {
            () if ends(": Uid differs") || ends("Invalid owner") => Some(Self::Owner),
            () if ends(": Gid differs") || ends("Invalid group") => Some(Self::Group),
            () if ends(": Mode differs") => Some(Self::Mode),
            () if CONTENT.into_iter().any(ends) || line.contains(": Not linked to ") => {
                Some(Self::Content)
            }
            () => None,
        }
    }
}

fn unreadable(output: &Output) -> Error {
    let said = output.error_text();
    let said = said.trim();
    let error = Error::failed(format!("the archive cannot be read: {said}"))
        .returning("rc", output.status)
        .returning("stderr", said);
    if said.contains("unrecognized option") || said.contains("invalid option") {
        return error.hint("install GNU tar on the host");
    }
    if said.contains("not found") || said.contains("Cannot exec") {
        return error
            .hint("install tar, and the program that unpacks this kind of archive, on the host");
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8sbm_core::host::Mode;

    fn said(status: i32, stdout: &str, stderr: &str) -> Output {
        Output {
            status,
            stdout: stdout.into(),
            stderr: stderr.into(),
        }
    }

    #[test]
    fn only_what_unpacking_would_change_is_a_difference() {
        let output = said(
            1,
            "a/b: Mode differs\na/b: Uid differs\na/c: Contents differ\n",
            "tar: a/d: Warning: Cannot stat: No such file or directory\ntar: : Warning: Cannot stat: No such file or directory\n",
        );
        let all = differences(&output, &Attributes::default(), true).unwrap();
        assert_eq!(all.len(), 4);
        assert_eq!(
            all[3],
            "a/d: Warning: Cannot stat: No such file or directory"
        );
        let wanted = Attributes {
            mode: Some(Mode::octal(0o755)),
            ..Attributes::default()
        };
        assert_eq!(differences(&output, &wanted, false).unwrap().len(), 2);
        let same = said(0, "", "");
        assert!(differences(&same, &wanted, true).unwrap().is_empty());
    }

    #[test]
    fn what_is_no_archive_is_an_error() {
        let output = said(2, "", "tar: This does not look like a tar archive\n");
        let error = differences(&output, &Attributes::default(), true).unwrap_err();
        insta::assert_snapshot!(error, @"the archive cannot be read: tar: This does not look like a tar archive");
        let busybox = said(1, "", "tar: unrecognized option '--diff'\n");
        let error = differences(&busybox, &Attributes::default(), true).unwrap_err();
        assert_eq!(error.hint.as_deref(), Some("install GNU tar on the host"));
    }
}
