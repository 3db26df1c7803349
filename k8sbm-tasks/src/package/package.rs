//! The `package` module.

use super::{
    apt::{Apt, State},
    dnf::{self, Dnf},
    manager::Manager,
};
use k8sbm_core::task::{Error, Example, Plan, Probe, Result, Task};
use schemars::JsonSchema;
use serde::Deserialize;

/// Installs and removes packages with what the host has for it.
///
/// Names of packages differ between distributions, and are taken as they are.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Package {
    /// Packages, with or without a version, as the host's package manager takes them.
    #[serde(alias = "pkg")]
    #[schemars(extend("aliases" = ["pkg"]))]
    name: Vec<String>,
    /// What shall be true of them: `present` (or `installed`, the default), `absent` (or `removed`), `latest`.
    #[serde(default)]
    state: State,
    /// The package manager to use. Default `auto`: what the host has.
    #[serde(default, rename = "use")]
    manager: Option<String>,
    /// Brings the package lists up to date first.
    #[serde(default)]
    update_cache: Option<bool>,
    /// Seconds for which the package lists are good enough.
    #[serde(default)]
    cache_valid_time: u32,
    /// Whether recommended packages are installed as well.
    #[serde(default)]
    install_recommends: Option<bool>,
    /// Lets a version be installed that is older than what is there.
    #[serde(default)]
    allow_downgrade: bool,
    /// Removes packages that were installed for others and are needed no more.
    #[serde(default)]
    autoremove: bool,
    /// Seconds to wait for another process that installs packages. Default 60.
    #[serde(default)]
    lock_timeout: Option<u32>,
    /// Lets packages be installed whose signature is not known.
    #[serde(default)]
    disable_gpg_check: bool,
    /// With dnf: takes an older version where the newest cannot be installed. apt does so anyway.
    #[serde(default)]
    nobest: Option<bool>,
}

impl Package {
    fn apt(&self) -> Apt {
        let defaults = Apt::default();
        Apt {
            package: self.name.clone(),
            state: self.state,
            update_cache: self.update_cache,
            cache_valid_time: self.cache_valid_time,
            install_recommends: self.install_recommends,
            allow_downgrade: self.allow_downgrade,
            allow_unauthenticated: self.disable_gpg_check,
            autoremove: self.autoremove,
            lock_timeout: self.lock_timeout.unwrap_or(defaults.lock_timeout),
            ..defaults
        }
    }

    fn dnf(&self) -> Result<Dnf> {
        let state = match self.state {
            State::Present => dnf::State::Present,
            State::Absent => dnf::State::Absent,
            State::Latest => dnf::State::Latest,
            State::BuildDep | State::Fixed => {
                return Err(Error::failed("that state is of apt alone")
                    .hint("dnf knows `present`, `absent` and `latest`"));
            }
        };
        Ok(Dnf {
            name: self.name.clone(),
            state: Some(state),
            update_cache: self.update_cache.unwrap_or_default(),
            install_weak_deps: self.install_recommends.unwrap_or(true),
            allow_downgrade: self.allow_downgrade,
            disable_gpg_check: self.disable_gpg_check,
            autoremove: self.autoremove,
            nobest: self.nobest,
            ..Dnf::default()
        })
    }
}

impl Task for Package {
    const NAME: &'static str = "package";

    fn validate(&self) -> Result<()> {
        self.apt().validate()
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let manager = match self.manager.as_deref() {
            None | Some("auto" | "") => Manager::of(host).await?,
            Some(name) => Manager::named(name.trim_start_matches("ansible.builtin.")),
        };
        match manager {
            Manager::Apt => self.apt().plan(host).await,
            Manager::Dnf => self.dnf()?.plan(host).await,
            Manager::Other(name) if name.is_empty() => Err(Error::failed(
                "Could not detect which package manager to use on this host",
            )),
            Manager::Other(name) => {
                Err(Error::failed(format!("packages of {name} are not managed"))
                    .hint("apt and dnf are; a `command` task can call another package manager"))
            }
        }
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "What every host needs",
                yaml: "package:\n  name: [curl, socat, conntrack]\n  state: present\n",
            },
            Example {
                title: "No other time service",
                yaml: "package:\n  name: ntp\n  state: absent\n",
            },
        ]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        Apt::returns()
    }
}
