//! Facts of real hosts.

use k8sbm_core::connection::{Answer, Connection as _, Request, RunAs, Ssh, SshOptions};
use k8sbm_core::host::facts::{self, Facts, Subset};
use k8sbm_tests::fleet::{self, Fleet, Options, Suite};
use serde_json::json;

async fn gather(host: &Ssh, subset: &Subset) -> Facts {
    let request = Request::Run(facts::request(subset));
    let answers = host.send(&RunAs::Connected, vec![request]).await;
    match &answers.expect("an answer")[..] {
        [Answer::Output(output)] => {
            assert_eq!(output.error_text(), "");
            facts::parse(output)
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn facts_are_what_the_hosts_themselves_say() {
    let mut fleet = match Fleet::acquire(1, Options::default()) {
        Ok(fleet) => fleet,
        Err(reason) => return fleet::skip(&reason),
    };
    let prefix = "t".to_owned();
    let suite = Suite::Trixie;
    fleet.add(1, Options { prefix, suite });
    let sockets = tempfile::tempdir().expect("a directory");
    for (name, release, major) in [("h1", "bookworm", "12"), ("t1", "trixie", "13")] {
        fleet.exec(
            name,
            "mkdir -p /etc/ansible/facts.d && cd /etc/ansible/facts.d && echo '[a]\nb = c' >ini.fact && \
             printf '#!/bin/sh\\necho \"[1, 2]\"\\n' >run.fact && chmod +x run.fact && \
             ip addr add 10.9.8.7/24 dev eth0",
        );
        let mut options = SshOptions::new(name, sockets.path());
        options.arguments = vec!["-F".into(), fleet.ssh_config().display().to_string()];
        let host = Ssh::new(options);
        let facts = gather(&host, &Subset::all()).await;
        let says = |command: &str| fleet.exec(name, command).trim().to_owned();
        for (fact, value) in [
            ("os_family", "Debian".to_owned()),
            ("distribution", "Debian".into()),
            ("distribution_release", release.into()),
            ("distribution_major_version", major.into()),
            ("distribution_version", says("cat /etc/debian_version")),
            ("kernel", says("uname -r")),
            ("architecture", says("uname -m")),
            ("hostname", says("hostname")),
            ("fqdn", says("hostname -f")),
            ("machine_id", says("cat /etc/machine-id")),
            ("pkg_mgr", "apt".into()),
            ("service_mgr", "systemd".into()),
            ("user_id", "root".into()),
            ("user_dir", "/root".into()),
            ("virtualization_type", "container".into()),
        ] {
            assert_eq!(facts[fact], json!(value), "{fact} of {name}");
        }
        let address = fleet.host(name).address.to_string();
        assert_eq!(facts["default_ipv4"]["address"], json!(address));
        assert_eq!(facts["default_ipv4"]["interface"], "eth0");
        assert_eq!(facts["all_ipv4_addresses"], json!([address, "10.9.8.7"]));
        assert_eq!(
            facts["eth0"]["macaddress"],
            json!(says("cat /sys/class/net/eth0/address"))
        );
        let processors: u64 = says("nproc").parse().expect("a number");
        assert_eq!(facts["processor_nproc"], json!(processors));
        let kib = says("sed -n 's/MemTotal: *\\([0-9]*\\).*/\\1/p' /proc/meminfo");
        assert_eq!(
            facts["memtotal_mb"],
            json!(kib.parse::<u64>().expect("a number") / 1024)
        );
        assert_eq!(
            facts["local"],
            json!({"ini": {"a": {"b": "c"}}, "run": [1, 2]})
        );
        let key = says("cut -d' ' -f2 /etc/ssh/ssh_host_ed25519_key.pub");
        assert_eq!(facts["ssh_host_key_ed25519_public"], json!(key));
        let mounts = facts["mounts"].as_array().expect("a list");
        let mount = mounts.iter().find(|mount| mount["mount"] == "/var/lib");
        let total = says("stat -f -c '%b' /var/lib");
        let blocks = &mount.expect("the mount")["block_total"];
        assert_eq!(*blocks, json!(total.parse::<u64>().expect("a number")));

        let some = gather(
            &host,
            &Subset::parse(&["!all", "network"]).expect("a subset"),
        )
        .await;
        assert_eq!(some["gather_subset"], json!(["!all", "network"]));
        assert!(some.contains_key("default_ipv4") && some.contains_key("distribution"));
        assert!(!some.contains_key("processor") && !some.contains_key("virtualization_type"));
    }
}
