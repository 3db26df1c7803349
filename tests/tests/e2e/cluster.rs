//! A cluster on hosts of a fleet, run as its users run it.

use crate::{
    artifacts::{artifacts, variables},
    beyond,
};
use k8sbm_tests::{
    fleet::{self, Fleet, Options, Suite},
    program::{End, Told},
};
use serde_json::Value as Json;
use std::{
    collections::BTreeSet,
    fs,
    io::{self, Write as _},
    path::Path,
    time::{Duration, Instant},
};

/// Hosts, and what is told of them to every run.
pub struct Cluster {
    /// The hosts.
    pub fleet: Fleet,
    inventory: &'static str,
    site: &'static str,
    names: Vec<(String, String)>,
    files: tempfile::TempDir,
}

/// Prints what a host has of a cluster, one thing a line.
const TRACES: &str = include_str!("traces.sh");

/// Says how long a part took.
pub fn took(what: &str, since: Instant) {
    let seconds = since.elapsed().as_secs_f64();
    let _ = writeln!(io::stderr(), "{what}: {seconds:.1} s");
}

impl Cluster {
    /// Bare hosts for one of the inventories, by their names in it, and what is different on them; nothing, and it is
    /// said why, where there can be none.
    pub fn bare(inventory: &'static str, site: &'static str, names: &[&str]) -> Option<Self> {
        let artifacts = artifacts().inspect_err(|reason| fleet::skip(reason)).ok()?;
        let options = Options {
            prefix: "n".to_owned(),
            suite: Suite::Trixie,
        };
        let fleet = Fleet::acquire(names.len(), options)
            .inspect_err(|reason| fleet::skip(reason))
            .ok()?;
        Some(Self::on(fleet, inventory, site, names, &artifacts))
    }

    fn on(
        fleet: Fleet,
        inventory: &'static str,
        site: &'static str,
        names: &[&str],
        artifacts: &Path,
    ) -> Self {
        let files = tempfile::tempdir().expect("a directory can be made");
        let own = fleet.hosts().iter().map(|host| host.name.clone());
        let names: Vec<(String, String)> =
            names.iter().map(|it| (*it).to_owned()).zip(own).collect();
        let renamed = fleet.inventory().lines().fold(String::new(), |text, line| {
            let found = names
                .iter()
                .find(|(_, own)| line.split(' ').next() == Some(own));
            let line = found.map_or(line.to_owned(), |(name, own)| line.replacen(own, name, 1));
            text + &line + "\n"
        });
        fs::write(files.path().join("addresses.ini"), renamed).expect("it can be written");
        let cluster = Self {
            fleet,
            inventory,
            site,
            names,
            files,
        };
        cluster.says(&variables(artifacts, &cluster.network()));
        cluster
    }

    fn network(&self) -> String {
        let address = self.fleet.hosts()[0].address.to_string();
        let network = address.rsplit_once('.').expect("an IPv4 address").0;
        network.to_owned()
    }

    fn says(&self, variables: &Json) {
        let path = self.files.path().join("vars.json");
        fs::write(path, variables.to_string()).expect("it can be written");
    }

    /// Says something differently to every run from now on.
    pub fn sets(&self, change: impl FnOnce(&mut Json)) {
        let mut variables = self.variables();
        change(&mut variables);
        self.says(&variables);
    }

    /// Names other artefacts, and their release, to every run from now on.
    pub fn takes(&self, artifacts: &Path) {
        let Json::Object(other) = variables(artifacts, &self.network()) else {
            unreachable!("variables are a mapping")
        };
        self.sets(|all| {
            for (name, value) in other {
                all[name] = value;
            }
        });
    }

    /// Asks for all that can run beside Kubernetes itself, and says what cannot.
    pub fn asks_for_all(&self) {
        let variables = beyond::with(self.variables(), &self.network()).to_string();
        fs::write(self.files.path().join("vars.json"), variables).expect("it can be written");
    }

    /// What is different on these hosts.
    pub fn variables(&self) -> Json {
        let text = fs::read_to_string(self.files.path().join("vars.json")).expect("it is there");
        serde_json::from_str(&text).expect("it is JSON")
    }

    /// The inventory as if it named another release.
    pub fn of_release(&self, version: &str) -> Json {
        let mut variables = self.variables();
        variables["kubernetes_version"] = version.into();
        let lock = variables["artifacts"].as_object_mut();
        for (name, artifact) in lock.expect("there is a lock") {
            if name.starts_with("kube") && !artifact["version"].is_null() {
                artifact["version"] = version.into();
            }
        }
        variables
    }

    /// A host's name in the fleet.
    pub fn own(&self, name: &str) -> &str {
        let found = self.names.iter().find(|(known, _)| known == name);
        &found.expect("the inventory has it").1
    }

    /// The address of the API, where it has one of its own.
    pub fn api(&self) -> String {
        format!("{}.250", self.network())
    }

    /// Runs a playbook, well or not, and tells how long it took.
    pub fn attempt(&self, playbook: &str, flags: &[&str]) -> Told {
        let file = |name: &str| self.files.path().join(name).display().to_string();
        let (playbook, inventory) = (
            format!("playbooks/{playbook}.yml"),
            format!("inventories/{}", self.inventory),
        );
        let (addresses, vars) = (file("addresses.ini"), format!("@{}", file("vars.json")));
        let words = [
            "run", &playbook, "-i", &inventory, "-i", &addresses, "-e", &vars,
        ];
        let told = Told::by(&[&words[..], flags].concat());
        let (seconds, working, looking) = (told.seconds, told.working, told.looking);
        let _ = writeln!(
            io::stderr(),
            "{inventory}: {playbook} {flags:?}: {seconds:.1} s, hosts at work {working:.1} s, looked at {looking:.1} s"
        );
        told
    }

