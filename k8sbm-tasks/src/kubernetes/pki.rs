//! The `pki` module.

mod authority;
mod certificate;
mod placing;
mod private_key;
mod seen;
#[cfg(test)]
mod tests;
mod wanted;

use self::{private_key::KeyType, wanted::Wanted};
use super::keeping::absolute;
use k8sbm_core::{
    host::{Attributes, Mode},
    task::{Error, Example, Plan, Probe, Result, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Makes a certificate authority, certificates that it signs, and pairs of keys; renews certificates before they end.
///
/// An authority is kept in two files, `AUTHORITY.crt` and `AUTHORITY.key`, on one host or on the controller
/// (`authority_on`). Wherever a certificate is made, its own key is made for that host and written there for its owner
/// alone; the authority's key is read into k8sbm's memory to sign with, and reaches no other host unless `kind:
/// authority` is told to put it there. Private keys are never shown.
///
/// A certificate is good when it says what it shall, fits its key, was signed by the authority and does not end soon.
/// Otherwise it is made anew, together with its key. An authority is made once and never replaced: everything that
/// trusts it would have to learn of the new one. One that is there already, such as kubeadm's, is taken as it is.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pki {
    /// What is made.
    #[serde(default)]
    kind: Kind,
    /// Where the authority is kept, or with `kind: key_pair` the pair: an absolute path without the endings `.crt` and
    /// `.key`.
    #[serde(alias = "pair")]
    #[schemars(extend("aliases" = ["pair"]))]
    authority: String,
    /// On which host it is kept, or `controller` for the machine that k8sbm runs on, where its key is sealed with the
    /// first vault password that is given. Default: the task's own host.
    authority_on: Option<String>,
    /// The certificate's file on the host. With `kind: authority`, where a copy of its certificate goes; with `kind:
    /// key_pair`, where the public key goes.
    #[serde(alias = "path", alias = "public_key")]
    #[schemars(extend("aliases" = ["path", "public_key"]))]
    certificate: Option<String>,
    /// The private key's file on the host. Default beside the certificate, ending with `.key`; copies of an authority
    /// have none unless it is named here.
    key: Option<String>,
    /// The name of the subject. Kubernetes takes it for the user.
    common_name: Option<String>,
    /// The organisation of the subject. Kubernetes takes it for the group.
    #[serde(default)]
    organization: String,
    /// Names and addresses by which a server is reached.
    #[serde(default)]
    sans: Vec<String>,
    /// What a certificate is for. Default both.
    #[serde(default = "both")]
    usages: Vec<Usage>,
    /// The kind of key.
    #[serde(default)]
    key_type: KeyType,
    /// Bits of an RSA key: 2048, 3072 or 4096.
    #[serde(default = "usual_size")]
    key_size: u32,
    /// Days for which it is valid. Default 365, and 3650 for an authority. No certificate outlives its authority.
    days: Option<u32>,
    /// Days before its end when a certificate is made anew, and when an authority that ends is warned of. Default 30.
    #[serde(default = "a_month")]
    renew_before: u32,
    /// The owner of the files. Default: stays as it is.
    owner: Option<String>,
    /// The group of the files. Default: stays as it is.
    group: Option<String>,
    /// The permissions of the private key. Default `0600`.
    #[serde(default = "private")]
    mode: Mode,
}

/// What is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Kind {
    /// A certificate that the authority signs.
    #[default]
    Certificate,
    /// The authority itself.
    Authority,
    /// A private and a public key without a certificate, the same for all hosts that name it.
    KeyPair,
}

/// What a certificate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Usage {
    /// Whoever has it is a server.
    Server,
    /// Whoever has it is a client.
    Client,
}

fn both() -> Vec<Usage> {
    vec![Usage::Server, Usage::Client]
}

fn usual_size() -> u32 {
    2048
}

fn a_month() -> u32 {
    30
}

fn private() -> Mode {
    Mode::octal(0o600)
}

impl Task for Pki {
    const NAME: &'static str = "pki";

