//! What `apt_key` does to hosts in memory.

use super::super::openpgp::{
    keys,
    tests::{FINGERPRINT, KEY},
};
use crate::testing::{Desk, apply_on, plan_on, probe, refusal, told};
use k8sbm_core::connection::FakeHost;

const PART: &str = "/etc/apt/trusted.gpg.d/laws.gpg";

#[tokio::test]
async fn a_key_is_put_into_a_keyring_once() {
    let fake = FakeHost::new().file("/root/laws.asc", KEY);
    let fake = fake.directory("/etc/apt/trusted.gpg.d");
    let host = probe(fake.clone(), Desk::default());
    let arguments = format!(
        "{{file: /root/laws.asc, id: '0x{}', keyring: {PART}}}",
        &FINGERPRINT[24..]
    );
    let said = told(&host, "apt_key", &arguments).await;
    assert_eq!(said, format!("write {PART}\n+ {FINGERPRINT}"));
    let returned = apply_on(&host, "apt_key", &arguments).await.unwrap();
    assert_eq!(returned["after"][0], FINGERPRINT[24..]);
    assert_eq!(returned["short_id"], FINGERPRINT[32..]);
    assert_eq!(fake.stat(PART).unwrap().mode, 0o644);
    assert_eq!(told(&host, "apt_key", &arguments).await, "");
    // It is found in whatever file it is.
    let elsewhere = plan_on(&host, "apt_key", "file: /root/laws.asc")
        .await
        .unwrap();
    assert!(elsewhere.is_empty());
    assert_eq!(elsewhere.returns["fp"], FINGERPRINT);
    // What has it, is not fetched.
    let url = format!("{{url: 'https://nowhere.invalid/k', id: {FINGERPRINT}}}");
    assert_eq!(told(&host, "apt_key", &url).await, "");
    let gone = format!("{{id: '{}', state: absent}}", &FINGERPRINT[32..]);
    assert_eq!(
        told(&host, "apt_key", &gone).await,
        format!("remove {PART}\n- {FINGERPRINT}")
    );
    apply_on(&host, "apt_key", &gone).await.unwrap();
    assert_eq!(told(&host, "apt_key", &gone).await, "");
}

#[tokio::test]
async fn without_a_keyring_it_goes_where_apt_reads() {
    let fake = FakeHost::new().directory("/etc/apt/trusted.gpg.d");
    let data = format!("data: {KEY:?}");
    let host = probe(fake.clone(), Desk::default());
    let said = told(&host, "apt_key", &data).await;
    let path = format!("/etc/apt/trusted.gpg.d/{}.gpg", &FINGERPRINT[24..]);
    assert!(said.starts_with(&format!("write {path}")), "{said}");
    let host = probe(fake.file("/usr/bin/apt-key", ""), Desk::default());
    let said = told(&host, "apt_key", &data).await;
    assert!(said.starts_with("write /etc/apt/trusted.gpg\n"), "{said}");
}

#[tokio::test]
async fn another_key_is_not_believed() {
    let bytes = &keys(KEY.as_bytes())[0].bytes;
    let host = FakeHost::new()
        .file("/root/k", bytes)
        .file("/root/page", "gone");
    let host = probe(host, Desk::default());
    let said = told(&host, "apt_key", "{file: /root/k, id: '00000000'}").await;
    assert!(
        said.contains("Unable to find key with id 00000000"),
        "{said}"
    );
    let said = told(&host, "apt_key", "file: /root/page").await;
    assert!(said.contains("Unable to extract key"), "{said}");
    for wrong in [
        "id: abc",
        "state: absent",
        "id: 0EBFCD88",
        "keyserver: keys.example.org",
        "{file: /a, url: 'https://b'}",
    ] {
        refusal("apt_key", wrong);
    }
}

#[test]
fn servers_of_keys_have_several_addresses() {
    let asked = |server: &str| {
        super::lookup(server, "A").replace("/pks/lookup?op=get&options=mr&search=0xA", "")
    };
    assert_eq!(asked("keys.example.org"), "http://keys.example.org:11371");
    assert_eq!(
        asked("hkp://keys.example.org:80"),
        "http://keys.example.org:80"
    );
    assert_eq!(
        asked("hkps://keys.example.org/"),
        "https://keys.example.org"
    );
    assert_eq!(
        asked("https://keys.example.org"),
        "https://keys.example.org"
    );
}
