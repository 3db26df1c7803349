//! Changes of real files, by every shell there is.

use super::*;
use crate::connection::local::tests::{ask, every_shell};
use crate::connection::{Answer, Local, Request};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::{fs, path::Path};

async fn change(host: &Local, change: FileChange) -> Result<(), String> {
    match ask(host, Request::Change(change)).await {
        Answer::Changed(result) => result,
        other => panic!("{other:?}"),
    }
}

fn written(path: &Path, content: &[u8]) -> FileChange {
    FileChange::Write {
        path: path.to_str().unwrap().to_owned(),
        content: content.to_vec(),
        attributes: Attributes::default(),
        validate: None,
        backup: None,
        in_place: false,
    }
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

fn mode_of(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

/// No temporary file is left in a directory.
fn assert_clean(directory: &Path) {
    for entry in fs::read_dir(directory).unwrap() {
        let name = entry.unwrap().file_name();
        assert!(!name.to_string_lossy().starts_with(".k8sbm"), "{name:?}");
    }
}

#[tokio::test]
async fn any_bytes_are_written_as_they_are() {
    let every_byte: Vec<u8> = (0..=255).collect();
    let contents: [&[u8]; 10] = [
        b"",
        b"-n",
        b"-n\0",
        b"plain\n",
        b"no newline",
        b"100% \\n 'quoted' $(x) `y` \"z\"",
        &every_byte,
        &every_byte[1..],
        &[0; 70_000],
        &[b'\''; 70_000],
    ];
    let base = tempfile::tempdir().unwrap();
    for host in every_shell() {
        for content in contents {
            let file = base.path().join("it's a file");
            change(&host, written(&file, content)).await.unwrap();
            assert!(fs::read(&file).unwrap() == content, "{host:?}: {content:?}");
            assert_eq!(mode_of(&file), 0o644);
            fs::remove_file(file).unwrap();
        }
        assert_clean(base.path());
    }
}

#[tokio::test]
async fn an_existing_file_keeps_what_is_not_said() {
    let base = tempfile::tempdir().unwrap();
    let file = base.path().join("file");
    for host in every_shell() {
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o751)).unwrap();
        let inode = fs::metadata(&file).unwrap().ino();
        change(&host, written(&file, b"new")).await.unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert_eq!(mode_of(&file), 0o751, "{host:?}");
        assert_ne!(fs::metadata(&file).unwrap().ino(), inode);

        fs::set_permissions(&file, fs::Permissions::from_mode(0o440)).unwrap();
        change(&host, written(&file, b"newer")).await.unwrap();
        assert_eq!(
            (fs::read(&file).unwrap(), mode_of(&file)),
            (b"newer".to_vec(), 0o440)
        );
        fs::remove_file(&file).unwrap();
    }
}

#[tokio::test]
async fn modes_are_set_for_new_and_old_files() {
    let base = tempfile::tempdir().unwrap();
    let file = base.path().join("file");
    for host in every_shell() {
        for (mode, then, bits) in [
            ("0600", "0755", 0o755),
            ("u=rwx,g=r,o=", "4711", 0o4711),
            ("0400", "u+w", 0o600),
        ] {
            for mode in [mode, then] {
                let mut write = written(&file, mode.as_bytes());
                if let FileChange::Write { attributes, .. } = &mut write {
                    attributes.mode = Some(Mode::parse(mode).unwrap());
                }
                change(&host, write).await.unwrap();
                assert_eq!(fs::read(&file).unwrap(), mode.as_bytes());
            }
            assert_eq!(mode_of(&file), bits, "{host:?} {mode} {then}");
            fs::remove_file(&file).unwrap();
        }
    }
}

#[tokio::test]
async fn a_link_is_written_through() {
    let base = tempfile::tempdir().unwrap();
    let [file, link] = ["file", "link"].map(|name| base.path().join(name));
    for host in every_shell() {
        fs::write(&file, "old").unwrap();
        symlink("file", &link).unwrap();
        change(&host, written(&link, b"new")).await.unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        fs::remove_file(&link).unwrap();
    }
}

