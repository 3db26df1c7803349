//! `blockinfile`: makes a block of lines be in a text file, or not.

mod edit;

use self::edit::{BlockEdit, Place};
use super::{
    delivery::check_validate,
    editing::{Editing, message, missing},
    lineinfile::State,
    ownership::attributes,
    text::Encoding,
};
use k8sbm_core::{
    host::Mode,
    python_regex::{Flags, Pattern},
    task::{Error, Example, Plan, Probe, Result, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Makes a block of lines, between two marker lines, be in a text file, or not.
///
/// The markers find the block again: two blocks in one file need different ones. A symbolic link is written through.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BlockInFile {
    /// The file.
    #[serde(alias = "dest", alias = "destfile", alias = "name")]
    #[schemars(extend("aliases" = ["dest", "destfile", "name"]))]
    path: String,
    /// Whether the block shall be there.
    #[serde(default)]
    state: State,
    /// The lines. An empty block is removed with its markers.
    #[serde(default, alias = "content")]
    #[schemars(extend("aliases" = ["content"]))]
    block: String,
    /// The marker lines; `{mark}` stands for `marker_begin` and `marker_end`.
    #[serde(default = "marker")]
    marker: String,
    /// What `{mark}` stands for before the block.
    #[serde(default = "begin")]
    marker_begin: String,
    /// What `{mark}` stands for behind the block.
    #[serde(default = "end")]
    marker_end: String,
    /// A pattern for the line behind which a new block goes, the last that matches; `EOF` is the end of the file, which
    /// is the default too.
    insertafter: Option<String>,
    /// A pattern for the line before which a new block goes, the last that matches; `BOF` is the beginning of the file.
    insertbefore: Option<String>,
    /// Whether the file is made where there is none, with its directories.
    #[serde(default)]
    create: bool,
    /// Whether the old file is kept beside the new one, with the time in its name.
    #[serde(default)]
    backup: bool,
    /// A command that must accept the new file before it is put in place; `%s` stands for its path.
    validate: Option<String>,
    /// Whether an empty line goes behind the block, where more follows.
    #[serde(default)]
    append_newline: bool,
    /// Whether an empty line goes before the block, where something stands before it.
    #[serde(default)]
    prepend_newline: bool,
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

fn marker() -> String {
    "# {mark} ANSIBLE MANAGED BLOCK".into()
}

fn begin() -> String {
    "BEGIN".into()
}

fn end() -> String {
    "END".into()
}

fn utf8() -> String {
    "utf-8".into()
}

impl Task for BlockInFile {
    const NAME: &'static str = "blockinfile";

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
        if opened.text.is_none() && !self.create {
            return Err(missing(&opened.path));
        }
        if opened.text.is_none() && self.state == State::Absent {
            plan.returns("msg", format!("File {} not present", opened.path));
            return Ok(plan);
        }
        let before = opened.text.as_deref();
        let text = edit
            .edited(before.unwrap_or_default())
            .map_err(Error::failed)?;
        let done = match before {
            None => "File created",
            Some(before) if before == text => "",
            Some(_) if edit.block.is_none() => "Block removed",
            Some(_) => "Block inserted",
        };
        let attributes = editing.save(host, &mut plan, &opened, &text).await?;
        plan.returns("msg", message(done, attributes));
        Ok(plan)
    }

    fn validate(&self) -> Result<()> {
        check_validate(self.validate.as_ref())?;
        Encoding::named(&self.encoding)?;
        if self.insertafter.is_some() && self.insertbefore.is_some() {
            return Err(Error::arguments(
                "`insertbefore` and `insertafter` are mutually exclusive",
            ));
        }
        let edit = self.edit()?;
        if edit.begin.contains('\n') || edit.end.contains('\n') {
            return Err(Error::arguments("a marker must be a single line"));
        }
        Ok(())
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Let every node know the others",
                yaml: "blockinfile:\n  path: /etc/hosts\n  marker: \"# {mark} cluster nodes\"\n  block: |\n    10.0.0.11 cp1\n    10.0.0.12 cp2\n    10.0.0.13 cp3\n",
            },
            Example {
                title: "Set up kubectl for root's shell",
                yaml: "blockinfile:\n  path: /root/.bashrc\n  block: |\n    export KUBECONFIG=/etc/kubernetes/admin.conf\n    source <(kubectl completion bash)\n  create: true\n  mode: \"0644\"\n",
            },
            Example {
                title: "Take the block out again",
                yaml: "blockinfile:\n  path: /etc/hosts\n  marker: \"# {mark} cluster nodes\"\n  state: absent\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            (
                "msg",
                "What was done: `Block inserted`, `Block removed`, `File created`, or nothing.",
            ),
            ("backup_file", "Where the old file was kept, with `backup`."),
        ]
    }
}

impl BlockInFile {
    fn edit(&self) -> Result<BlockEdit> {
        let pattern = |text: &str| Pattern::new(text, Flags::default()).map_err(Error::arguments);
        let place = match (self.insertafter.as_deref(), self.insertbefore.as_deref()) {
            (Some("EOF"), _) | (None, None) => Place::End,
            (None, Some("BOF")) => Place::Beginning,
            (Some(after), _) => Place::After(pattern(after)?),
            (None, Some(before)) => Place::Before(pattern(before)?),
        };
        let wanted = self.state == State::Present && !self.block.is_empty();
        Ok(BlockEdit {
            begin: self.marker.replace("{mark}", &self.marker_begin),
            end: self.marker.replace("{mark}", &self.marker_end),
            block: wanted.then(|| self.block.clone()),
            place,
            prepend_newline: self.prepend_newline,
            append_newline: self.append_newline,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{apply_on, here, plan_on, refusal};
    use std::fs;

    #[tokio::test]
    async fn a_block_is_put_into_a_file_and_taken_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        let block = async |more: &str| {
            let arguments = format!("{{path: {}, {more}}}", path.display());
            let returns = apply_on(&here(), "blockinfile", &arguments).await.unwrap();
            assert!(
                plan_on(&here(), "blockinfile", &arguments)
                    .await
                    .unwrap()
                    .is_empty()
            );
            (
                returns["msg"].as_str().unwrap().to_owned(),
                fs::read_to_string(&path).unwrap(),
            )
        };
        let (msg, text) = block("block: a, create: true").await;
        assert_eq!(msg, "File created");
        assert_eq!(
            text,
            "# BEGIN ANSIBLE MANAGED BLOCK\na\n# END ANSIBLE MANAGED BLOCK\n"
        );
        let (msg, text) =
            block("block: b, marker: '; {mark}', marker_begin: '<', marker_end: '>'").await;
        assert_eq!(msg, "Block inserted");
        assert!(text.ends_with("; <\nb\n; >\n"));
        let (msg, text) = block("state: absent").await;
        assert_eq!(
            (msg.as_str(), text.as_str()),
            ("Block removed", "; <\nb\n; >\n")
        );
    }

    #[test]
    fn arguments_that_make_no_sense_are_refused() {
        for more in [
            "insertafter: a, insertbefore: b",
            "insertafter: '('",
            "marker: \"a\\nb\"",
        ] {
            refusal("blockinfile", &format!("{{path: /x, {more}}}"));
        }
    }
}
