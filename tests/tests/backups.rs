//! What is saved comes back: objects of the API, with something in place of kubectl; and volumes, to another node too.

use k8sbm_tests::{
    fleet::{self, Suite},
    hosts::Hosts,
};
use std::fs;

const MANIFESTS: &str = "
[control_plane]
save1
";

/// In place of kubectl: a cluster of few objects.
const KUBECTL: &str = r#"#!/bin/sh
object() { # KIND NAMESPACE NAME MORE
  printf '{"kind":"%s","metadata":{"name":"%s","namespace":"%s","uid":"1-2","resourceVersion":"7"%s},"data":{"key":"c2VjcmV0LXRleHQ="}}' "$1" "$3" "$2" "$4"
}
[ ! -e /root/broken ] || exit 1
case $* in
  "get all "*) echo 'kind: List' ;;
  "api-resources "*=true*) printf 'configmaps\nevents\npods\nsecrets\n' ;;
  "api-resources "*=false*) printf 'namespaces\n' ;;
  "get namespaces "*) printf '{"items":[%s,%s]}' "$(object Namespace '' shop)" "$(object Namespace '' kube-system)" ;;
  "get configmaps "*) printf '{"items":[%s,%s,%s]}' "$(object ConfigMap shop settings)" "$(object ConfigMap other strange)" "$(object ConfigMap shop kube-root-ca.crt)" ;;
  "get secrets "*) printf '{"items":[%s]}' "$(object Secret shop password)" ;;
  "get pods "*) printf '{"items":[%s]}' "$(object Pod shop owned ',"ownerReferences":[{"name":"a"}]')" ;;
  "apply "*) jq --compact-output '.items[] | [.kind, .metadata]' wanted.json >>/root/applied ;;
  *) echo "what is $*?" >&2; exit 1 ;;
esac
"#;

#[test]
fn objects_of_the_api_are_saved_encrypted_and_come_back() {
    let hosts = match Hosts::acquire(1, "save", Suite::Bookworm, MANIFESTS) {
        Ok(hosts) => hosts,
        Err(reason) => return fleet::skip(&reason),
    };
    let exec = |command: &str| hosts.fleet.exec("save1", command);
    let kubectl = format!(
        "cat > /usr/local/bin/kubectl <<'END'\n{KUBECTL}END\nchmod +x /usr/local/bin/kubectl"
    );
    exec(&kubectl);
    assert!(
        !hosts.told("backup-manifests", &[]).success,
        "saved, though nobody could open it"
    );
    exec("apt-get -qq install age >/dev/null 2>&1; age-keygen -o /root/age.key 2>/dev/null");
    let public = exec("age-keygen -y /root/age.key");
    let recipients = format!("manifests_backup_recipients={}", public.trim());
    let then = r#"{"manifests_backup_then": "cp \"$name\" /root/elsewhere"}"#;
    let flags = ["-e", &recipients, "-e", then];
    hosts.run("backup-manifests", &flags);
    hosts.quiet("backup-manifests", &flags);

    let old = "touch -d '7 days ago' /var/backups/manifests/manifests-20200101T000000Z.tar.age";
    exec(&format!("{old}; touch /root/broken"));
    let start = "systemctl start manifests-backup";
    let failed = hosts.fleet.try_exec("save1", start);
    assert!(
        !failed.status.success(),
        "a kind was missing, and nobody said so"
    );
    let listed = "cd /var/backups/manifests; ls manifests-*.age";
    assert_eq!(
        exec(listed),
        "manifests-20200101T000000Z.tar.age\n",
        "a failure cost a backup"
    );
    exec(&format!("rm /root/broken; {start}"));
    let name = exec(listed);
    let name = name.trim();
    assert!(
        !name.contains("2020") && name.starts_with("manifests-2"),
        "{name}"
    );
    exec(&format!(
        "cmp /root/elsewhere /var/backups/manifests/{name}"
    ));
    assert_eq!(
        exec("stat -c '%U %a' /var/backups/manifests/*")
            .lines()
            .collect::<std::collections::BTreeSet<_>>()
            .len(),
        1
    );
    assert_eq!(exec("stat -c '%U %a' /var/backups/manifests"), "root 700\n");
    // The secret is nowhere on the disk but in what age wrote.
    assert_eq!(
        exec("grep -rl c2VjcmV0LXRleHQ= /var/backups /dev/shm || true"),
        ""
    );

    let bring = |from: &str, to: &str| {
        let bytes = hosts.fleet.try_exec("save1", &format!("cat {from}")).stdout;
        fs::write(hosts.file(to), bytes).expect("the file can be written");
        hosts.file(to).display().to_string()
    };
    let backup = format!(
        "backup={}",
        bring(&format!("/var/backups/manifests/{name}"), name)
    );
    let identity = format!("identity={}", bring("/root/age.key", "age.key"));
    let flags = [
        "-e",
        &backup,
        "-e",
        &identity,
        "-e",
        "{manifests_restore_namespaces: [shop]}",
    ];
    assert!(
        !hosts.told("restore-manifests", &flags).success,
        "restored, though nobody confirmed"
    );
    hosts.run(
        "restore-manifests",
        &[&flags[..], &["-e", "confirm=kubernetes"]].concat(),
    );
    let applied = [
        r#"["Namespace",{"name":"shop","namespace":""}]"#,
        r#"["Secret",{"name":"password","namespace":"shop"}]"#,
        r#"["ConfigMap",{"name":"settings","namespace":"shop"}]"#,
    ];
    assert_eq!(
        exec("cat /root/applied").lines().collect::<Vec<_>>(),
        applied
    );
    assert_eq!(exec("ls /dev/shm"), "");
}

