//! The `yum_repository` module.

mod section;

use self::section::{parsed, replaced};
use crate::file::attributes;
use k8sbm_core::{
    host::Mode,
    task::{Error, Example, Plan, Probe, Result, Task, WriteFile},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value as Json};

/// Says where dnf and yum take packages from, as a section of a file of `/etc/yum.repos.d`.
///
/// Other sections of the file, and comments there, stay as they are.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct YumRepository {
    /// The repository's id, by which dnf knows it.
    name: String,
    /// The file in `/etc/yum.repos.d`, without `.repo`. Default: the id.
    file: Option<String>,
    /// Whether packages come from there.
    #[serde(default)]
    state: State,
    /// The directory. Default `/etc/yum.repos.d`.
    #[serde(default = "reposdir")]
    reposdir: String,
    /// Permissions, such as `"0644"`. An existing file keeps its own when this is absent.
    mode: Option<Mode>,
    /// The owner, by name or number.
    owner: Option<String>,
    /// The group, by name or number.
    group: Option<String>,
    /// Taken for Ansible's sake: the file is always put in place whole.
    #[serde(default)]
    #[expect(dead_code, reason = "always so")]
    unsafe_writes: bool,
    /// What people read; needed where it is present.
    description: Option<String>,
    /// Addresses of the repository.
    baseurl: Option<Vec<String>>,
    /// The address of a list of mirrors.
    mirrorlist: Option<String>,
    /// The address of a metalink file of mirrors.
    metalink: Option<String>,
    /// Whether packages come from there unless it is said otherwise.
    enabled: Option<bool>,
    /// Whether packages must be signed.
    gpgcheck: Option<bool>,
    /// Whether the repository's own data must be signed.
    repo_gpgcheck: Option<bool>,
    /// Addresses of the keys that sign.
    gpgkey: Option<Vec<String>>,
    /// The address of the key that signs the keys.
    gpgcakey: Option<String>,
    /// Packages that do not come from there.
    #[serde(alias = "excludepkgs")]
    #[schemars(extend("aliases" = ["excludepkgs"]))]
    exclude: Option<Vec<String>>,
    /// A file with more of it.
    include: Option<String>,
    /// Packages that come from there, and no others.
    includepkgs: Option<Vec<String>>,
    /// Whether packages come from there whatever module stream is chosen.
    module_hotfixes: Option<bool>,
    /// Which repository wins: the lower, from 1 to 99.
    priority: Option<String>,
    /// How costly it is to take a package from there.
    cost: Option<String>,
    /// Whether the repository may count the host.
    countme: Option<bool>,
    /// Whether dnf goes on where it does not answer.
    skip_if_unavailable: Option<bool>,
    /// For how long the repository's data are good enough, such as `6h`.
    metadata_expire: Option<String>,
    /// For which questions that counts.
    metadata_expire_filter: Option<String>,
    /// For how long the list of mirrors is good enough.
    mirrorlist_expire: Option<String>,
    /// How small a difference must be to be fetched in place of a package.
    deltarpm_percentage: Option<String>,
    /// How small the data about differences must be.
    deltarpm_metadata_percentage: Option<String>,
    /// Whether its groups of packages are known.
    enablegroups: Option<bool>,
    /// Which of several addresses comes first: `roundrobin` or `priority`.
    failovermethod: Option<String>,
    /// What caches on the way may keep: `all`, `packages` or `none`.
    http_caching: Option<String>,
    /// Which addresses are used: `4`, `6`, `IPv4`, `IPv6` or `whatever`.
    ip_resolve: Option<String>,
    /// Whether connections are used again.
    keepalive: Option<bool>,
    /// Whether packages are kept: `0` or `1`.
    keepcache: Option<String>,
    /// Whether its packages are protected from those of other repositories.
    protect: Option<bool>,
    /// Whether data are fetched side by side.
    #[serde(rename = "async")]
    asynchronous: Option<bool>,
    /// How many bytes a second there are.
    bandwidth: Option<String>,
    /// How many of them are used.
    throttle: Option<String>,
    /// Seconds to wait for a connection.
    timeout: Option<String>,
    /// How often a file is tried.
    retries: Option<String>,
    /// The address of a proxy, or `_none_`.
    proxy: Option<String>,
    /// Who asks at the proxy.
    proxy_username: Option<String>,
    /// The password for the proxy.
    proxy_password: Option<String>,
    /// Who asks.
    username: Option<String>,
    /// The password.
    password: Option<String>,
    /// Whether it lies in an S3 bucket.
    s3_enabled: Option<bool>,
    /// The file of authorities that are believed.
    #[serde(alias = "ca_cert")]
    #[schemars(extend("aliases" = ["ca_cert"]))]
    sslcacert: Option<String>,
    /// Whether the files of certificates must be private.
    ssl_check_cert_permissions: Option<bool>,
    /// The file of the host's certificate.
    #[serde(alias = "client_cert")]
    #[schemars(extend("aliases" = ["client_cert"]))]
    sslclientcert: Option<String>,
    /// The file of the key to it.
    #[serde(alias = "client_key")]
    #[schemars(extend("aliases" = ["client_key"]))]
    sslclientkey: Option<String>,
    /// Whether the server's certificate must be valid.
    #[serde(alias = "validate_certs")]
    #[schemars(extend("aliases" = ["validate_certs"]))]
    sslverify: Option<bool>,
    /// Variables that are part of the id where it is shown.
    ui_repoid_vars: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "lowercase")]
