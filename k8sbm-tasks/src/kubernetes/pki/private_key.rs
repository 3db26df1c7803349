//! Private keys: made, and read in the forms that others write.

use base64::{Engine, engine::general_purpose::STANDARD};
use k8sbm_core::{
    host::{Command, Host},
    task::{Error, Result},
};
use rcgen::KeyPair;
use schemars::JsonSchema;
use serde::Deserialize;

/// What kind of key is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum KeyType {
    /// The curve P-256.
    #[default]
    Ecdsa,
    /// RSA, of `key_size` bits.
    Rsa,
}

/// The bits of an RSA key.
const SIZES: [u32; 3] = [2048, 3072, 4096];

pub(super) fn sized(bits: u32) -> Result<()> {
    if SIZES.contains(&bits) {
        return Ok(());
    }
    let error = Error::arguments(format!("an RSA key has no {bits} bits here"));
    Err(error
        .hint("key_size is 2048, 3072 or 4096")
        .about(["key_size"]))
}

/// Makes a key, as PEM. No crate that is free of known weaknesses makes RSA keys without a C library, so those come
/// from the host's openssl, which prints them and writes no file.
pub(super) async fn make(host: &Host, kind: KeyType, bits: u32) -> Result<String> {
    match kind {
        KeyType::Ecdsa => {
            let key = KeyPair::generate();
            key.map(|key| key.serialize_pem())
                .map_err(|error| Error::failed(format!("the key could not be made: {error}")))
        }
        KeyType::Rsa => {
            let size = format!("rsa_keygen_bits:{bits}");
            let argv = ["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", &size];
            let output = host.run(Command::new(argv)).await?;
            if output.success() {
                return Ok(output.text());
            }
            // What it printed may be part of a key: only what it complained of is told.
            let error = Error::failed(format!("openssl made no key: {}", output.error_text()));
            Err(error.hint("install openssl on the host, or take `key_type: ecdsa`"))
        }
    }
}

/// Reads a key in PEM: PKCS #8, or the older forms of RSA and of curves that kubeadm and openssl write.
pub(super) fn read(pem: &str) -> Result<KeyPair> {
    let unreadable = || Error::failed("the private key cannot be read");
    let (label, der) = sections(pem)
        .into_iter()
        .find(|(label, _)| label.ends_with("PRIVATE KEY"))
        .ok_or_else(unreadable)?;
    let candidates = match label.as_str() {
        "RSA PRIVATE KEY" => vec![pkcs8(RSA, &der)],
        "EC PRIVATE KEY" => vec![pkcs8(P256, &der), pkcs8(P384, &der)],
        "ENCRYPTED PRIVATE KEY" => return Err(Error::failed("the private key is encrypted")),
        _ => vec![der],
    };
    let mut keys = candidates
        .into_iter()
        .filter_map(|der| KeyPair::try_from(der).ok());
    keys.next().ok_or_else(unreadable)
}

/// The parts of a PEM file: labels and contents.
pub(super) fn sections(pem: &str) -> Vec<(String, Vec<u8>)> {
    let (mut all, mut open) = (Vec::new(), None::<(String, String)>);
    for line in pem.lines().map(str::trim) {
        if let Some(label) = line.strip_prefix("-----BEGIN ") {
            open = Some((label.trim_end_matches('-').to_owned(), String::new()));
        } else if line.starts_with("-----END ") {
            let Some((label, text)) = open.take() else {
                continue;
            };
            all.extend(STANDARD.decode(text).ok().map(|der| (label, der)));
        } else if let Some((_, text)) = &mut open {
            text.push_str(line);
        }
    }
    all
}

// AlgorithmIdentifier of RFC 8017 and RFC 5480, in DER.
const RSA: &[u8] = &[
    0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
];
const P256: &[u8] = &[
    0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
    0xce, 0x3d, 0x03, 0x01, 0x07,
];
const P384: &[u8] = &[
    0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04,
    0x00, 0x22,
];

/// The same key in the form of PKCS #8: version, algorithm, and the older form within.
fn pkcs8(algorithm: &[u8], older: &[u8]) -> Vec<u8> {
    let mut body = vec![0x02, 0x01, 0x00];
    body.extend_from_slice(algorithm);
    body.extend(der(0x04, older));
    der(0x30, &body)
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let significant = &length[length.iter().take_while(|it| **it == 0).count()..];
    let mut all = vec![tag];
    if content.len() < 0x80 {
        all.push(content.len() as u8);
    } else {
        all.push(0x80 | significant.len() as u8);
        all.extend_from_slice(significant);
    }
    all.extend_from_slice(content);
    all
}
