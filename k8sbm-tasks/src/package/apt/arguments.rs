//! What a task can say to `apt`.

use schemars::JsonSchema;
use serde::Deserialize;

/// Installs, upgrades and removes Debian packages.
///
/// What is installed already is read from dpkg, and costs no apt-get. What would be installed, upgraded or removed
/// with a package is asked of apt-get beforehand, and shown in the diff. Several packages are one call of apt-get.
/// Nothing asks a question: configuration files that were edited on the host are kept.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Apt {
    /// Packages: `curl`, `curl=7.88*`, `curl>=7.88`, `libc6:arm64`, or a pattern such as `linux-image-*`. `*` alone,
    /// with `state: latest`, is every installed package.
    #[serde(alias = "pkg", alias = "name")]
    #[schemars(extend("aliases" = ["pkg", "name"]))]
    pub(in crate::package) package: Vec<String>,
    /// What shall be true of them. `latest` is the newest version that the host's repositories have; `build-dep` is
    /// that what is needed to build them is installed; `fixed` is that broken dependencies are mended.
    pub(in crate::package) state: State,
    /// Brings the package lists up to date first. By itself it always does, unless `cache_valid_time` is given.
    #[serde(alias = "update-cache")]
    #[schemars(extend("aliases" = ["update-cache"]))]
    pub(in crate::package) update_cache: Option<bool>,
    /// Seconds for which the package lists are good enough; more than 0 implies `update_cache`. They are not good
    /// enough when the host's list of repositories was changed since. Default 0: always update.
    pub(in crate::package) cache_valid_time: u32,
    /// How often a failing update is tried. Default 5.
    pub(in crate::package) update_cache_retries: u32,
    /// Seconds of the longest pause between two tries. Default 12.
    pub(in crate::package) update_cache_retry_max_delay: u32,
    /// Upgrades all packages: `yes` and `safe` remove none, `dist` and `full` may.
    pub(in crate::package) upgrade: Upgrade,
    /// A package file on the host, or a URL of one.
    pub(in crate::package) deb: Option<String>,
    /// Removes packages that were installed for others and are needed no more.
    pub(in crate::package) autoremove: bool,
    /// Removes package files from the download cache that can be downloaded no more.
    pub(in crate::package) autoclean: bool,
    /// Removes all package files from the download cache.
    pub(in crate::package) clean: bool,
    /// Removes configuration files with a package.
    pub(in crate::package) purge: bool,
    /// The release to take packages from, such as `bookworm-backports`.
    #[serde(alias = "default-release")]
    #[schemars(extend("aliases" = ["default-release"]))]
    pub(in crate::package) default_release: Option<String>,
    /// Whether recommended packages are installed as well. Default: as the host's apt is configured.
    #[serde(alias = "install-recommends")]
    #[schemars(extend("aliases" = ["install-recommends"]))]
    pub(in crate::package) install_recommends: Option<bool>,
    /// Lets apt-get do what it warns of: unsigned packages, downgrades, removal of essential and held packages.
    pub(in crate::package) force: bool,
    /// Lets a version be installed that is older than what is there.
    #[serde(
        alias = "allow-downgrade",
        alias = "allow_downgrades",
        alias = "allow-downgrades"
    )]
    #[schemars(extend("aliases" = ["allow-downgrade", "allow_downgrades", "allow-downgrades"]))]
    pub(in crate::package) allow_downgrade: bool,
    /// Lets packages be installed that no known key signed.
    #[serde(alias = "allow-unauthenticated")]
    #[schemars(extend("aliases" = ["allow-unauthenticated"]))]
    pub(in crate::package) allow_unauthenticated: bool,
    /// Lets packages be changed that are on hold (`apt-mark hold`).
    pub(in crate::package) allow_change_held_packages: bool,
    /// Options of dpkg, without their dashes. Default `force-confdef,force-confold`.
    pub(in crate::package) dpkg_options: Vec<String>,
    /// Seconds to wait for another process that installs packages. Default 60.
    pub(in crate::package) lock_timeout: u32,
    /// Upgrades packages that are installed, and leaves others alone.
    pub(in crate::package) only_upgrade: bool,
    /// Fails when another package would have to be removed.
    pub(in crate::package) fail_on_autoremove: bool,
    /// What `/usr/sbin/policy-rc.d` answers meanwhile; 101 keeps services of new packages from being started.
    pub(in crate::package) policy_rc_d: Option<i32>,
    /// Taken for Ansible's sake: apt-get is always used.
    pub(in crate::package) force_apt_get: bool,
    /// Taken for Ansible's sake: nothing needs to be installed for this module.
    pub(in crate::package) auto_install_module_deps: Option<bool>,
}

/// What shall be true of packages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum State {
    /// Installed.
    #[default]
    #[serde(alias = "installed")]
    Present,
    /// Not installed.
    #[serde(alias = "removed")]
    Absent,
    /// Installed in the newest version there is.
    Latest,
    /// What is needed to build them is installed.
    BuildDep,
    /// Broken dependencies are mended.
    Fixed,
}

/// How to upgrade all packages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::package) enum Upgrade {
    /// Not at all.
    #[default]
    No,
    /// Without removing any.
    Yes,
    /// Without removing any.
    Safe,
    /// Removing what stands in the way.
    Full,
    /// Removing what stands in the way.
    Dist,
}

impl Default for Apt {
    fn default() -> Self {
        Self {
            package: Vec::new(),
            state: State::Present,
            update_cache: None,
            cache_valid_time: 0,
            update_cache_retries: 5,
            update_cache_retry_max_delay: 12,
            upgrade: Upgrade::No,
            deb: None,
            autoremove: false,
            autoclean: false,
            clean: false,
            purge: false,
            default_release: None,
            install_recommends: None,
            force: false,
            allow_downgrade: false,
            allow_unauthenticated: false,
            allow_change_held_packages: false,
            dpkg_options: vec!["force-confdef".into(), "force-confold".into()],
            lock_timeout: 60,
            only_upgrade: false,
            fail_on_autoremove: false,
            policy_rc_d: None,
            force_apt_get: false,
            auto_install_module_deps: None,
        }
    }
}
