//! The cluster's certificate authority, as those who join know it.

use base64::{Engine, engine::general_purpose::STANDARD};
use k8sbm_core::task::{Error, Result};
use sha2::{Digest, Sha256};

/// What `caCertHashes` says of a certificate: the SHA-256 of its public key.
///
/// # Errors
/// When it is no certificate.
pub(crate) fn ca_cert_hash(pem: &str) -> Result<String> {
    let key = der(pem).and_then(|der| public_key(&der).map(<[u8]>::to_vec));
    let key = key.ok_or_else(|| Error::failed("the certificate of the cluster cannot be read"))?;
    Ok(format!("sha256:{}", hex::encode(Sha256::digest(key))))
}

/// The first certificate in a text.
fn der(pem: &str) -> Option<Vec<u8>> {
    let (_, rest) = pem.split_once("-----BEGIN CERTIFICATE-----")?;
    let (body, _) = rest.split_once("-----END CERTIFICATE-----")?;
    let body: String = body.split_whitespace().collect();
    STANDARD.decode(body).ok()
}

/// Certificate -> what is signed -> past version, serial, algorithm, issuer, validity and subject.
fn public_key(certificate: &[u8]) -> Option<&[u8]> {
    let (certificate, _) = inside(certificate)?;
    let (mut signed, _) = inside(certificate)?;
    const VERSION: u8 = 0xa0;
    let before = if signed.first() == Some(&VERSION) {
        6
    } else {
        5
    };
    for _ in 0..before {
        let (whole, _) = element(signed)?;
        signed = signed.get(whole..)?;
    }
    let (whole, _) = element(signed)?;
    signed.get(..whole)
}

/// What a DER element holds, and what follows it.
fn inside(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (whole, head) = element(bytes)?;
    Some((bytes.get(head..whole)?, bytes.get(whole..)?))
}

/// How long a DER element is with its head, and how long its head is.
fn element(bytes: &[u8]) -> Option<(usize, usize)> {
    let first = usize::from(*bytes.get(1)?);
    if first < 0x80 {
        return Some((first + 2, 2));
    }
    let count = first & 0x7f;
    let digits = bytes.get(2..2 + count).filter(|_| count <= 4)?;
    let length = digits
        .iter()
        .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
    Some((length + 2 + count, 2 + count))
}
