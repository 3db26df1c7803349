//! `k8sbm artifacts`, and what a run fetches: servers are files of this machine, or a port of it.

use crate::project::{Ended, Project};
use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpListener,
    thread,
};

const HELLO: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

/// An inventory that locks what `published` has.
fn project() -> Project {
    let hosts = "h1 ansible_connection=local\n";
    let project = Project::new(&[("hosts", hosts), ("kubeadm", "hello"), ("cni.tgz", "hello")]);
    let folder = project.path().join("group_vars");
    fs::create_dir(&folder).unwrap();
    let lock = format!(
        "kubernetes_version: 1.34.9\npublished: file://{}\nartifacts:\n  kubeadm:\n    version: \"{{{{ kubernetes_version }}}}\"\n    url: \"{{{{ published }}}}/kubeadm\"\n    sha256: {HELLO}\n  cni:\n    kind: archive\n    url: \"{{{{ published }}}}/cni.tgz\"\n    sha256: {HELLO}\n",
        project.path().display()
    );
    fs::write(folder.join("all.yml"), lock).unwrap();
    project
}

#[test]
fn a_lock_is_listed_pulled_and_verified() {
    let project = project();
    let listed = project.run("artifacts list -i hosts");
    let path = project.path().display();
    let table = format!(
        "NAME     VERSION  KIND     SIZE  FROM\nkubeadm  1.34.9   binary   5 B   {path}/kubeadm\ncni      -        archive  5 B   {path}/cni.tgz\n"
    );
    assert_eq!((listed.code, listed.out), (0, table), "{}", listed.err);

    let missing = project.run("artifacts verify -i hosts --directory air");
    let said = "missing   kubeadm: air/bin/kubeadm\nmissing   cni: air/bin/cni.tgz\n0 of 2 artefacts are there\n";
    assert_eq!((missing.code, &*missing.out), (2, said));

    let pulled = project.run("artifacts pull -i hosts --directory air");
    assert_eq!(pulled.code, 0, "{}{}", pulled.out, pulled.err);
    assert!(
        pulled.out.contains("fetched  kubeadm 1.34.9 (5 B)\n"),
        "{}",
        pulled.out
    );
    let again = project.run("artifacts pull -i hosts --directory air kubeadm");
    assert!(
        again.out.starts_with("there    kubeadm 1.34.9 (5 B)\n"),
        "{}",
        again.out
    );

    fs::write(project.path().join("air/bin/cni.tgz"), "other").unwrap();
    fs::write(project.path().join("air/bin/old"), "").unwrap();
    let verified = project.run("artifacts verify -i hosts --directory air");
    assert_eq!(verified.code, 2);
    let lines: Vec<&str> = verified.out.lines().collect();
    assert!(
        lines[0].starts_with("wrong     cni: air/bin/cni.tgz has the checksum "),
        "{lines:?}"
    );
    assert_eq!(
        lines[1..],
        ["extra     air/bin/old", "1 of 2 artefacts are there"]
    );
}

#[test]
fn mistakes_are_told_with_their_place() {
    let project = project();
    let unknown = project.run("artifacts list -i hosts kubeadmm");
    assert_eq!(unknown.code, 1);
    assert!(
        unknown.err.contains("did you mean `kubeadm`?"),
        "{}",
        unknown.err
    );
    let nowhere = project.run("artifacts verify -i hosts");
    assert!(
        nowhere.err.contains("name one with `--directory`"),
        "{}",
        nowhere.err
    );
    let lock = "artifacts:\n  kubeadm: {url: \"ftp://x/kubeadm\"}\n";
    fs::write(project.path().join("group_vars/all.yml"), lock).unwrap();
    let wrong = project.run("artifacts list -i hosts");
    assert_eq!(wrong.code, 4);
    assert!(
        wrong
            .err
            .contains("the artefact `kubeadm`: `ftp://x/kubeadm` is no URL of a file"),
        "{}",
        wrong.err
    );
    assert!(wrong.err.contains("all.yml:1"), "{}", wrong.err);
}

/// A server that says `hello` to whoever asks; returns its URL.
fn server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut asked = [0; 4096];
            let _ = stream.read(&mut asked);
            let answer = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello";
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    url
}

fn run_with_cache(project: &Project, words: &str) -> Ended {
    let mut command = project.command(words);
    command.env("K8SBM_CACHE", project.path().join("cache"));
    Ended::from(command.output().unwrap())
}

#[test]
fn a_run_tells_how_far_what_it_fetches_is() {
    let (url, tasks) = (server(), "- artifact_pull:\n");
    let project = Project::of_tasks(tasks);
    let lock = format!("artifacts:\n  kubeadm: {{url: \"{url}/kubeadm\", sha256: {HELLO}}}\n");
    fs::create_dir(project.path().join("group_vars")).unwrap();
    fs::write(project.path().join("group_vars/all.yml"), lock).unwrap();
    let ended = run_with_cache(&project, "run site.yml -i hosts --output json");
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
    let told: Vec<&str> = ended
        .out
        .lines()
        .filter(|line| line.contains(r#""event":"progress""#))
        .collect();
    assert_eq!(told.len(), 1, "{}", ended.out);
    assert!(
        told[0].contains("[####################] 5 B of 5 B"),
        "{told:?}"
    );
}

#[test]
fn checksums_that_are_missing_are_filled_in() {
    let project = project();
    let url = server();
    let lock = format!(
        "# Ours.\nartifacts:\n  kubeadm:\n    version: 1.34.9\n    url: {url}/kubeadm # published\n    kind: binary\n\n  \
         cni: {{url: \"{url}/cni.tgz\"}}\n  etcd:\n    url: {url}/etcd\n    sha256: {HELLO}\n"
    );
    let file = project.path().join("group_vars/all.yml");
    fs::write(&file, lock).unwrap();
    let ended = run_with_cache(&project, "artifacts lock -i hosts");
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
    let path = file.display();
    let said = format!(
        "locked   kubeadm: {HELLO}\nwrite it yourself:  cni: {HELLO}\n1 of 2 checksums are in {path} now\n"
    );
    assert!(
        ended
            .out
            .replace("fetched  cni (5 B)\n", "")
            .replace("fetched  kubeadm 1.34.9 (5 B)\n", "")
            == said,
        "{}",
        ended.out
    );
    let written = fs::read_to_string(&file).unwrap();
    let entry =
        format!("    url: {url}/kubeadm # published\n    sha256: {HELLO}\n    kind: binary\n\n");
    assert!(written.contains(&entry), "{written}");
    assert!(written.starts_with("# Ours.\n"), "{written}");
}
