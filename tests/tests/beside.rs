//! What stands beside a cluster: the proxy that leads to its node ports, and a server of folders.

use k8sbm_tests::{
    fleet::{self, Suite},
    hosts::Hosts,
};

const PROXY: &str = r#"
[proxies]
beside3

[proxies:vars]
nginx_proxy_sites={"cluster": {"backends": ["NETWORK.11:30080", "NETWORK.12:30080"]}}
"#;

#[test]
fn the_proxy_leads_to_node_ports_that_are_there() {
    let hosts = match Hosts::acquire(4, "beside", Suite::Bookworm, PROXY) {
        Ok(hosts) => hosts,
        Err(reason) => return fleet::skip(&reason),
    };
    // In place of the node ports: what tells its host's name, and what it was asked.
    let serve = |host: &str| {
        let script = r#"
            cat > /root/answer <<'END'
            while read -r line && [ "$line" != "$(printf '\r')" ]; do
              case $line in Host:*|X-Forwarded-For:*) said="$said $line" ;; esac
            done
            said=$(echo "$(hostname)$said" | tr -d '\r')
            printf 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %s\r\n\r\n%s' ${#said} "$said"
END
            systemctl reset-failed node-port 2>/dev/null
            systemd-run --quiet --unit=node-port socat TCP-LISTEN:30080,reuseaddr,fork 'SYSTEM:sh /root/answer'"#;
        hosts.fleet.exec(host, script);
    };
    serve("beside1");
    serve("beside2");
    hosts.run("proxy", &[]);
    hosts.quiet("proxy", &[]);

    let proxy = hosts.fleet.host("beside3").address;
    let client = hosts.fleet.host("beside4").address;
    let ask = format!("curl --silent --fail --header 'Host: app.example.com' http://{proxy}/");
    let asked = || hosts.fleet.exec("beside4", &ask);
    let said = |host: &str| format!("{host} Host: app.example.com X-Forwarded-For: {client}");
    let both: Vec<String> = (0..10).map(|_| asked()).collect();
    assert!(both.contains(&said("beside1")), "{both:?}");
    assert!(both.contains(&said("beside2")), "{both:?}");

    // Without one of them every request is still answered; with none, the proxy says so itself.
    hosts.fleet.kill("beside1");
    for _ in 0..10 {
        assert_eq!(asked(), said("beside2"));
    }
    hosts.fleet.exec("beside2", "systemctl stop node-port");
    let code =
        format!("curl --silent --output /dev/null --write-out '%{{http_code}}' http://{proxy}/");
    assert_eq!(hosts.fleet.exec("beside4", &code), "502");
    let told = hosts.told("proxy", &[]);
    assert!(
        told.ended("failed").count() > 0,
        "no backend is taken for one"
    );
    serve("beside2");
    hosts.until("beside4", &ask, &said("beside2"));

    // What NGINX does not take is not written.
    let wrong = r#"nginx_proxy_sites={"cluster": {"backends": ["no such thing"]}}"#;
    assert!(
        !hosts
            .told(
                "proxy",
                &["-e", &format!("{{{}}}", wrong.replacen('=', ": ", 1))]
            )
            .success
    );
    assert_eq!(asked(), said("beside2"));
}

const NFS: &str = r#"
[nfs]
beside1

[nfs:vars]
nfs_server_exports=[{"path": "/srv/nfs/volumes", "clients": ["NETWORK.0/24"], "options": "rw,sync,no_subtree_check,no_root_squash", "mode": "0777"}, {"path": "/srv/nfs/with space", "clients": ["NETWORK.12", "NETWORK.13"]}]
"#;

#[test]
fn folders_are_served() {
    let hosts = match Hosts::acquire(2, "beside", Suite::Trixie, NFS) {
        Ok(hosts) => hosts,
        Err(reason) => return fleet::skip(&reason),
    };
    let kernel = "grep --quiet nfsd /proc/filesystems || modprobe nfsd 2>/dev/null";
    let serves = hosts.fleet.try_exec("beside1", kernel).status.success();
    let run = format!("{{nfs_server_run: {serves}}}");
    hosts.run("nfs", &["-e", &run]);
    hosts.quiet("nfs", &["-e", &run]);
    let exported = hosts.fleet.exec("beside1", "exportfs -s");
    let network = hosts.fleet.hosts()[0].address.to_string();
    let network = network.rsplit_once('.').expect("an IPv4 address").0;
    let whole = format!("/srv/nfs/volumes  {network}.0/24(");
    assert!(exported.contains(&whole), "{exported}");
    assert!(exported.contains("no_root_squash"), "{exported}");
    assert!(exported.contains("with\\040space"), "{exported}");
    let mode = "stat --format %a /srv/nfs/volumes";
    assert_eq!(hosts.fleet.exec("beside1", mode), "777\n");
    if !serves {
        return fleet::skip(&"mounting a folder: this kernel has no nfsd");
    }
    let install = "apt-get -qq install nfs-common >/dev/null 2>&1";
    let mount = format!(
        "{install}; mount -t nfs4 {network}.11:/srv/nfs/volumes /mnt && echo kept > /mnt/file"
    );
    hosts.fleet.exec("beside2", &mount);
    assert_eq!(
        hosts.fleet.exec("beside1", "cat /srv/nfs/volumes/file"),
        "kept\n"
    );
}
