//! `assemble`: one file from the parts in a directory.

use super::{
    delivery::check_validate,
    ownership::attributes,
    paths::{absolute, join},
};
use k8sbm_core::{
    host::Mode,
    python_regex::{Flags, Pattern},
    task::{Error, Example, FileSearch, Plan, Probe, Result, Task, WriteFile},
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Makes one file of the parts that a directory has, in the order of their names.
///
/// A part that does not end with a line end gets one before the next.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Assemble {
    /// The directory with the parts, on the host; with `remote_src: false`, on the controller, looked for as `copy` does.
    src: String,
    /// The file to make.
    dest: String,
    /// Whether the directory is on the host. Default true.
    #[serde(default = "yes")]
    remote_src: bool,
    /// What stands between two parts, on lines of its own; `\n` in it is a line end.
    delimiter: Option<String>,
    /// A pattern that the name of a part must have; all are taken, when absent.
    regexp: Option<String>,
    /// Whether parts whose names begin with a dot are left out.
    #[serde(default)]
    ignore_hidden: bool,
    /// Whether the old file is kept beside the new one, with the time in its name.
    #[serde(default)]
    backup: bool,
    /// A command that must accept the new file before it is put in place; `%s` stands for its path.
    validate: Option<String>,
    /// Permissions, such as `"0644"`. The file keeps its own when this is absent.
    mode: Option<Mode>,
    /// The owner, by name or number.
    owner: Option<String>,
    /// The group, by name or number.
    group: Option<String>,
    /// Whether parts of the controller that are encrypted are opened. Default true.
    #[serde(default = "yes")]
    decrypt: bool,
}

fn yes() -> bool {
    true
}

impl Task for Assemble {
    const NAME: &'static str = "assemble";

    fn validate(&self) -> Result<()> {
        check_validate(self.validate.as_ref())?;
        self.pattern().map(|_| ())
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let parts = match self.remote_src {
            true => self.parts_of_host(host).await?,
            false => self.parts_of_controller(host)?,
        };
        let content = self.joined(&parts);
        let dest = absolute(host, &self.dest).await?;
        let mut plan = Plan::default();
        plan.returns("src", self.src.as_str());
        plan.returns("dest", dest.as_str());
        plan.returns(
            "checksum",
            hex::encode(<sha1::Sha1 as sha1::Digest>::digest(&content)),
        );
        let file = WriteFile {
            path: dest,
            content,
            attributes: attributes(self.mode.as_ref(), self.owner.as_ref(), self.group.as_ref()),
            validate: self.validate.clone(),
            backup: self.backup,
            in_place: false,
        };
        let changed = plan.write(host, file).await?;
        plan.returns("msg", if changed { "" } else { "OK" });
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "The settings of a server, from what several roles have put there",
                yaml: "assemble:\n  src: /etc/haproxy/parts\n  dest: /etc/haproxy/haproxy.cfg\n  regexp: '\\.cfg$'\n  validate: haproxy -c -f %s\n",
            },
            Example {
                title: "Keys of all who may log in, one file each on the controller",
                yaml: "assemble:\n  src: keys\n  dest: /root/.ssh/authorized_keys\n  remote_src: false\n  mode: \"0600\"\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("src", "The directory, as it was given."),
            ("dest", "Where the file is on the host."),
            ("checksum", "SHA-1 of the file."),
            ("backup_file", "Where the old file was kept, with `backup`."),
            ("msg", "`OK` where it was there already."),
        ]
    }
}

impl Assemble {
    fn pattern(&self) -> Result<Option<Pattern>> {
        let read = |it: &String| {
            Pattern::new(it, Flags::default()).map_err(|error| {
                Error::arguments(format!("Invalid Regexp ({error}) in \"{it}\"")).about(["regexp"])
            })
        };
        self.regexp.as_ref().map(read).transpose()
    }

    fn wants(&self, pattern: Option<&Pattern>, name: &str) -> bool {
        let hidden = self.ignore_hidden && name.starts_with('.');
        !hidden && pattern.is_none_or(|it| it.is_match(name).unwrap_or(false))
    }

