//! The arguments of `dnf`.

use k8sbm_core::task::{Error, Result};
use schemars::JsonSchema;
use serde::Deserialize;

/// Installs and removes packages with dnf, or with yum where there is no dnf.
///
/// What is installed is asked of rpm; what the repositories have is asked of dnf only where something is missing, or
/// the newest is wanted.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Dnf {
    /// Packages: `curl`, `curl-7.76.1`, `curl.x86_64`, a pattern, `@a-group`, a file or URL that ends with `.rpm`, or
    /// what one provides. `*` alone, with `state: latest`, is every installed package.
    #[serde(alias = "pkg")]
    #[schemars(extend("aliases" = ["pkg"]))]
    pub(crate) name: Vec<String>,
    /// What shall be true of them: `present` (or `installed`, the default), `absent` (or `removed`), `latest`.
    pub(crate) state: Option<State>,
    /// Fetches the data of the repositories first.
    #[serde(alias = "expire-cache")]
    #[schemars(extend("aliases" = ["expire-cache"]))]
    pub(crate) update_cache: bool,
    /// Uses what was fetched before, however old.
    pub(crate) cacheonly: bool,
    /// Repositories to use though they are not enabled.
    pub(crate) enablerepo: Vec<String>,
    /// Repositories not to use though they are enabled.
    pub(crate) disablerepo: Vec<String>,
    /// Packages that stay out of it.
    pub(crate) exclude: Vec<String>,
    /// Whose excludes do not count: `all`, `main`, or a repository.
    pub(crate) disable_excludes: Option<String>,
    /// Plugins to use.
    pub(crate) enable_plugin: Vec<String>,
    /// Plugins not to use.
    pub(crate) disable_plugin: Vec<String>,
    /// The configuration file to use.
    pub(crate) conf_file: Option<String>,
    /// Lets packages be installed that no known key signed.
    pub(crate) disable_gpg_check: bool,
    /// The directory that stands for the host's root. Default `/`.
    pub(crate) installroot: String,
    /// The release that packages come from.
    pub(crate) releasever: Option<String>,
    /// Removes packages that were installed for others and are needed no more.
    pub(crate) autoremove: bool,
    /// Leaves packages out that cannot be installed.
    pub(crate) skip_broken: bool,
    /// Upgrades packages that are installed, and leaves others alone.
    pub(crate) update_only: bool,
    /// With `latest`: takes only what mends a weakness.
    pub(crate) security: bool,
    /// With `latest`: takes only what mends a mistake.
    pub(crate) bugfix: bool,
    /// Lets a version be installed that is older than what is there; otherwise the newer one is good enough.
    pub(crate) allow_downgrade: bool,
    /// Lets packages be removed that stand in the way.
    pub(crate) allowerasing: bool,
    /// Takes no older version where the newest cannot be installed.
    pub(crate) best: Option<bool>,
    /// Takes an older version where the newest cannot be installed.
    pub(crate) nobest: Option<bool>,
    /// Whether packages are installed that are only recommended. Default true.
    pub(crate) install_weak_deps: bool,
    /// Downloads packages and does not install them.
    pub(crate) download_only: bool,
    /// Where to.
    pub(crate) download_dir: Option<String>,
    /// Whether the servers of packages must have valid certificates. Default true.
    pub(crate) validate_certs: bool,
    /// Whether the servers of repositories must have valid certificates. Default true.
    pub(crate) sslverify: bool,
    /// Seconds to wait for another process that installs packages: dnf waits as long as it takes.
    pub(crate) lock_timeout: i64,
    /// Which program: `auto` (default), `dnf`, `dnf4`, `dnf5`, `yum`, `yum4`.
    pub(crate) use_backend: String,
    /// Refused: `package_facts` lists what is installed.
    pub(crate) list: Option<String>,
    /// Taken for Ansible's sake: nothing needs to be installed for this module.
    pub(crate) install_repoquery: Option<bool>,
    /// Taken for Ansible's sake: nothing needs to be installed for this module.
    pub(crate) auto_install_module_deps: Option<bool>,
}

/// What shall be true of packages.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// Installed.
    #[serde(alias = "installed")]
    Present,
    /// Not installed.
    #[serde(alias = "removed")]
    Absent,
    /// Installed in the newest version there is.
    Latest,
}

impl Default for Dnf {
    fn default() -> Self {
        Self {
            name: Vec::new(),
            state: None,
            update_cache: false,
            cacheonly: false,
            enablerepo: Vec::new(),
            disablerepo: Vec::new(),
            exclude: Vec::new(),
            disable_excludes: None,
            enable_plugin: Vec::new(),
            disable_plugin: Vec::new(),
            conf_file: None,
            disable_gpg_check: false,
            installroot: "/".into(),
            releasever: None,
            autoremove: false,
            skip_broken: false,
            update_only: false,
            security: false,
            bugfix: false,
            allow_downgrade: false,
            allowerasing: false,
            best: None,
            nobest: None,
            install_weak_deps: true,
            download_only: false,
            download_dir: None,
            validate_certs: true,
            sslverify: true,
            lock_timeout: 30,
            use_backend: "auto".into(),
            list: None,
            install_repoquery: None,
            auto_install_module_deps: None,
        }
    }
}

impl Dnf {
    pub(super) fn state(&self) -> State {
        self.state.unwrap_or(match self.autoremove {
            true => State::Absent,
            false => State::Present,
        })
    }

    pub(super) fn check(&self) -> Result<()> {
        const KNOWN: [&str; 6] = ["auto", "dnf", "dnf4", "dnf5", "yum", "yum4"];
        if self.list.is_some() {
            return Err(Error::arguments("`list` is not answered")
                .hint("`package_facts` lists what is installed")
                .about(["list"]));
        }
        if self.name.is_empty() && !self.update_cache && !self.autoremove {
            return Err(Error::arguments("no package is named"));
        }
        if self.autoremove && !self.name.is_empty() && self.state() != State::Absent {
            return Err(Error::arguments(
                "Autoremove should be used alone or with state=absent",
            ));
        }
        if self.best.is_some() && self.nobest.is_some() {
            return Err(Error::arguments(
                "`best` and `nobest` are mutually exclusive",
            ));
        }
        if !KNOWN.contains(&&*self.use_backend) {
            return Err(
                Error::arguments(format!("`{}` is not known", self.use_backend))
                    .about(["use_backend"]),
            );
        }
        Ok(())
    }
}
