//! Hashes and identifiers.

use crate::template::call::{Call, Operation, fail, text_of};
use minijinja::{Error, Value};
use sha2::Digest as _;

pub(super) const FILTERS: &[Operation] = &[
    Operation::new(&["hash"], &["hashtype"], |value, call| {
        hashed(
            value,
            &call.text("hashtype")?.unwrap_or_else(|| "sha1".to_owned()),
        )
    }),
    Operation::new(&["md5"], &[], |value, _| hashed(value, "md5")),
    Operation::new(&["sha1", "checksum"], &[], |value, _| hashed(value, "sha1")),
    Operation::new(&["to_uuid"], &["namespace"], to_uuid),
];

fn hashed(value: &Value, kind: &str) -> Result<Value, Error> {
    let text = text_of(value)?;
    let digest = match kind {
        "md5" => hex::encode(md5::Md5::digest(&text)),
        "sha1" => hex::encode(sha1::Sha1::digest(&text)),
        "sha224" => hex::encode(sha2::Sha224::digest(&text)),
        "sha256" => hex::encode(sha2::Sha256::digest(&text)),
        "sha384" => hex::encode(sha2::Sha384::digest(&text)),
        "sha512" => hex::encode(sha2::Sha512::digest(&text)),
        _ => {
            return Err(fail(format!(
                "the hash {kind:?} is not supported; use md5, sha1, sha224, sha256, sha384 or sha512"
            )));
        }
    };
    Ok(Value::from(digest))
}

/// The namespace Ansible makes its identifiers in.
const ANSIBLE: &str = "361E6D51-FAEC-444A-9079-341386DA8E2E";

fn to_uuid(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let namespace = call
        .text("namespace")?
        .unwrap_or_else(|| ANSIBLE.to_owned());
    let space = uuid::Uuid::parse_str(&namespace)
        .map_err(|_| fail(format!("{namespace:?} is not a UUID")))?;
    Ok(Value::from(
        uuid::Uuid::new_v5(&space, text_of(value)?.as_bytes()).to_string(),
    ))
}
