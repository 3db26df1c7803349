# What kubespray makes of a host before it fetches anything: its roles bootstrap_os and kubernetes/preinstall.
repository=kubespray
core=2.18
