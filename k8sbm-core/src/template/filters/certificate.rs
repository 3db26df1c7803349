//! What a certificate says: the filter of `community.crypto`.

use crate::{
    template::{
        call::{Call, Operation, fail, text_of},
        lookups,
    },
    value::{Dict, Value},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use minijinja::{Error, State};
use sha2::Digest as _;

pub(super) const FILTERS: &[Operation] =
    &[
        Operation::stateful(&["x509_certificate_info"], &["name_encoding"], info)
            .of(&["community.crypto"]),
    ];

/// A part of a DER text: its tag, its bytes with and without tag and length.
struct Part<'d> {
    tag: u8,
    whole: &'d [u8],
    content: &'d [u8],
}

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const OBJECT_ID: u8 = 0x06;

/// Splits DER into its parts; `None` if it is cut short.
fn parts(mut der: &[u8]) -> Option<Vec<Part<'_>>> {
    let mut all = Vec::new();
    while let [tag, first, ..] = *der {
        let (length, head) = if first < 0x80 {
            (usize::from(first), 2)
        } else {
            let count = usize::from(first & 0x7f);
            let bytes = der.get(2..2 + count).filter(|_| count <= 4)?;
            (
                bytes
                    .iter()
                    .fold(0, |length, byte| length << 8 | usize::from(*byte)),
                2 + count,
            )
        };
        let whole = der.get(..head + length)?;
        all.push(Part {
            tag,
            whole,
            content: &whole[head..],
        });
        der = &der[head + length..];
    }
    der.is_empty().then_some(all)
}

fn der(text: &str) -> Option<Vec<u8>> {
    let body = text
        .split("-----BEGIN CERTIFICATE-----")
        .nth(1)?
        .split("-----END CERTIFICATE-----")
        .next()?;
    STANDARD
        .decode(body.split_whitespace().collect::<String>())
        .ok()
}

fn info(value: &Value, _: &Call<'_>, state: &mut State<'_, '_>) -> Result<Value, Error> {
    let unreadable = || fail("the text is not a certificate in PEM");
    let certificate = der(&text_of(value)?).ok_or_else(unreadable)?;
    let now = lookups::engine(state)?
        .controller
        .now()
        .timestamp()
        .strftime("%Y%m%d%H%M%SZ")
        .to_string();
    described(&certificate, &now).ok_or_else(unreadable)
}

fn described(certificate: &[u8], now: &str) -> Option<Value> {
    let outer = parts(certificate)?;
    let signed = parts(outer.first()?.content)?;
    let fields = parts(signed.first()?.content)?;
    let versioned = usize::from(fields.first()?.tag == VERSION);
    let version = if versioned == 1 {
        fields[0].content.last()? + 1
    } else {
        1
    };
    let [serial, _, issuer, validity, subject, key, ..] = fields.get(versioned..)? else {
        return None;
    };
    let times: Vec<String> = parts(validity.content)?.iter().map(time).collect();
    let [from, until] = &times[..] else {
        return None;
    };
    Some(Value::from_pairs([
        ("version", Value::from(version)),
        ("serial_number", serial_number(serial.content)),
        ("issuer", name(issuer.content)?),
        ("subject", name(subject.content)?),
        ("not_before", Value::from(from.as_str())),
        ("not_after", Value::from(until.as_str())),
        ("expired", Value::from(until.as_str() < now)),
        ("fingerprints", fingerprints(certificate)),
        ("public_key_fingerprints", fingerprints(key.whole)),
    ]))
}

fn serial_number(bytes: &[u8]) -> Value {
    let number = bytes.iter().try_fold(0_u128, |number, byte| {
        number.checked_mul(256)?.checked_add(u128::from(*byte))
    });
    number.map_or_else(|| Value::from(hex::encode(bytes)), Value::from)
}

/// A time with all four digits of its year.
fn time(part: &Part<'_>) -> String {
    let text = String::from_utf8_lossy(part.content).into_owned();
    match part.tag {
        UTC_TIME if text.as_str() >= "50" => format!("19{text}"),
        UTC_TIME => format!("20{text}"),
        _ => text,
    }
}