    async fn parts_of_host(&self, host: &Probe) -> Result<Vec<Vec<u8>>> {
        let directory = absolute(host, &self.src).await?;
        let stat = host.stat_follow(&directory).await?;
        match stat.as_deref() {
            None => {
                return Err(Error::failed(format!(
                    "Source ({}) does not exist",
                    self.src
                )));
            }
            Some(stat) if !stat.is_dir() => {
                return Err(Error::failed(format!(
                    "Source ({}) is not a directory",
                    self.src
                )));
            }
            Some(_) => {}
        }
        let pattern = self.pattern()?;
        let names = host.list(&directory).await?;
        let names = names.iter().flat_map(|it| it.iter());
        let names = names.filter(|name| self.wants(pattern.as_ref(), name));
        let paths: Vec<String> = names.map(|name| join(&directory, name)).collect();
        let stats = paths.iter().map(|path| host.stat_follow(path));
        let stats = futures::future::try_join_all(stats).await?;
        let files = paths.iter().zip(stats);
        let files = files.filter(|(_, stat)| stat.as_deref().is_some_and(|it| it.is_file()));
        let reads = files.map(|(path, _)| host.read(path));
        let contents = futures::future::try_join_all(reads).await?;
        Ok(contents
            .into_iter()
            .flatten()
            .map(|it| it.to_vec())
            .collect())
    }

    fn parts_of_controller(&self, host: &Probe) -> Result<Vec<Vec<u8>>> {
        let controller = host.controller();
        let directory = controller.find(FileSearch::Files, &self.src)?;
        let pattern = self.pattern()?;
        let mut names = controller.walk(&directory)?;
        names.retain(|name| !name.contains('/') && self.wants(pattern.as_ref(), name));
        let parts = names.iter().map(|name| {
            let path = directory.join(name);
            match self.decrypt {
                true => controller.read(&path),
                false => controller.read_sealed(&path),
            }
        });
        parts.collect()
    }

    fn joined(&self, parts: &[Vec<u8>]) -> Vec<u8> {
        let between = self
            .delimiter
            .as_ref()
            .filter(|it| !it.is_empty())
            .map(|it| {
                let mut between = it.replace("\\n", "\n").replace("\\t", "\t");
                if !between.ends_with('\n') {
                    between.push('\n');
                }
                between
            });
        let mut all: Vec<u8> = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                // What was written before ends with a line end, if it was not empty.
                if parts[index - 1].last() != Some(&b'\n') {
                    all.push(b'\n');
                }
                all.extend(between.iter().flat_map(|it| it.bytes()));
            }
            all.extend(part);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Desk, apply_on, probe, refusal, told};
    use k8sbm_core::connection::FakeHost;

    #[tokio::test]
    async fn parts_are_joined_in_the_order_of_their_names() {
        let fake = FakeHost::new()
            .file("/etc/parts/20-b", "two")
            .file("/etc/parts/10-a", "one\n")
            .file("/etc/parts/.hidden", "dot\n")
            .file("/etc/parts/deep/x", "no part\n");
        let host = probe(fake.clone(), Desk::default());
        let all = "{src: /etc/parts, dest: /etc/whole, delimiter: '# --', ignore_hidden: true, mode: '0600'}";
        let returned = apply_on(&host, "assemble", all).await.unwrap();
        assert_eq!(fake.content("/etc/whole").unwrap(), "one\n# --\ntwo");
        assert_eq!(fake.stat("/etc/whole").unwrap().mode, 0o600);
        assert_eq!(returned["dest"], "/etc/whole");
        assert_eq!(told(&host, "assemble", all).await, "");
        insta::assert_snapshot!(told(&host, "assemble", "{src: /etc/parts, dest: /etc/whole, regexp: '^2'}").await, @r"
        write /etc/whole
        - one
        - # --
        - two
        + two
        ");
    }

    #[tokio::test]
    async fn parts_may_be_of_the_controller() {
        let fake = FakeHost::new();
        let desk = Desk::with_files(&[
            ("keys/b.pub", "b"),
            ("keys/a.pub", "a"),
            ("keys/old/c", "c"),
        ]);
        let host = probe(fake.clone(), desk);
        let arguments = "{src: keys, dest: /etc/keys, remote_src: false}";
        apply_on(&host, "assemble", arguments).await.unwrap();
        assert_eq!(fake.content("/etc/keys").unwrap(), "a\nb");
    }

    #[tokio::test]
    async fn what_is_no_directory_is_told_as_such() {
        let host = probe(FakeHost::new().file("/etc/x", ""), Desk::default());
        let said = told(&host, "assemble", "{src: /etc/x, dest: /etc/y}").await;
        assert_eq!(said, "error: Source (/etc/x) is not a directory");
        let said = told(&host, "assemble", "{src: /etc/z, dest: /etc/y}").await;
        assert_eq!(said, "error: Source (/etc/z) does not exist");
        refusal("assemble", "{src: /a, dest: /b, regexp: '('}");
        refusal("assemble", "{src: /a, dest: /b, validate: 'true'}");
    }
}
