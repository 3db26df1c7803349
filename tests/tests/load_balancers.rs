//! The ways to the API, with something that speaks HTTPS in place of the API servers: HAProxy on a port of its own and on
//! the API servers' port, keepalived alone, and somebody else's load balancer; each under a loop of requests.

use k8sbm_tests::{
    fleet::{self, Fleet, Options, Suite},
    program::Told,
};
use std::{
    fs,
    io::{self, Write as _},
    thread::sleep,
    time::{Duration, Instant},
};

const HOSTS: [&str; 3] = ["way1", "way2", "way3"];

/// Whoever asks; no host of the control plane.
const CLIENT: &str = "way4";

/// How long the API may be away when the host that has its address loses power: below five seconds where the machine has
/// nothing else to do.
const GAP: Duration = Duration::from_secs(8);

struct Ways {
    fleet: Fleet,
    files: tempfile::TempDir,
    network: String,
}

impl Ways {
    fn acquire() -> Result<Self, fleet::Skip> {
        let options = Options {
            prefix: "way".into(),
            suite: Suite::Bookworm,
        };
        let fleet = Fleet::acquire(HOSTS.len() + 1, options)?;
        let files = tempfile::tempdir().expect("a directory can be made");
        let address = fleet.host(CLIENT).address.to_string();
        let network = address
            .rsplit_once('.')
            .expect("an IPv4 address")
            .0
            .to_owned();
        let text = format!(
            "{}\n[control_plane]\n{}\n",
            fleet.inventory(),
            HOSTS.join("\n")
        );
        fs::write(files.path().join("hosts.ini"), text).expect("it can be written");
        Ok(Self {
            fleet,
            files,
            network,
        })
    }

    /// Runs the stage; `way` says how the API is to be reached, at the network's address that ends with `last`.
    fn told(&self, way: &str, last: u8) -> Told {
        let hosts = self.files.path().join("hosts.ini").display().to_string();
        let network = &self.network;
        let variables = format!(
            "{{node_address: '{{{{ ansible_host }}}}', api_address: {network}.{last}, kubernetes_version: 1.36.4, cluster_name: way, {way}}}"
        );
        Told::by(&[
            "run",
            "playbooks/load-balancer.yml",
            "-i",
            &hosts,
            "-e",
            &variables,
        ])
    }

    /// Runs it until nothing is left to do.
    fn run(&self, way: &str) {
        self.told(way, 250).expect_success(way);
        let again = self.told(way, 250).expect_success(way);
        let changed: Vec<_> = again.ended("changed").collect();
        assert!(changed.is_empty(), "{way}: {changed:?}");
    }

    /// Lets a host answer as its API server would; `bind` is what it listens at.
    fn serve(&self, host: &str, bind: &str) {
        let script = format!(
            "systemctl stop stand-in 2>/dev/null; systemctl reset-failed stand-in 2>/dev/null
             [ -e /root/server.pem ] || openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=stand-in -keyout /root/key.pem -out /root/cert.pem 2>/dev/null
             cat /root/cert.pem /root/key.pem > /root/server.pem
             printf 'printf \"HTTP/1.1 200 OK\\\\r\\\\nContent-Length: 2\\\\r\\\\n\\\\r\\\\nok\"' > /root/answer
             systemd-run --quiet --unit=stand-in socat OPENSSL-LISTEN:6443,{bind}reuseaddr,fork,cert=/root/server.pem,verify=0 'SYSTEM:sh /root/answer'"
        );
        self.fleet.exec(host, &script);
    }

    fn holders(&self) -> Vec<&'static str> {
        let show = format!("ip -oneline address show to {}.250/32", self.network);
        let holds = |host: &&str| !self.fleet.try_exec(host, &show).stdout.is_empty();
        HOSTS.into_iter().filter(holds).collect()
    }

    fn holder(&self) -> &'static str {
        let start = Instant::now();
        loop {
            match self.holders()[..] {
                [holder] => return holder,
                ref holders => assert!(start.elapsed() < Duration::from_secs(15), "{holders:?}"),
            }
            sleep(Duration::from_millis(200));
        }
    }

    /// Waits until ten requests in a row were answered; tells how long the first of them took.
    fn steady(&self, port: u16) -> Duration {
        let url = format!("https://{}.250:{port}/livez", self.network);
        let ask = format!("curl --silent --insecure --fail --max-time 1 {url}");
        let (start, mut first, mut row) = (Instant::now(), Duration::ZERO, 0);
        while row < 10 {
            assert!(
                start.elapsed() < Duration::from_secs(40),
                "no steady answer"
            );
            if self.fleet.try_exec(CLIENT, &ask).stdout == b"ok" {
                first = if row == 0 { start.elapsed() } else { first };
                row += 1;
            } else {
                row = 0;
            }
        }
        first
    }

    /// Cuts the power of the host that has the API's address, under requests; then lets it begin anew.
    fn outlives_its_holder(&self, what: &str, port: u16, bind: impl Fn(&str) -> String) {
        for host in HOSTS {
            self.serve(host, &bind(host));
        }
        self.steady(port);
        let holder = self.holder();
        self.fleet.kill(holder);
        let gap = self.steady(port);
        let _ = writeln!(
            io::stderr(),
            "{what}: the API answers again after {gap:.1?}"
        );
        assert!(gap < GAP, "{what}: {gap:?} without an API");
        assert_ne!(self.holder(), holder);
        self.fleet.start(holder);
        self.serve(holder, &bind(holder));
        self.steady(port);
    }

    /// Stops a service on the host that has the API's address; another gets it.
    fn goes_where_it_works(&self, what: &str, port: u16, stopped: &str) {
        let holder = self.holder();
        self.fleet
            .exec(holder, &format!("systemctl stop {stopped}"));
        let start = Instant::now();
        while self.holder() == holder {
            assert!(
                start.elapsed() < Duration::from_secs(20),
                "{holder} keeps the address"
            );
            sleep(Duration::from_millis(200));
        }
        let _ = writeln!(
            io::stderr(),
            "{what}: without {stopped} the address moved after {:.1?}",
            start.elapsed()
        );
        self.steady(port);
    }
}

#[test]
fn every_way_to_the_api_outlives_its_host() {
    let ways = match Ways::acquire() {
        Ok(ways) => ways,
        Err(reason) => return fleet::skip(&reason),
    };
    ways.fleet
        .exec(CLIENT, "apt-get install --yes --quiet curl >/dev/null");
    for host in HOSTS {
        ways.fleet.exec(
            host,
            "apt-get install --yes --quiet curl socat openssl >/dev/null",
        );
    }
    let own = |host: &str| format!("bind={},", ways.fleet.host(host).address);

    ways.run("api_load_balancer: haproxy");
    ways.outlives_its_holder("a port of its own", 8443, |_| String::new());
    ways.goes_where_it_works("a port of its own", 8443, "haproxy");

    for host in HOSTS {
        ways.serve(host, &own(host));
    }
    ways.run("api_load_balancer: haproxy, api_same_port: true");
    ways.outlives_its_holder("the API servers' port", 6443, own);
    ways.goes_where_it_works("the API servers' port", 6443, "haproxy");

    for host in HOSTS {
        ways.fleet.exec(host, "systemctl disable --now haproxy");
    }
    ways.run("api_load_balancer: keepalived");
    ways.outlives_its_holder("keepalived alone", 6443, |_| String::new());
    ways.goes_where_it_works("keepalived alone", 6443, "stand-in");

    ways.run("api_load_balancer: external");
    let told = ways.told("api_load_balancer: external", 251);
    assert!(
        told.ended("failed").count() > 0,
        "an address that nobody has is taken"
    );
}
