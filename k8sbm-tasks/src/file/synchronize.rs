//! `synchronize`: keeps a file or a directory the same in two places.

use super::{copy::Copy, fetch::Fetch};
use k8sbm_core::{
    node::{Source, from_node, load_one},
    task::{Error, Example, Plan, Probe, Result, Task},
};
use schemars::JsonSchema;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// Brings a file or a directory from the controller to the host, or a file back.
///
/// It does what `copy` and `fetch` do, by the connection that is there, so that neither side needs rsync: what is the
/// same is found by its content and left alone. With `delegate_to: "{{ inventory_hostname }}"` both places are on the
/// host. What is gone at the source stays at the destination, and files belong to who connects.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Synchronize {
    /// The file or directory to bring. Of a directory that ends with `/`, what is in it is brought.
    src: String,
    /// Where to.
    dest: String,
    /// `push` brings from the controller to the host, `pull` a file from the host to the controller.
    #[serde(default)]
    mode: Mode,
    /// Whether permissions are kept. Default: as `archive`.
    perms: Option<bool>,
    /// Whether permissions are kept, unless `perms` says otherwise. Default true.
    #[serde(default = "yes")]
    archive: bool,
    /// Whether links of the source are followed.
    #[serde(default)]
    copy_links: bool,
    /// Refused when `true`: what is gone at the source stays.
    #[serde(default)]
    delete: bool,
    /// Refused when `true`: what is not at the destination is brought there.
    #[serde(default)]
    existing_only: bool,
    /// Refused: there is no rsync to take them.
    #[serde(default)]
    rsync_opts: Vec<String>,
    /// Refused: there is no rsync to take them.
    #[serde(default)]
    link_dest: Vec<String>,
    /// Taken, and of no account: what differs is always found by content.
    #[serde(default)]
    #[expect(dead_code, reason = "always so")]
    checksum: bool,
    /// Taken, and of no account: the connection compresses, or does not.
    #[expect(dead_code, reason = "of rsync alone")]
    compress: Option<bool>,
    /// Taken, and of no account: directories are always brought with all below.
    #[expect(dead_code, reason = "always so")]
    recursive: Option<bool>,
    /// Taken, and of no account: links stay links, unless `copy_links`.
    #[expect(dead_code, reason = "always so")]
    links: Option<bool>,
    /// Taken, and of no account: files get the time at which they are written.
    #[expect(dead_code, reason = "never so")]
    times: Option<bool>,
    /// Taken, and of no account: files belong to who connects.
    #[expect(dead_code, reason = "never so")]
    owner: Option<bool>,
    /// Taken, and of no account: files belong to who connects.
    #[expect(dead_code, reason = "never so")]
    group: Option<bool>,
    /// Taken, and of no account.
    #[expect(dead_code, reason = "of rsync alone")]
    dirs: Option<bool>,
    /// Taken, and of no account: a file is always put in place whole.
    #[expect(dead_code, reason = "of rsync alone")]
    partial: Option<bool>,
    /// Taken, and of no account: a file is put in place when it is there.
    #[expect(dead_code, reason = "of rsync alone")]
    delay_updates: Option<bool>,
    /// Taken, and of no account: the connection that is there is used.
    #[expect(dead_code, reason = "of rsync alone")]
    use_ssh_args: Option<bool>,
    /// Taken, and of no account: the connection that is there is used.
    #[expect(dead_code, reason = "of rsync alone")]
    set_remote_user: Option<bool>,
    /// Taken, and of no account: the connection that is there is used.
    #[expect(dead_code, reason = "of rsync alone")]
    ssh_connection_multiplexing: Option<bool>,
    /// Taken, and of no account: the connection that is there is used.
    #[expect(dead_code, reason = "of rsync alone")]
    verify_host: Option<bool>,
    /// Taken, and of no account: the connection that is there is used.
    #[expect(dead_code, reason = "of rsync alone")]
    dest_port: Option<u16>,
    /// Taken, and of no account: the connection that is there is used.
    #[expect(dead_code, reason = "of rsync alone")]
    private_key: Option<String>,
    /// Taken, and of no account: no rsync is started.
    #[expect(dead_code, reason = "of rsync alone")]
    rsync_path: Option<String>,
    /// Taken, and of no account: no rsync is started.
    #[expect(dead_code, reason = "of rsync alone")]
    rsync_timeout: Option<u32>,
}

/// From where to where.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Mode {
    /// From the controller to the host.
    #[default]
    Push,
    /// From the host to the controller.
    Pull,
}

fn yes() -> bool {
    true
}

/// A task of another module of this family, by its arguments.
fn task<T: DeserializeOwned>(arguments: &Json) -> Result<T> {
    let source = Arc::new(Source {
        name: "synchronize".into(),
        text: arguments.to_string(),
    });
    let read = load_one(&source).and_then(|node| from_node(&node));
    read.map_err(|error| Error::failed(error.message))
}