enum State {
    /// They do.
    #[default]
    Present,
    /// They do not.
    Absent,
}

fn reposdir() -> String {
    "/etc/yum.repos.d".into()
}

impl YumRepository {
    /// The lines of the section, in the order of their names.
    fn options(&self) -> Map<String, Json> {
        let text = |value: &Option<String>| value.clone().map(Json::from);
        let flag = |value: Option<bool>| value.map(|on| Json::from(if on { "1" } else { "0" }));
        let list = |value: &Option<Vec<String>>, between: &str| {
            value.as_ref().map(|all| Json::from(all.join(between)))
        };
        let all = [
            ("name", text(&self.description)),
            ("baseurl", list(&self.baseurl, "\n")),
            ("mirrorlist", text(&self.mirrorlist)),
            ("metalink", text(&self.metalink)),
            ("enabled", flag(self.enabled)),
            ("gpgcheck", flag(self.gpgcheck)),
            ("repo_gpgcheck", flag(self.repo_gpgcheck)),
            ("gpgkey", list(&self.gpgkey, "\n")),
            ("gpgcakey", text(&self.gpgcakey)),
            ("exclude", list(&self.exclude, " ")),
            ("include", text(&self.include)),
            ("includepkgs", list(&self.includepkgs, " ")),
            ("module_hotfixes", flag(self.module_hotfixes)),
            ("priority", text(&self.priority)),
            ("cost", text(&self.cost)),
            ("countme", flag(self.countme)),
            ("skip_if_unavailable", flag(self.skip_if_unavailable)),
            ("metadata_expire", text(&self.metadata_expire)),
            ("metadata_expire_filter", text(&self.metadata_expire_filter)),
            ("mirrorlist_expire", text(&self.mirrorlist_expire)),
            ("deltarpm_percentage", text(&self.deltarpm_percentage)),
            (
                "deltarpm_metadata_percentage",
                text(&self.deltarpm_metadata_percentage),
            ),
            ("enablegroups", flag(self.enablegroups)),
            ("failovermethod", text(&self.failovermethod)),
            ("http_caching", text(&self.http_caching)),
            ("ip_resolve", text(&self.ip_resolve)),
            ("keepalive", flag(self.keepalive)),
            ("keepcache", text(&self.keepcache)),
            ("protect", flag(self.protect)),
            ("async", flag(self.asynchronous)),
            ("bandwidth", text(&self.bandwidth)),
            ("throttle", text(&self.throttle)),
            ("timeout", text(&self.timeout)),
            ("retries", text(&self.retries)),
            ("proxy", text(&self.proxy)),
            ("proxy_username", text(&self.proxy_username)),
            ("proxy_password", text(&self.proxy_password)),
            ("username", text(&self.username)),
            ("password", text(&self.password)),
            ("s3_enabled", flag(self.s3_enabled)),
            ("sslcacert", text(&self.sslcacert)),
            (
                "ssl_check_cert_permissions",
                flag(self.ssl_check_cert_permissions),
            ),
            ("sslclientcert", text(&self.sslclientcert)),
            ("sslclientkey", text(&self.sslclientkey)),
            ("sslverify", flag(self.sslverify)),
            ("ui_repoid_vars", text(&self.ui_repoid_vars)),
        ];
        let mut all: Vec<(&str, String)> = all
            .into_iter()
            .filter_map(|(key, value)| Some((key, value?.as_str()?.to_owned())))
            .collect();
        all.sort_unstable();
        all.into_iter()
            .map(|(key, value)| (key.to_owned(), value.into()))
            .collect()
    }
}

