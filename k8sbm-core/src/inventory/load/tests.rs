use super::*;
use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Command};

/// Writes files, and loads those named, in order; messages call their directory `DIR`.
fn load(files: &[(&str, &str)], sources: &[&str]) -> Result<Inventory, Diagnostic> {
    let base = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = base.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        if text.starts_with("#!") {
            write_script(&path, text);
        } else {
            fs::write(&path, text).unwrap();
        }
    }
    let path = |source: &&str| match source.contains(',') {
        true => (*source).to_owned(),
        false => base.path().join(source).display().to_string(),
    };
    let paths: Vec<String> = sources.iter().map(path).collect();
    Inventory::load(&paths, &Reading::default()).map_err(|mut error| {
        error.message = error
            .message
            .replace(&base.path().display().to_string(), "DIR");
        error
    })
}

/// Lets another process write the script: a file still open in a process that forks at this
/// moment could not be run.
fn write_script(path: &Path, text: &str) {
    let draft = path.with_extension("draft");
    fs::write(&draft, text).unwrap();
    fs::set_permissions(&draft, fs::Permissions::from_mode(0o755)).unwrap();
    assert!(
        Command::new("cp")
            .arg("-p")
            .arg(&draft)
            .arg(path)
            .status()
            .unwrap()
            .success()
    );
}

/// A line for each host, with its groups as they are merged and its variables, and for each
/// group, with its depth, its hosts and its variables.
fn describe(inventory: &Inventory) -> String {
    use crate::node::{Kind, Map, Node};
    let json = |vars: &Map| Node::new(Kind::Map(vars.clone())).to_json();
    let mut lines = Vec::new();
    for (id, host) in inventory.hosts() {
        let groups: Vec<&str> = inventory
            .groups_of(id)
            .iter()
            .map(|group| &*inventory.group(*group).name)
            .collect();
        lines.push(format!(
            "{} in {}: {}",
            host.name,
            groups.join(" "),
            json(&host.vars)
        ));
    }
    for (id, group) in inventory.groups() {
        let hosts: Vec<&str> = inventory
            .hosts_in(id)
            .iter()
            .map(|host| &*inventory.host(*host).name)
            .collect();
        lines.push(format!(
            "[{}] {} has {}: {}",
            group.name,
            group.depth,
            hosts.join(" "),
            json(&group.vars)
        ));
    }
    lines.join("\n")
}

fn described(files: &[(&str, &str)], sources: &[&str]) -> String {
    load(files, sources).map_or_else(|error| error.to_string(), |inventory| describe(&inventory))
}

// Hosts, groups, their order, depths and variables below are those that ansible-core 2.19
// has for the same files.

