//! `lineinfile`: makes a line be in a text file, or not.

mod edit;

use self::edit::{Finder, LineEdit, Place};
use super::{
    delivery::check_validate,
    editing::{Editing, message, missing},
    ownership::attributes,
    text::Encoding,
};
use k8sbm_core::{
    host::Mode,
    python_regex::{Flags, Pattern, Replacement},
    task::{Error, Example, Plan, Probe, Result, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Makes a line be in a text file, or not.
///
/// Patterns are Python's. A symbolic link is written through.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LineInFile {
    /// The file.
    #[serde(alias = "dest", alias = "destfile", alias = "name")]
    #[schemars(extend("aliases" = ["dest", "destfile", "name"]))]
    path: String,
    /// Whether the line shall be there.
    #[serde(default)]
    state: State,
    /// The line. With `backrefs` it may name groups of `regexp`, such as `\1` or `\g<name>`.
    #[serde(alias = "value")]
    #[schemars(extend("aliases" = ["value"]))]
    line: Option<String>,
    /// A pattern for the line that is meant. The last line that matches is replaced; with `state: absent`, all that
    /// match are removed.
    #[serde(alias = "regex")]
    #[schemars(extend("aliases" = ["regex"]))]
    regexp: Option<String>,
    /// Text in the line that is meant, in place of `regexp`.
    search_string: Option<String>,
    /// Whether groups of `regexp` are filled into `line`. Nothing is changed then where nothing matches.
    #[serde(default)]
    backrefs: bool,
    /// A pattern for the line behind which a new line goes; `EOF` is the end of the file, which is the default too.
    insertafter: Option<String>,
    /// A pattern for the line before which a new line goes; `BOF` is the beginning of the file.
    insertbefore: Option<String>,
    /// Whether the first line that matches counts, and not the last.
    #[serde(default)]
    firstmatch: bool,
    /// Whether the file is made where there is none, with its directories.
    #[serde(default)]
    create: bool,
    /// Whether the old file is kept beside the new one, with the time in its name.
    #[serde(default)]
    backup: bool,
    /// A command that must accept the new file before it is put in place; `%s` stands for its path.
    validate: Option<String>,
    /// Permissions, such as `"0644"`. An existing file keeps its own when this is absent.
    mode: Option<Mode>,
    /// The owner, by name or number.
    owner: Option<String>,
    /// The group, by name or number.
    group: Option<String>,
    /// How bytes stand for letters: `utf-8`, `ascii`, or one byte a letter: `latin-1`, `cp1252`, ...
    #[serde(default = "utf8")]
    encoding: String,
    /// Whether to write into the existing file instead of renaming, which a bind mount needs.
    #[serde(default)]
    unsafe_writes: bool,
}

fn utf8() -> String {
    "utf-8".into()
}

/// Whether something shall be in a file.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// It shall be there.
    #[default]
    Present,
    /// It shall not.
    Absent,
}

impl Task for LineInFile {
    const NAME: &'static str = "lineinfile";

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let edit = self.edit()?;
        let editing = Editing {
            path: &self.path,
            encoding: &self.encoding,
            attributes: attributes(self.mode.as_ref(), self.owner.as_ref(), self.group.as_ref()),
            backup: self.backup,
            validate: self.validate.as_ref(),
            in_place: self.unsafe_writes,
        };
        let opened = editing.open(host).await?;
        let mut plan = Plan::default();
        for pattern in [&self.regexp, &self.search_string].into_iter().flatten() {
            if pattern.is_empty() {
                plan.warn("an empty pattern is found in every line; write `^` if that is meant");
            }
        }
        let (text, done) = match (self.state, &opened.text) {
            (State::Absent, None) => {
                plan.returns("msg", "file not present").returns("found", 0);
                return Ok(plan);
            }
            (State::Absent, Some(text)) => {
                let (text, found) = edit.absent(text).map_err(Error::failed)?;
                plan.returns("found", found);
                let done = match found {
                    0 => String::new(),
                    found => format!("{found} line(s) removed"),
                };
                (text, done)
            }
            (State::Present, None) if !self.create => return Err(missing(&opened.path)),
            (State::Present, text) => {
                let text = text.as_deref().unwrap_or_default();
                let edited = edit.present(text).map_err(Error::failed)?;
                (edited.text, edited.done.to_owned())
            }
        };
        let unmade = opened.text.is_none() && done.is_empty();
        let attributes = match unmade {
            // Groups that nothing matched make no file.
            true => false,
            false => editing.save(host, &mut plan, &opened, &text).await?,
        };
        let backup = plan.returns.get("backup_file").cloned();
        plan.returns("backup", backup.unwrap_or_else(|| "".into()));
        plan.returns("msg", message(&done, attributes));
        Ok(plan)
    }

    fn validate(&self) -> Result<()> {
        check_validate(self.validate.as_ref())?;
        Encoding::named(&self.encoding)?;
        let exclusive = |one: (&str, bool), other: (&str, bool)| match one.1 && other.1 {
            true => Err(Error::arguments(format!(
                "`{}` and `{}` are mutually exclusive",
                one.0, other.0
            ))),
            false => Ok(()),
        };
        let regexp = ("regexp", self.regexp.is_some());
        let search = ("search_string", self.search_string.is_some());
        let backrefs = ("backrefs", self.backrefs);
        exclusive(
            ("insertbefore", self.insertbefore.is_some()),
            ("insertafter", self.insertafter.is_some()),
        )?;
        exclusive(regexp, search)?;
        exclusive(backrefs, search)?;
        match self.state {
            State::Present if self.backrefs && !regexp.1 => {
                return Err(Error::arguments("regexp is required with `backrefs`"));
            }
            State::Present if self.line.is_none() => {
                return Err(Error::arguments("line is required with `state: present`"));
            }
            State::Absent if !regexp.1 && !search.1 && self.line.is_none() => {
                return Err(Error::arguments(
                    "one of `line`, `regexp` and `search_string` must say what to remove",
                ));
            }
            _ => {}
        }
        self.edit().map(|_| ())
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Turn swap off at boot",
                yaml: "lineinfile:\n  path: /etc/fstab\n  regexp: '\\sswap\\s'\n  state: absent\n",
            },
            Example {
                title: "Give the node's name an address",
                yaml: "lineinfile:\n  path: /etc/hosts\n  regexp: '\\s{{ inventory_hostname }}$'\n  line: \"{{ ansible_host }} {{ inventory_hostname }}\"\n  unsafe_writes: true\n",
            },
            Example {
                title: "Add memory accounting to the kernel's command line, keeping what is there",
                yaml: "lineinfile:\n  path: /boot/firmware/cmdline.txt\n  regexp: '^((?!.*cgroup_memory=1).*)$'\n  line: '\\1 cgroup_enable=memory cgroup_memory=1'\n  backrefs: true\n",
            },
            Example {
                title: "Let a group use sudo, if visudo agrees",
                yaml: "lineinfile:\n  path: /etc/sudoers.d/admins\n  line: '%admins ALL=(ALL) NOPASSWD: ALL'\n  create: true\n  mode: \"0440\"\n  validate: visudo -cf %s\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            (
                "msg",
                "What was done: `line added`, `line replaced`, `1 line(s) removed`, or nothing.",
            ),
            (
                "found",
                "How many lines were removed, with `state: absent`.",
            ),
            (
                "backup",
                "Where the old file was kept, with `backup`; empty otherwise.",
            ),
        ]
    }
}

