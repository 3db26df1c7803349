//! Package manager, service manager, and the Python that playbooks call by its fact.

use super::Facts;
use super::gathered::{Gathered, base_name};
use serde_json::{Value as Json, json};

/// Package managers by the program that each is known by; a later one wins.
const PACKAGE_MANAGERS: &[(&str, &str)] = &[
    ("/usr/bin/yum", "dnf"),
    ("/usr/bin/dnf-3", "dnf"),
    ("/usr/bin/dnf5", "dnf5"),
    ("/usr/bin/apt-get", "apt"),
    ("/usr/bin/zypper", "zypper"),
    ("/usr/sbin/urpmi", "urpmi"),
    ("/usr/bin/pacman", "pacman"),
    ("/bin/opkg", "opkg"),
    ("/sbin/apk", "apk"),
    ("/usr/bin/emerge", "portage"),
    ("/usr/bin/xbps-install", "xbps"),
    ("/usr/bin/swupd", "swupd"),
];

pub(super) fn add(gathered: &Gathered, facts: &mut Facts) {
    let family = facts.get("os_family").and_then(|family| family.as_str());
    let package = match family {
        Some("RedHat") if gathered.exists("/run/ostree-booted") => "atomic_container",
        Some("RedHat") if gathered.exists("dnf=dnf5") => "dnf5",
        Some("RedHat")
            if gathered.exists("/usr/bin/dnf") || gathered.exists("/usr/bin/microdnf") =>
        {
            "dnf"
        }
        _ => PACKAGE_MANAGERS
            .iter()
            .rfind(|(path, _)| gathered.exists(path))
            .map_or("unknown", |(_, name)| name),
    };
    facts.insert("pkg_mgr".into(), package.into());

    let first = base_name(gathered.value("/proc/1/comm").unwrap_or_default());
    let systemctl = ["/bin/systemctl", "/usr/bin/systemctl"];
    let service = match first {
        "procd" => "openwrt_init",
        "runit-init" => "runit",
        "svscan" => "svc",
        "openrc-init" => "openrc",
        // A shell says that it is a container; `init` says nothing.
        first if !first.is_empty() && first != "init" && !first.ends_with("sh") => first,
        _ if gathered.exists("/run/systemd/system") => "systemd",
        _ if gathered.exists("/sbin/openrc") => "openrc",
        _ if systemctl.iter().any(|path| gathered.exists(path)) => "systemd",
        _ if gathered.exists("/etc/init.d") => "sysvinit",
        _ => "service",
    };
    facts.insert("service_mgr".into(), service.into());

    if let Some(text) = gathered.record("systemd") {
        // Its library's name says its version without a process.
        let version = text.split("libsystemd-shared-").find_map(|rest| {
            let digits = rest.split(|next: char| !next.is_ascii_digit()).next()?;
            digits.parse::<u32>().ok()
        });
        if let Some(version) = version {
            facts.insert("systemd".into(), json!({ "version": version }));
        }
    }

    if let Some(text) = gathered.record("python") {
        facts.extend(python(text).map(|python| ("python".into(), python)));
    }
}

/// The program, and its version where a name of it tells that: nothing of Python is started.
fn python(text: &str) -> Option<Json> {
    let mut names = text.lines();
    let mut python = json!({"executable": names.next()?, "type": "cpython"});
    let version = names.find_map(|name| {
        let (major, minor) = name.rsplit_once("python")?.1.split_once('.')?;
        Some((major.parse::<u32>().ok()?, minor.parse::<u32>().ok()?))
    });
    if let Some((major, minor)) = version {
        python["version"] = json!({"major": major, "minor": minor});
    }
    Some(python)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_the_version_of_python() {
        let found = python("/usr/bin/python3\n/usr/bin/python3.11-config\n/usr/bin/python3.11\n");
        let version = json!({"major": 3, "minor": 11});
        let wanted =
            json!({"executable": "/usr/bin/python3", "type": "cpython", "version": version});
        assert_eq!(found, Some(wanted));
        assert_eq!(
            python("/opt/python3\n"),
            Some(json!({"executable": "/opt/python3", "type": "cpython"}))
        );
    }
}
