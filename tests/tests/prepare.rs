//! `playbooks/prepare.yml` as a user runs it: predicted, converging, quiet the second time; and what it built stays
//! steady when hosts lose power.

use k8sbm_tests::{
    fleet::{self, Fleet, Options, Suite},
    program::{End, Told},
};
use std::{
    collections::BTreeSet,
    fs,
    io::{self, Write as _},
    net::IpAddr,
    thread::sleep,
    time::{Duration, Instant},
};

const HOSTS: [&str; 3] = ["demo1", "demo2", "demo3"];

/// What etcdctl needs to reach the member on its host.
const ETCDCTL: &str = "cd /etc/etcd/pki && ETCDCTL_API=3 etcdctl --endpoints https://127.0.0.1:2379 \
    --cacert ca.crt --cert client.crt --key client.key";

/// Hosts, and where the playbook finds them.
struct Demo {
    fleet: Fleet,
    files: tempfile::TempDir,
}

impl Demo {
    /// Three hosts; the last `newer` of them run Debian 13.
    fn acquire(newer: usize) -> Result<Self, fleet::Skip> {
        let options = |suite| Options {
            prefix: "demo".into(),
            suite,
        };
        let mut fleet = Fleet::acquire(HOSTS.len() - newer, options(Suite::Bookworm))?;
        if newer > 0 {
            fleet.add(HOSTS.len(), options(Suite::Trixie));
        }
        let files = tempfile::tempdir().expect("a directory can be made");
        let addresses = files.path().join("addresses.ini");
        fs::write(addresses, fleet.inventory()).expect("the inventory can be written");
        Ok(Self { fleet, files })
    }

    fn run(&self, playbook: &str, flags: &[&str]) -> Told {
        let playbook = format!("playbooks/{playbook}.yml");
        let addresses = self
            .files
            .path()
            .join("addresses.ini")
            .display()
            .to_string();
        // What stands in for the API server is a stranger to the preflight.
        let stand_in = r#"{"preflight_listeners": ["6443 socat"]}"#;
        let inventories = ["-i", "inventories/demo", "-i", &addresses, "-e", stand_in];
        let arguments = [&["run", &playbook], &inventories[..], flags].concat();
        let told = Told::by(&arguments);
        let _ = writeln!(io::stderr(), "{playbook} {flags:?}: {:.1} s", told.seconds);
        told.expect_success(&format!("{playbook} {flags:?}"))
    }

    /// The API's address, as the demo's inventory derives it.
    fn api(&self) -> IpAddr {
        match self.fleet.host("demo1").address {
            IpAddr::V4(address) => {
                let [a, b, c, _] = address.octets();
                [a, b, c, 250].into()
            }
            IpAddr::V6(address) => panic!("a fleet has no {address}"),
        }
    }

    /// Who holds the API's address, of the hosts that are on.
    fn holders(&self) -> Vec<&'static str> {
        let show = format!("ip -oneline address show to {}/32", self.api());
        let holds = |host: &&str| !self.fleet.try_exec(host, &show).stdout.is_empty();
        HOSTS.into_iter().filter(holds).collect()
    }

    /// Lets every host answer where its API server will be.
    fn serve(&self) {
        for host in HOSTS {
            self.fleet.exec(
                host,
                "cat /etc/etcd/pki/server.crt /etc/etcd/pki/server.key > /root/server.pem
                 printf 'printf \"HTTP/1.1 200 OK\\\\r\\\\nContent-Length: 2\\\\r\\\\n\\\\r\\\\nok\"' > /root/answer
                 systemd-run --quiet --unit=stand-in socat \
                   OPENSSL-LISTEN:6443,reuseaddr,fork,cert=/root/server.pem,verify=0 'SYSTEM:sh /root/answer'",
            );
        }
    }

    /// Whether the API answers one request from a host, at its address and through HAProxy.
    fn answers(&self, host: &str) -> bool {
        let url = format!("https://{}:8443/livez", self.api());
        let ask = format!("curl --silent --insecure --fail --max-time 2 {url}");
        self.fleet.try_exec(host, &ask).stdout == b"ok"
    }

    /// Waits until the API has answered as many requests in a row; tells how long the first of them took.
    fn steady(&self, host: &str, requests: u32) -> Duration {
        let (start, mut first, mut row) = (Instant::now(), Duration::ZERO, 0);
        while row < requests {
            assert!(
                start.elapsed() < Duration::from_secs(30),
                "no steady answer"
            );
            if self.answers(host) {
                first = if row == 0 { start.elapsed() } else { first };
                row += 1;
            } else {
                row = 0;
            }
        }
        first
    }

    fn etcd(&self, host: &str, words: &str) -> bool {
        let asked = self.fleet.try_exec(host, &format!("{ETCDCTL} {words}"));
        asked.status.success()
    }
}

