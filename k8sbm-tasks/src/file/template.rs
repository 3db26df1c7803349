//! `template`: writes files from templates.

use super::{
    context::Context,
    delivery::{Content, Delivery, Manner, check_validate, name_of},
    ownership::FileMode,
    text::Encoding,
};
use k8sbm_core::{
    host::Attributes,
    task::{Error, Example, FileSearch, Plan, Probe, Result, Task, TemplateOptions},
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Renders a template with the host's variables and writes the result to the host.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Template {
    /// The template. A relative path is looked for in the role's `templates` folder, then beside the playbook.
    src: String,
    /// Where to, on the host. Where this ends with `/` or is a directory, the file keeps the template's name in it.
    dest: String,
    /// Permissions, such as `"0644"` or `u=rw,g=r`; `preserve` takes those of the template. An existing file keeps
    /// its own when this is absent; a new one gets `0644` less the umask.
    mode: Option<FileMode>,
    /// The owner, by name or number.
    owner: Option<String>,
    /// The group, by name or number.
    group: Option<String>,
    /// Whether an existing file with other content is replaced.
    #[serde(default = "yes")]
    force: bool,
    /// Whether the old file is kept beside the new one, with the time in its name.
    #[serde(default)]
    backup: bool,
    /// A command that must accept the new file before it is put in place; `%s` stands for its path.
    validate: Option<String>,
    /// Whether a symbolic link at `dest` is written through. It is replaced by the file otherwise.
    #[serde(default)]
    follow: bool,
    /// Whether the newline after a block is removed.
    #[serde(default = "yes")]
    trim_blocks: bool,
    /// Whether white space before a block is removed.
    #[serde(default)]
    lstrip_blocks: bool,
    /// What ends a line of the result: `\n`, `\r` or `\r\n`.
    #[serde(default = "newline")]
    newline_sequence: String,
    /// What opens a variable; `{{` when absent.
    variable_start_string: Option<String>,
    /// What closes a variable; `}}` when absent.
    variable_end_string: Option<String>,
    /// What opens a block; `{%` when absent.
    block_start_string: Option<String>,
    /// What closes a block; `%}` when absent.
    block_end_string: Option<String>,
    /// What opens a comment; `{#` when absent.
    comment_start_string: Option<String>,
    /// What closes a comment; `#}` when absent.
    comment_end_string: Option<String>,
    /// How letters become bytes: `utf-8`, `ascii`, or one byte a letter: `latin-1`, `cp1252`, ...
    #[serde(default = "utf8")]
    output_encoding: String,
    /// Whether to write into the existing file instead of renaming, which a bind mount needs.
    #[serde(default)]
    unsafe_writes: bool,
    /// The user of the SELinux context; without SELinux on the host, of no account, as the next three.
    seuser: Option<String>,
    /// The role of the SELinux context.
    serole: Option<String>,
    /// The type of the SELinux context, such as `etc_t`; `_default` is what the policy says.
    setype: Option<String>,
    /// The level of the SELinux context.
    #[serde(alias = "serange")]
    #[schemars(extend("aliases" = ["serange"]))]
    selevel: Option<String>,
}

fn yes() -> bool {
    true
}

fn newline() -> String {
    "\n".into()
}

fn utf8() -> String {
    "utf-8".into()
}