impl Task for YumRepository {
    const NAME: &'static str = "yum_repository";

    fn validate(&self) -> Result<()> {
        if self.state == State::Absent {
            return Ok(());
        }
        if self.description.is_none() {
            return Err(Error::arguments("`description` is missing"));
        }
        if self.baseurl.is_none() && self.mirrorlist.is_none() && self.metalink.is_none() {
            return Err(Error::arguments("the repository has no address")
                .hint("say `baseurl`, `mirrorlist` or `metalink`"));
        }
        Ok(())
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let file = self.file.as_ref().unwrap_or(&self.name);
        let path = format!("{}/{file}.repo", self.reposdir.trim_end_matches('/'));
        let (text, directory) = tokio::join!(host.read_text(&path), host.exists(&self.reposdir));
        let (text, directory) = (text?, directory?);
        if !directory {
            return Err(Error::failed(format!(
                "Repo directory '{}' does not exist.",
                self.reposdir
            ))
            .hint("the host has no dnf; `apt_repository` and `deb822_repository` are apt's"));
        }
        let before = text.clone().unwrap_or_default();
        let wanted = (self.state == State::Present).then(|| self.options());
        let same = parsed(&before, &self.name) == wanted;
        let after = if same {
            before.clone()
        } else {
            replaced(&before, &self.name, wanted.as_ref())
        };
        let attributes = attributes(self.mode.as_ref(), self.owner.as_ref(), self.group.as_ref());
        let mut plan = Plan::default();
        if after.trim().is_empty() && !same {
            plan.absent(host, &path).await?;
        } else if !same {
            let file = WriteFile {
                path,
                content: after.into(),
                attributes,
                ..WriteFile::default()
            };
            plan.write(host, file).await?;
        } else if text.is_some() {
            plan.attributes(host, &path, &attributes, true).await?;
        }
        plan.returns("repo", self.name.clone());
        let state = if self.state == State::Present {
            "present"
        } else {
            "absent"
        };
        plan.returns("state", state);
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "Packages of Kubernetes 1.34",
                yaml: "yum_repository:\n  name: kubernetes\n  description: Kubernetes\n  baseurl: https://pkgs.k8s.io/core:/stable:/v1.34/rpm/\n  gpgcheck: true\n  gpgkey: https://pkgs.k8s.io/core:/stable:/v1.34/rpm/repodata/repomd.xml.key\n  exclude: [kubelet, kubeadm, kubectl]\n",
            },
            Example {
                title: "No packages of Docker",
                yaml: "yum_repository:\n  name: docker-ce-stable\n  file: docker-ce\n  state: absent\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[
            ("repo", "The repository's id."),
            ("state", "`present` or `absent`."),
        ]
    }
}

#[cfg(test)]
mod tests;
