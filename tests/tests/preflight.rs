//! Hosts with many mistakes at once: one run of `playbooks/preflight.yml` tells them all, as JUnit too.

use k8sbm_tests::{
    fleet::{self, Fleet, Options, Suite},
    program,
};
use std::{fs, net::IpAddr, process::Command};

#[test]
fn all_mistakes_of_hosts_are_told_at_once() {
    let options = Options {
        prefix: "ha".into(),
        suite: Suite::Trixie,
    };
    let fleet = match Fleet::acquire(4, options) {
        Ok(fleet) => fleet,
        Err(reason) => return fleet::skip(&reason),
    };
    let IpAddr::V4(address) = fleet.host("ha1").address else {
        panic!("a fleet has addresses of IPv4");
    };
    let [a, b, c, _] = address.octets();
    let api = format!("{a}.{b}.{c}.250");
    let files = tempfile::tempdir().expect("a directory can be made");
    let file = |name: &str| files.path().join(name).display().to_string();
    let (addresses, vars, report) = (file("addresses.ini"), file("vars.yml"), file("report.xml"));
    fs::write(&addresses, fleet.inventory()).expect("it can be written");
    let settings = format!(
        "{{kubernetes_version: 1.34.9, node_network: {a}.{b}.{c}.0/24, api_address: {api}, preflight_space: 1}}"
    );
    fs::write(&vars, settings).expect("it can be written");
    let preflight = || {
        let vars = format!("@{vars}");
        let output = Command::new(program::path())
            .args(["run", "playbooks/preflight.yml", "-i", "inventories/ha"])
            .args(["-i", &addresses, "-e", &vars])
            .args(["--output", &format!("junit:{report}")])
            .current_dir(program::ROOT)
            .output()
            .expect("k8sbm starts");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.code(), text)
    };
    let (code, text) = preflight();
    assert_eq!(code, Some(0), "{text}");

    let listens = "systemd-run --quiet --unit stranger systemd-socket-activate --listen 6443 cat";
    fleet.exec("ha1", &format!("{listens}; : >/etc/resolv.conf"));
    let copied = fleet.exec("ha2", "cat /etc/machine-id");
    let route = format!("ip route add 10.244.0.0/16 via {address}");
    fleet.exec(
        "ha3",
        &format!("echo {} >/etc/machine-id; {route}", copied.trim()),
    );
    fleet.exec("ha4", &format!("ip address add {api}/32 dev eth0"));

    let (code, text) = preflight();
    assert_eq!(code, Some(2), "{text}");
    let taken = format!("api_address is {api}, and 02:77:");
    for told in [
        "  port 6443 is in use by systemd-socket-",
        "  /etc/resolv.conf names no nameserver",
        "  ha2, ha3 have the same /etc/machine-id: they are copies of one machine",
        "  it has routes to 10.244.0.0/16, which pods or services are to have",
        &taken,
    ] {
        assert!(text.contains(told), "{told} is missing:\n{text}");
    }
    let report = fs::read_to_string(&report).expect("the report is there");
    assert!(report.contains("failures=\"3\""), "{report}");
    assert!(report.contains("[ha1] preflight : All checks are passed"));
}
