//! SELinux, AppArmor, FIPS, capabilities, the host's public keys.

use super::Facts;
use super::gathered::{Gathered, assignments, base_name};
use serde_json::{Value as Json, json};

pub(super) fn add(gathered: &Gathered, facts: &mut Facts) {
    facts.insert("selinux".into(), selinux(gathered));
    facts.insert("selinux_python_present".into(), true.into());
    let enabled = gathered.exists("/sys/kernel/security/apparmor");
    let status = if enabled { "enabled" } else { "disabled" };
    facts.insert("apparmor".into(), json!({ "status": status }));
    let fips = gathered.value("/proc/sys/crypto/fips_enabled") == Some("1");
    facts.insert("fips".into(), fips.into());
    capabilities(gathered, facts);
    for (path, key) in gathered.files_below("/etc/ssh/ssh_host_") {
        let Some(kind) = base_name(path)
            .strip_prefix("ssh_host_")
            .and_then(|name| name.strip_suffix("_key.pub"))
        else {
            continue;
        };
        let mut words = key.split_whitespace();
        if let (Some(keytype), Some(key)) = (words.next(), words.next()) {
            let name = format!("ssh_host_key_{kind}_public");
            facts.insert(format!("{name}_keytype"), keytype.into());
            facts.insert(name, key.into());
        }
    }
}

fn selinux(gathered: &Gathered) -> Json {
    let Some(enforcing) = gathered.value("/sys/fs/selinux/enforce") else {
        return json!({ "status": "disabled" });
    };
    let config = assignments(gathered.file("/etc/selinux/config").unwrap_or_default());
    let configured = |name: &str| config.get(name).map_or("unknown", String::as_str);
    let version = gathered.value("/sys/fs/selinux/policyvers");
    json!({
        "status": "enabled",
        "mode": if enforcing == "1" { "enforcing" } else { "permissive" },
        "config_mode": configured("SELINUX"),
        "type": configured("SELINUXTYPE"),
        "policyvers": version.and_then(|text| text.parse::<u32>().ok()),
    })
}

/// Names of the capabilities by their bits.
const CAPABILITIES: [&str; 41] = [
    "chown",
    "dac_override",
    "dac_read_search",
    "fowner",
    "fsetid",
    "kill",
    "setgid",
    "setuid",
    "setpcap",
    "linux_immutable",
    "net_bind_service",
    "net_broadcast",
    "net_admin",
    "net_raw",
    "ipc_lock",
    "ipc_owner",
    "sys_module",
    "sys_rawio",
    "sys_chroot",
    "sys_ptrace",
    "sys_pacct",
    "sys_admin",
    "sys_boot",
    "sys_nice",
    "sys_resource",
    "sys_time",
    "sys_tty_config",
    "mknod",
    "lease",
    "audit_write",
    "audit_control",
    "setfcap",
    "mac_override",
    "mac_admin",
    "syslog",
    "wake_alarm",
    "block_suspend",
    "audit_read",
    "perfmon",
    "bpf",
    "checkpoint_restore",
];

/// Whether the user is less than all-powerful, and then what is left.
fn capabilities(gathered: &Gathered, facts: &mut Facts) {
    let status = gathered.file("/proc/self/status").unwrap_or_default();
    let bits = |name: &str| {
        let value = status.lines().find_map(|line| line.strip_prefix(name))?;
        u64::from_str_radix(value.trim(), 16).ok()
    };
    let (Some(effective), Some(bound)) = (bits("CapEff:"), bits("CapBnd:")) else {
        return;
    };
    let all = (1_u64 << CAPABILITIES.len()) - 1;
    let enforced = effective & bound & all != all;
    let names = CAPABILITIES
        .iter()
        .enumerate()
        .filter(|(bit, _)| enforced && effective & (1 << bit) != 0)
        .map(|(_, name)| Json::from(format!("cap_{name}")));
    facts.insert("system_capabilities".into(), names.collect());
    let enforced = if enforced { "True" } else { "False" };
    facts.insert("system_capabilities_enforced".into(), enforced.into());
}