impl LineInFile {
    fn edit(&self) -> Result<LineEdit<'_>> {
        let pattern = |text: &str| Pattern::new(text, Flags::default()).map_err(Error::arguments);
        let line = self.line.as_deref().unwrap_or_default();
        let finder = match (&self.regexp, &self.search_string) {
            (Some(regexp), _) => {
                let pattern = pattern(regexp)?;
                if self.backrefs {
                    Replacement::new(line, &pattern).map_err(Error::arguments)?;
                }
                Finder::Pattern(pattern)
            }
            (None, Some(text)) => Finder::Text(text.clone()),
            (None, None) => Finder::Exact,
        };
        let place = match (self.insertafter.as_deref(), self.insertbefore.as_deref()) {
            (Some("BOF"), _) | (None, Some("BOF")) => Place::Beginning,
            (Some("EOF"), _) | (None, None) => Place::End,
            (Some(after), _) => Place::After(pattern(after)?),
            (None, Some(before)) => Place::Before(pattern(before)?),
        };
        Ok(LineEdit {
            line,
            finder,
            place,
            backrefs: self.backrefs,
            first: self.firstmatch,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{apply_on, here, plan_on, refusal};
    use std::{fs, os::unix::fs::PermissionsExt};

    #[tokio::test]
    async fn a_line_is_put_into_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sub/x");
        let line = async |more: &str| {
            let arguments = format!("{{path: {}, {more}}}", path.display());
            let returns = apply_on(&here(), "lineinfile", &arguments).await;
            if returns.is_ok() {
                assert!(
                    plan_on(&here(), "lineinfile", &arguments)
                        .await
                        .unwrap()
                        .is_empty()
                );
            }
            returns
        };
        let error = line("line: a").await.unwrap_err();
        assert_eq!(error.returns["rc"], 257);
        assert_eq!(
            line("line: a, create: true, mode: '0600'").await.unwrap()["backup"],
            ""
        );
        fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).unwrap();
        let returns = line("regexp: '^(a)$', line: '\\1=b', backrefs: true, backup: true")
            .await
            .unwrap();
        assert_eq!(returns["msg"], "line replaced");
        assert_eq!(
            fs::read_to_string(returns["backup"].as_str().unwrap()).unwrap(),
            "a\n"
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), "a=b\n");
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o640
        );
        let returns = line("search_string: a=, state: absent, mode: '0600'")
            .await
            .unwrap();
        assert_eq!(returns["found"], 1);
        assert_eq!(
            returns["msg"],
            "1 line(s) removed and ownership, perms or SE linux context changed"
        );
        assert_eq!(fs::read(&path).unwrap(), b"");
    }

    #[test]
    fn arguments_that_make_no_sense_are_refused() {
        for more in [
            "state: present",
            "{state: absent}",
            "{line: a, backrefs: true}",
            "{line: a, regexp: '('}",
            "{line: '\\2', regexp: (a), backrefs: true}",
            "{line: a, insertafter: a, insertbefore: b}",
            "{line: a, regexp: a, search_string: b}",
        ] {
            let more = more.trim_matches(['{', '}']);
            refusal("lineinfile", &format!("{{path: /x, {more}}}"));
        }
    }
}
