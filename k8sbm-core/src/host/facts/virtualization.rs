//! What the host runs in, or hosts.

use super::Facts;
use super::firmware::DIRECTORY;
use super::gathered::Gathered;

/// Firmware that tells a hypervisor: file, how the value begins, technology.
const FIRMWARE: &[(&str, &str, &str)] = &[
    ("product_name", "KVM", "kvm"),
    ("product_name", "Bochs", "kvm"),
    ("product_name", "AHV", "kvm"),
    ("product_name", "CloudStack KVM Hypervisor", "kvm"),
    ("sys_vendor", "oVirt", "oVirt"),
    ("product_family", "RHV", "RHV"),
    ("product_name", "RHEV Hypervisor", "RHEV"),
    ("product_name", "VMware", "VMware"),
    ("product_name", "OpenStack Compute", "openstack"),
    ("product_name", "OpenStack Nova", "openstack"),
    ("bios_vendor", "Xen", "xen"),
    ("bios_vendor", "innotek GmbH", "virtualbox"),
    ("bios_vendor", "Amazon EC2", "kvm"),
    ("bios_vendor", "DigitalOcean", "kvm"),
    ("bios_vendor", "Hetzner", "kvm"),
    ("bios_vendor", "Linode", "kvm"),
    ("sys_vendor", "QEMU", "kvm"),
    ("sys_vendor", "Amazon EC2", "kvm"),
    ("sys_vendor", "DigitalOcean", "kvm"),
    ("sys_vendor", "Google", "kvm"),
    ("sys_vendor", "Scaleway", "kvm"),
    ("sys_vendor", "Nutanix", "kvm"),
    ("sys_vendor", "KubeVirt", "KubeVirt"),
    ("sys_vendor", "Microsoft Corporation", "VirtualPC"),
    (
        "sys_vendor",
        "Parallels Software International Inc.",
        "parallels",
    ),
    ("sys_vendor", "OpenStack Foundation", "openstack"),
];

/// Containers that have a technology of their own.
const CONTAINERS: [&str; 5] = ["docker", "lxc", "podman", "openvz", "containerd"];

/// What has been found; the first finding names type and role.
#[derive(Default)]
struct Found {
    first: Option<(String, &'static str)>,
    guest: Vec<String>,
    host: Vec<String>,
}

impl Found {
    fn guest(&mut self, technology: &str) {
        self.first
            .get_or_insert_with(|| (technology.to_owned(), "guest"));
        add_once(&mut self.guest, technology);
    }

    fn host(&mut self, technology: &str) {
        self.first
            .get_or_insert_with(|| (technology.to_owned(), "host"));
        add_once(&mut self.host, technology);
    }
}

fn add_once(list: &mut Vec<String>, technology: &str) {
    if !list.iter().any(|known| known == technology) {
        list.push(technology.to_owned());
    }
}

pub(super) fn add(gathered: &Gathered, facts: &mut Facts) {
    let mut found = Found::default();
    containers(gathered, &mut found);
    if gathered.exists("/proc/xen") {
        let capabilities = gathered.file("/proc/xen/capabilities").unwrap_or_default();
        match capabilities.contains("control_d") {
            true => found.host("xen"),
            false => found.guest("xen"),
        }
    }
    for (file, start, technology) in FIRMWARE {
        let value = gathered
            .value(&format!("{DIRECTORY}{file}"))
            .unwrap_or_default();
        if value.starts_with(start) {
            found.guest(technology);
        }
    }
    let processors = gathered.file("/proc/cpuinfo").unwrap_or_default();
    if processors.contains("QEMU Virtual CPU") || processors.contains("emulated by qemu") {
        found.guest("kvm");
    }
    let modules = gathered.file("/proc/modules").unwrap_or_default();
    let loaded = |name: &str| {
        modules
            .lines()
            .any(|line| line.split(' ').next() == Some(name))
    };
    if loaded("kvm") {
        found.host("kvm");
    }
    if loaded("vboxdrv") {
        found.host("virtualbox");
    }
    if gathered.exists("/dev/kvm") {
        found.host("kvm");
    }
    let (kind, role) = found.first.unwrap_or_else(|| ("NA".to_owned(), "NA"));
    facts.insert("virtualization_type".into(), kind.into());
    facts.insert("virtualization_role".into(), role.into());
    facts.insert("virtualization_tech_guest".into(), found.guest.into());
    facts.insert("virtualization_tech_host".into(), found.host.into());
}

fn containers(gathered: &Gathered, found: &mut Found) {
    let groups = gathered.file("/proc/1/cgroup").unwrap_or_default();
    if groups.contains("/docker/") || groups.contains("/docker-") {
        found.guest("docker");
    }
    if groups.contains("/lxc/") || groups.contains("/machine.slice/machine-lxc") {
        found.guest("lxc");
    }
    if groups.contains("/system.slice/containerd.service") {
        found.guest("containerd");
    }
    let environment = gathered.file("/proc/1/environ").unwrap_or_default();
    for variable in environment.split('\0') {
        match variable.strip_prefix("container=") {
            Some(name @ ("lxc" | "podman")) => {
                found.guest(name);
                found.guest("container");
            }
            Some(name) if !name.is_empty() => found.guest("container"),
            _ => {}
        }
    }
    if gathered.exists("/proc/vz") && !gathered.exists("/proc/lve") {
        match gathered.exists("/proc/bc") {
            true => found.host("openvz"),
            false => found.guest("openvz"),
        }
    }
    let told = gathered.value("/run/systemd/container");
    if let Some(name) = told {
        found.guest(name);
    }
    if gathered.exists("/.dockerenv") || gathered.exists("/.dockerinit") {
        found.guest("docker");
    }
    if told.is_some()
        || CONTAINERS
            .iter()
            .any(|name| found.guest.iter().any(|known| known == name))
    {
        found.guest("container");
    }
}
