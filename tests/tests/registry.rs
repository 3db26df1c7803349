//! A registry with a certificate of an authority of its own: containerd pulls from it when it is told of that, and not before.

use k8sbm_tests::{
    fleet::{self, Suite},
    hosts::Hosts,
};
use std::fs;

/// An authority, a certificate for the registry, and a registry with one image of nothing.
const SERVE: &str = r#"
cd /root
openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=authority -keyout ca.key -out ca.crt 2>/dev/null
openssl req -newkey rsa:2048 -nodes -subj /CN=registry -keyout server.key -out server.csr 2>/dev/null
printf 'subjectAltName=IP:%s' ADDRESS > names
openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -extfile names -out server.crt 2>/dev/null
cat > registry.py <<'END'
import gzip, hashlib, http.server, io, json, ssl, tarfile
blobs = {}
def blob(data, kind):
    digest = "sha256:" + hashlib.sha256(data).hexdigest()
    blobs[digest] = (data, kind)
    return {"mediaType": kind, "digest": digest, "size": len(data)}
tar = io.BytesIO()
tarfile.open(fileobj=tar, mode="w").close()
kind = "application/vnd.oci.image."
config = {"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(tar.getvalue()).hexdigest()]}}
manifest = {"schemaVersion": 2, "mediaType": kind + "manifest.v1+json", "config": blob(json.dumps(config).encode(), kind + "config.v1+json"),
    "layers": [blob(gzip.compress(tar.getvalue()), kind + "layer.v1.tar+gzip")]}
blobs["1"] = blobs[blob(json.dumps(manifest).encode(), kind + "manifest.v1+json")["digest"]]
class Registry(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        name = self.path.split("?")[0].rsplit("/", 1)[1]
        data, kind = blobs.get(name, (b"", "text/plain"))
        self.send_response(200 if name in blobs or self.path == "/v2/" else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Docker-Content-Digest", "sha256:" + hashlib.sha256(data).hexdigest())
        self.end_headers()
        if self.command == "GET": self.wfile.write(data)
    do_HEAD = do_GET
server = http.server.ThreadingHTTPServer(("", 8443), Registry)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("server.crt", "server.key")
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
END
systemd-run --quiet --unit=registry --working-directory=/root python3 registry.py
"#;

#[test]
fn a_registry_of_an_authority_of_its_own_is_trusted() {
    let hosts = match Hosts::acquire(2, "reg", Suite::Bookworm, "") {
        Ok(hosts) => hosts,
        Err(reason) => return fleet::skip(&reason),
    };
    let address = hosts.fleet.host("reg1").address.to_string();
    let serve = SERVE.replace("ADDRESS", &address);
    hosts.fleet.exec(
        "reg1",
        &format!("apt-get -qq install openssl >/dev/null 2>&1\n{serve}"),
    );
    let roles = concat!(env!("CARGO_MANIFEST_DIR"), "/../playbooks/roles");
    let own = hosts.file("own.yml").display().to_string();
    let text = format!(
        "- hosts: reg2\n  become: true\n  force_handlers: true\n  roles:\n    - {roles}/base_packages\n    - {roles}/containerd\n"
    );
    fs::write(&own, text).expect("the playbook can be written");
    hosts.run(&own, &[]);
    let pull = format!("ctr images pull --hosts-dir /etc/containerd/certs.d {address}:8443/test:1");
    let pulls = || hosts.fleet.try_exec("reg2", &pull).status.success();
    assert!(!pulls(), "the authority is trusted, though nobody said so");

    let certificate = hosts.fleet.exec("reg1", "cat /root/ca.crt");
    let authorities =
        serde_json::json!({"containerd_authorities": {format!("{address}:8443"): certificate}})
            .to_string();
    let flags = ["-e", &authorities];
    hosts.run(&own, &flags);
    hosts.quiet(&own, &flags);
    let output = hosts.fleet.try_exec("reg2", &pull);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
