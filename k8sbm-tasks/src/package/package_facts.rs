//! The `package_facts` module.

use super::{dpkg::Packages, manager::Manager};
use k8sbm_core::task::{Effect, Error, Example, Plan, Probe, Result, Returns, Task};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

const RPM: [&str; 3] = [
    "rpm",
    "-qa",
    "--qf=%{NAME}\\t%{VERSION}\\t%{RELEASE}\\t%{EPOCH}\\t%{ARCH}\\n",
];

/// Lists the installed packages as the fact `packages`.
///
/// `packages` has a list for each name, since a package may be installed in several versions or architectures. Each
/// has a `name`, `version`, `arch` and `source` (`apt` or `rpm`); `category` with apt, `release` and `epoch` with rpm.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PackageFacts {
    /// Which package managers to ask: `auto` (default), `apt`, `rpm`, or what `ansible_pkg_mgr` says.
    manager: Vec<String>,
    /// Whether the `first` manager that is there is asked, or `all`: a host has one.
    strategy: Strategy,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Strategy {
    /// The first that is there.
    #[default]
    First,
    /// All that are there.
    All,
}

impl Task for PackageFacts {
    const NAME: &'static str = "package_facts";

    fn validate(&self) -> Result<()> {
        const KNOWN: [&str; 9] = [
            "auto", "apt", "rpm", "dnf", "dnf5", "yum", "zypper", "apt_rpm", "portage",
        ];
        match self.manager.iter().find(|it| !KNOWN.contains(&it.as_str())) {
            Some(other) => Err(
                Error::arguments(format!("packages of `{other}` are not listed"))
                    .hint("those of apt and rpm are; `auto` takes what the host has"),
            ),
            None => Ok(()),
        }
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let named = |name: &str| self.manager.iter().any(|it| it == name);
        let auto = self.manager.is_empty() || named("auto");
        let apt = if auto {
            Manager::of(host).await? == Manager::Apt
        } else {
            named("apt")
        };
        let packages = if apt {
            apt_packages(host).await?
        } else {
            rpm_packages(host).await?
        };
        let mut facts = Returns::new();
        facts.insert("packages".into(), Json::Object(packages));
        let mut plan = Plan::default();
        plan.returns("ansible_facts", facts.clone());
        plan.effect(Effect::Facts(facts));
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[Example {
            title: "Refuse a host that another tool has set up",
            yaml: "- package_facts:\n    manager: auto\n- fail:\n    msg: this host runs docker already\n  when: \"'docker-ce' in ansible_facts.packages\"\n",
        }]
    }

    fn returns() -> &'static [(&'static str, &'static str)] {
        &[(
            "ansible_facts",
            "The fact `packages`: a list of packages for each name.",
        )]
    }
}

async fn apt_packages(host: &Probe) -> Result<Map<String, Json>> {
    let known = Packages::of(host).await?;
    let packages = known.installed().map(|it| {
        let package = json!({
            "name": it.name,
            "version": it.version,
            "arch": it.architecture,
            "category": it.section,
            "source": "apt",
        });
        (it.name.clone(), package)
    });
    Ok(by_name(packages))
}

async fn rpm_packages(host: &Probe) -> Result<Map<String, Json>> {
    let output = host.query(RPM).await?;
    if !output.success() {
        return Err(
            Error::failed("Could not detect a supported package manager")
                .hint("the host has neither dpkg nor rpm")
                .returning("stderr", output.error_text().trim_end()),
        );
    }
    Ok(by_name(output.text().lines().filter_map(rpm)))
}

fn rpm(line: &str) -> Option<(String, Json)> {
    let fields: Vec<&str> = line.split('\t').collect();
    let [name, version, release, epoch, arch] = fields[..] else {
        return None;
    };
    let package = json!({
        "name": name,
        "version": version,
        "release": release,
        "epoch": epoch.parse::<u64>().ok(),
        "arch": arch,
        "source": "rpm",
    });
    Some((name.to_owned(), package))
}

fn by_name(packages: impl Iterator<Item = (String, Json)>) -> Map<String, Json> {
    let mut all = Map::new();
    for (name, package) in packages {
        let list = all.entry(name).or_insert_with(|| Json::Array(Vec::new()));
        if let Json::Array(list) = list {
            list.push(package);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_of_one_name_are_a_list() {
        let lines = "kernel\t6.1\t2.el9\t(none)\tx86_64\nkernel\t6.2\t1.el9\t(none)\tx86_64\nbash\t5\t1\t1\tnoarch\n";
        let all = by_name(lines.lines().filter_map(rpm));
        assert_eq!(all["kernel"][1]["version"], "6.2");
        assert_eq!(all["kernel"][0]["epoch"], Json::Null);
        assert_eq!(all["bash"][0]["epoch"], 1);
    }
}
