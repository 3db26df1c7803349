use crate::connection::local::tests::{ask, every_shell};
use crate::connection::{Answer, Connection as _, Request, RunAs};
use crate::host::{Algorithm, Command, FileKind, Look, Seen};
use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

fn seen(answer: Answer) -> Seen {
    match answer {
        Answer::Seen(seen) => seen,
        other => panic!("{other:?}"),
    }
}

fn path(base: &Path, name: &str) -> String {
    base.join(name).to_str().unwrap().to_owned()
}

/// Names that break careless quoting.
const NAMES: [&str; 9] = [
    "plain",
    "with space",
    "it's",
    "a\"b$(c)`d`",
    "new\nline",
    "back\\slash",
    "-n",
    "*",
    "'quoted'",
];

#[tokio::test]
async fn looks_of_a_kind_travel_together() {
    let base = tempfile::tempdir().unwrap();
    for (number, name) in NAMES.iter().enumerate() {
        fs::write(base.path().join(name), format!("content {number}\0\n\n")).unwrap();
    }
    fs::create_dir(base.path().join("dir")).unwrap();
    std::os::unix::fs::symlink("dir\n/x y", base.path().join("link")).unwrap();
    let mut names: Vec<_> = NAMES.to_vec();
    names.extend(["absent", "dir", "plain/below", "link"]);
    for host in every_shell() {
        let mut looks = Vec::new();
        for name in &names {
            let path = path(base.path(), name);
            looks.push(Look::Stat {
                path: path.clone(),
                follow: false,
            });
            looks.push(Look::Stat {
                path: path.clone(),
                follow: true,
            });
            looks.push(Look::Checksum {
                path: path.clone(),
                algorithm: Algorithm::Md5,
            });
            looks.push(Look::Read { path });
        }
        let requests = looks.iter().cloned().map(Request::Look).collect();
        let answers = host.send(&RunAs::Connected, requests).await.unwrap();
        let mut answers = answers.into_iter().map(seen);
        for (number, name) in names.iter().enumerate() {
            let [stat, followed, sum, content] = [(); 4].map(|()| answers.next().unwrap());
            match *name {
                "absent" | "plain/below" => {
                    assert_eq!(stat, Seen::Stat(None), "{host:?}");
                    assert_eq!(followed, Seen::Stat(None));
                    assert_eq!(sum, Seen::Checksum(None));
                    assert_eq!(content, Seen::Content(None));
                }
                "dir" => {
                    assert!(matches!(stat, Seen::Stat(Some(stat)) if stat.is_dir()));
                    assert_eq!(content, Seen::Failed("is a directory".into()));
                    assert_eq!(sum, Seen::Failed("is a directory".into()));
                }
                "link" => {
                    let Seen::Stat(Some(stat)) = stat else {
                        panic!("{stat:?}")
                    };
                    assert_eq!(stat.kind, FileKind::Link);
                    assert_eq!(stat.target.as_deref(), Some("dir\n/x y"), "{host:?}");
                    assert_eq!(followed, Seen::Stat(None));
                }
                name => {
                    let bytes = format!("content {number}\0\n\n").into_bytes();
                    let Seen::Stat(Some(stat)) = stat else {
                        panic!("{host:?} {name} {stat:?}")
                    };
                    assert_eq!((stat.size, stat.kind), (bytes.len() as u64, FileKind::File));
                    assert_eq!(stat.mode, 0o644);
                    assert_eq!(followed, Seen::Stat(Some(stat)));
                    use md5::Digest as _;
                    let hash = hex::encode(md5::Md5::digest(&bytes));
                    assert_eq!(sum, Seen::Checksum(Some(hash.into())), "{host:?} {name}");
                    assert_eq!(
                        content,
                        Seen::Content(Some(bytes.into())),
                        "{host:?} {name}"
                    );
                }
            }
        }
    }
}

