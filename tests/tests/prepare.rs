//! `playbooks/prepare.yml` as a user runs it: predicted, converging, quiet the second time, and what it built keeps
//! its promises when a host loses power.

use k8sbm_tests::fleet::{self, Fleet, Options};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    env, fs,
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace")
        .to_path_buf()
}

/// The command, built as the tests are.
fn k8sbm() -> PathBuf {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--locked", "--quiet", "--package", "k8sbm-cli"])
        .current_dir(root())
        .status()
        .expect("cargo starts");
    assert!(built.success(), "the command does not build");
    let test = env::current_exe().expect("the test knows where it is");
    let profile = test
        .ancestors()
        .nth(2)
        .expect("tests stand in deps/ of their profile");
    profile.join("k8sbm")
}

/// Runs the playbook and returns its events.
fn run(command: &Path, inventory: &Path, flags: &[&str]) -> Vec<Value> {
    let output = Command::new(command)
        .args([
            "run",
            "playbooks/prepare.yml",
            "-i",
            "inventories/demo",
            "-o",
            "json",
            "-i",
        ])
        .arg(inventory)
        .args(flags)
        .current_dir(root())
        .output()
        .expect("the command starts");
    let said = String::from_utf8_lossy(&output.stdout);
    let events: Vec<Value> = said
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let failed: Vec<&Value> = events
        .iter()
        .filter(|event| event["outcome"] == "failed")
        .collect();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{flags:?}: {failed:#?}\n{complaint}"
    );
    events
}

/// The places of the tasks that ended with one of these outcomes on any host.
fn ended(events: &[Value], outcomes: &[&str]) -> BTreeSet<String> {
    let place = |task: &Value| {
        let started = events
            .iter()
            .find(|event| event["event"] == "task_started" && event["id"] == *task);
        started
            .map(|event| event["place"].to_string())
            .unwrap_or_default()
    };
    let finished = events
        .iter()
        .filter(|event| event["event"] == "host_finished");
    let of_interest =
        finished.filter(|event| outcomes.contains(&event["outcome"].as_str().unwrap_or_default()));
    of_interest.map(|event| place(&event["task"])).collect()
}

fn changed(events: &[Value]) -> u64 {
    let recap = &events.last().expect("the run ended")["recap"];
    let hosts = recap.as_object().expect("a recap by host");
    assert_eq!(hosts.len(), 3, "{recap}");
    hosts
        .values()
        .map(|host| host["changed"].as_u64().unwrap_or(u64::MAX))
        .sum()
}

fn answers(address: SocketAddr) -> bool {
    TcpStream::connect_timeout(&address, Duration::from_millis(300)).is_ok()
}

fn holder(fleet: &Fleet, address: IpAddr) -> Vec<String> {
    let holds = |host: &&str| {
        let output = fleet.try_exec(host, &format!("ip -oneline address show to {address}/32"));
        output.status.success() && !output.stdout.is_empty()
    };
    ["demo1", "demo2", "demo3"]
        .into_iter()
        .filter(|host| holds(host))
        .map(str::to_owned)
        .collect()
}

#[test]
fn three_bare_hosts_become_ready_for_kubernetes() {
    let options = Options {
        prefix: "demo".into(),
        ..Options::default()
    };
    let fleet = match Fleet::acquire(3, options) {
        Ok(fleet) => fleet,
        Err(reason) => return fleet::skip(&reason),
    };
    let command = k8sbm();
    let directory = tempfile::tempdir().expect("a directory can be made");
    let inventory = directory.path().join("fleet.ini");
    fs::write(&inventory, fleet.inventory()).expect("the inventory can be written");

    let predicted = run(&command, &inventory, &["--check"]);
    let first = run(&command, &inventory, &[]);
    assert!(changed(&first) > 0);
    let did = ended(&first, &["changed"]);
    let foreseen = ended(&predicted, &["changed", "unknown"]);
    let handlers = |place: &&String| place.contains("/handlers/");
    let surprises: Vec<&String> = did
        .difference(&foreseen)
        .filter(|place| !handlers(place))
        .collect();
    assert!(
        surprises.is_empty(),
        "check mode did not foresee {surprises:#?}"
    );

    let second = run(&command, &inventory, &[]);
    assert_eq!(changed(&second), 0, "{:#?}", ended(&second, &["changed"]));

    let IpAddr::V4(demo1) = fleet.host("demo1").address else {
        panic!("the fleet is IPv4")
    };
    let [a, b, c, _] = demo1.octets();
    let address = SocketAddr::new(Ipv4Addr::new(a, b, c, 250).into(), 8443);
    assert!(
        answers(address),
        "HAProxy does not answer at the API's address"
    );
    let holders = holder(&fleet, address.ip());
    assert_eq!(holders.len(), 1, "the API's address is held by {holders:?}");
    fleet.kill(&holders[0]);
    let cut = Instant::now();
    while !answers(address) {
        assert!(
            cut.elapsed() < Duration::from_secs(15),
            "the API's address did not move"
        );
        std::thread::sleep(Duration::from_millis(100));
    }

    let left = ["demo1", "demo2", "demo3"]
        .into_iter()
        .find(|host| *host != holders[0])
        .expect("two are left");
    let etcdctl = "cd /etc/etcd/pki && ETCDCTL_API=3 etcdctl --endpoints https://127.0.0.1:2379 --cacert ca.crt --cert client.crt --key client.key";
    fleet.exec(left, &format!("{etcdctl} put power cut"));
    fleet.start(&holders[0]);
    let back = Instant::now();
    let healthy = || {
        fleet
            .try_exec(left, &format!("{etcdctl} endpoint health --cluster"))
            .status
            .success()
    };
    while !healthy() {
        assert!(
            back.elapsed() < Duration::from_secs(60),
            "etcd does not take its member back"
        );
        std::thread::sleep(Duration::from_secs(1));
    }
}
