# The image that hosts start from: a Debian tree, read-only below every host's own changes.
# shellcheck shell=bash

PACKAGES=(
  systemd-sysv dbus cron kmod procps tzdata # an ordinary server
  openssh-server sudo acl
  iproute2 iputils-ping iptables nftables ebtables ethtool socat conntrack # what kubeadm and its friends ask for
  ca-certificates curl gnupg
  python3 python3-apt # for comparing with Ansible
)

# An image is named by its suite and its recipe, so that an edit makes a new one and hosts keep theirs.
image() { echo "$BASE/$1-$(sha256sum <"$LIB/base.sh" | cut -c1-8)"; }
any_image() { # the machine needs no nft, iptables or python of its own: any image has them
  local found
  for found in "$BASE"/*/etc/fleet-base; do
    [ ! -e "$found" ] || { echo "${found%/etc/fleet-base}"; return; }
  done
  return 1
}

cmd_base() {
  local suite=${1:-$SUITE} target
  target=$(image "$suite")
  [ ! -e "$target/etc/fleet-base" ] || return 0
  case $suite in bookworm | trixie) ;; *) die "no such suite: $suite (bookworm or trixie)" ;; esac
  command -v mmdebstrap >/dev/null || die "needs mmdebstrap: apt-get install mmdebstrap"
  mkdir -p "$BASE/key" "$BASE/archives"
  chmod 700 "$BASE" "$BASE/key" # apt's credentials may be inside
  (
    flock 8
    [ ! -e "$target/etc/fleet-base" ] || exit 0 # another fleet built it meanwhile
    echo "fleet: building the $suite image; later runs reuse it" >&2
    [ -e "$BASE/key/id_ed25519" ] || ssh-keygen -q -t ed25519 -N '' -C fleet -f "$BASE/key/id_ed25519"
    rm -rf "$target.tmp"
    bootstrap "$suite" "$target.tmp"
    configure "$target.tmp"
    date >"$target.tmp/etc/fleet-base"
    mv "$target.tmp" "$target"
  ) 8>"$BASE/.lock"
}

mirror() { # as this machine's own apt has it; nothing about mirrors is written in the repository
  # shellcheck disable=SC2016 # apt's own placeholder
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | sed -n '/\/debian\/$/{s///p;q}'
}

bootstrap() { # SUITE TARGET
  local suite=$1 target=$2 from=${FLEET_MIRROR:-$(mirror)} part include options
  [ -n "$from" ] || die "this machine's apt knows no Debian mirror: set FLEET_MIRROR"
  # mmdebstrap runs this with the new root as $1.
  # shellcheck disable=SC2016
  local credentials='mkdir -p "$1/etc/apt"; for f in auth.conf auth.conf.d; do [ ! -e /etc/apt/$f ] || cp -a /etc/apt/$f "$1/etc/apt/"; done'
  [ "$suite" = bookworm ] || PACKAGES+=(linux-sysctl-defaults) # split from systemd, which only recommends it
  printf -v include '%s,' "${PACKAGES[@]}"
  options=$(mktemp)
  # Proxies, credentials, certificates and the like: where apt here needs them, so do the hosts.
  apt-config dump Acquire | grep -E '^Acquire::(https?|Check|Retries)' >"$options" || :
  printf '%s\n' 'Acquire::GzipIndexes "true";' 'Acquire::Languages "none";' >>"$options"
  mkdir -p "$target"
  for part in "debian $suite" "debian $suite-updates" "debian-security $suite-security"; do
    echo "deb $from/$part main"
  done | mmdebstrap --quiet --mode=root --variant=minbase --include="${include%,}" --aptopt="$options" \
    --setup-hook="$credentials" \
    --skip=cleanup/apt/lists "$suite" "$target" -
  rm "$options"
}

configure() { # TARGET
  local target=$1 unit dir module modules
  cp -L /etc/resolv.conf "$target/etc/resolv.conf"
  cp -L /usr/local/share/ca-certificates/*.crt "$target/usr/local/share/ca-certificates/" 2>/dev/null || :
  echo LANG=C.UTF-8 >"$target/etc/default/locale"
  echo force-unsafe-io >"$target/etc/dpkg/dpkg.cfg.d/fleet"
  : >"$target/etc/fstab"

  {
    printf '%s\n' 'PermitRootLogin prohibit-password' 'PasswordAuthentication no' 'KbdInteractiveAuthentication no'
    printf '%s\n' 'UseDNS no' 'MaxStartups 100:30:200'
    # Since 9.8 sshd punishes addresses with many failures, and all of ours come from one.
    ! chroot "$target" sshd -T -o PerSourcePenalties=no >/dev/null 2>&1 || echo 'PerSourcePenalties no'
  } >"$target/etc/ssh/sshd_config.d/fleet.conf"
  rm -f "$target"/etc/ssh/ssh_host_*

  drop_in() { # UNIT LINE..
    mkdir -p "$target/etc/systemd/system/$1.d"
    printf '%s\n' "${@:2}" >"$target/etc/systemd/system/$1.d/fleet.conf"
  }
  drop_in ssh.service '[Unit]' 'After=systemd-user-sessions.service' # before that, pam_nologin refuses
  # systemd-sysctl does not truncate when it writes; a host's sysctls are partly plain files, where that shows.
  drop_in systemd-sysctl.service '[Service]' 'ExecStart=' 'ExecStart=-/sbin/sysctl -q --system'
  # The clock is the machine's: a chrony that is installed runs, and leaves the clock alone.
  drop_in chrony.service '[Unit]' 'ConditionCapability=' '[Service]' 'ExecStart=' 'ExecStart=!/usr/sbin/chronyd -F 1 -x'
  mkdir -p "$target/etc/systemd/journald.conf.d"
  printf '%s\n' '[Journal]' 'ReadKMsg=no' 'Storage=persistent' >"$target/etc/systemd/journald.conf.d/fleet.conf"
  for unit in console-getty.service getty.target systemd-udevd.service systemd-timesyncd.service systemd-firstboot.service \
    dev-hugepages.mount sys-kernel-debug.mount sys-kernel-tracing.mount sys-kernel-config.mount \
    apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer e2scrub_reap.service; do
    ln -sf /dev/null "$target/etc/systemd/system/$unit"
  done

  # A kernel with everything built in has no modules to load: let modprobe succeed for what is there.
  modules=$target/lib/modules/$(uname -r)
  mkdir -p "$modules"
  for module in fs/overlayfs/overlay net/bridge/bridge net/bridge/br_netfilter net/netfilter/nf_conntrack net/netfilter/nf_nat \
    net/netfilter/nf_tables net/netfilter/x_tables net/netfilter/xt_conntrack net/netfilter/xt_comment net/netfilter/xt_MASQUERADE \
    net/ipv4/netfilter/ip_tables net/ipv4/netfilter/iptable_nat net/ipv4/netfilter/iptable_filter \
    net/ipv4/netfilter/iptable_mangle net/ipv6/netfilter/ip6_tables net/netfilter/ipset/ip_set \
    net/netfilter/ipvs/ip_vs net/netfilter/ipvs/ip_vs_rr net/netfilter/ipvs/ip_vs_wrr net/netfilter/ipvs/ip_vs_sh \
    drivers/net/veth drivers/net/vxlan/vxlan drivers/net/tun drivers/net/macvlan drivers/net/dummy \
    drivers/block/loop fs/ext4/ext4 fs/xfs/xfs fs/btrfs/btrfs fs/fuse/fuse; do
    echo "kernel/$module.ko"
  done >"$modules/modules.builtin"
  : >"$modules/modules.order"

  # ops: sudo without a password. pw: sudo asks for `secret`, every time. su to root: `rootpw`.
  chroot "$target" /bin/sh -ec '
    depmod -a 2>/dev/null || :
    update-ca-certificates >/dev/null 2>&1
    useradd -m -s /bin/bash ops
    useradd -m -s /bin/bash -G sudo pw
    printf "%s\n" root:rootpw pw:secret | chpasswd
    printf "%s\n" "ops ALL=(ALL) NOPASSWD:ALL" "Defaults:pw timestamp_timeout=0" >/etc/sudoers.d/fleet
    chmod 440 /etc/sudoers.d/fleet'
  for dir in root home/ops home/pw; do
    mkdir -p "$target/$dir/.ssh"
    chmod 700 "$target/$dir/.ssh"
    cp "$BASE/key/id_ed25519.pub" "$target/$dir/.ssh/authorized_keys"
    chown -R --reference="$target/$dir" "$target/$dir/.ssh"
  done

  # What makes a host itself is made with the host.
  : >"$target/etc/machine-id"
  rm -f "$target/etc/hostname" "$target/var/lib/dbus/machine-id"
}