#[test]
fn an_ini_file_with_all_its_forms() {
    let text = r#"# hosts first, sections later
mail ansible_port=2222   note="two words"
web[01:03].example.org http_port=80 tags="['a', 'b']" opts="{'k': 1, 'on': True}"
beta:2345 user=admin # comment

[db]
db-[a:c] mode=0644 ratio=1.5 big=1e3 on=yes flag=True none=None quoted='"5"' hash=a#b
web01.example.org role=both

[db:vars]
 spaced = some text with spaces
tmpl={{ inventory_hostname }}-x
list=[1, 2, 'three']
n=42 # trailing
s=txt # trailing
t=1, 2
oct=0755
empty=
q="quoted text"
[site:children]
db
cache  # later

[cache]
[2001:db8::1]:2200
192.0.2.[1:2]
"#;
    insta::assert_snapshot!(described(&[("hosts", text)], &["hosts"]), @r#"
        mail in all ungrouped: {"ansible_port":2222,"note":"two words"}
        web01.example.org in all site db: {"http_port":80,"tags":["a","b"],"opts":{"k":1,"on":true},"role":"both"}
        web02.example.org in all ungrouped: {"http_port":80,"tags":["a","b"],"opts":{"k":1,"on":true}}
        web03.example.org in all ungrouped: {"http_port":80,"tags":["a","b"],"opts":{"k":1,"on":true}}
        beta in all ungrouped: {"ansible_port":2345,"user":"admin"}
        db-a in all site db: {"mode":"0644","ratio":1.5,"big":1000.0,"on":"yes","flag":true,"none":null,"quoted":"5","hash":"a"}
        db-b in all site db: {"mode":"0644","ratio":1.5,"big":1000.0,"on":"yes","flag":true,"none":null,"quoted":"5","hash":"a"}
        db-c in all site db: {"mode":"0644","ratio":1.5,"big":1000.0,"on":"yes","flag":true,"none":null,"quoted":"5","hash":"a"}
        2001:db8::1 in all site cache: {"ansible_port":2200}
        192.0.2.1 in all site cache: {}
        192.0.2.2 in all site cache: {}
        [all] 0 has mail web02.example.org web03.example.org beta db-a db-b db-c web01.example.org 2001:db8::1 192.0.2.1 192.0.2.2: {}
        [ungrouped] 1 has mail web02.example.org web03.example.org beta: {}
        [db] 2 has db-a db-b db-c web01.example.org: {"spaced":"some text with spaces","tmpl":"{{ inventory_hostname }}-x","list":[1,2,"three"],"n":42,"s":"txt # trailing","t":[1,2],"oct":"0755","empty":"","q":"quoted text"}
        [site] 1 has db-a db-b db-c web01.example.org 2001:db8::1 192.0.2.1 192.0.2.2: {}
        [cache] 2 has 2001:db8::1 192.0.2.1 192.0.2.2: {}
        "#);
}

#[test]
fn a_yaml_file_with_all_its_forms() {
    let text = r#"all:
  vars:
    everywhere: 1
  hosts:
    lone:
  children:
    web:
      hosts:
        web[1:2]:
          a: 1
          b: {c: [yes, 0644, "x"]}
        web3:8080:
      vars: {w: on}
    db:
      children:
        primary:
          hosts: db1
        replica:
          hosts:
            db2:
            db3: {a: ~}
    empty:
"#;
    insta::assert_snapshot!(described(&[("hosts", text)], &["hosts"]), @r#"
        lone in all ungrouped: {}
        web1 in all web: {"a":1,"b":{"c":[true,420,"x"]}}
        web2 in all web: {"a":1,"b":{"c":[true,420,"x"]}}
        web3 in all web: {"ansible_port":8080}
        db1 in all db primary: {}
        db2 in all db replica: {}
        db3 in all db replica: {"a":null}
        [all] 0 has lone web1 web2 web3 db1 db2 db3: {"everywhere":1}
        [ungrouped] 1 has lone: {}
        [web] 1 has web1 web2 web3: {"w":true}
        [db] 1 has db1 db2 db3: {}
        [primary] 2 has db1: {}
        [replica] 2 has db2 db3: {}
        [empty] 1 has : {}
        "#);
}

#[test]
fn parents_come_before_children_and_priority_decides_among_equals() {
    let text = "[b]\n\
             h1\n\
             h2\n\
             [a]\n\
             h2\n\
             h3\n\
             [x:children]\n\
             b\n\
             [y:children]\n\
             a\n\
             x\n\
             [z:children]\n\
             y\n\
             [a:vars]\n\
             v=from_a\n\
             [b:vars]\n\
             v=from_b\n\
             [x:vars]\n\
             v=from_x\n\
             ansible_group_priority=10\n\
             [y:vars]\n\
             v=from_y\n\
             [z:vars]\n\
             v=from_z\n\
             w=z\n\
             ";
    insta::assert_snapshot!(described(&[("hosts", text)], &["hosts"]), @r#"
        h1 in all z y x b: {}
        h2 in all z y a x b: {}
        h3 in all z y a: {}
        [all] 0 has h2 h3 h1: {}
        [ungrouped] 1 has : {}
        [b] 4 has h1 h2: {"v":"from_b"}
        [a] 3 has h2 h3: {"v":"from_a"}
        [x] 3 has h1 h2: {"v":"from_x"}
        [y] 2 has h2 h3 h1: {"v":"from_y"}
        [z] 1 has h2 h3 h1: {"v":"from_z","w":"z"}
        "#);
}

#[test]
fn a_directory_is_read_in_order_without_what_is_no_inventory() {
    let files = [
        ("inv/01-a.ini", "[web]\nw1 x=1\nw2\n"),
        (
            "inv/02-b.yml",
            "web:\n  hosts:\n    w2: {x: 2}\n    w3:\n  vars: {y: 2}\nother:\n  hosts: {w1: }\n",
        ),
        ("inv/03.bak", "junk ]["),
        ("inv/readme.md", "junk ]["),
        ("inv/.hidden", "junk ]["),
        ("inv/group_vars/web.yml", "junk: 1"),
        ("inv/hosts", "[web:vars]\ny=3\n"),
    ];
    insta::assert_snapshot!(described(&files, &["inv"]), @r#"
        w1 in all other web: {"x":1}
        w2 in all web: {"x":2}
        w3 in all web: {}
        [all] 0 has w1 w2 w3: {}
        [ungrouped] 1 has : {}
        [web] 1 has w1 w2 w3: {"y":3}
        [other] 1 has w1: {}
        "#);
}

#[test]
fn a_script_that_knows_all_hosts() {
    let script = r##"#!/bin/sh
[ "$1" = --list ] || exit 1
cat <<END
{"web": {"hosts": ["s1", "s2"], "vars": {"a": 1, "f": 1.5, "t": "{{ x }}"}, "children": ["sub"]},
 "sub": ["s3"], "_meta": {"hostvars": {"s1": {"k": [1, null, true]}}}}
END
"##;
    insta::assert_snapshot!(described(&[("inv.sh", script)], &["inv.sh"]), @r#"
        s1 in all web: {"k":[1,null,true]}
        s2 in all web: {}
        s3 in all web sub: {}
        [all] 0 has s1 s2 s3: {}
        [ungrouped] 1 has : {}
        [web] 1 has s1 s2 s3: {"a":1,"f":1.5,"t":"{{ x }}"}
        [sub] 2 has s3: {}
        "#);
}

#[test]
fn a_script_that_is_asked_for_each_host() {
    let script = r##"#!/bin/sh
if [ "$1" = --list ]; then echo '{"g": {"hosts": ["p", "q"]}, "h": {"hosts": ["q"]}}'
else echo "{\"name\": \"$2\"}"; fi
"##;
    insta::assert_snapshot!(described(&[("inv.sh", script)], &["inv.sh"]), @r#"
        p in all g: {"name":"p"}
        q in all g h: {"name":"q"}
        [all] 0 has p q: {}
        [ungrouped] 1 has : {}
        [g] 1 has p q: {}
        [h] 1 has q: {}
        "#);
}

#[test]
fn later_sources_win() {
    let files = [
        ("a.ini", "[g1]\nx a=1\n[g2]\ny\n[g1:vars]\nv=1\n"),
        (
            "b.ini",
            "[g2]\nx a=2\n[g1]\ny\n[g1:vars]\nv=2\n[g3:children]\ng1\n",
        ),
    ];
    insta::assert_snapshot!(described(&files, &["a.ini", "b.ini"]), @r#"
        x in all g2 g3 g1: {"a":2}
        y in all g2 g3 g1: {}
        [all] 0 has y x: {}
        [ungrouped] 1 has : {}
        [g1] 2 has x y: {"v":2}
        [g2] 1 has y x: {}
        [g3] 1 has x y: {}
        "#);
}

#[test]
fn the_usual_inventory_of_a_cluster() {
    let text = "[all]\n\
             node1 ansible_host=95.54.0.12 etcd_member_name=etcd1\n\
             node2 ansible_host=95.54.0.13\n\
             node3 ansible_host=95.54.0.14\n\
             \n\
             [kube_control_plane]\n\
             node1\n\
             node2\n\
             \n\
             [etcd:children]\n\
             kube_control_plane\n\
             \n\
             [kube_node]\n\
             node3\n\
             node2\n\
             \n\
             [calico_rr]\n\
             \n\
             [k8s_cluster:children]\n\
             kube_control_plane\n\
             kube_node\n\
             calico_rr\n\
             ";
    insta::assert_snapshot!(described(&[("inventory.ini", text)], &["inventory.ini"]), @r#"
        node1 in all etcd k8s_cluster kube_control_plane: {"ansible_host":"95.54.0.12","etcd_member_name":"etcd1"}
        node2 in all etcd k8s_cluster kube_control_plane kube_node: {"ansible_host":"95.54.0.13"}
        node3 in all k8s_cluster kube_node: {"ansible_host":"95.54.0.14"}
        [all] 0 has node1 node2 node3: {}
        [ungrouped] 1 has : {}
        [kube_control_plane] 2 has node1 node2: {}
        [etcd] 1 has node1 node2: {}
        [kube_node] 2 has node3 node2: {}
        [calico_rr] 2 has : {}
        [k8s_cluster] 1 has node1 node2 node3: {}
        "#);
}

#[test]
fn a_list_of_hosts() {
    insta::assert_snapshot!(described(&[], &["h1, h2:22,"]), @r#"
        h1 in all ungrouped: {}
        h2 in all ungrouped: {"ansible_port":22}
        [all] 0 has h1 h2: {}
        [ungrouped] 1 has h1 h2: {}
        "#);
}

#[test]
fn sources_remember_where_they_are() {
    let inventory = load(&[("inv/deep/hosts.ini", "web\n")], &["inv", "extra,"]).unwrap();
    let origin = inventory
        .origin_of(inventory.host_id("web").unwrap())
        .unwrap();
    assert!(origin.file.ends_with("/inv/deep/hosts.ini"));
    assert!(origin.dir.as_ref().unwrap().ends_with("inv/deep"));
    let extra = inventory
        .origin_of(inventory.host_id("extra").unwrap())
        .unwrap();
    assert_eq!((extra.file.as_str(), &extra.dir), ("extra,", &None));
    assert_eq!(inventory.bases().len(), 1);
    assert!(inventory.bases()[0].ends_with("inv"));
}

#[test]
fn this_machine_needs_no_inventory() {
    let inventory = Inventory::new();
    let local = inventory.host(inventory.host_id("localhost").unwrap());
    assert!(local.implicit && local.vars["ansible_connection"].value.as_str() == Some("local"));
    assert_eq!(inventory.hosts().count(), 0);

    let inventory = load(&[("h", "127.0.0.1 ansible_connection=ssh\n")], &["h"]).unwrap();
    let local = inventory.host(inventory.host_id("localhost").unwrap());
    assert_eq!((&*local.name, local.implicit), ("127.0.0.1", false));
}

#[test]
fn doubtful_things_are_warnings() {
    let inventory = load(&[("h", "web\n[web]\na\n")], &["h"]).unwrap();
    assert_eq!(
        inventory.warnings()[0].message,
        "`web` is both a host and a group"
    );
    assert_eq!(inventory.warnings()[0].labels[1].span.line_column(), (2, 2));
}

#[test]
fn sources_that_cannot_be_read() {
    let message =
        |files: &[(&str, &str)], source: &str| load(files, &[source]).unwrap_err().message;
    insta::assert_snapshot!(message(&[], "hosts"), @"there is no inventory `DIR/hosts`");
    insta::assert_snapshot!(message(&[("h.toml", "")], "h.toml"), @"`DIR/h.toml`: inventories in TOML cannot be read");
    insta::assert_snapshot!(message(&[("h.sh", "#!/bin/sh\necho oh >&2; exit 3\n")], "h.sh"), @"the inventory script `DIR/h.sh --list` failed: exit status: 3");
    insta::assert_snapshot!(message(&[("h.sh", "#!/bin/sh\necho '{'\n")], "h.sh"), @"`DIR/h.sh --list` did not print JSON: EOF while parsing an object at line 2 column 0");
    insta::assert_snapshot!(message(&[("h.sh", "#!/bin/sh\necho '{\"g\": {\"hosts\": 5}}'\n")], "h.sh"), @"`hosts` of group `g` must be a list of names, not a whole number");
}
