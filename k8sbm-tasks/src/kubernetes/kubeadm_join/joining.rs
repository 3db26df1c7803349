//! Joining itself: credentials, `kubeadm join`, and waiting for the node.

use crate::kubernetes::kubeadm::{
    Credentials, Documents, Known, Leftovers, Standing, ask_for_node, credentials, delete_token,
    forget_node, known_to, readiness, run_kubeadm,
};
use k8sbm_core::{
    host::{Attributes, Command, FileChange, Host, Mode},
    task::{Error, Result, Returns},
};
use serde_json::{Value as Json, json};
use std::time::Duration;
use tokio::{sync::Mutex, time::Instant};

/// etcd takes one learner at a time, and each new key makes the one before worthless.
static CONTROL_PLANE: Mutex<()> = Mutex::const_new(());

/// In memory, and gone after the join: it holds secrets.
const SECRET: &str = "/run/k8sbm-kubeadm-join.yaml";

/// A host on its way into the cluster.
pub(super) struct Joining {
    pub node: String,
    pub from: Option<String>,
    pub control_plane: bool,
    pub endpoint: Option<String>,
    pub given: Option<Credentials>,
    pub config: String,
    pub arguments: Vec<String>,
    pub repair: bool,
    pub timeout: u64,
}

impl Joining {
    pub(super) async fn run(self, host: Host) -> Result<Returns> {
        let _alone = match self.control_plane {
            true => Some(CONTROL_PLANE.lock().await),
            false => None,
        };
        let leader = self
            .from
            .as_ref()
            .map(|from| host.other(from))
            .transpose()?;
        if self.repair {
            if let Some(leader) = &leader {
                forget_node(leader, &self.node).await?;
            }
            Leftovers::clear_to_begin_anew(&host).await?;
        }
        let credentials = match (&self.given, &leader) {
            (Some(given), _) => given.clone(),
            (None, Some(leader)) => credentials(leader, self.control_plane).await?,
            (None, None) => return Err(Error::failed("there is nothing to join with")),
        };
        let joined = self.join(&host, leader.as_ref(), &credentials).await;
        if let Some(leader) = leader.as_ref().filter(|_| self.given.is_none()) {
            // It ends by itself in minutes, should it not go now.
            let _ = delete_token(leader, &credentials.token).await;
        }
        joined?;
        self.wait(&host, leader.as_ref()).await
    }

    /// Refuses a configuration for the control plane where a worker shall join.
    ///
    /// # Errors
    /// Also where it cannot be read.
    pub(super) fn in_its_role(path: &str, text: &str, control_plane: bool) -> Result<()> {
        let documents = Documents::read(path, text)?;
        let join = documents.kind("JoinConfiguration");
        match join.is_some_and(|join| join["controlPlane"].is_object()) {
            true if !control_plane => Err(Error::failed(format!(
                "the configuration at {path} is for a host of the control plane, and the host shall be a worker"
            ))
            .hint("say `control_plane: true` here, or write the configuration without it")
            .about(["control_plane"])),
            _ => Ok(()),
        }
    }

    async fn join(&self, host: &Host, leader: Option<&Host>, with: &Credentials) -> Result<()> {
        let endpoint = match (&self.endpoint, leader) {
            (Some(endpoint), _) => endpoint.clone(),
            (None, Some(leader)) => endpoint_of(leader).await?,
            (None, None) => return Err(Error::failed("there is no endpoint to join at")),
        };
        let text = self.configuration(host, &endpoint, with).await?;
        host.change(file(SECRET, text.into_bytes())).await?;
        let argv = ["kubeadm", "join", "--config", SECRET].map(str::to_owned);
        let argv = argv.into_iter().chain(self.arguments.iter().cloned());
        let joined = run_kubeadm(host, "join", Command::new(argv)).await;
        let removed = host
            .change(FileChange::Remove {
                path: SECRET.into(),
            })
            .await;
        joined.and(removed)
    }

    /// What the host says of itself, with what it joins with.
    async fn configuration(
        &self,
        host: &Host,
        endpoint: &str,
        with: &Credentials,
    ) -> Result<String> {
        let path = &self.config;
        let text = host.probe().read_text(path).await?.ok_or_else(|| {
            Error::failed(format!("there is no configuration at {path}"))
                .hint("`kubeadm_config` with `kind: join` writes it")
        })?;
        Self::in_its_role(path, &text, self.control_plane)?;
        let mut documents = Documents::read(path, &text)?;
        let join = documents.kind_mut("JoinConfiguration").ok_or_else(|| {
            Error::failed(format!("{path} holds no JoinConfiguration"))
                .hint("`kubeadm_config` with `kind: join` writes it")
        })?;
        join["discovery"] = json!({
            "bootstrapToken": {
                "apiServerEndpoint": endpoint,
                "token": with.token,
                "caCertHashes": with.ca_cert_hashes,
            }
        });
        if let (true, Some(key)) = (self.control_plane, &with.certificate_key) {
            if !join["controlPlane"].is_object() {
                join["controlPlane"] = json!({});
            }
            join["controlPlane"]["certificateKey"] = key.as_str().into();
        }
        Ok(documents.text())
    }

    /// Until the API knows the node.
    async fn wait(&self, host: &Host, leader: Option<&Host>) -> Result<Returns> {
        let end = Instant::now() + Duration::from_secs(self.timeout);
        loop {
            let known = match leader {
                Some(leader) => known_to(leader.probe(), &self.node).await?,
                None => {
                    let own = ask_for_node("/etc/kubernetes/kubelet.conf", &self.node, 0);
                    Known::read(&host.run(own).await?)
                }
            };
            let why = match known {
                Known::Node(node) => {
                    let ready = Json::from(readiness(&node));
                    return Ok(Returns::from_iter([("ready".to_owned(), ready)]));
                }
                Known::Absent => "the API does not know it".to_owned(),
                Known::Silent(why) => why,
            };
            if Instant::now() >= end {
                let node = &self.node;
                return Err(Error::failed(format!(
                    "`kubeadm join` ended well, yet the node `{node}` did not appear: {why}"
                ))
                .hint("`journalctl -u kubelet` on the host says more"));
            }
            host.wait(Duration::from_secs(1)).await;
        }
    }
}

/// Where the API is, as the host of the control plane reaches it, without `https://`.
async fn endpoint_of(leader: &Host) -> Result<String> {
    let standing = Standing::of(leader.probe()).await?;
    let server = standing
        .server()
        .map(|it| it.trim_start_matches("https://").to_owned());
    server.ok_or_else(|| {
        let name = leader.name();
        Error::failed(format!("{name} is in no cluster yet"))
            .hint("`from` names a host that is one of the control plane")
    })
}

fn file(path: &str, content: Vec<u8>) -> FileChange {
    FileChange::Write {
        path: path.into(),
        content,
        attributes: Attributes {
            mode: Some(Mode::octal(0o600)),
            ..Attributes::default()
        },
        validate: None,
        backup: None,
        in_place: false,
    }
}