const VOLUMES: &str = "
[workers]
save1
save2

[backups]
save3

[all:vars]
cluster_lock_host=save3
";

#[test]
fn volumes_are_copied_and_come_back_on_another_node() {
    let hosts = match Hosts::acquire(3, "save", Suite::Trixie, VOLUMES) {
        Ok(hosts) => hosts,
        Err(reason) => return fleet::skip(&reason),
    };
    hosts.run("backup-volumes", &[]);
    hosts.quiet("backup-volumes", &[]);
    let volume = "/opt/local-path-provisioner/pvc-1_shop_data";
    let exec = |host: &str, command: &str| hosts.fleet.exec(host, command);
    let copy = |host: &str| exec(host, "systemctl start volumes-backup");
    exec(
        "save1",
        &format!(
            "mkdir -p {volume}; cd {volume}; echo before > kept; chown 1234:5678 kept; chmod 4750 kept; ln kept hard; ln -s kept link; echo gone > gone"
        ),
    );
    copy("save1");
    exec("save1", &format!("cd {volume}; echo after > kept; rm gone"));
    copy("save1");
    // The copy is as the volume; what was changed or removed is beside it.
    let copies = "/srv/backups/volumes/kubernetes/save1";
    assert_eq!(
        exec(
            "save3",
            &format!(
                "cat {copies}/volumes/*/kept {copies}/changed/*/*/kept {copies}/changed/*/*/gone"
            )
        ),
        "after\nbefore\ngone\n"
    );
    // A node reaches the copies of no other one.
    let other = format!(
        "rsync -r -e 'ssh -i /etc/volumes-backup/key -o UserKnownHostsFile=/etc/volumes-backup/known_hosts' \
         volumes-backup@{}:/../save1/ /tmp/stolen",
        hosts.fleet.host("save3").address
    );
    let _ = hosts.fleet.try_exec("save2", &other);
    assert_eq!(
        exec("save2", "find /tmp/stolen -type f 2>/dev/null || true"),
        ""
    );

    hosts.fleet.kill("save1");
    let name = "pvc-1_shop_data";
    let flags = format!(
        "{{volumes_restore_from: save1, volumes_restore_volume: {name}, volumes_restore_to: save2}}"
    );
    let flags = ["-e", &flags, "--limit", "save2,save3"];
    assert!(
        !hosts.told("restore-volumes", &flags).success,
        "restored, though nobody confirmed"
    );
    let confirm = format!("confirm={name}");
    let confirmed = [&flags[..], &["-e", &confirm]].concat();
    exec(
        "save3",
        "mkdir -p /var/lib/k8sbm; printf 'run: 1\\nholder: other@desk\\nsince: 2026-01-02T03:04:05Z\\n' >/var/lib/k8sbm/kubernetes.lock",
    );
    for (playbook, flags) in [
        ("restore-volumes", &confirmed),
        ("backup-volumes", &Vec::new()),
    ] {
        let told = hosts.told(playbook, flags);
        let said = told.troubles.join("\n");
        assert!(
            !told.success && said.contains("other@desk"),
            "{playbook}: {said}"
        );
    }
    exec("save3", "rm -r /var/lib/k8sbm");
    hosts.run("restore-volumes", &confirmed);
    let found = format!("cd {volume}; ls; cat kept; stat -c '%u %g %a %h' kept; readlink link");
    assert_eq!(
        exec("save2", &found),
        "hard\nkept\nlink\nafter\n1234 5678 4750 2\nkept\n"
    );
    // The right to read them was lent.
    assert_eq!(
        exec(
            "save3",
            "grep -c restore /var/lib/volumes-backup/.ssh/authorized_keys || true"
        ),
        "0\n"
    );
}
