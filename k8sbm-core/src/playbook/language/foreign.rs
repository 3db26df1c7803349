//! Modules that Ansible users know and that may not be here, so that a message can say so.

use crate::playbook::task::builtin;

/// Modules of ansible-core.
const BUILTIN: &[&str] = &[
    "add_host",
    "apt",
    "apt_key",
    "apt_repository",
    "assemble",
    "assert",
    "async_status",
    "blockinfile",
    "command",
    "copy",
    "cron",
    "deb822_repository",
    "debconf",
    "debug",
    "dnf",
    "dnf5",
    "dpkg_selections",
    "expect",
    "fail",
    "fetch",
    "file",
    "find",
    "gather_facts",
    "get_url",
    "getent",
    "git",
    "group",
    "group_by",
    "hostname",
    "include_vars",
    "iptables",
    "known_hosts",
    "lineinfile",
    "mount_facts",
    "package",
    "package_facts",
    "pause",
    "ping",
    "pip",
    "raw",
    "reboot",
    "replace",
    "rpm_key",
    "script",
    "service",
    "service_facts",
    "set_fact",
    "set_stats",
    "setup",
    "shell",
    "slurp",
    "stat",
    "subversion",
    "systemd",
    "systemd_service",
    "sysvinit",
    "tempfile",
    "template",
    "unarchive",
    "uri",
    "user",
    "validate_argument_spec",
    "wait_for",
    "wait_for_connection",
    "yum",
    "yum_repository",
];

/// Modules of collections that are often called by their short names.
#[rustfmt::skip]
const COLLECTIONS: &[(&str, &[&str])] = &[
    ("ansible.posix", &[
        "acl", "at", "authorized_key", "firewalld", "firewalld_info", "mount", "patch", "rhel_rpm_ostree", "seboolean",
        "selinux", "synchronize", "sysctl",
    ]),
    ("community.general", &[
        "alternatives", "apk", "archive", "bundler", "capabilities", "composer", "cpanm", "dconf", "filesystem", "flatpak",
        "gem", "git_config", "github_release", "gitlab_project", "gitlab_runner", "homebrew", "htpasswd", "ini_file",
        "interfaces_file", "ipmi_boot", "ipmi_power", "iptables_state", "jenkins_job", "jira", "kernel_blacklist", "ldap_entry",
        "listen_ports_facts", "locale_gen", "lvg", "lvol", "mail", "make", "modprobe", "monit", "nmcli", "nomad_job", "npm",
        "open_iscsi", "openwrt_init", "osx_defaults", "pacman", "pam_limits", "pamd", "parted", "pipx", "proxmox", "proxmox_kvm",
        "redfish_command", "redhat_subscription", "rhsm_repository", "sefcontext", "selinux_permissive", "slack", "snap",
        "sudoers", "supervisorctl", "svr4pkg", "terraform", "timezone", "ufw", "wakeonlan", "xattr", "xfs_quota", "xml", "yarn",
        "zfs", "zypper", "zypper_repository",
    ]),
    ("community.crypto", &[
        "acme_certificate", "certificate_complete_chain", "get_certificate", "luks_device", "openssh_cert", "openssh_keypair",
        "openssl_csr", "openssl_csr_info", "openssl_csr_pipe", "openssl_dhparam", "openssl_pkcs12", "openssl_privatekey",
        "openssl_publickey", "x509_certificate", "x509_certificate_info", "x509_certificate_pipe",
    ]),
    ("community.docker", &[
        "docker_compose", "docker_compose_v2", "docker_container", "docker_container_exec", "docker_host_info", "docker_image",
        "docker_login", "docker_network", "docker_prune", "docker_stack", "docker_swarm", "docker_volume",
    ]),
    ("community.libvirt", &["virt", "virt_net", "virt_pool"]),
    ("community.mysql", &["mysql_db", "mysql_query", "mysql_user", "mysql_variables"]),
    ("community.postgresql", &["postgresql_db", "postgresql_query", "postgresql_user"]),
    ("kubernetes.core", &[
        "helm", "helm_info", "helm_plugin", "helm_pull", "helm_repository", "helm_template", "k8s", "k8s_cluster_info", "k8s_cp",
        "k8s_drain", "k8s_exec", "k8s_info", "k8s_json_patch", "k8s_log", "k8s_rollback", "k8s_scale", "k8s_service",
        "k8s_taint", "kubeconfig",
    ]),
    ("containers.podman", &["podman_container", "podman_image", "podman_network", "podman_volume"]),
    ("openstack.cloud", &["os_server", "os_keypair"]),
];

/// Collections whose modules are known by their prefix.
const PREFIXES: &[&str] = &[
    "amazon.",
    "ansible.",
    "arista.",
    "awx.",
    "azure.",
    "check_point.",
    "chocolatey.",
    "cisco.",
    "cloud.",
    "community.",
    "containers.",
    "dellemc.",
    "fortinet.",
    "google.",
    "grafana.",
    "hetzner.",
    "infoblox.",
    "junipernetworks.",
    "kubernetes.",
    "lowlydba.",
    "microsoft.",
    "netapp.",
    "netbox.",
    "openstack.",
    "openvswitch.",
    "ovirt.",
    "prometheus.",
    "purestorage.",
    "redhat.",
    "sensu.",
    "telekom_mms.",
    "theforeman.",
    "vmware.",
    "vultr.",
    "wti.",
];

/// What a well-known module belongs to: `ansible-core`, or the name of a collection.
pub(in crate::playbook) fn origin(name: &str) -> Option<String> {
    if BUILTIN.contains(&builtin(name)) {
        return Some("ansible-core".to_owned());
    }
    if name.matches('.').count() >= 2 {
        let known = PREFIXES.iter().any(|prefix| name.starts_with(prefix));
        let mut parts = name.splitn(3, '.');
        let collection = format!("{}.{}", parts.next()?, parts.next()?);
        return known.then_some(collection);
    }
    COLLECTIONS
        .iter()
        .find(|(_, modules)| modules.contains(&name))
        .map(|(collection, _)| (*collection).to_owned())
}

#[cfg(test)]
mod tests {
    use super::origin;

    #[test]
    fn modules_are_known_by_short_and_by_full_names() {
        assert_eq!(origin("subversion").unwrap(), "ansible-core");
        assert_eq!(
            origin("ansible.builtin.subversion").unwrap(),
            "ansible-core"
        );
        assert_eq!(origin("docker_container").unwrap(), "community.docker");
        assert_eq!(origin("amazon.aws.s3_object").unwrap(), "amazon.aws");
        assert_eq!(origin("mine.own.thing"), None);
        assert_eq!(origin("thing"), None);
    }
}