    fn validate(&self) -> Result<()> {
        private_key::sized(self.key_size)?;
        absolute("authority", &self.authority)?;
        for path in [&self.certificate, &self.key].into_iter().flatten() {
            absolute("certificate", path)?;
        }
        let missing = |argument: &str, what: &str| {
            Err(Error::arguments(format!("{what} needs `{argument}`")))
        };
        match self.kind {
            Kind::KeyPair => Ok(()),
            _ if self.common_name.is_none() => missing("common_name", "a certificate"),
            Kind::Certificate if self.certificate.is_none() => {
                missing("certificate", "a certificate")
            }
            _ if self.days() <= self.renew_before => Err(Error::arguments(format!(
                "it would be valid for {} days, and be renewed {} days before its end: always",
                self.days(),
                self.renew_before
            ))),
            _ => Ok(()),
        }
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        match self.kind {
            Kind::Certificate => self.plan_certificate(host).await,
            Kind::Authority | Kind::KeyPair => self.plan_kept(host).await,
        }
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            (
                "certificate",
                "The certificate's file, or the public key's.",
            ),
            ("key", "The private key's file."),
            ("expires", "When the certificate ends."),
        ]
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "An authority that is kept on the first host, and trusted by all",
                yaml: "pki:\n  kind: authority\n  authority: /etc/kubernetes/authority/ca\n  authority_on: \"{{ groups.control_plane[0] }}\"\n  common_name: kubernetes-ca\n  certificate: /etc/kubernetes/pki/ca.crt\n",
            },
            Example {
                title: "The certificate by which a kubelet is known",
                yaml: "pki:\n  authority: /etc/kubernetes/authority/ca\n  authority_on: \"{{ groups.control_plane[0] }}\"\n  certificate: /etc/kubernetes/pki/kubelet.crt\n  common_name: system:node:{{ inventory_hostname }}\n  organization: system:nodes\n  sans: [\"{{ inventory_hostname }}\", \"{{ node_address }}\"]\n",
            },
            Example {
                title: "A server's certificate by an authority on the controller, whose key the vault password seals",
                yaml: "pki:\n  authority: \"{{ inventory_dir }}/pki/etcd\"\n  authority_on: controller\n  certificate: /etc/etcd/pki/server.crt\n  key: /etc/etcd/pki/server.key\n  common_name: \"{{ inventory_hostname }}\"\n  sans: [\"{{ inventory_hostname }}\", localhost, \"{{ node_address }}\", 127.0.0.1]\n  usages: [server]\n  group: etcd\n  mode: \"0640\"\n",
            },
            Example {
                title: "The keys that sign the tokens of service accounts, the same on all control planes",
                yaml: "pki:\n  kind: key_pair\n  pair: /etc/kubernetes/authority/service-accounts\n  authority_on: \"{{ groups.control_plane[0] }}\"\n  key_type: rsa\n  public_key: /etc/kubernetes/pki/sa.pub\n  key: /etc/kubernetes/pki/sa.key\n",
            },
        ]
    }
}

impl Pki {
    fn days(&self) -> u32 {
        let authority = self.kind == Kind::Authority;
        self.days.unwrap_or(if authority { 3650 } else { 365 })
    }

    fn wanted(&self) -> Wanted {
        Wanted {
            common_name: self.common_name.clone().unwrap_or_default(),
            organization: self.organization.clone(),
            sans: self.sans.clone(),
            usages: (
                self.usages.contains(&Usage::Server),
                self.usages.contains(&Usage::Client),
            ),
            authority: self.kind == Kind::Authority,
            days: self.days(),
            renew_before: self.renew_before,
        }
    }

    /// The files of what is kept: the certificate or public key, and the private key.
    fn kept(&self) -> (String, String) {
        let ending = match self.kind {
            Kind::KeyPair => "pub",
            _ => "crt",
        };
        let path = &self.authority;
        (format!("{path}.{ending}"), format!("{path}.key"))
    }

    fn attributes(&self, mode: Mode) -> Attributes {
        Attributes {
            mode: Some(mode),
            owner: self.owner.clone(),
            group: self.group.clone(),
        }
    }

    /// Owner, group and mode of what everybody may read.
    fn open(&self) -> Attributes {
        self.attributes(Mode::octal(0o644))
    }

    /// Owner, group and mode of a private key.
    fn closed(&self) -> Attributes {
        self.attributes(self.mode.clone())
    }

    /// Where the authority is, for people.
    fn place(&self) -> String {
        match &self.authority_on {
            Some(place) => format!("{} on {place}", self.authority),
            None => self.authority.clone(),
        }
    }
}
