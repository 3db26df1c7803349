//! `uri`: asks a web server.

mod body;
mod curl;
mod reply;
mod request;

pub(crate) use curl::Curl;

use self::{
    body::{Body, BodyFormat},
    curl::{Answer, MISSING},
    request::Sent,
};
use crate::command::{Conditions, Needless, TemporaryDirectory};
use k8sbm_core::{
    host::{Attributes, Command, Host, Mode, Output},
    task::{Error, Example, Plan, Probe, Result, Returns, Task, WriteFile},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;
use std::{sync::Arc, time::Instant};

/// Sends a request to a web server from the host, and tells what it answers.
///
/// The host needs curl. Without `dest` the task never counts as a change, whatever the method; say `changed_when` where
/// the request changes something.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Uri {
    /// Where to: `http://` or `https://`.
    pub(super) url: String,
    /// The method.
    #[serde(default = "get")]
    method: String,
    /// What to send: text, or a value that `body_format` writes.
    body: Option<Json>,
    /// How `body` is written; all but `raw` set `Content-Type` too, unless `headers` does.
    #[serde(default)]
    body_format: BodyFormat,
    /// A file to send instead of `body`.
    src: Option<String>,
    /// Whether `src`, and the files of a form, are on the host. Otherwise they are looked for in `files/`.
    #[serde(default)]
    remote_src: bool,
    /// Headers to send, by name.
    #[serde(default)]
    headers: Returns,
    /// The statuses that mean success; with any other the task fails.
    #[serde(default = "ok")]
    pub(super) status_code: Vec<u16>,
    /// Whether the body of the answer is returned as `content`. JSON is returned as `json` in any case.
    #[serde(default)]
    pub(super) return_content: bool,
    /// A file on the host for the body of the answer; in a directory it is called as in the URL.
    dest: Option<String>,
    /// Owner of `dest`.
    owner: Option<String>,
    /// Group of `dest`.
    group: Option<String>,
    /// Mode of `dest`.
    mode: Option<Mode>,
    /// A path on the host, or a pattern. Where it is there, nothing is sent.
    creates: Option<String>,
    /// A path on the host, or a pattern. Where it is not there, nothing is sent.
    removes: Option<String>,
    /// Seconds to wait for a connection, and for the next byte.
    #[serde(default = "half_a_minute")]
    timeout: u64,
    /// Whether the server's certificate must be valid.
    #[serde(default = "yes")]
    validate_certs: bool,
    /// A file on the host with the certificates of authorities to trust.
    ca_path: Option<String>,
    /// A file on the host with the certificate to show to the server; it may hold the key too.
    client_cert: Option<String>,
    /// A file on the host with the key of `client_cert`.
    client_key: Option<String>,
    /// Ciphers to offer, in OpenSSL's words.
    #[serde(default)]
    ciphers: Vec<String>,
    /// User to log in as.
    #[serde(alias = "user")]
    #[schemars(extend("aliases" = ["user"]))]
    url_username: Option<String>,
    /// Password of the user.
    #[serde(alias = "password")]
    #[schemars(extend("aliases" = ["password"]))]
    url_password: Option<String>,
    /// Whether the password is sent at once, without waiting to be asked for it.
    #[serde(default)]
    force_basic_auth: bool,
    /// Whether to log in with Kerberos.
    #[serde(default)]
    use_gssapi: bool,
    /// Whether `~/.netrc` of the host's user may name a user and password.
    #[serde(default = "yes")]
    use_netrc: bool,
    /// Whether to go where the server sends the request: `safe` only for GET and HEAD, `all` or `none`.
    #[serde(default)]
    follow_redirects: Redirects,
    /// A socket on the host to send the request through.
    unix_socket: Option<String>,
    /// Whether the proxy in the environment is used.
    #[serde(default = "yes")]
    use_proxy: bool,
    /// Whether caches on the way are passed by.
    #[serde(default)]
    force: bool,
    /// Whether a packed body is unpacked.
    #[serde(default = "yes")]
    decompress: bool,
    /// What the client calls itself.
    #[serde(default = "agent")]
    http_agent: String,
    /// Not supported: headers that are not sent elsewhere.
    #[serde(default)]
    unredirected_headers: Vec<String>,
}