/// Runs it three times: planned, done, and again; returns nothing where all is as it shall be.
fn converges(demo: &Demo) {
    let plan = demo.run("prepare", &["--check"]);
    let first = demo.run("prepare", &[]);
    let foreseen: BTreeSet<&End> = plan.ended("changed").chain(plan.ended("unknown")).collect();
    let surprises: Vec<&End> = first
        .ended("changed")
        .filter(|end| !foreseen.contains(end))
        .collect();
    assert!(
        surprises.is_empty(),
        "check mode did not foresee {surprises:#?}"
    );
    assert!(first.ended("changed").count() > 100, "too little was done");
    quiet(demo);
    let plan = demo.run("prepare", &["--check"]);
    assert_eq!(
        plan.ended("changed").next(),
        None,
        "planned, though all is done"
    );
}

/// Runs it on hosts that need nothing.
fn quiet(demo: &Demo) {
    let again = demo.run("prepare", &[]);
    assert_eq!(again.ended("changed").collect::<Vec<_>>(), [] as [&End; 0]);
    for host in HOSTS {
        assert_eq!(again.recap[host]["changed"], 0);
    }
    assert!(again.seconds < 30.0, "{} s to do nothing", again.seconds);
}

#[test]
fn three_bare_hosts_become_ready_for_kubernetes() {
    let demo = match Demo::acquire(0) {
        Ok(demo) => demo,
        Err(reason) => return fleet::skip(&reason),
    };
    converges(&demo);

    for host in HOSTS {
        let readable = "find /etc/etcd /var/lib/etcd -name '*.key' -perm /o+rwx";
        assert_eq!(demo.fleet.exec(host, readable), "", "keys on {host}");
        let stranger = "runuser -u nobody -- cat /etc/etcd/pki/server.key";
        assert!(!demo.fleet.try_exec(host, stranger).status.success());
    }
    let keys = "find / -xdev -name 'ca.key'";
    let authorities = HOSTS.map(|host| demo.fleet.exec(host, keys));
    assert_eq!(authorities, ["/etc/etcd/authority/ca.key\n", "", ""]);
    let no_certificate = "curl --silent --insecure https://127.0.0.1:2379/health";
    let refused = demo.fleet.try_exec("demo1", no_certificate);
    assert!(!refused.status.success(), "etcd talks to strangers");

    demo.serve();
    let holders = demo.holders();
    let [holder] = holders[..] else {
        panic!("the API's address is held by {holders:?}")
    };
    let left = HOSTS
        .iter()
        .find(|host| **host != holder)
        .expect("two are left");
    demo.steady(left, 10);

    demo.fleet.kill(holder);
    let gap = demo.steady(left, 10);
    let _ = writeln!(io::stderr(), "the API's address moved within {gap:.1?}");
    assert!(gap < Duration::from_secs(15), "{gap:?} without an API");
    let moved = demo.holders();
    assert_eq!(moved.len(), 1, "the API's address is held by {moved:?}");
    assert_ne!(moved[0], holder);

    assert!(
        demo.etcd(left, "put power cut"),
        "two members are no majority"
    );
    assert!(!demo.etcd(left, "endpoint health --cluster"), "one is off");
    demo.fleet.start(holder);
    let back = Instant::now();
    while !demo.etcd(holder, "endpoint health --cluster") {
        let waited = back.elapsed();
        assert!(waited < Duration::from_secs(60), "a member stays away");
        sleep(Duration::from_millis(500));
    }
    let _ = writeln!(io::stderr(), "etcd took {:.1?} to be whole", back.elapsed());
    assert!(demo.etcd(holder, "get power"));
    assert_eq!(demo.holders(), moved, "the API's address went back");

    // All of it survived the boot.
    quiet(&demo);
    // A certificate that is older than what it shall say is made anew, and only its member restarted.
    demo.fleet.exec("demo2", "touch /etc/etcd/pki/server.cnf");
    let renewed = demo.run("prepare", &[]);
    let renewed: Vec<_> = renewed.ended("changed").collect();
    let renewed: Vec<_> = renewed.iter().map(|it| (&*it.host, &*it.task)).collect();
    let expected = [
        ("demo2", "etcd : Put the server certificate in place"),
        ("demo2", "etcd : Restart etcd"),
    ];
    assert_eq!(renewed, expected);
}

