# The fleet's network: one bridge in a namespace of its own, joined to the machine by a veth, NAT beyond it.
# shellcheck shell=bash

within() { nsenter --net="/run/netns/$1" -- "${@:2}"; }
port_of() { echo "p$(of "$1" index)"; } # a host's port on the bridge

# Some sysctls exist once a machine. The first fleet remembers and sets them, the last restores them.
shared_sysctls_set() {
  local name value
  # kube-proxy writes nf_conntrack_max only where it differs from its own sum, and inside a host it may not write it.
  local conntrack=$((32768 * $(nproc)))
  [ "$conntrack" -gt 131072 ] || conntrack=131072
  mkdir -p "$SHARED/sysctl"
  while read -r name value; do
    [ -e "/proc/sys/${name//.//}" ] || continue
    [ -e "$SHARED/sysctl/$name" ] || sysctl -n "$name" >"$SHARED/sysctl/$name"
    sysctl -qw "$name=$value"
  done <<END
fs.inotify.max_user_instances 8192
fs.inotify.max_user_watches 1048576
net.ipv4.ip_forward 1
net.netfilter.nf_conntrack_max $conntrack
END
}
shared_sysctls_restore() {
  local file
  ! ip netns list | grep -qE '^kf-[^.]+( |$)' || return 0 # another fleet is up
  for file in "$SHARED"/sysctl/*; do
    [ ! -e "$file" ] || sysctl -qw "${file##*/}=$(cat "$file")"
  done
  rm -rf "$SHARED/sysctl"
}
shared() { # shared COMMAND: alone among the fleets of this machine
  mkdir -p "$SHARED"
  (flock 8; "$@") 8>"$SHARED/.lock"
}

nft_apply() { chroot "$(any_image)" nft -f -; }

network_up() { shared network_up_alone; }
network_up_alone() {
  owned
  shared_sysctls_set
  [ -d "$DIR/netcore" ] || cp -r /proc/sys/net/core "$DIR/netcore" # see guest.sh
  ! ip -br addr show up "$FABRIC" 2>/dev/null | grep -qF " $NET.1/24" || return 0
  ! ip -br addr | grep -qF " $NET.1/24" || die "$NET.0/24 is in use: choose another FLEET_NET"
  network_remove
  echo "$DIR" >"$SHARED/$ID.owner"
  ip netns add "$FABRIC"
  ip -n "$FABRIC" link set lo up
  ip -n "$FABRIC" link add br0 type bridge mcast_snooping 0
  ip -n "$FABRIC" link set br0 up
  bridged_through_netfilter 0
  ip link add "$FABRIC" type veth peer name uplink netns "$FABRIC"
  ip -n "$FABRIC" link set uplink master br0 up
  nft_apply <<END
table ip $TABLE
delete table ip $TABLE
table ip $TABLE {
  chain post {
    type nat hook postrouting priority srcnat;
    ip saddr $NET.0/24 oifname != "$FABRIC" masquerade;
  }
}
END
  ip link set "$FABRIC" up
  ip addr add "$NET.1/24" dev "$FABRIC"
}
network_remove() {
  ip link del "$FABRIC" 2>/dev/null || :
  ip netns del "$FABRIC" 2>/dev/null || :
}
network_down() { shared network_down_alone; }
network_down_alone() {
  network_remove
  rm -f "$SHARED/$ID.owner"
  ! any_image >/dev/null || printf 'table ip %s\ndelete table ip %s\n' "$TABLE" "$TABLE" | nft_apply 2>/dev/null || :
  shared_sysctls_restore
}

# Whether packets between hosts pass iptables in the fabric: they need not, except to be delayed.
bridged_through_netfilter() {
  local file
  for file in iptables ip6tables arptables; do
    within "$FABRIC" sysctl -qw "net.bridge.bridge-nf-call-$file=0" 2>/dev/null || :
  done
  [ "$1" = 0 ] || within "$FABRIC" sysctl -qw net.bridge.bridge-nf-call-iptables=1
}

# A fresh network card: as after a power cut, addresses and connections of an earlier boot are gone.
plug_in() {
  local host=$1 netns port
  netns=$(netns_of "$host") port=$(port_of "$host")
  unplug "$host"
  ip netns add "$netns"
  ip -n "$FABRIC" link add "$port" type veth peer name eth0 \
    address "$(printf 02:77:00:00:00:%02x "$(of "$host" index)")" netns "$netns"
  ip -n "$FABRIC" link set "$port" master br0
  [ -e "$DIR/hosts/$host/cut" ] || ip -n "$FABRIC" link set "$port" up
  ip -n "$netns" link set lo up
  ip -n "$netns" addr add "$(address "$host")/24" brd + dev eth0
  ip -n "$netns" link set eth0 up
  ip -n "$netns" route add default via "$NET.1"
  within "$netns" sysctl -qw net.ipv4.ip_forward=0
  delay_port "$port"
}
unplug() {
  ip netns del "$(netns_of "$1")" 2>/dev/null || :
  ip -n "$FABRIC" link del "$(port_of "$1")" 2>/dev/null || :
}

cmd_cut() {
  local host
  known "$@"
  for host; do
    : >"$DIR/hosts/$host/cut"
    ip -n "$FABRIC" link set "$(port_of "$host")" down 2>/dev/null || : # a host that is off has no port
  done
}
cmd_heal() {
  local host
  known "$@"
  for host; do
    rm -f "$DIR/hosts/$host/cut"
    ip -n "$FABRIC" link set "$(port_of "$host")" up 2>/dev/null || :
  done
}