/// Whether to go where a server sends a request.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Redirects {
    /// For GET and HEAD.
    #[default]
    Safe,
    /// Always.
    #[serde(alias = "yes")]
    All,
    /// Never.
    #[serde(alias = "no")]
    None,
    /// For GET, HEAD and POST, which becomes GET.
    Urllib2,
}

fn get() -> String {
    "GET".into()
}

fn ok() -> Vec<u16> {
    vec![200]
}

fn half_a_minute() -> u64 {
    30
}

fn yes() -> bool {
    true
}

fn agent() -> String {
    "ansible-httpget".into()
}

impl Uri {
    fn method(&self) -> String {
        self.method.trim().to_ascii_uppercase()
    }

    /// Whether asking twice is the same as asking once.
    fn reads(&self) -> bool {
        matches!(self.method().as_str(), "GET" | "HEAD")
    }

    fn follows(&self) -> bool {
        match self.follow_redirects {
            Redirects::All => true,
            Redirects::None => false,
            Redirects::Safe => self.reads(),
            Redirects::Urllib2 => self.reads() || self.method() == "POST",
        }
    }

    /// What is sent, if anything.
    async fn sent(&self, host: &Probe) -> Result<Option<Body>> {
        match (&self.src, &self.body) {
            (Some(src), _) => Ok(Some(Body {
                bytes: body::read(src, host, self.remote_src).await?,
                content_type: None,
            })),
            (None, Some(value)) => {
                let written = Body::write(value, self.body_format, host, self.remote_src);
                written.await.map(Some)
            }
            (None, None) => Ok(None),
        }
    }

    async fn send(self, host: Host, body: Option<Body>) -> Result<Returns> {
        let start = Instant::now();
        let output = match self.small_command(body.as_ref()) {
            Some(command) => host.run(command).await?,
            None => {
                let body = body.unwrap_or_default();
                let directory = TemporaryDirectory::make(&host).await?;
                let sent = self.send_file(&host, &directory, body).await;
                let removed = directory.remove(&host).await;
                let output = sent?;
                removed.map(|()| output)?
            }
        };
        let (answer, mut told) = self.judge(&output, start.elapsed().as_secs())?;
        if let Some(dest) = &self.dest {
            let path = self.destination(host.probe(), dest).await?;
            let mut plan = Plan::default();
            plan.write(host.probe(), self.file(&path, answer.body))
                .await?;
            plan.apply(&host).await?;
            told.insert("path".into(), path.into());
        }
        Ok(told)
    }

    async fn send_file(
        &self,
        host: &Host,
        directory: &TemporaryDirectory,
        body: Body,
    ) -> Result<Output> {
        let path = directory.write(host, "body", body.bytes, 0o600).await?;
        let curl = self.curl(body.content_type.as_deref(), Some(Sent::File(&path)));
        host.run(curl.command()).await
    }

    /// What came of the request, if that means success.
    fn judge(&self, output: &Output, elapsed: u64) -> Result<(Answer, Returns)> {
        if output.status == MISSING {
            return Err(
                Error::failed("the host has no curl").hint("install the package `curl` before")
            );
        }
        let answer =
            Answer::read(&output.stdout).filter(|answer| answer.status > 0 && output.success());
        match answer {
            Some(answer) => {
                let returns = reply::returns(self, &answer, elapsed)?;
                Ok((answer, returns))
            }
            None => Err(reply::failure(self, &output.error_text(), elapsed)),
        }
    }

    /// Where the body goes: in a directory, the last part of the URL.
    async fn destination(&self, host: &Probe, dest: &str) -> Result<String> {
        match host.stat_follow(dest).await? {
            Some(stat) if stat.is_dir() => {
                let path = self.url.split(['?', '#']).next().unwrap_or_default();
                let path = path.split_once("://").map_or(path, |(_, rest)| rest);
                let name = path
                    .split('/')
                    .skip(1)
                    .last()
                    .filter(|name| !name.is_empty());
                Ok(format!(
                    "{}/{}",
                    dest.trim_end_matches('/'),
                    name.unwrap_or("index.html")
                ))
            }
            _ => Ok(dest.to_owned()),
        }
    }

