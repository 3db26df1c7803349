//! The `kubeconfig` module.

mod document;

use self::document::{Entries, text, without_secrets};
use super::keeping::{Keeping, absolute};
use base64::{Engine, engine::general_purpose::STANDARD};
use k8sbm_core::{
    host::{Attributes, FileChange, Host, Mode},
    task::{Diff, Error, Example, Plan, Probe, Result, Returns, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

/// Writes a kubeconfig: a cluster, a user and the context of both, with certificates and keys inside.
///
/// With `merge`, what else is in the file stays, such as the other clusters of a person's own `~/.kube/config`.
/// Certificates and keys are given as files of the host, of another host (`files_on`), or as text. Keys and tokens are
/// never shown.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kubeconfig {
    /// The absolute path of the file.
    #[serde(alias = "dest")]
    #[schemars(extend("aliases" = ["dest"]))]
    path: String,
    /// The cluster's name. Default `kubernetes`.
    #[serde(default = "kubernetes")]
    cluster: String,
    /// The user's name in this file. The API knows the user by the certificate or token.
    #[serde(default = "admin")]
    user: String,
    /// The context's name. Default `USER@CLUSTER`.
    context: Option<String>,
    /// The namespace that is meant where none is said.
    namespace: Option<String>,
    /// Where the API is: `https://address:port`. Needed unless `state: absent`.
    server: Option<String>,
    /// The name that the server's certificate must have, where it is not the one in `server`.
    tls_server_name: Option<String>,
    /// The file of the authority that signed the server's certificate.
    certificate_authority: Option<String>,
    /// The same as text in PEM.
    certificate_authority_data: Option<String>,
    /// The file of the user's certificate.
    client_certificate: Option<String>,
    /// The same as text in PEM.
    client_certificate_data: Option<String>,
    /// The file of the user's private key.
    client_key: Option<String>,
    /// The same as text in PEM.
    client_key_data: Option<String>,
    /// The user's token, in place of a certificate.
    token: Option<String>,
    /// The host whose files are meant, or `controller`. Default: the task's own host.
    files_on: Option<String>,
    /// Whether what else is in the file stays. Default: it is written anew.
    #[serde(default)]
    merge: bool,
    /// Whether the context becomes the one that is used where none is said. Default true.
    #[serde(default = "yes")]
    current: bool,
    /// Whether they are in the file. `absent` takes this cluster, user and context out of it.
    #[serde(default)]
    state: State,
    /// The owner of the file. Default: stays as it is.
    owner: Option<String>,
    /// The group of the file. Default: stays as it is.
    group: Option<String>,
    /// The permissions of the file. Default `0600`.
    #[serde(default = "private")]
    mode: Mode,
}

/// Whether something is in the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    /// It is.
    #[default]
    Present,
    /// It is not.
    Absent,
}

fn kubernetes() -> String {
    "kubernetes".into()
}

fn admin() -> String {
    "admin".into()
}

fn yes() -> bool {
    true
}

fn private() -> Mode {
    Mode::octal(0o600)
}

impl Task for Kubeconfig {
    const NAME: &'static str = "kubeconfig";

    fn validate(&self) -> Result<()> {
        absolute("path", &self.path)?;
        if self.state == State::Absent {
            return Ok(());
        }
        // What is missing has no place: it may be a template, whose value nobody knows yet.
        let refuse = |message: &str| Err(Error::arguments(message.to_owned()));
        for (argument, file, text) in self.sources() {
            if file.is_some() && text.is_some() {
                return refuse(&format!("`{argument}` is given as a file and as text"));
            }
        }
        let certificate =
            self.client_certificate.is_some() || self.client_certificate_data.is_some();
        let key = self.client_key.is_some() || self.client_key_data.is_some();
        match &self.server {
            None => return refuse("a cluster needs `server`"),
            Some(server) if !server.starts_with("https://") => {
                let error = Error::arguments("the server is not an `https://` address");
                return Err(error.about(["server"]));
            }
            Some(_) => {}
        }
        if certificate != key {
            return refuse("a user's certificate and key belong together");
        }
        if !key && self.token.is_none() {
            return refuse("a user needs a certificate and key, or a token");
        }
        Ok(())
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        plan.returns("path", self.path.as_str());
        plan.returns("context", self.context());
        let directory = self.path.rsplit_once('/').map_or("", |it| it.0);
        if !directory.is_empty() && self.state == State::Present {
            let attributes = Attributes {
                mode: (!host.exists(directory).await? && directory.ends_with("/.kube"))
                    .then(|| Mode::octal(0o700)),
                ..Attributes::default()
            };
            plan.directory(host, directory, &attributes).await?;
        }
        let keeping = Keeping::of(host, self.files_on.as_deref())?;
        match self.change(host, &keeping).await? {
            Wanted::Same => {
                plan.attributes(host, &self.path, &self.attributes(), true)
                    .await?;
            }
            Wanted::Write(change, diff) => {
                plan.change(format!("write {}", self.path), *change, Some(diff));
            }
            Wanted::Waits(missing) => {
                let this = self.clone();
                let summary = format!("write {} when {missing} is there", self.path);
                plan.act(summary, async move |host| this.write(&host).await);
            }
        }
        Ok(plan)
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[("path", "The file."), ("context", "The context's name.")]
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "What a scheduler reaches the API with",
                yaml: "kubeconfig:\n  path: /etc/kubernetes/scheduler.conf\n  server: https://127.0.0.1:6443\n  user: system:kube-scheduler\n  certificate_authority: /etc/kubernetes/pki/ca.crt\n  client_certificate: /etc/kubernetes/pki/scheduler.crt\n  client_key: /etc/kubernetes/pki/scheduler.key\n",
            },
            Example {
                title: "A cluster among the others of a person's own file",
                yaml: "kubeconfig:\n  path: /home/alice/.kube/config\n  merge: true\n  cluster: \"{{ cluster_name }}\"\n  server: https://192.168.1.100:8443\n  user: \"{{ cluster_name }}-admin\"\n  certificate_authority: /etc/kubernetes/pki/ca.crt\n  client_certificate: /etc/kubernetes/pki/admin.crt\n  client_key: /etc/kubernetes/pki/admin.key\n  files_on: \"{{ groups.control_plane[0] }}\"\n  owner: alice\n",
            },
            Example {
                title: "No longer there",
                yaml: "kubeconfig:\n  path: /home/alice/.kube/config\n  cluster: lab\n  user: lab-admin\n  state: absent\n",
            },
        ]
    }
}

