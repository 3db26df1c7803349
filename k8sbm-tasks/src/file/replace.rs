//! `replace`: replaces what matches a pattern in a text file.

use super::{
    delivery::check_validate,
    editing::{Editing, message},
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
use std::ops::Range;

/// Replaces everything in a text file that matches a pattern.
///
/// Patterns are Python's. `^` and `$` match at every line, `.` does not match the end of a line. Make sure that the
/// result does not match again, or it is replaced once more with every run.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Replace {
    /// The file.
    #[serde(alias = "dest", alias = "destfile", alias = "name")]
    #[schemars(extend("aliases" = ["dest", "destfile", "name"]))]
    path: String,
    /// The pattern.
    regexp: String,
    /// What takes the place of a match; `\1` and `\g<name>` stand for groups. Nothing, when absent.
    #[serde(default)]
    replace: String,
    /// A pattern behind which alone is replaced; in it, `.` matches the end of a line too.
    after: Option<String>,
    /// A pattern before which alone is replaced; in it, `.` matches the end of a line too.
    before: Option<String>,
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

impl Task for Replace {
    const NAME: &'static str = "replace";

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let editing = Editing {
            path: &self.path,
            encoding: &self.encoding,
            attributes: attributes(self.mode.as_ref(), self.owner.as_ref(), self.group.as_ref()),
            backup: self.backup,
            validate: self.validate.as_ref(),
            in_place: self.unsafe_writes,
        };
        let opened = editing.open(host).await?;
        let Some(before) = &opened.text else {
            let error = Error::failed(format!("Path {} does not exist !", opened.path));
            return Err(error.returning("rc", 257));
        };
        let mut plan = Plan::default();
        plan.returns("rc", 0);
        let Some((text, count)) = self.replaced(before)? else {
            let section = self.section().unwrap_or_default();
            plan.returns(
                "msg",
                format!("Pattern for before/after params did not match the given file: {section}"),
            );
            return Ok(plan);
        };
        let done = match text == *before {
            true => String::new(),
            false => format!("{count} replacements made"),
        };
        let attributes = editing.save(host, &mut plan, &opened, &text).await?;
        plan.returns("msg", message(&done, attributes));
        Ok(plan)
    }

    fn validate(&self) -> Result<()> {
        check_validate(self.validate.as_ref())?;
        Encoding::named(&self.encoding)?;
        self.replaced("").map(|_| ())
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Turn swap off at boot, keeping the line",
                yaml: "replace:\n  path: /etc/fstab\n  regexp: '^([^#\\n]\\S*\\s+\\S+\\s+swap\\s.*)$'\n  replace: '# \\1'\n",
            },
            Example {
                title: "Let containerd use systemd's cgroups",
                yaml: "replace:\n  path: /etc/containerd/config.toml\n  regexp: 'SystemdCgroup = false'\n  replace: 'SystemdCgroup = true'\n",
            },
            Example {
                title: "Point a kubeconfig to the load balancer",
                yaml: "replace:\n  path: /etc/kubernetes/kubelet.conf\n  regexp: '(\\s+)server: https://.*'\n  replace: '\\1server: https://10.0.0.10:6443'\n  after: 'clusters:'\n  before: 'users:'\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            (
                "msg",
                "What was done, such as `2 replacements made`, or nothing.",
            ),
            (
                "rc",
                "Always 0; 256 where the path is a directory, 257 where nothing is there.",
            ),
            ("backup_file", "Where the old file was kept, with `backup`."),
        ]
    }
}

impl Replace {
    /// The pattern of the part in which to replace.
    fn section(&self) -> Option<String> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        match (given(&self.after), given(&self.before)) {
            (Some(after), Some(before)) => Some(format!("{after}(?P<subsection>.*?){before}")),
            (Some(after), None) => Some(format!("{after}(?P<subsection>.*)")),
            (None, Some(before)) => Some(format!("(?P<subsection>.*){before}")),
            (None, None) => None,
        }
    }

    /// The new text and the number of matches; nothing where the part is not there.
    fn replaced(&self, text: &str) -> Result<Option<(String, usize)>> {
        let multiline = Flags {
            multiline: true,
            ..Flags::default()
        };
        let pattern = Pattern::new(&self.regexp, multiline).map_err(Error::arguments)?;
        let replacement = Replacement::new(&self.replace, &pattern).map_err(|why| {
            Error::arguments(format!("Unable to process replace due to error: {why}"))
        })?;
        let Some(Range { start, end }) = self.part(text)? else {
            return Ok(None);
        };
        let (part, count) = pattern
            .replace(&text[start..end], &replacement, 0)
            .map_err(Error::failed)?;
        let text = [&text[..start], &part, &text[end..]].concat();
        Ok(Some((text, count)))
    }

    fn part(&self, text: &str) -> Result<Option<Range<usize>>> {
        let Some(section) = self.section() else {
            return Ok(Some(0..text.len()));
        };
        let dot_all = Flags {
            dot_all: true,
            ..Flags::default()
        };
        let pattern = Pattern::new(&section, dot_all).map_err(Error::arguments)?;
        let found = pattern.search(text).map_err(Error::failed)?;
        Ok(found.and_then(|found| found.name("subsection").map(|part| part.range())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8sbm_core::node::{Source, from_node, load_one};
    use std::sync::Arc;

    fn replaced(arguments: &str, text: &str) -> Option<(String, usize)> {
        let source = Arc::new(Source {
            name: "task.yml".into(),
            text: format!("path: /x\n{arguments}"),
        });
        let task: Replace = from_node(&load_one(&source).unwrap()).unwrap();
        task.validate().unwrap();
        task.replaced(text).unwrap()
    }

    #[test]
    fn every_line_is_replaced() {
        let text = "server: a\nserver: b\n";
        assert_eq!(
            replaced("regexp: '^server: (.*)$'\nreplace: 'host: \\1'", text),
            Some(("host: a\nhost: b\n".into(), 2))
        );
        assert_eq!(
            replaced("regexp: '^server.*\\n'", text),
            Some((String::new(), 2))
        );
    }

    #[test]
    fn only_the_part_between_is_replaced() {
        let text = "x\n[a]\nx\n[b]\nx\n";
        let part = |more: &str| replaced(&format!("regexp: ^x\nreplace: y\n{more}"), text);
        assert_eq!(
            part("after: '\\[a\\]'\nbefore: '\\[b\\]'"),
            Some(("x\n[a]\ny\n[b]\nx\n".into(), 1))
        );
        assert_eq!(
            part("after: '\\[a\\]'"),
            Some(("x\n[a]\ny\n[b]\ny\n".into(), 2))
        );
        assert_eq!(
            part("before: '\\[a\\]'"),
            Some(("y\n[a]\nx\n[b]\nx\n".into(), 1))
        );
        assert_eq!(part("after: nothing"), None);
    }
}
