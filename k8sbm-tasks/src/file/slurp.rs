//! `slurp`: reads a file of the host.

use super::paths::absolute;
use base64::{Engine, engine::general_purpose::STANDARD};
use k8sbm_core::task::{Error, Example, Plan, Probe, Result, Task};
use schemars::JsonSchema;
use serde::Deserialize;

/// Reads a file of the host, whatever is in it; `b64decode` makes text of it again.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Slurp {
    /// The file. A symbolic link is followed.
    #[serde(alias = "path")]
    #[schemars(extend("aliases" = ["path"]))]
    src: String,
    /// Whether the content is returned in base64. Else it is returned as text, which the file must be then.
    #[serde(default = "yes")]
    armor: bool,
}

fn yes() -> bool {
    true
}

impl Task for Slurp {
    const NAME: &'static str = "slurp";

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let path = absolute(host, &self.src).await?;
        let (stat, content) = tokio::join!(host.stat_follow(&path), host.read(&path));
        let Some(stat) = stat? else {
            return Err(Error::failed(format!("file not found: {path}")));
        };
        if stat.is_dir() {
            return Err(Error::failed(format!(
                "source is a directory and must be a file: {path}"
            )));
        }
        let content = content?.ok_or_else(|| Error::failed(format!("{path} cannot be read")))?;
        let mut plan = Plan::default();
        let (content, encoding) = match self.armor {
            true => (STANDARD.encode(&content), "base64"),
            false => match String::from_utf8(content.to_vec()) {
                Ok(text) => (text, "utf-8"),
                Err(_) => {
                    return Err(Error::failed(format!("{path} is no text in UTF-8"))
                        .hint("leave `armor: false` out"));
                }
            },
        };
        plan.returns("content", content)
            .returns("source", path)
            .returns("encoding", encoding);
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[Example {
            title: "Read the cluster's certificate authority",
            yaml: "- slurp:\n    src: /etc/kubernetes/pki/ca.crt\n  register: ca\n- copy:\n    content: \"{{ ca.content | b64decode }}\"\n    dest: /etc/ssl/certs/cluster.crt\n",
        }]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("content", "What is in the file, in base64 or as text."),
            ("encoding", "`base64`, or `utf-8` with `armor: false`."),
            ("source", "The file's path."),
        ]
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::plan_on;
    use k8sbm_core::{connection::FakeHost, task::Probe};
    use std::sync::Arc;

    #[tokio::test]
    async fn a_file_comes_in_base64() {
        let host = FakeHost::new().file("/etc/x", [0, 255]).link("/etc/y", "x");
        let host = Probe::of("h1", Arc::new(host));
        let plan = plan_on(&host, "slurp", "src: /etc/y").await.unwrap();
        assert!(plan.is_empty());
        assert_eq!(plan.returns["content"], "AP8=");
        let error = plan_on(&host, "slurp", "path: /etc/z").await.unwrap_err();
        assert_eq!(error.message, "file not found: /etc/z");
        assert!(plan_on(&host, "slurp", "src: /etc").await.is_err());
        let text = "{src: /etc/x, armor: false}";
        assert!(plan_on(&host, "slurp", text).await.is_err());
    }
}