/// What becomes of the file.
enum Wanted {
    /// It stays.
    Same,
    /// It is written.
    Write(Box<FileChange>, Diff),
    /// Nobody can say before this file is there.
    Waits(String),
}

impl Kubeconfig {
    fn context(&self) -> String {
        let usual = || format!("{}@{}", self.user, self.cluster);
        self.context.clone().unwrap_or_else(usual)
    }

    /// What may come from a file or be given as text.
    fn sources(&self) -> [(&'static str, Option<&String>, Option<&String>); 3] {
        [
            (
                "certificate_authority",
                self.certificate_authority.as_ref(),
                self.certificate_authority_data.as_ref(),
            ),
            (
                "client_certificate",
                self.client_certificate.as_ref(),
                self.client_certificate_data.as_ref(),
            ),
            (
                "client_key",
                self.client_key.as_ref(),
                self.client_key_data.as_ref(),
            ),
        ]
    }

    fn attributes(&self) -> Attributes {
        Attributes {
            mode: Some(self.mode.clone()),
            owner: self.owner.clone(),
            group: self.group.clone(),
        }
    }

    async fn change(&self, host: &Probe, keeping: &Keeping) -> Result<Wanted> {
        let before = host.read_text(&self.path).await?;
        let old = match &before {
            Some(text) if self.merge || self.state == State::Absent => {
                document::read(&self.path, text)?
            }
            _ => Json::Null,
        };
        let after = match self.state {
            State::Absent if before.is_none() => return Ok(Wanted::Same),
            State::Absent => self.names().taken_from(&old),
            State::Present => {
                let entries = match self.entries(keeping).await? {
                    Ok(entries) => entries,
                    Err(missing) => return Ok(Wanted::Waits(missing)),
                };
                for secret in entries.secrets() {
                    host.controller().keep_secret(secret);
                }
                entries.put_into(&old, self.current)
            }
        };
        let content = text(&after);
        let same = match &before {
            Some(_) if self.merge || self.state == State::Absent => after == old,
            Some(before) => *before == content,
            None => false,
        };
        if same {
            return Ok(Wanted::Same);
        }
        let shown = |document: &Json| text(&without_secrets(document));
        let before = before.and_then(|text| document::read(&self.path, &text).ok());
        let before = before.map(|document| shown(&document));
        let mut after = shown(&after);
        if before.as_ref() == Some(&after) {
            after.push_str("# what changes is secret\n");
        }
        let diff = Diff::text(&self.path, before.unwrap_or_default(), after);
        let change = FileChange::Write {
            path: self.path.clone(),
            content: content.into(),
            attributes: self.attributes(),
            validate: None,
            backup: None,
            in_place: false,
        };
        Ok(Wanted::Write(Box::new(change), diff))
    }

    /// The three entries by name alone.
    fn names(&self) -> Entries {
        Entries {
            cluster: json!({"name": self.cluster}),
            user: json!({"name": self.user}),
            context: json!({"name": self.context()}),
        }
    }

    /// What goes into the file, or the path of what is not there yet.
    async fn entries(&self, keeping: &Keeping) -> Result<Result<Entries, String>> {
        let mut data = [None, None, None];
        for (at, (_, file, given)) in self.sources().into_iter().enumerate() {
            data[at] = match (file, given) {
                (Some(path), _) => match keeping.read(path).await? {
                    Some(bytes) => Some(STANDARD.encode(&bytes)),
                    None => return Ok(Err(path.clone())),
                },
                (None, given) => given.map(|pem| STANDARD.encode(pem)),
            };
        }
        let [authority, certificate, key] = data;
        let (mut cluster, mut user, mut context) = (Map::new(), Map::new(), Map::new());
        put(&mut cluster, "certificate-authority-data", authority);
        put(&mut cluster, "server", self.server.clone());
        put(
            &mut cluster,
            "tls-server-name",
            self.tls_server_name.clone(),
        );
        put(&mut user, "client-certificate-data", certificate);
        put(&mut user, "client-key-data", key);
        put(&mut user, "token", self.token.clone());
        put(&mut context, "cluster", Some(self.cluster.clone()));
        put(&mut context, "namespace", self.namespace.clone());
        put(&mut context, "user", Some(self.user.clone()));
        Ok(Ok(Entries {
            cluster: json!({"name": self.cluster, "cluster": cluster}),
            user: json!({"name": self.user, "user": user}),
            context: json!({"name": self.context(), "context": context}),
        }))
    }

    async fn write(&self, host: &Host) -> Result<Returns> {
        let keeping = Keeping::now(host, self.files_on.as_deref())?;
        match self.change(host.probe(), &keeping).await? {
            Wanted::Same => {}
            Wanted::Write(change, _) => host.change(*change).await?,
            Wanted::Waits(missing) => {
                return Err(Error::failed(format!("there is no file {missing}"))
                    .hint("a task before this one shall make it"));
            }
        }
        Ok(Returns::new())
    }
}

fn put(map: &mut Map<String, Json>, name: &str, value: Option<String>) {
    if let Some(value) = value {
        map.insert(name.to_owned(), value.into());
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Desk, apply_on, probe, refusal, told};
    use k8sbm_core::connection::FakeHost;

    const YAML: &str = "{path: /etc/k/a.conf, server: 'https://10.0.0.1:6443', certificate_authority: /pki/ca.crt, client_certificate: /pki/a.crt, client_key: /pki/a.key}";

    fn host() -> FakeHost {
        FakeHost::new()
            .file("/pki/ca.crt", "ca")
            .file("/pki/a.crt", "certificate")
            .file("/pki/a.key", "key")
    }

    #[tokio::test]
    async fn a_file_holds_all_and_shows_no_key() {
        let fake = host();
        let probed = probe(fake.clone(), Desk::default());
        let shown = told(&probed, "kubeconfig", YAML).await;
        assert!(shown.contains("+   user:\n"), "{shown}");
        assert!(shown.contains("client-key-data: (not shown)"), "{shown}");
        apply_on(&probed, "kubeconfig", YAML).await.unwrap();
        assert_eq!(told(&probed, "kubeconfig", YAML).await, "");
        assert_eq!(fake.stat("/etc/k/a.conf").unwrap().mode, 0o600);
        let content = fake.content("/etc/k/a.conf").unwrap();
        assert!(content.contains("client-key-data: a2V5\n"), "{content}");
    }

    #[tokio::test]
    async fn what_is_not_there_yet_is_waited_for() {
        let fake = FakeHost::new();
        let host = probe(fake.clone(), Desk::default());
        let told = told(&host, "kubeconfig", YAML).await;
        assert!(told.contains("when /pki/ca.crt is there"), "{told}");
        let error = apply_on(&host, "kubeconfig", YAML).await.unwrap_err();
        assert_eq!(error.to_string(), "there is no file /pki/ca.crt");
    }

    #[tokio::test]
    async fn other_clusters_stay_and_go() {
        let yaml = "{path: /root/.kube/config, merge: true, cluster: lab, user: lab-admin, server: 'https://10.0.0.1:6443', token: sesame}";
        let mine = "apiVersion: v1\nkind: Config\nclusters:\n- name: home\n  cluster: {server: 'https://home:6443'}\nusers:\n- name: me\n  user: {token: abc}\ncontexts:\n- name: home\n  context: {cluster: home, user: me}\ncurrent-context: home\n";
        let fake = FakeHost::new().file("/root/.kube/config", mine);
        let host = probe(fake.clone(), Desk::default());
        apply_on(&host, "kubeconfig", yaml).await.unwrap();
        let merged = fake.content("/root/.kube/config").unwrap();
        assert!(
            merged.contains("https://home:6443")
                && merged.contains("current-context: lab-admin@lab")
        );
        assert_eq!(told(&host, "kubeconfig", yaml).await, "");
        let gone = "{path: /root/.kube/config, cluster: lab, user: lab-admin, state: absent}";
        apply_on(&host, "kubeconfig", gone).await.unwrap();
        let left = fake.content("/root/.kube/config").unwrap();
        assert!(
            left.contains("https://home:6443") && !left.contains("lab"),
            "{left}"
        );
        assert_eq!(told(&host, "kubeconfig", gone).await, "");
    }

    #[test]
    fn half_a_user_is_refused() {
        let yaml = "{path: /a, server: 'https://a', client_key: /k}";
        assert_eq!(
            refusal("kubeconfig", yaml).message,
            "a user's certificate and key belong together"
        );
        let yaml = "{path: /a, server: 'http://a', token: t}";
        assert_eq!(
            refusal("kubeconfig", yaml).message,
            "the server is not an `https://` address"
        );
    }
}
