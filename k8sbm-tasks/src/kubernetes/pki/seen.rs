//! What a certificate says.

use super::private_key::sections;
use jiff::Timestamp;
use k8sbm_core::task::{Error, Result};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use x509_parser::prelude::{FromDer, GeneralName, ParsedExtension, X509Certificate, X509Name};

/// What a certificate says, as far as it is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    der: Vec<u8>,
    /// The subject's common name.
    pub common_name: String,
    /// The subject's organisation, with commas between several.
    pub organization: String,
    /// Names and addresses, sorted.
    pub sans: Vec<String>,
    /// Whether it may stand for a server, and for a client.
    pub usages: (bool, bool),
    /// Whether it may sign others.
    pub authority: bool,
    /// Until when it is valid.
    pub expires: Timestamp,
    /// The public key, in DER.
    pub public_key: Vec<u8>,
}

impl Seen {
    /// Reads the first certificate of a PEM file.
    ///
    /// # Errors
    /// When there is none that can be read.
    pub fn read(pem: &str) -> Result<Self> {
        let unreadable = || Error::failed("the certificate cannot be read");
        let mut found = sections(pem).into_iter();
        let (_, der) = found
            .find(|(label, _)| label == "CERTIFICATE")
            .ok_or_else(unreadable)?;
        let (_, certificate) = X509Certificate::from_der(&der).map_err(|_| unreadable())?;
        let (mut sans, mut usages, mut authority) = (Vec::new(), (false, false), false);
        for extension in certificate.extensions() {
            match extension.parsed_extension() {
                ParsedExtension::SubjectAlternativeName(names) => {
                    sans.extend(names.general_names.iter().filter_map(name));
                }
                ParsedExtension::ExtendedKeyUsage(it) => usages = (it.server_auth, it.client_auth),
                ParsedExtension::BasicConstraints(it) => authority = it.ca,
                _ => {}
            }
        }
        sans.sort();
        let mut organizations = texts(certificate.subject().iter_organization());
        organizations.sort();
        let expires = certificate.validity().not_after.timestamp();
        Ok(Self {
            common_name: common_name(certificate.subject()),
            organization: organizations.join(", "),
            sans,
            usages,
            authority,
            expires: Timestamp::from_second(expires).map_err(|_| unreadable())?,
            public_key: certificate.public_key().raw.to_vec(),
            der: der.clone(),
        })
    }

    /// Whether `authority` has signed it.
    pub fn is_signed_by(&self, authority: &Self) -> bool {
        let parsed = (
            X509Certificate::from_der(&self.der),
            X509Certificate::from_der(&authority.der),
        );
        let (Ok((_, own)), Ok((_, other))) = parsed else {
            return false;
        };
        own.issuer() == other.subject() && own.verify_signature(Some(other.public_key())).is_ok()
    }

    /// Days until it ends; nothing below zero.
    pub fn days_left(&self, now: Timestamp) -> i64 {
        (self.expires.as_second() - now.as_second()).max(0) / 86400
    }
}

fn common_name(subject: &X509Name<'_>) -> String {
    texts(subject.iter_common_name()).pop().unwrap_or_default()
}

fn texts<'a>(
    attributes: impl Iterator<Item = &'a x509_parser::x509::AttributeTypeAndValue<'a>>,
) -> Vec<String> {
    let text =
        |it: &x509_parser::x509::AttributeTypeAndValue<'_>| it.as_str().ok().map(str::to_owned);
    attributes.filter_map(text).collect()
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes)
                .ok()
                .map(|it| IpAddr::V4(Ipv4Addr::from(it)).to_string()),
            _ => <[u8; 16]>::try_from(*bytes)
                .ok()
                .map(|it| IpAddr::V6(Ipv6Addr::from(it)).to_string()),
        },
        GeneralName::URI(uri) => Some((*uri).to_owned()),
        _ => None,
    }
}