impl Task for Template {
    const NAME: &'static str = "template";

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        let controller = host.controller();
        let found = controller.find(FileSearch::Templates, &self.src)?;
        let known = [
            ("template_path", self.src.as_str()),
            ("template_destpath", self.dest.as_str()),
        ];
        let text = controller.render(&found, &self.options()?, &known)?;
        let mode = match &self.mode {
            Some(FileMode::Preserve) => controller.stat(&found)?.mode,
            _ => 0,
        };
        let ownership = Attributes {
            mode: None,
            owner: self.owner.clone(),
            group: self.group.clone(),
        };
        let delivery = Delivery {
            dest: self.dest.clone(),
            name: name_of(&self.src),
            content: Content::Bytes(Encoding::named(&self.output_encoding)?.encode(&text)?),
            attributes: Attributes {
                mode: self.mode.as_ref().map(|wanted| wanted.with_source(mode)),
                ..ownership.clone()
            },
            directory: ownership,
            manner: Manner {
                keep: !self.force,
                backup: self.backup,
                follow: self.follow,
                validate: self.validate.clone(),
                in_place: self.unsafe_writes,
            },
        };
        delivery.plan(host, &mut plan).await?;
        self.context().plan(host, &mut plan).await?;
        plan.returns("src", self.src.as_str());
        Ok(plan)
    }

    fn validate(&self) -> Result<()> {
        check_validate(self.validate.as_ref())?;
        Encoding::named(&self.output_encoding)?;
        self.options().map(|_| ())
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Write the kubeadm configuration",
                yaml: "template:\n  src: kubeadm-config.yaml.j2\n  dest: /etc/kubernetes/kubeadm-config.yaml\n  owner: root\n  group: root\n  mode: \"0600\"\n",
            },
            Example {
                title: "Replace a configuration only by one that is valid, and keep the old one",
                yaml: "template:\n  src: haproxy.cfg.j2\n  dest: /etc/haproxy/haproxy.cfg\n  validate: haproxy -c -f %s\n  backup: true\n",
            },
            Example {
                title: "Render a file that has braces of its own",
                yaml: "template:\n  src: alerts.yaml.j2\n  dest: /etc/prometheus/alerts.yaml\n  variable_start_string: \"[[\"\n  variable_end_string: \"]]\"\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("dest", "Where the file is on the host."),
            ("src", "The template."),
            ("checksum", "SHA-1 of the file."),
            (
                "md5sum",
                "MD5 of the file, where its content comes from the controller.",
            ),
            ("backup_file", "Where the old file was kept, with `backup`."),
            ("mode", "Permissions after the task, such as `0644`."),
            ("owner", "The owner's name after the task."),
            ("group", "The group's name after the task."),
            ("uid", "The owner's number after the task."),
            ("gid", "The group's number after the task."),
            ("size", "Bytes after the task."),
            ("state", "What stands at `dest` after the task: `file`."),
        ]
    }
}

impl Template {
    fn context(&self) -> Context {
        Context {
            user: self.seuser.clone(),
            role: self.serole.clone(),
            kind: self.setype.clone(),
            level: self.selevel.clone(),
        }
    }

    fn options(&self) -> Result<TemplateOptions> {
        let newline_sequence = match self.newline_sequence.as_str() {
            "\n" | "\\n" => "\n",
            "\r" | "\\r" => "\r",
            "\r\n" | "\\r\\n" => "\r\n",
            other => {
                return Err(Error::arguments(format!(
                    "`newline_sequence` must be \\n, \\r or \\r\\n, not {other:?}"
                )));
            }
        };
        let defaults = TemplateOptions::default();
        let pair = |open: &Option<String>, close: &Option<String>, usual: (String, String)| {
            (
                open.clone().unwrap_or(usual.0),
                close.clone().unwrap_or(usual.1),
            )
        };
        Ok(TemplateOptions {
            trim_blocks: self.trim_blocks,
            lstrip_blocks: self.lstrip_blocks,
            newline_sequence: newline_sequence.into(),
            variable: pair(
                &self.variable_start_string,
                &self.variable_end_string,
                defaults.variable,
            ),
            block: pair(
                &self.block_start_string,
                &self.block_end_string,
                defaults.block,
            ),
            comment: pair(
                &self.comment_start_string,
                &self.comment_end_string,
                defaults.comment,
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Desk, apply_on, plan_on, probe, refusal};
    use k8sbm_core::connection::Local;

    #[tokio::test]
    async fn the_result_is_written_under_the_templates_name() {
        let folder = tempfile::tempdir().unwrap();
        let host = probe(Local::new(), Desk::with_files(&[("a.conf.j2", "text\n")]));
        let arguments = format!(
            "{{src: a.conf.j2, dest: {}/, mode: preserve}}",
            folder.path().display()
        );
        let returns = apply_on(&host, "template", &arguments).await.unwrap();
        assert_eq!(returns["mode"], "0640");
        let path = folder.path().join("a.conf.j2");
        assert_eq!(std::fs::read_to_string(path).unwrap(), "text\n");
        assert!(
            plan_on(&host, "template", &arguments)
                .await
                .unwrap()
                .is_empty()
        );
    }

    #[test]
    fn arguments_that_make_no_sense_are_refused() {
        for more in [
            "newline_sequence: x",
            "output_encoding: ebcdic",
            "validate: true",
        ] {
            refusal("template", &format!("{{src: a, dest: /b, {more}}}"));
        }
    }
}
