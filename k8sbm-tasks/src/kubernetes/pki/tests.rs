use crate::testing::{Desk, apply_on, plan_on, probe, refusal, told};
use k8sbm_core::{
    connection::FakeHost,
    host::{Attributes, Mode},
};

const AUTHORITY: &str = "{kind: authority, authority: /ca/ca, common_name: test-ca}";
const SERVER: &str = "{authority: /ca/ca, certificate: /pki/server.crt, common_name: server, sans: [b.example, a.example, '10.0.0.1', '::1']}";

#[tokio::test]
async fn an_authority_is_made_once_and_signs() {
    let fake = FakeHost::new();
    let host = probe(fake.clone(), Desk::default());
    insta::assert_snapshot!(told(&host, "pki", AUTHORITY).await, @r"
    make the authority /ca/ca
    + common name: test-ca
    + valid for: 3650 days
    ");
    apply_on(&host, "pki", AUTHORITY).await.unwrap();
    assert_eq!(told(&host, "pki", AUTHORITY).await, "");
    assert_eq!(fake.stat("/ca/ca.key").unwrap().mode, 0o600);

    insta::assert_snapshot!(told(&host, "pki", SERVER).await, @r"
    make directory /pki
    - state: absent
    + state: directory
    make /pki/server.crt and its key, signed by /ca/ca
    + common name: server
    + names: 10.0.0.1, ::1, a.example, b.example
    + usage: server and client
    + valid for: 365 days
    ");
    let returns = apply_on(&host, "pki", SERVER).await.unwrap();
    assert!(returns.contains_key("expires"));
    assert_eq!(told(&host, "pki", SERVER).await, "");
    assert_eq!(fake.stat("/pki/server.key").unwrap().mode, 0o600);
}

#[tokio::test]
async fn what_is_not_good_is_made_anew_and_the_reason_told() {
    let fake = FakeHost::new();
    let host = probe(fake.clone(), Desk::default());
    apply_on(&host, "pki", AUTHORITY).await.unwrap();
    apply_on(&host, "pki", SERVER).await.unwrap();
    let before = async |yaml: &str| {
        let host = probe(fake.clone(), Desk::default());
        let plan = plan_on(&host, "pki", yaml).await.unwrap();
        plan.steps[0].diff.clone().unwrap().before
    };
    let other = SERVER.replace("b.example", "c.example");
    insta::assert_snapshot!(before(&other).await, @"its list of names is 10.0.0.1, ::1, a.example, b.example, not 10.0.0.1, ::1, a.example, c.example");
    let soon = SERVER.replace("common_name", "days: 400, renew_before: 366, common_name");
    assert!(before(&soon).await.starts_with("it ends in 36"));

    let key = fake.content("/pki/server.key").unwrap();
    fake.write("/pki/server.key", fake.content("/ca/ca.key").unwrap());
    insta::assert_snapshot!(before(SERVER).await, @"its key is another's");
    fake.remove("/pki/server.key");
    insta::assert_snapshot!(before(SERVER).await, @"its key is not there");
    fake.write("/pki/server.key", key);

    fake.remove("/ca/ca.crt");
    fake.remove("/ca/ca.key");
    let host = probe(fake.clone(), Desk::default());
    apply_on(&host, "pki", AUTHORITY).await.unwrap();
    insta::assert_snapshot!(before(SERVER).await, @"another authority signed it");
    apply_on(&host, "pki", SERVER).await.unwrap();
    let open = Attributes {
        mode: Some(Mode::octal(0o644)),
        ..Attributes::default()
    };
    let loose = fake.attributes("/pki/server.key", open);
    insta::assert_snapshot!(told(&probe(loose, Desk::default()), "pki", SERVER).await, @r"
    set mode 0600 of /pki/server.key
    - mode: 0644
    + mode: 0600
    ");
}

#[tokio::test]
async fn no_step_shows_a_private_key() {
    let fake = FakeHost::new();
    let host = probe(fake.clone(), Desk::default());
    let copies = "{kind: authority, authority: /ca/ca, common_name: test-ca, certificate: /pki/ca.crt, key: /pki/ca.key}";
    apply_on(&host, "pki", copies).await.unwrap();
    assert_eq!(fake.content("/pki/ca.key"), fake.content("/ca/ca.key"));
    fake.remove("/pki/ca.key");
    let host = probe(fake.clone(), Desk::default());
    let plan = plan_on(&host, "pki", copies).await.unwrap();
    assert_eq!(plan.steps.len(), 1);
    let told = serde_json::to_string(&plan).unwrap();
    assert!(!told.contains("PRIVATE"), "{told}");
    let body = fake.content("/ca/ca.key").unwrap();
    assert!(!told.contains(body.lines().nth(1).unwrap()), "{told}");
}

#[tokio::test]
async fn a_pair_of_rsa_keys_comes_from_openssl() {
    let argv = [
        "openssl",
        "genpkey",
        "-algorithm",
        "RSA",
        "-pkeyopt",
        "rsa_keygen_bits:2048",
    ];
    let fake = FakeHost::new().command_fails(argv, 127, "openssl: not found");
    let host = probe(fake, Desk::default());
    let yaml = "{kind: key_pair, pair: /keys/sa, key_type: rsa, key: /pki/sa.key, public_key: /pki/sa.pub}";
    let error = apply_on(&host, "pki", yaml).await.unwrap_err();
    assert!(error.to_string().contains("openssl made no key"), "{error}");
}

#[tokio::test]
async fn the_controller_keeps_an_authority_too() {
    let fake = FakeHost::new();
    let host = probe(fake.clone(), Desk::default());
    let on_controller = |yaml: &str| yaml.replace("/ca/ca,", "/play/ca, authority_on: controller,");
    apply_on(&host, "pki", &on_controller(AUTHORITY))
        .await
        .unwrap();
    apply_on(&host, "pki", &on_controller(SERVER))
        .await
        .unwrap();
    assert_eq!(told(&host, "pki", &on_controller(SERVER)).await, "");
    assert!(fake.stat("/ca").is_none());
}

#[tokio::test]
async fn without_an_authority_nothing_is_signed() {
    let host = probe(FakeHost::new(), Desk::default());
    assert!(
        told(&host, "pki", SERVER)
            .await
            .contains("signed by /ca/ca")
    );
    let error = apply_on(&host, "pki", SERVER).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no authority /ca/ca");
}

#[test]
fn arguments_that_cannot_be_right_are_refused() {
    let yaml = "{authority: /ca/ca, certificate: /x.crt, common_name: x, days: 20}";
    assert!(refusal("pki", yaml).message.contains("always"));
    let yaml = "{authority: ca, certificate: /x.crt, common_name: x}";
    assert_eq!(refusal("pki", yaml).message, "`ca` is no absolute path");
    let yaml = "{authority: /ca, common_name: x}";
    assert_eq!(
        refusal("pki", yaml).message,
        "a certificate needs `certificate`"
    );
}