    /// Runs a playbook that must end well.
    pub fn run(&self, playbook: &str, flags: &[&str]) -> Told {
        let what = format!("{}: {playbook} {flags:?}", self.inventory);
        self.attempt(playbook, flags).expect_success(&what)
    }

    /// Runs a playbook that must fail, for a reason.
    pub fn refuses(&self, playbook: &str, flags: &[&str], reason: &str) {
        let told = self.attempt(playbook, flags);
        let said = told.troubles.join("\n");
        assert!(!told.success && said.contains(reason), "{reason}: {said}");
    }

    /// Nothing is left to do, and check mode knows it.
    pub fn is_converged(&self) {
        for flags in [&[][..], &["--check"]] {
            let told = self.run(self.site, flags);
            assert!(changed(&told).is_empty(), "{flags:?} {:?}", changed(&told));
        }
    }

    /// What each host has of a cluster.
    fn traces(&self) -> Vec<String> {
        let hosts = self.names.iter();
        hosts.map(|(name, _)| self.traces_of(name)).collect()
    }

    /// What a host has of a cluster.
    pub fn traces_of(&self, host: &str) -> String {
        self.fleet.exec(self.own(host), TRACES)
    }

    /// Takes the cluster away, which leaves nothing behind, and has nothing to do again.
    pub fn goes(&self, name: &str) {
        let there = self.traces();
        assert!(there.iter().all(|it| !it.is_empty()), "{there:?}");
        self.refuses("reset", &[], &format!("say `-e confirm={name}`"));
        let confirm = format!("confirm={name}");
        let flags = ["-e", &confirm];
        self.run("reset", &flags);
        let left = self.traces();
        assert!(left.iter().all(String::is_empty), "{left:?}");
        assert!(changed(&self.run("reset", &flags)).is_empty());
    }

    /// Runs a command of `kubectl` on a host of the control plane.
    pub fn kubectl(&self, host: &str, words: &str) -> String {
        let kubectl = "kubectl --kubeconfig /etc/kubernetes/admin.conf";
        self.fleet
            .exec(self.own(host), &format!("{kubectl} {words}"))
    }

    /// How many nodes there are.
    pub fn nodes(&self, host: &str) -> usize {
        self.kubectl(host, "get nodes -o name").lines().count()
    }

    /// Turns the host off that has the API's address, of those that may have it; another answers for it within five
    /// seconds. Says which.
    pub fn loses_its_holder<'a>(&self, hosts: &[&'a str], from: &str) -> &'a str {
        let held = format!("ip -oneline address show to {}/32", self.api());
        let holds = |host: &&&str| !self.fleet.exec(self.own(host), &held).is_empty();
        let holder = hosts.iter().find(holds);
        let holder = holder.expect("a host holds the API's address");
        self.fleet.kill(self.own(holder));
        let first = self.answers_again(from, Instant::now());
        assert!(first < Duration::from_secs(5), "{first:?}");
        holder
    }

    /// Turns a host off while a playbook runs, once it has a file, and on again.
    pub fn is_interrupted(&self, playbook: &str, host: &str, file: &str) {
        let told = std::thread::scope(|scope| {
            let running = scope.spawn(|| self.attempt(playbook, &[]));
            let look = format!("timeout 300 sh -c 'until [ -e {file} ]; do sleep 0.1; done'");
            self.fleet.exec(self.own(host), &look);
            self.fleet.kill(self.own(host));
            running.join().expect("the run ends")
        });
        assert!(!told.success, "{playbook} ended before {host} was off");
        self.fleet.start(self.own(host));
    }

    /// Turns all hosts off at once, and on again.
    pub fn goes_off_and_on(&self) {
        for power in [Fleet::kill, Fleet::start] {
            self.names
                .iter()
                .for_each(|(_, host)| power(&self.fleet, host));
        }
    }

    /// The cluster comes back by itself: soon all nodes are ready and it does all that a cluster is for.
    pub fn verifies(&self, what: &str, since: Instant) {
        // The API answers before its nodes are seen to be gone, which takes them up to 50 s.
        let told = loop {
            let told = self.attempt("verify", &[]);
            if told.success || since.elapsed() > Duration::from_secs(300) {
                break told;
            }
        };
        told.expect_success(&format!("{}: verify", self.inventory));
        took(what, since);
    }

    /// Asks the API from a host until it answers ten times in a row; how long until the first of them.
    pub fn answers_again(&self, from: &str, since: Instant) -> Duration {
        // A request that was begun while nobody has the address hangs: it must not hide when another has it.
        let ask = format!(
            "curl --silent --insecure --fail --connect-timeout 0.5 --max-time 2 https://{}:8443/livez",
            self.api()
        );
        let (mut row, mut first) = (0, Duration::ZERO);
        while row < 10 {
            assert!(
                since.elapsed() < Duration::from_secs(60),
                "the API does not answer again"
            );
            let answer = self.fleet.try_exec(self.own(from), &ask);
            if answer.status.success() {
                first = if row == 0 { since.elapsed() } else { first };
                row += 1;
            } else {
                row = 0;
            }
        }
        let _ = writeln!(io::stderr(), "the API answers again after {first:.1?}");
        first
    }
}

/// What changed, or would.
fn changed(told: &Told) -> BTreeSet<End> {
    told.ended("changed").cloned().collect()
}
