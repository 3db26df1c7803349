#!/bin/sh
# The floor: what hostprep.yml looks at on a converged host, as one script by hand (one ssh for each host).
set -u
n=0; chk() { n=$((n + 1)); }
cat /etc/os-release /proc/meminfo /proc/cpuinfo /proc/mounts >/dev/null; uname -a >/dev/null; ip -o addr >/dev/null; ip route >/dev/null; chk
hostname >/dev/null; chk; grep -q 'BEGIN cluster hosts' /etc/hosts; chk
dpkg-query -W -f '${Status} ${Version}\n' curl socat conntrack ethtool iptables ca-certificates >/dev/null; chk
grep -q swap /etc/fstab; chk; swapon --noheadings --show; chk
file() { stat -c '%a %U %G %F' "$1" >/dev/null 2>&1; sha256sum "$1" >/dev/null 2>&1; chk; }
dir() { stat -c '%a %U %G %F' "$1" >/dev/null 2>&1; chk; }
file /etc/modules-load.d/kubernetes.conf
for k in ip_forward conf/all/rp_filter conf/default/rp_filter tcp_keepalive_time tcp_keepalive_intvl tcp_keepalive_probes ip_local_port_range tcp_tw_reuse; do
  cat /proc/sys/net/ipv4/$k >/dev/null; grep -q . /etc/sysctl.d/99-kubernetes.conf; chk; done
for d in /etc/kubernetes /etc/kubernetes/manifests /etc/kubernetes/pki /etc/kubernetes/patches /etc/containerd /etc/containerd/certs.d /etc/cni /etc/cni/net.d /opt/cni /opt/cni/bin /opt/local-path-provisioner /backup/etcd /backup; do dir $d; done
getent group k8sops >/dev/null; chk
for u in alice bob carol; do getent passwd $u >/dev/null; id -nG $u >/dev/null; chk; grep -q . /home/$u/.ssh/authorized_keys; chk; done
file /etc/sudoers.d/k8sops; file /etc/containerd/config.toml
for r in docker.io registry.k8s.io quay.io ghcr.io gcr.io; do dir /etc/containerd/certs.d/$r; file /etc/containerd/certs.d/$r/hosts.toml; done
for f in /etc/crictl.yaml /etc/kubernetes/haproxy.cfg /etc/kubernetes/keepalived.conf /etc/kubernetes/kubeadm.yaml /etc/systemd/system/kubelet.service.d/10-kubeadm.conf /etc/security/limits.d/kubernetes.conf /usr/local/sbin/etcd-backup; do file $f; done
dir /etc/systemd/system/kubelet.service.d
for p in SystemMaxUse RateLimitBurst; do grep -q "^$p=" /etc/systemd/journald.conf; chk; done; grep -q KUBE_EDITOR /etc/environment; chk
crontab -l >/dev/null; chk; systemctl show -p ActiveState,UnitFileState cron >/dev/null; chk
stat /etc/kubernetes/admin.conf >/dev/null 2>&1; chk; uname -r >/dev/null; chk
i=0; while [ $i -lt 20 ]; do file /etc/kubernetes/label-$i; i=$((i + 1)); done
echo "$n checks"
