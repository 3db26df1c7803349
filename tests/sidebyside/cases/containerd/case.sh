# geerlingguy's role, with Debian's own package and archive in place of Docker's.
repository=ansible-role-containerd