impl Synchronize {
    /// Whether both places are on the host, since the task is delegated to the host it is for.
    fn within(&self, host: &Probe) -> Result<bool> {
        let delegated = host.controller().is_delegated();
        let own = host.controller().variable("inventory_hostname");
        if delegated && own.is_some_and(|own| own != host.name()) {
            return Err(Error::failed(
                "a file is brought from one host to another by the controller alone",
            )
            .hint("`fetch` brings it to the controller, `copy` to the other host"));
        }
        Ok(delegated)
    }
}

impl Task for Synchronize {
    const NAME: &'static str = "synchronize";

    fn validate(&self) -> Result<()> {
        let refused = [
            (self.delete, "delete"),
            (self.existing_only, "existing_only"),
            (!self.rsync_opts.is_empty(), "rsync_opts"),
            (!self.link_dest.is_empty(), "link_dest"),
        ];
        match refused.into_iter().find(|(given, _)| *given) {
            Some((_, name)) => Err(Error::arguments(format!("`{name}` is of rsync alone"))
                .hint("a `command` task on the host, or with `delegate_to: localhost`, can call rsync")
                .about([name])),
            None => Ok(()),
        }
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let within = self.within(host)?;
        if self.mode == Mode::Pull && !within {
            let arguments = json!({"src": self.src, "dest": self.dest, "flat": true});
            return task::<Fetch>(&arguments)?.plan(host).await;
        }
        let mut arguments = json!({
            "src": self.src,
            "dest": self.dest,
            "remote_src": within,
            "local_follow": self.copy_links,
            "decrypt": false,
        });
        if self.perms.unwrap_or(self.archive) {
            arguments["mode"] = "preserve".into();
        }
        task::<Copy>(&arguments)?.plan(host).await
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Images that the controller keeps",
                yaml: "ansible.posix.synchronize:\n  src: /var/cache/images/\n  dest: /opt/images\n",
            },
            Example {
                title: "A file that the host has already, in another place",
                yaml: "synchronize:\n  src: /tmp/releases/yq\n  dest: /usr/local/bin/yq\n  perms: true\n  owner: false\n  group: false\ndelegate_to: \"{{ inventory_hostname }}\"\n",
            },
            Example {
                title: "Back to the controller",
                yaml: "synchronize:\n  mode: pull\n  src: /etc/kubernetes/admin.conf\n  dest: ./admin.conf\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[("dest", "Where it is."), ("src", "Where it came from.")]
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Desk, probe, refusal, told};
    use k8sbm_core::{connection::FakeHost, host::Output};

    /// A host whose login is root.
    fn root() -> FakeHost {
        let login = || Output {
            status: 0,
            stdout: b"0\n0\nroot\nroot\n0022\n/root\n/root\n".to_vec(),
            stderr: Vec::new(),
        };
        FakeHost::new().queries(|_| true, move |_, _| login())
    }

    #[tokio::test]
    async fn a_file_comes_from_the_controller() {
        let desk = Desk::with_files(&[("images/a", "1"), ("images/b", "2")]);
        let host = probe(
            root().directory("/opt/images").file("/opt/images/a", "1"),
            desk,
        );
        let text = told(
            &host,
            "synchronize",
            "{src: images/, dest: /opt/images, perms: false}",
        )
        .await;
        assert!(
            text.contains("/opt/images/b") && !text.contains("/opt/images/a"),
            "{text}"
        );
    }

    #[tokio::test]
    async fn delegated_to_the_host_itself_it_stays_there() {
        let desk = || Desk {
            variables: "ansible_delegated_vars: {host: {}}\ninventory_hostname: host\n",
            ..Desk::default()
        };
        let host = probe(
            root().file("/tmp/yq", "yq").directory("/usr/local/bin"),
            desk(),
        );
        let yaml = "{src: /tmp/yq, dest: /usr/local/bin/yq, compress: false}";
        let text = told(&host, "ansible.posix.synchronize", yaml).await;
        assert!(text.contains("/usr/local/bin/yq"), "{text}");
        let desk = Desk {
            variables: "ansible_delegated_vars: {host: {}}\ninventory_hostname: other\n",
            ..Desk::default()
        };
        let host = probe(FakeHost::new(), desk);
        let text = told(&host, "synchronize", yaml).await;
        assert!(text.starts_with("error: a file is brought"), "{text}");
    }

    #[test]
    fn what_only_rsync_does_is_refused() {
        assert_eq!(
            refusal("synchronize", "{src: a, dest: b, delete: true}").message,
            "`delete` is of rsync alone"
        );
        refusal(
            "synchronize",
            "{src: a, dest: b, rsync_opts: [--exclude=c]}",
        );
    }
}
