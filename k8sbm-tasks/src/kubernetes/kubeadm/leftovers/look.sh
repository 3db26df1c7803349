# Prints what a cluster left on this host, one thing a line; changes nothing.
export LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

for directory in /etc/kubernetes /var/lib/kubelet /var/lib/cni /var/lib/calico /run/flannel /run/calico /run/cilium; do
  [ -z "$(find "$directory" -type f 2>/dev/null | head -n 1)" ] || echo "directory $directory"
done
for directory in /etc/cni/net.d /var/log/pods /var/log/containers; do
  [ -z "$(ls -A "$directory" 2>/dev/null)" ] || echo "content of $directory"
done
# An etcd of the host's own keeps its data.
if [ -e /var/lib/etcd/member ] && ! systemctl is-active -q etcd.service; then
  echo 'directory /var/lib/etcd/member'
fi

for path in /sys/class/net/*; do
  case ${path##*/} in
    cni0 | flannel.* | flannel-* | cilium_* | lxc_health | cali* | vxlan*.calico | wireguard.cali | kube-ipvs0 | kube-bridge | nodelocaldns)
      echo "interface ${path##*/}"
      ;;
  esac
done

for family in iptables ip6tables; do
  command -v "$family-save" >/dev/null || continue
  count=$("$family-save" 2>/dev/null | grep -cE '^(:|-A )(KUBE-|CNI-|cali-|FLANNEL-|CILIUM_)')
  [ "$count" = 0 ] || echo "rules of $family"
done
if command -v nft >/dev/null; then
  nft list tables 2>/dev/null | grep -E ' (kube-proxy|calico|flannel-ipv[46])$'
fi

if command -v ctr >/dev/null && systemctl is-active -q containerd.service; then
  ctr -n k8s.io containers ls -q 2>/dev/null | sed 's/^/container /'
fi
exit 0
