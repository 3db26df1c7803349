//! The script that brings the material for facts.

use super::subset::{Part, Subset};
use crate::connection::quote;
use crate::host::{Command, Program};
use std::fmt::Write as _;

/// The first line of every such script.
const FIRST: &str = "# facts\n";

/// The question for the facts of a subset.
pub fn request(subset: &Subset) -> Command {
    let mut script = FIRST.to_owned();
    let names: Vec<_> = subset.parts().iter().map(|part| part.name()).collect();
    let _ = writeln!(
        script,
        "r() {{ printf '\\036%s\\037' \"$1\"; }}\nr parts; echo {}\nr subset; echo {}",
        names.join(" "),
        subset.words().join(" "),
    );
    let mut files: Vec<&str> = Vec::new();
    let mut links: Vec<&str> = Vec::new();
    if subset.has(Part::Minimal) {
        files.extend(MINIMAL_FILES);
        script.push_str(MINIMAL);
        script.push_str(&LOCAL.replace("DIRECTORY", &quote(subset.directory())));
    }
    if subset.has(Part::Hardware) {
        files.extend(HARDWARE_FILES);
        links.extend(HARDWARE_LINKS);
        script.push_str(HARDWARE);
    }
    if subset.has(Part::Network) {
        files.extend(NETWORK_FILES);
        links.extend(NETWORK_LINKS);
        script.push_str(NETWORK);
    }
    if subset.has(Part::Virtual) {
        files.extend(VIRTUAL_FILES);
        script.push_str(VIRTUAL);
    }
    // One process reads them all; what is not there costs a complaint that nobody reads.
    // Some versions of it end at the first error of the kernel, so its odder files come last.
    files.sort_unstable_by_key(|path| (path.starts_with("/sys/"), *path));
    files.dedup();
    let _ = writeln!(
        script,
        "r files; tail -v -c +1 {} 2>/dev/null",
        files.join(" ")
    );
    if !links.is_empty() {
        let _ = writeln!(script, "r links; ls -ld {} 2>/dev/null", links.join(" "));
    }
    script.push_str("exit 0\n");
    Command::shell(script)
}

/// Whether a command is a question for facts.
pub fn is_request(command: &Command) -> bool {
    matches!(&command.program, Program::Shell { script, .. } if script.starts_with(FIRST))
}

const MINIMAL_FILES: &[&str] = &[
    "/etc/os-release",
    "/usr/lib/os-release",
    "/etc/lsb-release",
    "/etc/debian_version",
    "/etc/redhat-release",
    "/etc/centos-release",
    "/etc/oracle-release",
    "/etc/alpine-release",
    "/etc/SuSE-release",
    "/etc/machine-id",
    "/var/lib/dbus/machine-id",
    "/etc/hosts",
    "/etc/passwd",
    "/etc/resolv.conf",
    "/etc/selinux/config",
    "/etc/ssh/ssh_host_*_key.pub",
    "/proc/1/comm",
    "/proc/cmdline",
    "/proc/loadavg",
    "/proc/self/environ",
    "/proc/self/status",
    "/proc/sys/crypto/fips_enabled",
    "/proc/sys/kernel/domainname",
    "/proc/sys/kernel/hostname",
    "/proc/sys/kernel/osrelease",
    "/proc/sys/kernel/ostype",
    "/proc/sys/kernel/version",
    "/sys/fs/selinux/enforce",
    "/sys/fs/selinux/policyvers",
];

/// What exists is asked of the shell itself, at no process's cost. The name of the host is looked
/// up only where the host's own table does not say it, since that may ask a name server.
const MINIMAL: &str = r#"
r date; LC_ALL=C date '+%s %N %z %Z'
r machine; uname -m
r exists
for p in /usr/bin/apt-get /usr/bin/dnf /usr/bin/dnf5 /usr/bin/dnf-3 /usr/bin/microdnf /usr/bin/yum /usr/bin/zypper \
  /usr/bin/pacman /sbin/apk /usr/bin/emerge /usr/bin/xbps-install /bin/opkg /usr/bin/swupd /usr/sbin/urpmi /usr/bin/rpm \
  /run/ostree-booted /run/systemd/system /sbin/openrc /etc/init /etc/init.d /sys/fs/selinux/enforce \
  /sys/kernel/security/apparmor /usr/bin/lsb_release /bin/systemctl /usr/bin/systemctl; do
  [ ! -e "$p" ] || echo "$p"