    fn file(&self, path: &str, content: Vec<u8>) -> WriteFile {
        WriteFile {
            path: path.to_owned(),
            content,
            attributes: Attributes {
                mode: self.mode.clone(),
                owner: self.owner.clone(),
                group: self.group.clone(),
            },
            ..WriteFile::default()
        }
    }

    /// A file that is there is compared with what the server has; asking for it changes nothing.
    async fn plan_file(&self, host: &Probe, dest: &str, command: Command) -> Result<Plan> {
        let start = Instant::now();
        let output: Arc<Output> = host.query_beyond(command).await?;
        let (answer, told) = self.judge(&output, start.elapsed().as_secs())?;
        let mut plan = Plan::default();
        plan.returns.extend(told);
        plan.returns("path", dest);
        plan.write(host, self.file(dest, answer.body)).await?;
        Ok(plan)
    }
}

impl Task for Uri {
    const NAME: &'static str = "uri";
    const ALWAYS_ACTS: bool = true;

    fn validate(&self) -> Result<()> {
        let method = self.method();
        if method.is_empty() || !method.bytes().all(|letter| letter.is_ascii_uppercase()) {
            return Err(Error::arguments(format!(
                "`method` must be a word such as GET or POST, not `{}`",
                self.method
            )));
        }
        if self.body.is_some() && self.src.is_some() {
            return Err(Error::arguments("`body` and `src` are mutually exclusive"));
        }
        if !self.unredirected_headers.is_empty() && self.follows() {
            return Err(Error::arguments("`unredirected_headers` is not supported")
                .hint("say `follow_redirects: none`, so that no header is sent elsewhere"));
        }
        Ok(())
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let conditions = Conditions {
            creates: self.creates.clone(),
            removes: self.removes.clone(),
            chdir: None,
        };
        if let Some(needless) = conditions.needless(host).await? {
            let why = match needless {
                Needless::Exists(path) => format!("skipped, since '{path}' exists"),
                Needless::Gone(path) => format!("skipped, since '{path}' does not exist"),
            };
            let mut plan = Plan::default();
            plan.returns("stdout", why);
            return Ok(plan);
        }
        let body = self.sent(host).await?;
        let line = format!("{} {}", self.method(), reply::masked(&self.url));
        let request = self.clone();
        let mut plan = Plan::default();
        let Some(dest) = &self.dest else {
            plan.observe(line, |host| request.send(host, body));
            return Ok(plan);
        };
        let path = self.destination(host, dest).await?;
        let there = host.stat_follow(&path).await?.is_some();
        match self.small_command(body.as_ref()) {
            Some(command) if there && self.reads() => self.plan_file(host, &path, command).await,
            _ => {
                plan.act(format!("{line} into {path}"), |host| {
                    request.send(host, body)
                });
                Ok(plan)
            }
        }
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Wait until the API server is well",
                yaml: "uri:\n  url: https://127.0.0.1:6443/readyz\n  ca_path: /etc/kubernetes/pki/ca.crt\nregister: readyz\nuntil: readyz.status == 200\nretries: 60\ndelay: 2\n",
            },
            Example {
                title: "Add a check to a load balancer",
                yaml: "uri:\n  url: http://lb.example.org/api/checks\n  method: POST\n  body_format: json\n  body:\n    name: apiserver\n    port: 6443\n  status_code: [200, 201]\n  url_username: deploy\n  url_password: \"{{ lb_password }}\"\n  force_basic_auth: true\nregister: check\nchanged_when: check.status == 201\n",
            },
            Example {
                title: "Keep a file as a server has it",
                yaml: "uri:\n  url: https://keys.example.org/admins\n  dest: /etc/ssh/admins\n  mode: \"0644\"\n",
            },
            Example {
                title: "Ask containerd's metrics through a socket",
                yaml: "uri:\n  url: http://localhost/v1/metrics\n  unix_socket: /run/metrics.sock\n  return_content: true\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        reply::RETURNS
    }
}

#[cfg(test)]
mod tests;