/// What was in etcd when its timer's service saved it is in all members again once they were restored.
fn comes_back(demo: &Demo) {
    demo.fleet.exec(
        "demo1",
        "apt-get -qq install age >/dev/null 2>&1; age-keygen -o /root/age.key 2>/dev/null",
    );
    let public = demo.fleet.exec("demo1", "age-keygen -y /root/age.key");
    let recipients = format!("etcd_backup_recipients={}", public.trim());
    let then = r#"{"etcd_backup_then": "cp \"$name\" /root/elsewhere.age"}"#;
    let backup = ["-e", &recipients, "-e", then];
    demo.run("backup-etcd", &backup);
    let again = demo.run("backup-etcd", &backup);
    assert_eq!(again.ended("changed").next(), None);

    assert!(demo.etcd("demo1", "put kept before"));
    demo.fleet
        .exec("demo1", "systemctl start etcd-backup.service");
    assert!(demo.etcd("demo2", "put kept after"));
    let named = demo
        .fleet
        .exec("demo1", "cd /var/backups/etcd && ls -l && echo etcd-*.age");
    assert!(named.contains("-rw------- "), "{named}");
    let name = named.split_whitespace().last().expect("there is a backup");
    let same = format!("cmp /var/backups/etcd/{name} /root/elsewhere.age");
    demo.fleet.exec("demo1", &same);
    let bring = |from: &str, to: &str| {
        let to = demo.files.path().join(to);
        let bytes = demo.fleet.try_exec("demo1", &format!("cat {from}")).stdout;
        fs::write(&to, bytes).expect("the file can be written");
        to.display().to_string()
    };
    let sum = format!("{name}.sha256");
    bring(&format!("/var/backups/etcd/{sum}"), &sum);
    let file = format!(
        "backup={}",
        bring(&format!("/var/backups/etcd/{name}"), name)
    );
    let key = format!("identity={}", bring("/root/age.key", "age.key"));
    let restored = demo.run(
        "restore-etcd",
        &["-e", "confirm=kubernetes", "-e", &file, "-e", &key],
    );
    assert!(restored.ended("changed").count() > 10);
    for host in HOSTS {
        assert!(
            demo.etcd(host, "get kept | grep --quiet --line-regexp before"),
            "{host} has another value"
        );
        assert_eq!(
            demo.fleet
                .exec(host, "ls -d /var/lib/etcd-restore 2>/dev/null || true"),
            ""
        );
    }
}

#[test]
fn releases_of_debian_mix() {
    let demo = match Demo::acquire(1) {
        Ok(demo) => demo,
        Err(reason) => return fleet::skip(&reason),
    };
    converges(&demo);
    assert_eq!(demo.run("verify-hosts", &[]).ended("changed").next(), None);
    comes_back(&demo);
    // Whoever has no HAProxy must not hold the API's address.
    let [holder] = demo.holders()[..] else {
        panic!("not one host holds the API's address")
    };
    demo.fleet.exec(holder, "systemctl stop haproxy");
    let start = Instant::now();
    let moved = || matches!(demo.holders()[..], [other] if other != holder);
    while !moved() {
        let waited = start.elapsed();
        assert!(
            waited < Duration::from_secs(20),
            "{holder} keeps the address"
        );
        sleep(Duration::from_millis(200));
    }
}