done
[ ! /usr/bin/dnf -ef /usr/bin/dnf5 ] || echo dnf=dnf5
[ ! /usr/bin/microdnf -ef /usr/bin/dnf5 ] || echo dnf=dnf5
[ / -ef /proc/1/root ] || [ ! -e /proc/1/root/. ] || echo chroot
read -r h </proc/sys/kernel/hostname
f=
while read -r _ n; do case " $n " in *[\ \	]"$h"[\ \	]*) f=1 ;; esac; done 2>/dev/null </etc/hosts
[ -n "$f" ] || { r fqdn; hostname -f 2>/dev/null; }
if p=$(command -v python3); then r python; echo "$p"; for v in "$p".*; do [ ! "$v" -ef "$p" ] || echo "$v"; done; fi
if [ -d /run/systemd/system ]; then r systemd; echo /usr/lib/systemd/libsystemd-shared-* /usr/lib/*/systemd/libsystemd-shared-* /lib/systemd/libsystemd-shared-*; fi
"#;

/// Facts that the host brings itself: data, or programs that print data.
const LOCAL: &str = r#"
for p in DIRECTORY/*.fact; do
  [ -f "$p" ] || continue
  r "local:$p"
  if [ -x "$p" ]; then "$p" </dev/null 2>/dev/null; s=$?; else cat "$p"; s=0; fi
  r status; echo "$s"
done
"#;

const HARDWARE_FILES: &[&str] = &[
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/mounts",
    "/proc/self/mountinfo",
    "/proc/self/status",
    "/proc/uptime",
    "/sys/class/dmi/id/bios_date",
    "/sys/class/dmi/id/bios_vendor",
    "/sys/class/dmi/id/bios_version",
    "/sys/class/dmi/id/board_asset_tag",
    "/sys/class/dmi/id/board_name",
    "/sys/class/dmi/id/board_serial",
    "/sys/class/dmi/id/board_vendor",
    "/sys/class/dmi/id/board_version",
    "/sys/class/dmi/id/chassis_asset_tag",
    "/sys/class/dmi/id/chassis_serial",
    "/sys/class/dmi/id/chassis_type",
    "/sys/class/dmi/id/chassis_vendor",
    "/sys/class/dmi/id/chassis_version",
    "/sys/class/dmi/id/product_name",
    "/sys/class/dmi/id/product_serial",
    "/sys/class/dmi/id/product_uuid",
    "/sys/class/dmi/id/product_version",
    "/sys/class/dmi/id/sys_vendor",
    "/sys/block/*/removable",
    "/sys/block/*/size",
    "/sys/block/*/queue/discard_granularity",
    "/sys/block/*/queue/discard_max_hw_bytes",
    "/sys/block/*/queue/logical_block_size",
    "/sys/block/*/queue/rotational",
    "/sys/block/*/queue/scheduler",
    "/sys/block/*/device/model",
    "/sys/block/*/device/serial",
    "/sys/block/*/device/vendor",
    "/sys/block/*/*/start",
    "/sys/block/*/*/size",
    "/sys/block/*/holders/*/dm/name",
    "/sys/block/*/*/holders/*/dm/name",
];

const HARDWARE_LINKS: &[&str] = &[
    "/dev/disk/by-id/*",
    "/dev/disk/by-label/*",
    "/dev/disk/by-uuid/*",
    "/sys/block/*",
    "/sys/block/*/slaves/*",
];

/// How full the mounts are; not those of other machines, which may never answer.
const HARDWARE: &str = r#"
set --
while read -r d p t _; do
  case $t in nfs* | cifs | smb* | ceph | glusterfs | fuse.* | 9p | lustre | autofs) continue ;; esac
  case $d in /*) case $p in *\\*) p=$(printf '%b' "$p") ;; esac; set -- "$@" "$p" ;; esac
done </proc/mounts
r filesystems
[ $# -eq 0 ] || stat -f -c '%s %S %b %a %c %d %n' -- "$@" 2>/dev/null
if command -v vgs >/dev/null && [ -w / ]; then
  for p in vgs lvs pvs; do r $p; $p --noheadings --nosuffix --units g --separator , 2>/dev/null; done
fi
"#;

const NETWORK_FILES: &[&str] = &[
    "/etc/iscsi/initiatorname.iscsi",
    "/etc/nvme/hostnqn",
    "/sys/class/fc_host/*/port_name",
    "/sys/class/net/*/address",
    "/sys/class/net/*/bonding/lacp_rate",
    "/sys/class/net/*/bonding/miimon",
    "/sys/class/net/*/bonding/mode",
    "/sys/class/net/*/bonding/primary",
    "/sys/class/net/*/bonding/slaves",
    "/sys/class/net/*/bonding_slave/perm_hwaddr",
    "/sys/class/net/*/bridge/bridge_id",
    "/sys/class/net/*/bridge/stp_state",
    "/sys/class/net/*/flags",
    "/sys/class/net/*/mtu",
    "/sys/class/net/*/operstate",
    "/sys/class/net/*/type",
];

const NETWORK_LINKS: &[&str] = &[
    "/sys/class/net/*/brif/*",
    "/sys/class/net/*/device",
    "/sys/class/net/*/device/driver/module",
];

/// One process answers all questions about addresses and routes, where `ip` can do that.
const NETWORK: &str = r#"
r speeds
for p in /sys/class/net/*/speed; do { read -r v; } 2>/dev/null <"$p" && echo "$p $v"; done
r network
o=$(printf '%s\n' 'addr show' 'route show table local' 'route get 8.8.8.8' 'route get 2404:6800:400a:800::1012' |
  ip -o -force -batch - 2>/dev/null)
if [ -n "$o" ]; then printf '%s\n' "$o"; else
  for o in 'addr show' 'route show table local' 'route get 8.8.8.8' '-6 route get 2404:6800:400a:800::1012'; do
    ip -o $o
  done 2>/dev/null
fi
"#;

const VIRTUAL_FILES: &[&str] = &[
    "/proc/1/cgroup",
    "/proc/1/environ",
    "/proc/modules",
    "/proc/xen/capabilities",
    "/run/systemd/container",
    "/sys/class/dmi/id/bios_vendor",
    "/sys/class/dmi/id/product_family",
    "/sys/class/dmi/id/product_name",
    "/sys/class/dmi/id/sys_vendor",
];

const VIRTUAL: &str = r#"
r exists
for p in /.dockerenv /.dockerinit /dev/kvm /proc/bc /proc/lve /proc/vz /proc/xen; do
  [ ! -e "$p" ] || echo "$p"
done
"#;
