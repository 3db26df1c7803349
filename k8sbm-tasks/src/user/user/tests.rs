use crate::testing::{self, Desk, refusal};
use k8sbm_core::connection::FakeHost;

fn host() -> FakeHost {
    FakeHost::new()
        .file(
            "/etc/passwd",
            "root:x:0:0:root:/root:/bin/bash\nops:x:1000:1000:,,,:/home/ops:/bin/sh\n",
        )
        .file(
            "/etc/group",
            "root:x:0:\nops:x:1000:\nsudo:x:27:ops\nadm:x:4:\n",
        )
        .file("/etc/shadow", "ops:$6$a$b:19000:0:99999:7:::\n")
        .directory("/home/ops")
        .query(["getent", "passwd", "etcd"], "")
        .query(["getent", "group", "sduo"], "")
}

async fn told(yaml: &str) -> String {
    testing::told(&testing::probe(host(), Desk::default()), "user", yaml).await
}

#[tokio::test]
async fn a_new_user_is_made_in_one_call() {
    let yaml = "{name: etcd, system: true, home: /var/lib/etcd, create_home: false, shell: /usr/sbin/nologin}";
    insta::assert_snapshot!(told(yaml).await, @r"
        useradd -d /var/lib/etcd -s /usr/sbin/nologin -M -r etcd
        + etcd
        + home: /var/lib/etcd
        + shell: /usr/sbin/nologin
        ");
}

#[tokio::test]
async fn only_what_differs_of_a_user_changes() {
    assert_eq!(
        told("{name: ops, uid: 1000, groups: [sudo], shell: /bin/sh, group: ops}").await,
        ""
    );
    insta::assert_snapshot!(told("{name: ops, groups: adm, append: true, shell: /bin/bash}").await, @r"
        usermod -G adm,sudo -s /bin/bash ops
        - groups: sudo
        - shell: /bin/sh
        + groups: adm,sudo
        + shell: /bin/bash
        ");
    insta::assert_snapshot!(told("{name: ops, groups: []}").await, @r"
        usermod -G '' ops
        - groups: sudo
        + groups:
        ");
    insta::assert_snapshot!(told("{name: ops, expires: 86400, password_expire_max: 90}").await, @r"
        usermod -e 1970-01-02 ops
        - expires:
        + expires: 1970-01-02
        run chage -M 90 ops
        - password_expire_max: 99999
        + password_expire_max: 90
        ");
}

#[tokio::test]
async fn no_password_is_shown() {
    let text = told("{name: ops, password: '$6$salt$secret'}").await;
    assert!(
        text.starts_with("run chpasswd -e\n") && !text.contains("secret"),
        "{text}"
    );
    assert_eq!(told("{name: ops, password: '$6$a$b'}").await, "");
    assert_eq!(
        told("{name: ops, password: '$6$other$b', update_password: on_create}").await,
        ""
    );
    assert!(
        told("{name: ops, password: plain}")
            .await
            .contains("does not look like a hash")
    );
}

#[tokio::test]
async fn a_group_must_be_there() {
    insta::assert_snapshot!(told("{name: ops, groups: [sduo]}").await, @r"
        error: Group sduo does not exist
        hint: did you mean `sudo`?
        ");
}

#[test]
fn what_would_have_no_effect_is_refused() {
    assert_eq!(
        refusal("user", "{name: a, seuser: x}").message,
        "`seuser` would have no effect"
    );
    assert_eq!(
        refusal("user", "{name: a, append: true}").message,
        "`append` says nothing without `groups`"
    );
}
