# Prints what this host has of a cluster, one thing a line.
for path in /etc/kubernetes /etc/etcd /var/lib/kubelet /var/lib/kube-proxy /var/lib/cni /var/lib/etcd/member \
  /var/log/kubernetes /etc/haproxy/haproxy.cfg /etc/keepalived/keepalived.conf /etc/keepalived/check-api.sh; do
  [ -z "$(find "$path" -type f 2>/dev/null | head -n 1)" ] || echo "$path"
done
grep -sh '^- name: ' /root/.kube/config
ls -d /root/.kube/cache 2>/dev/null
ls -A /etc/cni/net.d /var/lib/k8sbm/*.lock 2>/dev/null | grep -v :
ls /etc/systemd/system | grep -E '^(kube-|etcd|k8sbm-route)'
systemctl list-units --all --no-legend --plain 'kube*' 'etcd*' | grep -w active
ip -brief link | grep -E '^(cni0|veth|flannel)'
ip route | grep -E '^10\.(244|200)\.'
ip -oneline address | grep '/32'
iptables-save | grep -E 'KUBE-|CNI-|FLANNEL'
grep -E ' /var/lib/kubelet| /run/netns/cni-' /proc/mounts
ss -Hltnp | grep -E ':(6443|8443|8404|10250|10257|10259|2379|2380) '
ctr -n k8s.io containers ls -q 2>/dev/null
true