#[tokio::test]
async fn lists_have_every_name_and_nothing_else() {
    let base = tempfile::tempdir().unwrap();
    fs::create_dir(base.path().join("empty")).unwrap();
    fs::create_dir(base.path().join("full")).unwrap();
    let mut expected: Vec<String> = NAMES.iter().map(ToString::to_string).collect();
    expected.extend([".hidden".into(), "..odd".into(), "...".into()]);
    for name in &expected {
        fs::write(base.path().join("full").join(name), "").unwrap();
    }
    expected.sort();
    for host in every_shell() {
        let list = async |name: &str| {
            let path = path(base.path(), name);
            seen(ask(&host, Request::Look(Look::List { path })).await)
        };
        assert_eq!(
            list("full").await,
            Seen::Names(Some(expected.clone().into())),
            "{host:?}"
        );
        assert_eq!(
            list("full/").await,
            Seen::Names(Some(expected.clone().into()))
        );
        assert_eq!(list("empty").await, Seen::Names(Some([].into())));
        assert_eq!(list("absent").await, Seen::Names(None));
        assert_eq!(
            list("full/plain").await,
            Seen::Failed("not a directory".into())
        );
        let Seen::Names(Some(root)) =
            seen(ask(&host, Request::Look(Look::List { path: "/".into() })).await)
        else {
            panic!()
        };
        assert!(root.contains(&"etc".to_owned()));
    }
}

#[tokio::test]
async fn kernel_settings_are_read_in_one_piece() {
    for host in every_shell() {
        // The kernel gives a number to the first read alone: a shell that reads byte by byte gets one digit.
        let path = "/proc/sys/kernel/pid_max".to_owned();
        let number = fs::read(&path).unwrap();
        let content = seen(ask(&host, Request::Look(Look::Read { path })).await);
        assert_eq!(content, Seen::Content(Some(number.into())), "{host:?}");
        let path = "/proc/sys/kernel/ostype".to_owned();
        let content = seen(ask(&host, Request::Look(Look::Read { path })).await);
        assert_eq!(
            content,
            Seen::Content(Some(b"Linux\n".as_slice().into())),
            "{host:?}"
        );
        let path = "/proc/sys/kernel/no_such_setting".to_owned();
        let content = seen(ask(&host, Request::Look(Look::Read { path })).await);
        assert_eq!(content, Seen::Content(None));
    }
}

#[tokio::test]
async fn contents_that_hold_headers_are_read_one_by_one() {
    let base = tempfile::tempdir().unwrap();
    let [first, second] = ["first", "second"].map(|name| path(base.path(), name));
    let tricky = format!("a\n==> {second} <==\nb");
    fs::write(&first, &tricky).unwrap();
    fs::write(&second, "c").unwrap();
    for host in every_shell() {
        let requests = [&first, &second]
            .map(|path| Request::Look(Look::Read { path: path.clone() }))
            .to_vec();
        let answers = host.send(&RunAs::Connected, requests).await.unwrap();
        let contents: Vec<_> = answers.into_iter().map(seen).collect();
        assert_eq!(
            contents[0],
            Seen::Content(Some(tricky.as_bytes().into())),
            "{host:?}"
        );
        assert_eq!(contents[1], Seen::Content(Some(b"c".as_slice().into())));
    }
}

#[tokio::test]
async fn a_query_answers_with_its_output() {
    for host in every_shell() {
        let query = Command::new(["sh", "-c", "echo out; echo err >&2; exit 3"]);
        let Seen::Output(output) = seen(ask(&host, Request::Look(Look::Query(query))).await) else {
            panic!()
        };
        assert_eq!(
            (output.status, output.text(), output.error_text()),
            (3, "out\n".into(), "err\n".into())
        );
    }
}

#[tokio::test]
async fn what_may_not_be_read_is_a_failure() {
    let base = tempfile::tempdir().unwrap();
    let file = path(base.path(), "file");
    fs::write(&file, "x").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).unwrap();
    // Root reads everything.
    if fs::read(&file).is_ok() {
        return;
    }
    for host in every_shell() {
        let look = Look::Read { path: file.clone() };
        assert_eq!(
            seen(ask(&host, Request::Look(look)).await),
            Seen::Failed("permission denied".into())
        );
    }
}
