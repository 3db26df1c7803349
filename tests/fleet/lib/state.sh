# Names, paths and small questions about the fleet's state. Sourced by ../fleet.
# shellcheck shell=bash

die() { echo "fleet: $*" >&2; exit 1; }

HOME_DIR=/var/lib/k8sbm-fleet
DIR=$(readlink -m "${FLEET_DIR:-$HOME_DIR}")
BASE=${FLEET_BASE:-$HOME_DIR/base}
SUITE=${FLEET_SUITE:-bookworm}
SHARED=/run/k8sbm-fleet # what all fleets of this machine have to agree on

# A fleet remembers its network and id: FLEET_DIR alone is enough to speak to it later.
remembered() { cat "$DIR/$1" 2>/dev/null; }
NET=${FLEET_NET:-$(remembered net || echo 10.77.0)}
ID=${FLEET_ID:-$(remembered id || echo "${NET//./-}")}
[[ $NET =~ ^([0-9]{1,3}\.){2}[0-9]{1,3}$ ]] || die "FLEET_NET is three octets, such as 10.77.0, not '$NET'"
[[ $ID =~ ^[a-z0-9-]{1,12}$ ]] || die "FLEET_ID is at most 12 of a-z, 0-9 and -, not '$ID'" # interface names hold 15
# Supervisors and guests run this program again.
export FLEET_DIR=$DIR FLEET_BASE=$BASE FLEET_NET=$NET FLEET_ID=$ID

FABRIC=kf-$ID      # network namespace with the bridge; also the machine's own interface to it
TABLE=kf_${ID//-/_} # nft table with the NAT rule
netns_of() { echo "$FABRIC.$1"; }

lock_fleet() {
  mkdir -p "$DIR"
  exec 9>"$DIR/.lock"
  flock 9
}

claim() { # remember net and id, unless they contradict hosts that exist
  local what
  for what in net:"$NET" id:"$ID"; do
    [ -z "$(hosts)" ] || [ "$(remembered "${what%%:*}")" = "${what#*:}" ] ||
      die "$DIR holds a fleet with another ${what%%:*}: bring it down first"
    echo "${what#*:}" >"$DIR/${what%%:*}"
  done
}

# Whoever brought the network up owns its names; without this, a mistyped FLEET_DIR would take another's network down.
owned() {
  local owner
  owner=$(cat "$SHARED/$ID.owner" 2>/dev/null) || return 0
  [ "$owner" = "$DIR" ] || die "$ID is the fleet in $owner: choose another FLEET_NET, or FLEET_ID"
}

hosts() {
  local file
  for file in "$DIR"/hosts/*/index; do
    file=${file%/index} file=${file##*/}
    case $file in *.tmp | \*) ;; *) echo "$file" ;; esac
  done | sort -V
}
of() { cat "$DIR/hosts/$1/$2" 2>/dev/null; } # of HOST FILE
address() { echo "$NET.$((10 + $(of "$1" index)))"; }
known() {
  [ $# -gt 0 ] || die "which host?"
  local host
  for host; do [ -d "$DIR/hosts/$host" ] || die "no such host: $host"; done
}

wait_for() { # wait_for SECONDS COMMAND..
  local i
  for ((i = 0; i < $1 * 20; i++)); do
    "${@:2}" && return 0
    sleep 0.05
  done
  return 1
}

# A pid file is believed only while that process still is what was started.
supervisor() {
  local pid
  pid=$(of "$1" supervisor) &&
    tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -q " _supervise $1 $DIR $" && echo "$pid"
}
init() { # PID 1 of the host, as the machine numbers it
  local pid
  pid=$(of "$1" pid) && [ -e "/proc/$pid" ] &&
    [ "$(stat -Lc %i "/proc/$pid/ns/net" 2>/dev/null)" = "$(stat -Lc %i "/run/netns/$(netns_of "$1")" 2>/dev/null)" ] &&
    echo "$pid"
}

cmd_list() {
  local host
  for host in $(hosts); do
    echo "$host $(address "$host") $(init "$host" >/dev/null && echo up || echo off)$(
      [ ! -e "$DIR/hosts/$host/cut" ] || echo ' cut')"
  done
}

cmd_ssh-config() {
  local host key=$BASE/key/id_ed25519 known_hosts=$DIR/known_hosts config=$DIR/ssh_config
  [ -d "$DIR" ] || die "no fleet in $DIR"
  : >"$known_hosts.tmp"
  {
    for host in $(hosts); do
      sed "s/^/$host,$(address "$host") /" "$DIR/hosts/$host"/upper/etc/ssh/ssh_host_*.pub >>"$known_hosts.tmp"
      printf 'Host %s\n  HostName %s\n' "$host" "$(address "$host")"
    done
    printf 'Host *\n'
    printf '  %s\n' "User root" "IdentityFile $key" "IdentitiesOnly yes" "UserKnownHostsFile $known_hosts" \
      "GlobalKnownHostsFile none" "StrictHostKeyChecking yes" "BatchMode yes"
  } >"$config.tmp"
  mv "$known_hosts.tmp" "$known_hosts"
  mv "$config.tmp" "$config"
  printf '%s\n' "$config" "$key"
}

cmd_inventory() {
  local host
  for host in $(hosts); do echo "$host ansible_host=$(address "$host")"; done
  printf '\n[all:vars]\nansible_user=root\nansible_ssh_private_key_file=%s\nansible_ssh_common_args=-F %s\n' \
    "$BASE/key/id_ed25519" "$DIR/ssh_config"
}
