# One host from outside: made, powered on, supervised, powered off.
# shellcheck shell=bash

create() { # NAME SUITE
  local host=$1 suite=$2 dir=$DIR/hosts/$1 index=1 etc kind
  [[ $host =~ ^[a-z0-9][a-z0-9-]*$ ]] || die "not a host name: $host"
  [ ! -d "$dir" ] || return 0
  while grep -qsx $index "$DIR"/hosts/*/index; do index=$((index + 1)); done
  [ $index -le 244 ] || die "no address left in $NET.0/24"
  rm -rf "$dir.tmp"
  mkdir -p "$dir.tmp"/{upper/etc/ssh,upper/var/cache/apt,work,root}
  etc=$dir.tmp/upper/etc
  echo $index >"$dir.tmp/index"
  image "$suite" >"$dir.tmp/image"
  # /var/lib is a plain directory, not overlayfs: containerd's snapshotter puts its own overlayfs there.
  cp -a "$(image "$suite")/var/lib" "$dir.tmp/varlib"
  archives_lend "$dir.tmp/upper/var/cache/apt/archives"
  tr -d - </proc/sys/kernel/random/uuid >"$etc/machine-id"
  echo "$host" >"$etc/hostname"
  printf '127.0.0.1\tlocalhost\n127.0.1.1\t%s\n' "$host" >"$etc/hosts"
  for kind in ed25519 ecdsa; do
    ssh-keygen -q -t $kind -N '' -C "root@$host" -f "$etc/ssh/ssh_host_${kind}_key"
  done
  mv "$dir.tmp" "$dir"
}

# Packages are downloaded once: hosts start with links to all that earlier hosts left behind.
archives_lend() {
  mkdir -p "$1/partial"
  find "$BASE/archives" -name '*.deb' -exec cp -l -t "$1" {} + 2>/dev/null ||
    find "$BASE/archives" -name '*.deb' -exec cp -t "$1" {} + # on another file system
}
archives_collect() {
  find "$DIR/hosts/$1/upper/var/cache/apt/archives" -maxdepth 1 -name '*.deb' -exec mv -n -t "$BASE/archives" {} + 2>/dev/null || :
}

boot() { # power on; returns at once
  if supervisor "$1" >/dev/null || init "$1" >/dev/null; then return 0; fi
  setsid bash "$FLEET" _supervise "$1" "$DIR" </dev/null >>"$DIR/hosts/$1/console.log" 2>&1 9>&- &
}

# Runs detached for as long as the host has power, through its reboots.
cmd__supervise() {
  local host=$1 dir=$DIR/hosts/$1 uptime status
  echo $$ >"$dir/supervisor"
  while :; do
    cgroups_remove "$host"
    plug_in "$host"
    uptime=$(cut -d. -f1 /proc/uptime) # its clocks start at nought
    status=0
    nsenter --net="/run/netns/$(netns_of "$host")" unshare --mount --uts --ipc --pid \
      --time --boottime "-$uptime" --monotonic "-$uptime" \
      --fork --kill-child bash "$FLEET" _init "$host" || status=$?
    echo "fleet: $host ended with $status"
    rm -f "$dir/pid"
    unplug "$host"
    [ $status = 129 ] || break # reboot ends PID 1 with SIGHUP, power off with SIGINT
  done
  cgroups_remove "$host"
  rm -f "$dir/supervisor"
}

cgroups_remove() {
  local path
  while read -r path; do
    find "$path" -depth -type d -exec rmdir {} + 2>/dev/null || :
  done < <(of "$1" cgroups)
}

banner() {
  local line
  read -r -t 1 line 2>/dev/null <"/dev/tcp/$(address "$1")/22" && [[ $line == SSH-* ]]
} 2>/dev/null
await() { # sshd answers
  local host=$1 i
  [ ! -e "$DIR/hosts/$host/cut" ] || return 0
  wait_for 20 init "$host" >/dev/null || die "$host does not boot; see $DIR/hosts/$host/console.log"
  for ((i = 0; i < 600; i++)); do
    ! banner "$host" || return 0
    supervisor "$host" >/dev/null || break
    sleep 0.1
  done
  die "$host: sshd does not answer; see $DIR/hosts/$host/console.log"
}

cmd_up() {
  local count=${1:-} prefix=h suite=$SUITE i
  [[ $count =~ ^[0-9]+$ ]] || die "up how many?"
  shift
  while [ $# -gt 0 ]; do
    case $1 in
      --name-prefix) prefix=${2:?} ;;
      --suite) suite=${2:?} ;;
      *) die "up does not know $1" ;;
    esac
    shift 2
  done
  claim
  cmd_base "$suite"
  mkdir -p "$DIR/hosts"
  network_up
  for ((i = 1; i <= count; i++)); do
    create "$prefix$i" "$suite"
    boot "$prefix$i"
  done
  for ((i = 1; i <= count; i++)); do await "$prefix$i"; done
  cmd_ssh-config >/dev/null
  cmd_list
}

cmd_start() {
  local host
  known "$@"
  network_up
  for host; do boot "$host"; done
  for host; do await "$host"; done
}

dead() {
  local pid
  if pid=$(init "$1"); then kill -9 "$pid" 2>/dev/null || :; fi
  ! supervisor "$1" >/dev/null
}
cmd_kill() {
  local host
  known "$@"
  for host; do dead "$host" || :; done
  for host; do wait_for 20 dead "$host" || die "$host does not go away"; done
}

cmd_down() {
  local host
  [ -e "$DIR/net" ] || return 0 # nothing was brought up
  owned
  for host in $(hosts); do dead "$host" || :; done
  for host in $(hosts); do
    wait_for 20 dead "$host" || die "$host does not go away"
    cgroups_remove "$host"
    unplug "$host"
    archives_collect "$host"
    rm -rf "${DIR:?}/hosts/$host" &
  done
  wait
  delay_end
  network_down
  find /sys/fs/cgroup -depth -type d -name "$FABRIC" -exec rmdir {} + 2>/dev/null || :
  rm -rf "${DIR:?}"/{hosts,netcore,ssh_config,known_hosts,net,id}
}

cmd_exec() {
  local pid
  known "${1:-}"
  pid=$(init "$1") || die "$1 is off"
  exec nsenter -t "$pid" -a -- setpriv "${WITHOUT[@]}" env -i HOME=/root TERM="${TERM:-dumb}" LANG=C.UTF-8 \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin sh -c "${*:2}"
}

# Test fleets live in $HOME_DIR/test/N; whoever owns one holds a lock on N.lock.
cmd_sweep() {
  local lock
  for lock in "$HOME_DIR"/test/*.lock; do
    [ -d "${lock%.lock}" ] || continue
    env -u FLEET_NET -u FLEET_ID FLEET_DIR="${lock%.lock}" flock --nonblock "$lock" "$FLEET" down || continue # it lives
  done
}
