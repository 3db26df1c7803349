//! `csr_approve`: certificates that kubelets ask for.

mod request;

use self::request::Request;
use super::cluster::{Cluster, admin_conf, no_cluster};
use k8sbm_core::{
    host::Command,
    task::{Error, Example, Plan, Probe, Result, Returns, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::{collections::BTreeMap, time::Duration};

/// Approves requests for certificates that are what they should be, and leaves all others alone.
///
/// A kubelet's request for a serving certificate is approved when it comes from the node it names, and asks for no name
/// and no address but those of that node: of `sans`, or of the node's own in the API. A request for a kubelet's client
/// certificate is approved when it names a node, and no addresses. What is refused is told with the reason, and stays
/// pending. The host needs openssl, which reads the requests.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CsrApprove {
    /// Only requests of these names.
    #[serde(default)]
    names: Vec<String>,
    /// Label selectors that requests must have.
    #[serde(default)]
    label_selectors: Vec<String>,
    /// Whose certificates are approved: `kubernetes.io/kubelet-serving` and `kubernetes.io/kube-apiserver-client-kubelet`
    /// are known. Default the first.
    #[serde(default = "serving")]
    signers: Vec<String>,
    /// Only requests of these nodes; all when empty.
    #[serde(default)]
    nodes: Vec<String>,
    /// Names and addresses that a node's certificate may have, by node. Of other nodes those in the API count.
    #[serde(default)]
    sans: BTreeMap<String, Vec<String>>,
    /// Fails where a request is refused. Otherwise that is a warning.
    #[serde(default)]
    strict: bool,
    /// The kubeconfig on the host. Default `/etc/kubernetes/admin.conf`.
    #[serde(default = "admin_conf")]
    kubeconfig: String,
}

const SERVING: &str = "kubernetes.io/kubelet-serving";
const CLIENT: &str = "kubernetes.io/kube-apiserver-client-kubelet";

fn serving() -> Vec<String> {
    vec![SERVING.into()]
}

impl CsrApprove {
    /// Requests that nobody has decided on.
    async fn pending(&self, cluster: &Cluster) -> Result<Vec<Json>> {
        let mut words = vec!["CertificateSigningRequest.v1.certificates.k8s.io".to_owned()];
        if !self.label_selectors.is_empty() {
            words.extend(["-l".into(), self.label_selectors.join(",")]);
        }
        let all = cluster.list(&words).await?;
        let open = |it: &Json| {
            let decided = it["status"]["conditions"]
                .as_array()
                .is_some_and(|it| !it.is_empty());
            let signer = it["spec"]["signerName"].as_str().unwrap_or_default();
            let named = self.names.is_empty()
                || self
                    .names
                    .iter()
                    .any(|name| it["metadata"]["name"] == **name);
            !decided && named && self.signers.iter().any(|it| it == signer)
        };
        Ok(all.into_iter().filter(open).collect())
    }

    /// The node of a request that may be approved, with its names; or why it may not.
    fn judge(&self, csr: &Json, request: &Request, nodes: &[Json]) -> Result<String, String> {
        let Some(node) = request.common_name.strip_prefix("system:node:") else {
            return Err(format!(
                "it is for `{}`, which is no node",
                request.common_name
            ));
        };
        if request.organizations != ["system:nodes"] {
            return Err(format!(
                "its groups are {}, not system:nodes",
                request.organizations.join(", ")
            ));
        }
        if !self.nodes.is_empty() && !self.nodes.iter().any(|it| it == node) {
            return Err(format!("`{node}` is none of the nodes"));
        }
        let user = csr["spec"]["username"].as_str().unwrap_or_default();
        if csr["spec"]["signerName"] == CLIENT {
            if !request.names.is_empty() {
                return Err(format!("it asks for {}", request.names.join(", ")));
            }
            let known = user.starts_with("system:bootstrap:") || user == request.common_name;
            return if known {
                Ok(node.into())
            } else {
                Err(format!("it comes from `{user}`"))
            };
        }
        if user != request.common_name {
            return Err(format!("it is for `{node}`, and comes from `{user}`"));
        }
        let allowed = match self.sans.get(node) {
            Some(allowed) => allowed.clone(),
            None => {
                addresses(nodes, node).ok_or_else(|| format!("the API has no node `{node}`"))?
            }
        };
        let strange: Vec<&str> = request
            .names
            .iter()
            .filter(|it| !allowed.contains(it))
            .map(String::as_str)
            .collect();
        match (strange.as_slice(), request.names.is_empty()) {
            (_, true) => Err("it asks for no name and no address".into()),
            ([], _) => Ok(format!("{node} ({})", request.names.join(", "))),
            _ => Err(format!("`{node}` has no right to {}", strange.join(", "))),
        }
    }
}

/// Names and addresses of a node in the API.
fn addresses(nodes: &[Json], name: &str) -> Option<Vec<String>> {
    let node = nodes.iter().find(|it| it["metadata"]["name"] == name)?;
    let listed = node["status"]["addresses"].as_array().into_iter().flatten();
    let mut all: Vec<String> = listed
        .filter_map(|it| it["address"].as_str().map(str::to_owned))
        .collect();
    all.push(name.into());
    Some(all)
}

impl Task for CsrApprove {
    const NAME: &'static str = "csr_approve";

    fn validate(&self) -> Result<()> {
        let unknown = self
            .signers
            .iter()
            .find(|it| ![SERVING, CLIENT].contains(&&***it));
        match unknown {
            Some(signer) => Err(Error::arguments(format!(
                "requests to `{signer}` cannot be judged"
            ))
            .hint(format!("known are `{SERVING}` and `{CLIENT}`"))),
            None => Ok(()),
        }
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        let Some(cluster) = Cluster::open(host, &self.kubeconfig).await? else {
            return Err(no_cluster(&self.kubeconfig));
        };
        let pending = self.pending(&cluster).await?;
        let nodes = if pending.is_empty() {
            Vec::new()
        } else {
            cluster.list(&["Node.v1."]).await?
        };
        let (mut approved, mut told, mut refused) = (Vec::new(), Vec::new(), Vec::new());
        for csr in &pending {
            let name = csr["metadata"]["name"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            let judged = match read(host, csr).await? {
                Ok(request) => self.judge(csr, &request, &nodes),
                Err(why) => Err(why),
            };
            match judged {
                Ok(whose) => {
                    told.push(format!("{name} of {whose}"));
                    approved.push(name);
                }
                Err(why) => refused.push(json!({"name": name, "why": why})),
            }
        }
        plan.returns("approved", json!(approved));
        plan.returns("refused", json!(refused));
        for it in &refused {
            let text = format!(
                "the request {} is not approved: {}",
                it["name"].as_str().unwrap_or_default(),
                it["why"].as_str().unwrap_or_default()
            );
            if self.strict {
                return Err(Error::failed(text).returning("refused", json!(refused)));
            }
            plan.warn(text);
        }
        if !approved.is_empty() {
            plan.act(format!("approve {}", told.join("; ")), |_| async move {
                let mut words = vec!["certificate".to_owned(), "approve".to_owned()];
                words.extend(approved);
                cluster.order(&words, None, Duration::from_secs(60)).await?;
                Ok(Returns::new())
            });
        }
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Serving certificates of kubelets, with the addresses that the API knows",
                yaml: "csr_approve:\n  nodes: \"{{ groups.workers }}\"\nregister: certificates\n",
            },
            Example {
                title: "Names and addresses that are known beforehand",
                yaml: "csr_approve:\n  strict: true\n  sans:\n    node-0: [node-0, 10.240.0.20]\n    node-1: [node-1, 10.240.0.21]\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("approved", "The names of the requests that are approved."),
            ("refused", "Those that are not, each with `name` and `why`."),
        ]
    }
}

/// What a request asks for, as openssl reads it; or why it cannot be read.
async fn read(host: &Probe, csr: &Json) -> Result<Result<Request, String>> {
    use base64::Engine as _;
    let encoded = csr["spec"]["request"].as_str().unwrap_or_default();
    let Ok(pem) = base64::engine::general_purpose::STANDARD.decode(encoded) else {
        return Ok(Err("it is no base64".into()));
    };
    let command = Command::new([
        "openssl",
        "req",
        "-noout",
        "-text",
        "-nameopt",
        "sep_multiline,lname",
    ])
    .stdin(pem);
    let output = host.query_command(command).await?;
    match output.status {
        0 => Ok(Ok(Request::read(&output.text()))),
        127 => {
            Err(Error::failed("the host has no openssl")
                .hint("install the package `openssl` before"))
        }
        _ => Ok(Err(format!(
            "openssl cannot read it: {}",
            output.error_text().trim()
        ))),
    }
}

#[cfg(test)]
mod tests;
