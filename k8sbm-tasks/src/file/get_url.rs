//! `get_url`: downloads files to hosts.

mod digest;
mod fetching;

use self::{
    digest::{Digest, Value, listed},
    fetching::Fetching,
};
use super::{
    download::{self, Download},
    ownership::attributes,
    paths::{absolute, join},
    standing::Standing,
};
use crate::net::Curl;
use k8sbm_core::{
    host::{Algorithm, FileKind, Mode, Stat},
    task::{Diff, Error, Example, Plan, Probe, Result, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use std::sync::Arc;

/// Downloads a file to the host, by the host's own curl or wget.
///
/// A file that is there is downloaded again only where `checksum` or `force` say so. It is put in place when it is
/// whole and its checksum is right.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GetUrl {
    /// From where: `http://`, `https://`, `ftp://` or `file://`.
    url: String,
    /// Where to. In a directory the file keeps the name that the URL gives it, and is compared with every run.
    dest: String,
    /// The checksum that the file must have, with its algorithm: `sha256:e3b0...`. Behind the algorithm may stand the
    /// URL of a list, as sha256sum writes it. Algorithms are md5, sha1, sha224, sha256, sha384 and sha512.
    checksum: Option<String>,
    /// Whether a file that is there is compared with the one to download, and replaced where it differs.
    #[serde(default)]
    force: bool,
    /// Permissions, such as `"0755"`. An existing file keeps its own when this is absent; a new one gets `0644` less the
    /// umask.
    mode: Option<Mode>,
    /// The owner, by name or number.
    owner: Option<String>,
    /// The group, by name or number.
    group: Option<String>,
    /// Whether the old file is kept beside the new one, with the time in its name.
    #[serde(default)]
    backup: bool,
    /// Seconds to wait for a connection, and for the next byte.
    #[serde(default = "ten")]
    timeout: u64,
    /// Headers to send, by name.
    #[serde(default)]
    headers: Map<String, Json>,
    /// Not supported: headers that are not sent on when the server points elsewhere.
    #[serde(default)]
    unredirected_headers: Vec<String>,
    /// The user to log in as.
    #[serde(alias = "username")]
    #[schemars(extend("aliases" = ["username"]))]
    url_username: Option<String>,
    /// The user's password.
    #[serde(alias = "password")]
    #[schemars(extend("aliases" = ["password"]))]
    url_password: Option<String>,
    /// Whether the password is sent before the server asks; it always is.
    #[serde(default, rename = "force_basic_auth")]
    _force_basic_auth: bool,
    /// Whether to log in by Kerberos.
    #[serde(default)]
    use_gssapi: bool,
    /// Whether `~/.netrc` of the host may say the password.
    #[serde(default = "yes")]
    use_netrc: bool,
    /// Whether the server's certificate must be valid.
    #[serde(default = "yes")]
    validate_certs: bool,
    /// A file of the host with the certificate to show.
    client_cert: Option<String>,
    /// A file of the host with the certificate's key.
    client_key: Option<String>,
    /// The ciphers to offer, as OpenSSL names them.
    #[serde(default)]
    ciphers: Vec<String>,
    /// Whether the proxy of the host's environment is used.
    #[serde(default = "yes")]
    use_proxy: bool,
    /// How the client calls itself.
    http_agent: Option<String>,
    /// The directory for the file until it is whole; `/tmp` when absent.
    tmp_dest: Option<String>,
    /// Without meaning here: no compression is asked for.
    #[serde(default = "yes", rename = "decompress")]
    _decompress: bool,
    /// Without meaning here: files are always put in place whole.
    #[serde(default, rename = "unsafe_writes")]
    _unsafe_writes: bool,
}

fn ten() -> u64 {
    10
}

fn yes() -> bool {
    true
}

impl Task for GetUrl {
    const NAME: &'static str = "get_url";

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let dest = absolute(host, &self.dest).await?;
        let directory = dest.ends_with('/')
            || host
                .stat_follow(&dest)
                .await?
                .is_some_and(|stat| stat.is_dir());
        let path = match directory {
            true => join(&dest, &download::file_name(&self.url)),
            false => dest,
        };
        let here = host.stat_follow(&path).await?;
        if here.as_ref().is_some_and(|stat| stat.is_dir()) {
            return Err(Error::failed(format!("{path} is a directory")));
        }
        let expected = self.expected(host).await?;
        let mut plan = Plan::default();
        plan.returns("dest", path.as_str())
            .returns("url", download::masked(&self.url));
        let wanted = attributes(self.mode.as_ref(), self.owner.as_ref(), self.group.as_ref());
        let good = match &here {
            Some(_) => {
                self.is_good(host, &path, expected.as_ref(), directory)
                    .await?
            }
            None => false,
        };
        if good {
            let changed = plan.attributes(host, &path, &wanted, true).await?;
            let more = if changed {
                " but file attributes changed"
            } else {
                ""
            };
            plan.returns("msg", format!("file already exists{more}"));
        } else {
            self.download(host, &mut plan, &path, here.as_ref(), expected);
        }
        let standing = Standing {
            before: here.as_deref(),
            kind: FileKind::File,
            size: None,
            attributes: &wanted,
        };
        standing.tell(host, &mut plan).await?;
        if !good {
            plan.returns.shift_remove("size");
        }
        Ok(plan)
    }

    fn validate(&self) -> Result<()> {
        if let Some(checksum) = self.checksum.as_ref().filter(|it| !it.is_empty()) {
            Digest::parse(checksum)?;
        }
        if !self.unredirected_headers.is_empty() {
            return Err(
                Error::arguments("headers cannot be kept from where the server points to")
                    .hint("leave `unredirected_headers` out, and use the URL that it points to"),
            );
        }
        if !self.url.contains("://") {
            return Err(Error::arguments(format!("`{}` is not a URL", self.url))
                .hint("begin it with `https://`"));
        }
        Ok(())
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Install the kubelet, and replace it only when the version changes",
                yaml: "get_url:\n  url: https://dl.k8s.io/release/v1.35.0/bin/linux/amd64/kubelet\n  dest: /usr/local/bin/kubelet\n  checksum: sha256:https://dl.k8s.io/release/v1.35.0/bin/linux/amd64/kubelet.sha256\n  mode: \"0755\"\n",
            },
            Example {
                title: "Fetch the key of a package repository once",
                yaml: "get_url:\n  url: https://pkgs.k8s.io/core:/stable:/v1.35/deb/Release.key\n  dest: /etc/apt/keyrings/kubernetes.asc\n  mode: \"0644\"\n  timeout: 30\n",
            },
            Example {
                title: "Take a chart from a server that wants a password",
                yaml: "get_url:\n  url: https://charts.example.com/app-1.2.3.tgz\n  dest: /srv/charts/\n  url_username: deploy\n  url_password: \"{{ charts_password }}\"\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("dest", "Where the file is on the host."),
            ("url", "Where it came from, without a password."),
            ("msg", "What was done."),
            (
                "status_code",
                "What the server answered, when it was asked.",
            ),
            ("checksum_src", "SHA-1 of what was downloaded."),
            ("checksum_dest", "SHA-1 of the file that was there before."),
            ("elapsed", "How many seconds the download took."),
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

impl GetUrl {
    fn source(&self, url: &str) -> Download {
        let mut more = Curl::default();
        download::headers(&mut more, &self.headers);
        if let Some(user) = &self.url_username {
            let password = self.url_password.as_deref().unwrap_or_default();
            more.set("user", &format!("{user}:{password}"));
        }
        let words = [
            ("cert", &self.client_cert),
            ("key", &self.client_key),
            ("user-agent", &self.http_agent),
        ];
        for (option, value) in words {
            if let Some(value) = value {
                more.set(option, value);
            }
        }
        if !self.ciphers.is_empty() {
            more.set("ciphers", &self.ciphers.join(":"));
        }
        if !self.use_proxy {
            more.set("noproxy", "*");
        }
        if self.use_gssapi {
            more.on("negotiate").set("user", ":");
        }
        if self.use_netrc && !more.config().is_empty() {
            more.on("netrc-optional");
        }
        Download {
            url: url.to_owned(),
            timeout: self.timeout,
            validate_certs: self.validate_certs,
            more,
        }
    }

    /// The checksum that the file must have, looked up in a list where that is said.
    async fn expected(&self, host: &Probe) -> Result<Option<(Algorithm, String)>> {
        let Some(checksum) = self.checksum.as_ref().filter(|it| !it.is_empty()) else {
            return Ok(None);
        };
        let digest = Digest::parse(checksum)?;
        let url = match digest.value {
            Value::Known(value) => return Ok(Some((digest.algorithm, value))),
            Value::At(url) => url,
        };
        let source = self.source(&url);
        let output = host.query_beyond(source.command("-")).await?;
        source.check(&output)?;
        let name = download::file_name(&self.url);
        let value = listed(&output.text(), &name).ok_or_else(|| {
            let url = download::masked(&url);
            Error::failed(format!("there is no checksum of {name} in {url}"))
        })?;
        Ok(Some((digest.algorithm, value)))
    }

    /// Whether the file that is there can stay.
    async fn is_good(
        &self,
        host: &Probe,
        path: &str,
        expected: Option<&(Algorithm, String)>,
        directory: bool,
    ) -> Result<bool> {
        if let Some((algorithm, value)) = expected {
            return Ok(host.checksum_by(path, *algorithm).await?.as_deref() == Some(value));
        }
        if !self.force && !directory {
            return Ok(true);
        }
        // Only its content says whether it differs: it is downloaded once to be compared.
        let source = self.source(&self.url);
        let hashed = source.read_by(vec!["sha1sum".into()]);
        let output = host.query_beyond(hashed).await?;
        source.check(&output)?;
        let hash = output.text();
        let hash = hash.split_whitespace().next();
        Ok(host.checksum_by(path, Algorithm::Sha1).await?.as_deref() == hash)
    }

    fn download(
        &self,
        host: &Probe,
        plan: &mut Plan,
        path: &str,
        here: Option<&Arc<Stat>>,
        expected: Option<(Algorithm, String)>,
    ) {
        let url = download::masked(&self.url);
        let backup = (self.backup && here.is_some()).then(|| host.backup_path(path));
        if let Some(backup) = &backup {
            plan.returns("backup_file", backup.as_str());
        }
        let before = match here {
            Some(stat) => format!("a file of {} bytes\n", stat.size),
            None => String::new(),
        };
        let after = match &expected {
            Some((_, value)) => format!("{url}\nchecksum {value}\n"),
            None => format!("{url}\n"),
        };
        let fetching = Fetching {
            source: self.source(&self.url),
            path: path.to_owned(),
            directory: self.tmp_dest.clone().unwrap_or_else(|| "/tmp".into()),
            expected,
            wanted: attributes(self.mode.as_ref(), self.owner.as_ref(), self.group.as_ref()),
            backup,
        };
        let diff = Diff::text(path, before, after);
        plan.act_with(format!("download {url} to {path}"), diff, |host| {
            fetching.run(host)
        });
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{here, plan_on, refusal};
    use std::fs;

    #[tokio::test]
    async fn a_file_that_is_there_stays_unless_its_checksum_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kubelet");
        fs::write(&path, "hello").unwrap();
        let get = async |more: &str| {
            let dest = path.display();
            let arguments =
                format!("{{url: 'https://me:pw@nowhere.invalid/kubelet', dest: {dest}{more}}}");
            plan_on(&here(), "get_url", &arguments).await.unwrap()
        };
        let right = ", checksum: 'md5:5d41402abc4b2a76b9719d911017c592'";
        assert!(get("").await.is_empty());
        assert!(get(right).await.is_empty());
        assert!(get(&format!("{right}, force: true")).await.is_empty());
        let attributes = get(&format!("{right}, mode: '0700'")).await;
        assert_eq!(
            attributes.returns["msg"],
            "file already exists but file attributes changed"
        );
        let wrong = get(", checksum: 'md5:00000000000000000000000000000000', backup: true").await;
        assert!(!wrong.is_empty() && wrong.returns.contains_key("backup_file"));
        assert!(!format!("{wrong:?}").contains("pw@"), "a password is told");
    }

    #[test]
    fn arguments_that_make_no_sense_are_refused() {
        for more in ["checksum: abc", "checksum: 'crc:1'", "timeout: soon"] {
            refusal(
                "get_url",
                &format!("{{url: 'https://x/y', dest: /x, {more}}}"),
            );
        }
        refusal("get_url", "{url: kubelet, dest: /x}");
    }
}
