#!/bin/sh
# Prints what is on a host: a line for each file, package, unit and setting.
LC_ALL=C
export LC_ALL
places="/etc /usr/local /opt /srv /root /var/lib /var/spool/cron /home"
# shellcheck disable=SC2086 # a list
find $places -xdev -printf 'file %p %y %m %u:%g %l\n' 2>/dev/null
# shellcheck disable=SC2086
find $places -xdev -type f -print0 2>/dev/null | xargs -0 sha256sum | awk '{ h = $1; sub(/^[^ ]*  /, ""); print "content " $0 " " h }'
dpkg-query -W -f 'package ${Package}:${Architecture} ${Version} ${db:Status-Abbrev}\n'
apt-mark showmanual | sed 's/^/manual /; s/$/ yes/'
systemctl list-unit-files --no-legend --no-pager | awk '{ print "enabled " $1 " " $2 }'
systemctl list-units --type=service --type=socket --type=mount --all --no-legend --no-pager --plain |
  awk '{ print "active " $1 " " $3 " " $4 }'
sysctl -a 2>/dev/null | grep -E '^net\.(ipv4\.(ip_forward|conf\.(all|default))|ipv6\.conf\.(all|default)|bridge)' |
  sed 's/^\([^ ]*\) = /setting \1 /'
awk '{ print "mounted " $2 " " $3 " " $4 }' /proc/self/mounts
awk 'NR > 1 { print "swap " $1 " " $2 }' /proc/swaps
