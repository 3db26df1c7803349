# torgeirl's playbook for all hosts, from the packages to the first repository that nobody answers for: there it fails.
repository=kubernetes-playbooks
# What it asks of its hosts comes before; a laboratory host is of Debian.
options=(-e ansible_distribution=Ubuntu -e ansible_distribution_version=26.04 --start-at-task 'update APT packages')
