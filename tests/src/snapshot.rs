//! What a host is: its files, and what of its state no file shows.

use k8sbm_core::{
    host::{Command, Host},
    task::Result,
};
use std::collections::BTreeMap;

/// Everything that a change would leave a trace in, a line each: path or name, and what is known of it.
///
/// A file is known by all that stat(2) tells; the time of its last change gives away any writing.
const SCRIPT: &str = r#"
show='%p\t%y %m %U %G %s %T@ %C@ %l\n'
find / /var/lib -xdev ! -path /run ! -path /tmp ! -path /var/tmp -printf "$show" 2>/dev/null
find /var/cache/debconf -name '*.dat' -printf "debconf $show" 2>/dev/null
find /run/sysctl /run/systemd/system -printf "$show" 2>/dev/null
echo "hostname	$(uname -n)"
sed 's/^[^ ]* \([^ ]*\) /mount \1\t/' /proc/self/mounts
sed 's/^\([^ ]*\) .*/swap \1\t/' /proc/swaps
awk '{print "module " $1 "\t"}' /proc/modules
systemctl list-units --all --plain --no-legend --no-pager --type service,socket,timer,mount,swap |
  awk '{print "unit " $1 "\t" $2, $3, $4}'
systemctl show --property MainPID --property Id '*.service' | paste -sd ' ' | sed 's/  /\n/g' |
  sed -n 's/MainPID=\(.*\) Id=\(.*\)/pid \2\t\1/p'
conf=/etc/kubernetes/admin.conf
if [ -e $conf ]; then
  kinds=$(kubectl --kubeconfig $conf api-resources --verbs=list -o name | grep -vE '^(events|leases)' | paste -sd,)
  kubectl --kubeconfig $conf get "$kinds" -A -o jsonpath='{range .items[*]}object {.kind} {.metadata.namespace}/{.metadata.name}{"\t"}{.metadata.resourceVersion}{"\n"}{end}'
fi
for tables in 'iptables -S' 'ip6tables -S' 'nft -s list ruleset' 'ip -o addr' 'ip route'; do $tables 2>/dev/null | sed "s/ tentative / /;s/\t/ /g;s/.*/$tables &\t/"; done
"#;

/// Paths that change by themselves, with all below; and names of state that does.
const RESTLESS: [&str; 16] = [
    "/run/systemd/transient",
    "/run/systemd/users",
    "/var/lib/apt/lists/lock",
    "/var/lib/systemd/",
    "/var/log",
    "/tmp/systemd-private",
    "/var/tmp/systemd-private",
    // The fleet lends all its hosts one cache of packages.
    "/var/cache",
    // What kubectl remembers of an API's kinds, to ask less.
    "/root/.kube/cache",
    // A login's folder goes some seconds after the last login.
    "mount /run/user/",
    "unit run-user-",
    "unit session-",
    "unit user",
    "unit systemd-",
    "pid user",
    "pid systemd-",
];

/// What a host is at one moment.
#[derive(Debug)]
pub struct Snapshot(BTreeMap<String, String>);

impl Snapshot {
    /// Looks at a host.
    ///
    /// # Errors
    /// When the host does not answer.
    pub async fn of(host: &Host) -> Result<Self> {
        let text = host.run(Command::shell(SCRIPT)).await?.text();
        let entry = |line: &str| {
            let (name, state) = line.split_once('\t')?;
            Some((name.to_owned(), state.to_owned()))
        };
        Ok(Self(text.lines().filter_map(entry).collect()))
    }

    /// What differs from an earlier moment, leaving out what `vary` begins the name of.
    #[must_use]
    pub fn since(&self, earlier: &Self, vary: &[String]) -> Vec<String> {
        let names = self
            .0
            .keys()
            .chain(earlier.0.keys().filter(|name| !self.0.contains_key(*name)));
        let restless = |name: &str| {
            let own = RESTLESS.iter().any(|it| name.starts_with(it));
            own || vary.iter().any(|it| name.starts_with(it.as_str()))
        };
        let mut moved: Vec<String> = names
            .filter(|name| self.0.get(*name) != earlier.0.get(*name))
            .filter(|name| !restless(name))
            .cloned()
            .collect();
        moved.sort();
        moved
    }
}
