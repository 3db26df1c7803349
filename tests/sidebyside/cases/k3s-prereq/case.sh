# What k3s-ansible makes of a host before it installs k3s.
repository=k3s-ansible