#[tokio::test]
async fn what_fails_leaves_the_old_file_and_nothing_else() {
    let base = tempfile::tempdir().unwrap();
    let file = base.path().join("file");
    fs::write(&file, "old").unwrap();
    for host in every_shell() {
        for content in [b"new".to_vec(), vec![b'x'; 100_000]] {
            let mut write = written(&file, &content);
            if let FileChange::Write { validate, .. } = &mut write {
                *validate = Some("sh -c 'echo bad; exit 3' %s".into());
            }
            let why = change(&host, write).await.unwrap_err();
            assert_eq!(why, "validation failed with exit status 3\nbad", "{host:?}");
        }
        let why = change(&host, written(&base.path().join("no/file"), b"x")).await;
        assert!(why.unwrap_err().contains("does not exist"));
        let why = change(&host, written(base.path(), &[0; 100_000])).await;
        assert!(why.unwrap_err().contains("is a directory"));
        assert_eq!(fs::read(&file).unwrap(), b"old");
        assert_clean(base.path());
        // The shell is fit for more.
        change(&host, written(&base.path().join("other"), b"x"))
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn validation_sees_the_new_file_and_backups_the_old() {
    let base = tempfile::tempdir().unwrap();
    let file = base.path().join("fi le");
    for host in every_shell() {
        fs::write(&file, "old").unwrap();
        let mut write = written(&file, b"new");
        if let FileChange::Write {
            validate, backup, ..
        } = &mut write
        {
            *validate = Some("grep -q new %s".into());
            *backup = Some(format!("{}.bak", text(&file)));
        }
        change(&host, write).await.unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert_eq!(fs::read(base.path().join("fi le.bak")).unwrap(), b"old");
    }
}

#[tokio::test]
async fn in_place_keeps_the_inode() {
    let base = tempfile::tempdir().unwrap();
    let file = base.path().join("file");
    for host in every_shell() {
        fs::write(&file, "older").unwrap();
        let inode = fs::metadata(&file).unwrap().ino();
        let mut write = written(&file, b"new");
        if let FileChange::Write {
            in_place,
            attributes,
            ..
        } = &mut write
        {
            *in_place = true;
            attributes.mode = Some(Mode::octal(0o640));
        }
        change(&host, write).await.unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert_eq!(
            (fs::metadata(&file).unwrap().ino(), mode_of(&file)),
            (inode, 0o640)
        );
        assert_clean(base.path());
    }
}

#[tokio::test]
async fn copies_come_from_the_host() {
    let base = tempfile::tempdir().unwrap();
    let [from, path] = ["from", "path"].map(|name| base.path().join(name));
    fs::write(&from, [0, 255, 10]).unwrap();
    for host in every_shell() {
        let copy = |from: &Path| FileChange::Copy {
            from: text(from),
            path: text(&path),
            attributes: Attributes::default(),
            validate: None,
            backup: None,
        };
        change(&host, copy(&from)).await.unwrap();
        assert_eq!(fs::read(&path).unwrap(), [0, 255, 10]);
        let why = change(&host, copy(&base.path().join("absent")))
            .await
            .unwrap_err();
        assert!(why.contains("No such file"), "{why}");
        assert_clean(base.path());
        fs::remove_file(&path).unwrap();
    }
}

#[tokio::test]
async fn directories_get_their_mode_with_their_parents() {
    let base = tempfile::tempdir().unwrap();
    for host in every_shell() {
        let path = base.path().join("a b/c/d");
        let make = |mode| FileChange::MakeDirectory {
            path: format!("{}/", text(&path)),
            attributes: Attributes {
                mode: Some(Mode::octal(mode)),
                ..Attributes::default()
            },
        };
        change(&host, make(0o2750)).await.unwrap();
        assert_eq!(mode_of(&path), 0o2750, "{host:?}");
        assert_eq!(mode_of(&base.path().join("a b")), 0o2750);
        change(&host, make(0o711)).await.unwrap();
        assert_eq!(mode_of(&path), 0o711, "{host:?}");
        let remove = FileChange::Remove {
            path: text(&base.path().join("a b")),
        };
        change(&host, remove.clone()).await.unwrap();
        assert!(!base.path().join("a b").exists());
        change(&host, remove).await.unwrap();
    }
}

#[tokio::test]
async fn a_directory_that_another_task_makes_meanwhile_is_taken() {
    use std::os::unix::fs::PermissionsExt as _;
    let base = tempfile::tempdir().unwrap();
    // Another task is always a moment ahead.
    let ahead = base.path().join("mkdir");
    fs::write(
        &ahead,
        "#!/bin/sh\n/bin/mkdir -p -- \"${4:-$2}\"\nexec /bin/mkdir \"$@\"\n",
    )
    .unwrap();
    fs::set_permissions(&ahead, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("PATH={}:/usr/bin:/bin", text(base.path()));
    let host = Local::with_shell(&format!("/usr/bin/env {path} /bin/sh"));
    let made = base.path().join("a/b");
    let make = FileChange::MakeDirectory {
        path: text(&made),
        attributes: Attributes {
            mode: Some(Mode::octal(0o711)),
            ..Attributes::default()
        },
    };
    change(&host, make).await.unwrap();
    assert_eq!(mode_of(&made), 0o711);
    let below_a_file = FileChange::MakeDirectory {
        path: text(&ahead.join("below")),
        attributes: Attributes::default(),
    };
    let error = change(&host, below_a_file).await.unwrap_err();
    assert!(format!("{error:?}").contains("mkdir"), "{error:?}");
}

#[tokio::test]
async fn links_replace_what_was_there() {
    let base = tempfile::tempdir().unwrap();
    let [file, link, directory] = ["file", "link", "dir"].map(|name| base.path().join(name));
    fs::write(&file, "x").unwrap();
    fs::create_dir(&directory).unwrap();
    for host in every_shell() {
        for target in ["file", "dir", "-absent", "file"] {
            let path = text(&link);
            let target = target.to_owned();
            change(
                &host,
                FileChange::SymbolicLink {
                    path,
                    target: target.clone(),
                },
            )
            .await
            .unwrap();
            assert_eq!(
                fs::read_link(&link).unwrap(),
                Path::new(&target),
                "{host:?}"
            );
        }
        for _ in 0..2 {
            let hard = FileChange::HardLink {
                path: text(&link),
                target: text(&file),
            };
            change(&host, hard).await.unwrap();
            assert_eq!(
                fs::metadata(&link).unwrap().ino(),
                fs::metadata(&file).unwrap().ino()
            );
        }
        let onto_directory = FileChange::SymbolicLink {
            path: text(&directory),
            target: "x".into(),
        };
        assert!(
            change(&host, onto_directory)
                .await
                .unwrap_err()
                .contains("is a directory")
        );
        assert_clean(base.path());
        fs::remove_file(&link).unwrap();
    }
}

#[tokio::test]
async fn touch_makes_files_and_sets_times() {
    let base = tempfile::tempdir().unwrap();
    let file = base.path().join("file");
    for host in every_shell() {
        let touch = |access: Option<&str>, modification: Option<&str>| FileChange::Touch {
            path: text(&file),
            access: access.map(str::to_owned),
            modification: modification.map(str::to_owned),
        };
        change(&host, touch(None, None)).await.unwrap();
        change(&host, touch(None, Some("@1000000000")))
            .await
            .unwrap();
        assert_eq!(fs::metadata(&file).unwrap().mtime(), 1_000_000_000);
        change(&host, touch(None, None)).await.unwrap();
        assert_eq!(fs::metadata(&file).unwrap().mtime(), 1_000_000_000);
        fs::remove_file(&file).unwrap();
    }
}

#[tokio::test]
async fn attributes_reach_all_below() {
    let base = tempfile::tempdir().unwrap();
    let top = base.path().join("top");
    for host in every_shell() {
        fs::create_dir_all(top.join("below")).unwrap();
        fs::write(top.join("below/file"), "").unwrap();
        let set = |recursive| FileChange::Attributes {
            path: text(&top),
            attributes: Attributes {
                mode: Some(Mode::parse("u=rwX,go=").unwrap()),
                ..Attributes::default()
            },
            follow: true,
            recursive,
        };
        change(&host, set(false)).await.unwrap();
        assert_eq!(
            (mode_of(&top), mode_of(&top.join("below/file"))),
            (0o700, 0o644)
        );
        change(&host, set(true)).await.unwrap();
        assert_eq!(
            (
                mode_of(&top.join("below")),
                mode_of(&top.join("below/file"))
            ),
            (0o700, 0o600)
        );
        fs::remove_dir_all(&top).unwrap();
    }
}

#[tokio::test]
async fn a_full_disk_leaves_the_old_file_and_nothing_else() {
    let base = tempfile::tempdir().unwrap();
    let mount =
        |command: &mut std::process::Command| command.status().is_ok_and(|status| status.success());
    if !mount(
        std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=64k", "none"])
            .arg(base.path()),
    ) {
        return; // Only root can mount a small disk.
    }
    let file = base.path().join("file");
    fs::write(&file, "old").unwrap();
    let mut failures = Vec::new();
    for host in every_shell() {
        for size in [63_000, 200_000] {
            for in_place in [false, true] {
                let mut content = vec![b'x'; size];
                for content in [content.clone(), {
                    content[0] = 0;
                    content
                }] {
                    let mut write = written(&file, &content);
                    if let FileChange::Write {
                        in_place: place, ..
                    } = &mut write
                    {
                        *place = in_place;
                    }
                    let result = change(&host, write).await;
                    let left = fs::read_dir(base.path()).unwrap().count();
                    if result.is_ok() || fs::read(&file).unwrap() != b"old" || left != 1 {
                        failures.push(format!(
                            "{host:?} {size} {in_place}: {result:?}, {left} files"
                        ));
                    }
                }
            }
        }
    }
    let unmounted = mount(std::process::Command::new("umount").arg(base.path()));
    assert_eq!((failures, unmounted), (Vec::new(), true));
}

#[tokio::test]
async fn an_interrupted_upload_leaves_the_old_file() {
    let base = tempfile::tempdir().unwrap();
    let file = base.path().join("file");
    fs::write(&file, "old").unwrap();
    for host in every_shell() {
        let host = std::sync::Arc::new(host);
        let write = written(&file, &vec![b'x'; 100 << 20]);
        let sender = host.clone();
        let sending = tokio::spawn(async move { change(&sender, write).await });
        // As soon as the first bytes are there, nobody sends the rest.
        while fs::read_dir(base.path()).unwrap().count() == 1 {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        sending.abort();
        assert!(sending.await.unwrap_err().is_cancelled(), "{host:?}");
        while fs::read_dir(base.path()).unwrap().count() > 1 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        assert_eq!(fs::read(&file).unwrap(), b"old", "{host:?}");
    }
}

#[test]
fn the_root_is_not_removed() {
    for path in ["/", "//", "/etc/..", ""] {
        let remove = FileChange::Remove { path: path.into() };
        assert!(step(remove, 0).is_err(), "{path}");
    }
}
