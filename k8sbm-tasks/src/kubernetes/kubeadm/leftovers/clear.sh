# Takes away what a cluster left on this host, when kubeadm has done what it can.
export LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

systemctl stop kubelet.service 2>/dev/null

if command -v ctr >/dev/null && systemctl is-active -q containerd.service; then
  for task in $(ctr -n k8s.io tasks ls -q 2>/dev/null); do
    ctr -n k8s.io tasks kill -s SIGKILL "$task" 2>/dev/null
    ctr -n k8s.io tasks rm -f "$task" >/dev/null 2>&1
  done
  for container in $(ctr -n k8s.io containers ls -q 2>/dev/null); do
    ctr -n k8s.io containers rm "$container" 2>/dev/null
  done
fi

systemctl stop kubepods.slice 2>/dev/null

# The deepest first.
awk '$2 ~ "^/var/lib/kubelet/" || $2 ~ "^/run/netns/cni-" || $2 ~ "^/run/cilium/" { print $2 }' /proc/mounts |
  sort -r | while read -r mount; do umount -l "$mount"; done
rm -f /run/netns/cni-*

for path in /sys/class/net/*; do
  case ${path##*/} in
    cni0 | flannel.* | flannel-* | cilium_* | lxc_health | cali* | vxlan*.calico | wireguard.cali | kube-ipvs0 | kube-bridge | nodelocaldns)
      ip link delete "${path##*/}" 2>/dev/null
      ;;
  esac
done

# What others wrote stays.
for family in iptables ip6tables; do
  command -v "$family-save" >/dev/null || continue
  rules=$("$family-save" 2>/dev/null)
  if printf '%s\n' "$rules" | grep -qE '^(:|-A )(KUBE-|CNI-|cali-|FLANNEL-|CILIUM_)'; then
    printf '%s\n' "$rules" | grep -vE '(KUBE-|CNI-|cali-|cali:|FLANNEL-|CILIUM_|flanneld masq)' | "$family-restore"
  fi
done
if command -v nft >/dev/null; then
  nft list tables 2>/dev/null | grep -E ' (kube-proxy|calico|flannel-ipv[46])$' |
    while read -r _ family table; do nft delete table "$family" "$table"; done
fi
command -v ipvsadm >/dev/null && ipvsadm --clear
if command -v ipset >/dev/null; then
  for set in $(ipset list -n 2>/dev/null | grep -E '^(KUBE-|cali)'); do ipset destroy "$set"; done
fi

chattr -R -i /var/lib/kubelet 2>/dev/null
rm -rf /etc/kubernetes /var/lib/kubelet /var/lib/cni /var/lib/calico /run/flannel /run/calico /run/cilium /sys/fs/bpf/tc/globals /sys/fs/bpf/cilium
for directory in /etc/cni/net.d /var/log/pods /var/log/containers; do
  [ -d "$directory" ] && find "$directory" -mindepth 1 -delete
done
if [ -e /var/lib/etcd/member ] && ! systemctl is-active -q etcd.service; then
  rm -rf /var/lib/etcd/member
fi
exit 0
