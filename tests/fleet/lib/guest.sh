# One host from inside: what happens between `unshare` and its systemd.
# shellcheck shell=bash disable=SC2164 # set -e, see ../fleet

# The clock and the kernel are the machine's.
WITHOUT=(--bounding-set "-sys_time,-sys_module" --inh-caps "-all")

# Prints "CONTROLLER MOUNT PATH" for each cgroup hierarchy of the machine: v1, v2, or both at once.
# PATH is where this process is; with v2 alone it is the top, because a group that has processes has no children.
cgroup_hierarchies() {
  local controller path mount groups
  groups=$(</proc/self/cgroup) # read whole: the file changes while this process moves
  while IFS=: read -r _ controller path; do
    mount=/sys/fs/cgroup/${controller#name=}
    if [ -z "$controller" ]; then
      mount=/sys/fs/cgroup/unified
      [ -d $mount ] || { mount=/sys/fs/cgroup path=/; }
    fi
    [ ! -e "$mount/cgroup.procs" ] || echo "${controller:--} $mount ${path%/}/"
  done <<<"$groups"
}

# PID 1 of the new pid namespace, still with the machine's file systems: takes groups of its own.
cmd__init() {
  local host=$1 dir=$DIR/hosts/$1 pid controller mount path group
  read -r pid _ </proc/self/stat # $$ is 1; this /proc still is the machine's
  echo "$pid" >"$dir/pid"
  : >"$dir/cgroups"
  while read -r controller mount path; do
    group=$mount$path$FABRIC/$host
    mkdir -p "$group"
    echo "$group" >>"$dir/cgroups"
    if [ "$controller" = cpuset ]; then # v1: must be filled before processes may enter
      for path in "${group%/*}" "$group"; do
        cat "${path%/*}/cpuset.cpus" >"$path/cpuset.cpus"
        cat "${path%/*}/cpuset.mems" >"$path/cpuset.mems"
      done
    elif [ "$controller" = - ]; then # v2: controllers are handed down one by one
      for path in "${group%/*/*}" "${group%/*}"; do
        for controller in $(<"$path/cgroup.controllers"); do echo "+$controller" >"$path/cgroup.subtree_control" || :; done
      done
    fi
    echo 0 >"$group/cgroup.procs"
  done < <(cgroup_hierarchies)
  exec unshare --cgroup bash "$FLEET" _enter "$host"
}

cmd__enter() {
  local host=$1 dir=$DIR/hosts/$1 root=$DIR/hosts/$1/root
  mount --make-rprivate /
  rm -rf "$dir/work" # a volatile overlay that was not unmounted leaves a mark here, and refuses
  mkdir "$dir/work"
  mount -t overlay "fleet-$host" -o "lowerdir=$(of "$host" image),upperdir=$dir/upper,workdir=$dir/work,volatile" "$root"
  mount --bind "$dir/varlib" "$root/var/lib"
  mount -t tmpfs -o mode=755 run "$root/run"
  mount_dev "$root" "$dir/console.log"
  mount_sys "$root"
  mount_proc "$root"
  hostname "$host"
  cd "$root"
  pivot_root . .
  umount -l .
  mount --make-rshared /
  exec setpriv "${WITHOUT[@]}" env -i container=fleet PATH=/usr/sbin:/usr/bin:/sbin:/bin /sbin/init </dev/null
}

mount_dev() { # ROOT CONSOLE
  local dev=$1/dev name number
  mount -t tmpfs -o mode=755,size=4m dev "$dev"
  mkdir "$dev"/{pts,shm,mqueue,net}
  while read -r name number; do
    # shellcheck disable=SC2086
    mknod -m 666 "$dev/$name" c ${number/:/ }
  done <<<$'null 1:3\nzero 1:5\nfull 1:7\nrandom 1:8\nurandom 1:9\ntty 5:0\nfuse 10:229\nnet/tun 10:200'
  mknod -m 600 "$dev/kmsg" c 1 3 # a null of its own: with a link, ProtectKernelLogs= would hide /dev/null
  mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$dev/pts"
  mount -t tmpfs -o mode=1777 shm "$dev/shm"
  ln -s pts/ptmx "$dev/ptmx"
  ln -s /proc/self/fd "$dev/fd"
  ln -s fd/0 "$dev/stdin"
  ln -s fd/1 "$dev/stdout"
  ln -s fd/2 "$dev/stderr"
  : >"$dev/console"
  mount --bind "$2" "$dev/console"
}

# The machine's cgroup hierarchies, each seen from this host's own group.
mount_sys() {
  local sys=$1/sys controller mount at
  mount -t sysfs sysfs "$sys"
  mount -o remount,bind,ro "$sys"
  mount -t bpf bpf "$sys/fs/bpf" || :
  [ -e /sys/fs/cgroup/cgroup.procs ] || mount -t tmpfs -o mode=755,size=4m cgroup "$sys/fs/cgroup"
  while read -r controller mount _; do
    at=$1$mount
    mkdir -p "$at"
    case $controller in
      -) mount -t cgroup2 cgroup2 "$at" ;;
      name=*) mount -t cgroup -o "none,$controller" cgroup "$at" ;;
      *) mount -t cgroup -o "$controller" cgroup "$at" ;;
    esac
  done < <(cgroup_hierarchies)
}

# Sysctls that belong to namespaces (net.*, the host name, shared memory) are the real ones. The others, vm.*, fs.*,
# most of kernel.* and the few of net.* that only the machine may set, are copies: the host can write them and read
# them back, and nothing of it reaches the machine.
mount_proc() {
  local proc=$1/proc copies=$1/run/sysctl real=$1/run/real name file
  mount -t proc proc "$proc"
  mkdir -p "$copies" "$real"/{kernel,core}
  cp -r /proc/sys/{vm,fs,kernel} "$copies/" 2>/dev/null || : # some cannot be read
  cp -r "$DIR/netcore" "$copies/core"
  rm -rf "$copies"/kernel/init_private*

  mount --bind "$proc/sys" "$proc/sys"
  mount --bind "$proc/sys/net" "$proc/sys/net"
  mount --bind "$proc/sys/kernel" "$real/kernel"
  mount --bind "$proc/sys/net/core" "$real/core"
  mount -o remount,bind,ro "$proc/sys"
  for name in vm fs kernel; do mount --bind "$copies/$name" "$proc/sys/$name"; done
  mount --bind "$copies/core" "$proc/sys/net/core"
  for file in "$real"/core/*; do
    [ ! -w "$file" ] || mount --bind "$file" "$proc/sys/net/core/${file##*/}"
  done
  for name in hostname domainname random pty shmmax shmall shmmni shm_rmid_forced msgmax msgmnb msgmni sem ns_last_pid; do
    mount --bind "$real/kernel/$name" "$proc/sys/kernel/$name"
  done
  umount "$real"/{kernel,core}
  rmdir "$real"/{kernel,core} "$real"

  for name in nf_conntrack_max nf_conntrack_buckets; do
    file=$proc/sys/net/netfilter/$name
    [ ! -e "$file" ] || { cat "$file" >"$copies/$name"; mount --bind "$copies/$name" "$file"; }
  done
  cp /proc/sys/kernel/random/uuid "$copies/boot_id" # another boot, another id
  chmod 444 "$copies/boot_id"
  mount --bind "$copies/boot_id" "$proc/sys/kernel/random/boot_id"
  for name in sysrq-trigger kcore; do
    [ ! -e "$proc/$name" ] || mount --bind "$1/dev/null" "$proc/$name"
  done
}