fn name(der: &[u8]) -> Option<Value> {
    let mut found = Dict::new();
    for set in parts(der)? {
        for pair in parts(set.content)? {
            if let [id, text, ..] = &parts(pair.content)?[..]
                && pair.tag == SEQUENCE
                && id.tag == OBJECT_ID
            {
                let text = String::from_utf8_lossy(text.content).into_owned();
                found.insert(Value::from(attribute(id.content)), Value::from(text));
            }
        }
    }
    Some(Value::from_object(found))
}

fn attribute(id: &[u8]) -> String {
    match id {
        [0x55, 0x04, 0x03] => "commonName".to_owned(),
        [0x55, 0x04, 0x05] => "serialNumber".to_owned(),
        [0x55, 0x04, 0x06] => "countryName".to_owned(),
        [0x55, 0x04, 0x07] => "localityName".to_owned(),
        [0x55, 0x04, 0x08] => "stateOrProvinceName".to_owned(),
        [0x55, 0x04, 0x0a] => "organizationName".to_owned(),
        [0x55, 0x04, 0x0b] => "organizationalUnitName".to_owned(),
        other => hex::encode(other),
    }
}

fn fingerprints(bytes: &[u8]) -> Value {
    let pairs = |hash: &[u8]| {
        hash.iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<Vec<_>>()
            .join(":")
    };
    Value::from_pairs([
        ("md5", Value::from(pairs(&md5::Md5::digest(bytes)))),
        ("sha1", Value::from(pairs(&sha1::Sha1::digest(bytes)))),
        ("sha256", Value::from(pairs(&sha2::Sha256::digest(bytes)))),
        ("sha512", Value::from(pairs(&sha2::Sha512::digest(bytes)))),
    ])
}

#[cfg(test)]
mod tests {
    use super::{der, described};
    use crate::value::python_repr;

    const PEM: &str = "\
-----BEGIN CERTIFICATE-----
MIIBXzCCARGgAwIBAgIUZgr3fVCtjhScyMgbjUR/0wI18wowBQYDK2VwMCUxDjAM
BgNVBAoMBWs4c2JtMRMwEQYDVQQDDAprdWJlcm5ldGVzMB4XDTI2MTEyMDIzMDQ0
OVoXDTM2MTExNzIzMDQ0OVowJTEOMAwGA1UECgwFazhzYm0xEzARBgNVBAMMCmt1
YmVybmV0ZXMwKjAFBgMrZXADIQAyIuH6qg+3QMlLKYVOus4ziiy/k6exPk39rRA3
SPQurKNTMFEwHQYDVR0OBBYEFIv9ySCjRPcHfbBWeeyIQTBn3on5MB8GA1UdIwQY
MBaAFIv9ySCjRPcHfbBWeeyIQTBn3on5MA8GA1UdEwEB/wQFMAMBAf8wBQYDK2Vw
A0EA+b5RHACFRb7BOQGjEsG4DuzzmOJTllFErfNsWzWgQu2u2rkFKMG6V2Z64sTf
l9rEaR8XmDFnl96EZR7aw+QoCg==
-----END CERTIFICATE-----
";

    #[test]
    fn a_certificate_says_who_it_is_and_for_how_long() {
        let found = described(&der(PEM).unwrap(), "20300101000000Z").unwrap();
        let key = found
            .get_attr("public_key_fingerprints")
            .unwrap()
            .get_attr("sha256")
            .unwrap()
            .to_string();
        // as `openssl pkey -pubin -outform der | sha256sum` says
        assert_eq!(
            key.replace(':', ""),
            "2f2e26f8bd64360fdabce445061f78d6d14f8469e51916e339775c5800675de6"
        );
        let field = |name: &str| python_repr(&found.get_attr(name).unwrap());
        insta::assert_snapshot!(
            ["subject", "issuer", "not_before", "not_after", "expired", "version"].map(field).join("\n"),
            @r#"
            {'organizationName': 'k8sbm', 'commonName': 'kubernetes'}
            {'organizationName': 'k8sbm', 'commonName': 'kubernetes'}
            '20261120230449Z'
            '20361117230449Z'
            False
            3
            "#
        );
        assert!(der("no certificate").is_none() && described(b"0\x05abc", "").is_none());
    }
}
