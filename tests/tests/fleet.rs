//! The fleet keeps its promises: hosts answer, lose power, lose the network, move away.

use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use k8sbm_tests::fleet::{self, Fleet, Host, Options, Suite};

/// What a command printed over the system's ssh, if it could log in.
fn ssh(fleet: &Fleet, host: &str, command: &str) -> Option<String> {
    let output = Command::new("ssh")
        .arg("-F")
        .arg(fleet.ssh_config())
        .args(["-o", "ConnectTimeout=2", host, command])
        .stdin(Stdio::null())
        .output()
        .expect("ssh starts");
    let text = String::from_utf8(output.stdout).expect("ssh prints text");
    output.status.success().then(|| text.trim().to_owned())
}

/// How long the quickest of a few TCP connects takes.
fn round_trip(host: &Host) -> Option<Duration> {
    let address = SocketAddr::new(host.address, 22);
    let connect = || {
        let start = Instant::now();
        let stream = TcpStream::connect_timeout(&address, Duration::from_secs(1));
        stream.is_ok().then(|| start.elapsed())
    };
    let first = connect()?;
    (0..4).filter_map(|_| connect()).chain([first]).min()
}

#[test]
fn hosts_lose_power_and_network_and_nearness() {
    let fleet = match Fleet::acquire(2, Options::default()) {
        Ok(fleet) => fleet,
        Err(reason) => return fleet::skip(&reason),
    };
    for host in fleet.hosts() {
        assert_eq!(ssh(&fleet, &host.name, "hostname"), Some(host.name.clone()));
    }
    assert_eq!(fleet.exec("h1", "cat /proc/1/comm"), "systemd\n");
    let boot = || fleet.exec("h1", "cat /proc/sys/kernel/random/boot_id");
    let first_boot = boot();

    fleet.exec("h1", "touch /root/survives /run/does-not");
    fleet.kill("h1");
    assert_eq!(
        round_trip(fleet.host("h1")),
        None,
        "h1 answers without power"
    );
    assert!(!fleet.try_exec("h1", "true").status.success());
    assert!(
        ssh(&fleet, "h2", "true").is_some(),
        "h2 suffers from h1's power cut"
    );
    fleet.start("h1");
    assert_ne!(boot(), first_boot);
    assert_eq!(
        ssh(&fleet, "h1", "ls /root /run/does-not; true").as_deref(),
        Some("/root:\nsurvives")
    );

    fleet.cut("h1");
    assert_eq!(
        round_trip(fleet.host("h1")),
        None,
        "h1 answers without network"
    );
    fleet.heal("h1");
    // A busy machine needs a moment until the cable is in.
    let again = (0..20).find_map(|_| {
        std::thread::sleep(Duration::from_millis(100));
        round_trip(fleet.host("h1"))
    });
    let near = again.expect("h1 answers again");

    fleet.delay(20);
    let far = round_trip(fleet.host("h1")).expect("h1 answers from afar");
    assert!(
        far >= near + Duration::from_millis(15),
        "{near:?} became {far:?}"
    );
    fleet.delay(0);
    let near = round_trip(fleet.host("h1")).expect("h1 answers");
    assert!(near < Duration::from_millis(15), "still {near:?}");
}

#[test]
fn suites_mix_and_users_are_there() {
    let mut fleet = match Fleet::acquire(1, Options::default()) {
        Ok(fleet) => fleet,
        Err(reason) => return fleet::skip(&reason),
    };
    let newer = Options {
        prefix: "t".to_owned(),
        suite: Suite::Trixie,
    };
    fleet.add(1, newer);
    let versions = fleet
        .hosts()
        .iter()
        .map(|host| fleet.exec(&host.name, "cut -d. -f1 /etc/debian_version"));
    assert_eq!(versions.collect::<Vec<_>>(), ["12\n", "13\n"]);
    for Host { name, .. } in fleet.hosts() {
        let as_user = |user: &str, command: &str| ssh(&fleet, &format!("{user}@{name}"), command);
        assert_eq!(as_user("ops", "sudo -n id -un").as_deref(), Some("root"));
        assert_eq!(
            as_user("pw", "sudo -n id -un"),
            None,
            "sudo shall ask pw for a password"
        );
        assert_eq!(
            as_user("pw", "echo secret | sudo -S id -un").as_deref(),
            Some("root")
        );
    }
}
