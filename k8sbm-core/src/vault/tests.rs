use super::*;

/// Sealed by ansible-vault of ansible-core 2.19 with the password `geheim`.
const FORMAT_1_1: &str = concat!(
    "$ANSIBLE_VAULT;1.1;AES256\n",
    "33633734373834303632633334333565386261663862376262633665633630663331306533373634\n",
    "3462306661616564303462366465386565336632663562310a313764626139613337633563653432\n",
    "37353239336439653639616535383362666164393866313234373637363334363566666430646165\n",
    "6262373265333739620a663932363462643539623133323633613530326531613036636435653861\n",
    "3761\n",
);
/// The same with the id `prod` and the password `other`.
const FORMAT_1_2: &str = concat!(
    "$ANSIBLE_VAULT;1.2;AES256;prod\n",
    "62323733343439313634323835646135306362343934396330373534303263626335656261663530\n",
    "3431386132393036373063623836343061643461656662660a396538356234653434666261656532\n",
    "63643330656533386532303866303865623362393136623362323733353039636333343366643265\n",
    "6633653139373634630a306264386632653036363738346262366138356533396230313631653231\n",
    "3935\n",
);
const PLAIN: &str = "a: 1\nb: über\n";

fn secrets() -> VaultSecrets {
    VaultSecrets::new().with("", "geheim").with("prod", "other")
}

#[test]
fn opens_what_ansible_sealed() {
    for envelope in [FORMAT_1_1, FORMAT_1_2] {
        assert!(is_vault(envelope));
        assert_eq!(open(envelope, &secrets()).unwrap(), PLAIN.as_bytes());
        let indented = envelope.replace('\n', "\n    ");
        assert_eq!(open(&indented, &secrets()).unwrap(), PLAIN.as_bytes());
    }
    let under_another_id = VaultSecrets::new()
        .with("test", "wrong")
        .with("test", "other");
    assert_eq!(
        open(FORMAT_1_2, &under_another_id).unwrap(),
        PLAIN.as_bytes()
    );
}

#[test]
fn seals_byte_for_byte_as_ansible_does() {
    for (envelope, password, id) in [
        (FORMAT_1_1, "geheim", None),
        (FORMAT_1_2, "other", Some("prod")),
    ] {
        let salt = Envelope::parse(envelope).unwrap().salt;
        assert_eq!(
            seal_with_salt(PLAIN.as_bytes(), password.as_bytes(), id, &salt),
            envelope
        );
    }
}

#[test]
fn what_was_sealed_opens_again() {
    for length in [0, 1, 15, 16, 17, 100] {
        let plain = vec![b'x'; length];
        assert_eq!(
            open(&seal(&plain, b"geheim", None), &secrets()).unwrap(),
            plain
        );
    }
    assert_ne!(
        seal(b"a", b"geheim", None),
        seal(b"a", b"geheim", None),
        "the salt is new each time"
    );
}

#[test]
fn mistakes() {
    let wrong = VaultSecrets::new().with("dev", "wrong").with("", "typo");
    let altered = FORMAT_1_1.replace("3761\n", "3762\n");
    insta::assert_snapshot!(open(FORMAT_1_2, &wrong).unwrap_err(), @"no vault password opens this, which was sealed as `prod`");
    insta::assert_snapshot!(open(FORMAT_1_1, &VaultSecrets::new()).unwrap_err(), @"this is encrypted, and no vault password is given (give one with `--vault-password-file` or `--ask-vault-pass`)");
    insta::assert_snapshot!(open(&altered, &secrets()).unwrap_err(), @"no vault password opens this, which was sealed as `default`");
    insta::assert_snapshot!(open("$ANSIBLE_VAULT;1.1;AES256\n3zz", &secrets()).unwrap_err(), @"the vault envelope is damaged");
    insta::assert_snapshot!(open("$ANSIBLE_VAULT;1.1;AES256", &secrets()).unwrap_err(), @"the vault envelope is damaged");
    insta::assert_snapshot!(open("$ANSIBLE_VAULT;1.0;AES\n33", &secrets()).unwrap_err(), @"vault format 1.0 with AES is not known (formats 1.1 and 1.2 with AES256 can be read)");
    insta::assert_snapshot!(open("key: value", &secrets()).unwrap_err(), @"this is no vault envelope (it must start with `$ANSIBLE_VAULT`)");
}

#[test]
fn passwords_are_never_shown() {
    assert_eq!(format!("{:?}", secrets()), r#"["default", "prod"]"#);
}
