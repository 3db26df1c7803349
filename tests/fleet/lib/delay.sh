# Simulated distance: every packet waits half a round trip when it enters the bridge.
# With netem where the kernel has it; else packets wait in NFQUEUE for a verdict that delayd.py gives late.
# shellcheck shell=bash

ports() { echo uplink; ip -n "$FABRIC" -br link | sed -n 's/^\(p[0-9]*\)@.*/\1/p'; }
mangle() { within "$FABRIC" chroot "$(any_image)" iptables-legacy -w -t mangle "$@"; }
netem() { tc -n "$FABRIC" qdisc "$1" dev "$2" root netem "${@:3}" 2>/dev/null; }

delay_port() { # a new port gets the delay that is in force
  local ms
  ms=$(remembered delay.netem) || return 0
  netem add "$1" limit 100000 delay "$((ms * 500))us" || :
}

delay_end() {
  local pid port
  rm -f "$DIR/delay.netem"
  if pid=$(remembered delayd.pid) && grep -qs fleet-delayd "/proc/$pid/cmdline"; then kill "$pid"; fi
  rm -f "$DIR"/delayd.{pid,log}
  [ -e "/run/netns/$FABRIC" ] || return 0
  mangle -F PREROUTING 2>/dev/null || :
  bridged_through_netfilter 0
  for port in $(ports); do netem del "$port" || :; done
}

cmd_delay() {
  local ms=${1:-} port
  [[ $ms =~ ^[0-9]+$ ]] || die "delay by how many milliseconds?"
  [ -e "/run/netns/$FABRIC" ] || die "no fleet is up"
  delay_end
  [ "$ms" != 0 ] || return 0
  if netem add uplink delay 1ms; then
    netem del uplink
    echo "$ms" >"$DIR/delay.netem"
    for port in $(ports); do delay_port "$port"; done
    return 0
  fi
  # Bridged packets meet iptables, and wait; if the daemon dies, they pass (queue-bypass).
  nsenter --net="/run/netns/$FABRIC" setsid chroot "$(any_image)" python3 - fleet-delayd "$ms" \
    <"$LIB/delayd.py" >"$DIR/delayd.log" 2>&1 9>&- &
  echo $! >"$DIR/delayd.pid"
  wait_for 20 grep -qs ready "$DIR/delayd.log" || die "delay daemon: $(cat "$DIR/delayd.log")"
  bridged_through_netfilter 1
  mangle -A PREROUTING -j NFQUEUE --queue-num 0 --queue-bypass
}
