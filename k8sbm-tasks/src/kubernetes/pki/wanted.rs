//! What a certificate shall say, what keeps one from being good, and how it is signed.

use super::{private_key, seen::Seen};
use jiff::Timestamp;
use k8sbm_core::task::{Error, Result};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyUsagePurpose,
};
use std::time::Duration;

/// So much before now it is valid already: clocks of hosts differ.
const BEFORE: Duration = Duration::from_secs(300);

/// What a certificate shall say.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub common_name: String,
    /// Empty for none.
    pub organization: String,
    pub sans: Vec<String>,
    /// Whether it stands for a server, and for a client.
    pub usages: (bool, bool),
    pub authority: bool,
    pub days: u32,
    pub renew_before: u32,
}

impl Wanted {
    /// Why a certificate that is there is not good; nothing where it is.
    pub fn faults(&self, seen: &Seen, now: Timestamp) -> Vec<String> {
        let mut faults = Vec::new();
        let mut differs = |what: &str, one: String, other: String| {
            if one != other {
                faults.push(format!("its {what} is {one}, not {other}"));
            }
        };
        let joined = |list: &[String]| match list {
            [] => "empty".to_owned(),
            list => list.join(", "),
        };
        differs(
            "common name",
            seen.common_name.clone(),
            self.common_name.clone(),
        );
        if !self.authority {
            let or_empty = |text: &str| joined(&[text.to_owned()][..usize::from(!text.is_empty())]);
            differs(
                "organisation",
                or_empty(&seen.organization),
                or_empty(&self.organization),
            );
            differs("list of names", joined(&seen.sans), joined(&self.names()));
            differs("usage", usage(seen.usages), usage(self.usages));
        }
        let left = seen.days_left(now);
        if left < i64::from(self.renew_before) {
            faults.push(format!("it ends in {left} days"));
        }
        faults
    }

    /// Names and addresses as a certificate will say them.
    fn names(&self) -> Vec<String> {
        let plain = |name: &String| {
            let address = name.parse::<std::net::IpAddr>();
            address.map_or_else(|_| name.clone(), |it| it.to_string())
        };
        sorted(&self.sans.iter().map(plain).collect::<Vec<_>>())
    }

    /// For people.
    pub fn told(&self) -> String {
        let mut lines = vec![format!("common name: {}", self.common_name)];
        if !self.organization.is_empty() {
            lines.push(format!("organisation: {}", self.organization));
        }
        if !self.sans.is_empty() {
            lines.push(format!("names: {}", self.names().join(", ")));
        }
        if !self.authority {
            lines.push(format!("usage: {}", usage(self.usages)));
        }
        lines.push(format!("valid for: {} days", self.days));
        lines.join("\n") + "\n"
    }

    /// Signs itself with `key`, in PEM.
    pub fn self_signed(&self, key: &str, now: Timestamp) -> Result<String> {
        let params = self.params(now)?;
        let signed = params.self_signed(&private_key::read(key)?);
        signed.map(|it| it.pem()).map_err(unsigned)
    }

    /// A certificate of `key`, signed by an authority, all in PEM. It ends no later than the authority does.
    pub fn signed_by(&self, key: &str, authority: (&str, &str), now: Timestamp) -> Result<String> {
        let (certificate, authority_key) = authority;
        let signer = Seen::read(certificate)?;
        let authority_key = private_key::read(authority_key)?;
        if rcgen::PublicKeyData::subject_public_key_info(&authority_key) != signer.public_key {
            return Err(Error::failed(
                "the authority's key does not belong to its certificate",
            ));
        }
        let mut params = self.params(now)?;
        params.not_after = params.not_after.min(moment(signer.expires)?);
        let issuer = Issuer::from_ca_cert_pem(certificate, authority_key).map_err(unsigned)?;
        let signed = params.signed_by(&private_key::read(key)?, &issuer);
        signed.map(|it| it.pem()).map_err(unsigned)
    }

    fn params(&self, now: Timestamp) -> Result<CertificateParams> {
        let mut params = CertificateParams::new(self.names()).map_err(unsigned)?;
        params.distinguished_name = rcgen::DistinguishedName::new();
        let subject = &mut params.distinguished_name;
        if !self.organization.is_empty() {
            subject.push(DnType::OrganizationName, self.organization.clone());
        }
        subject.push(DnType::CommonName, self.common_name.clone());
        params.not_before = moment(now)? - BEFORE;
        params.not_after = moment(now)? + Duration::from_secs(u64::from(self.days) * 86400);
        if self.authority {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.key_usages = vec![
                KeyUsagePurpose::DigitalSignature,
                KeyUsagePurpose::KeyCertSign,
                KeyUsagePurpose::CrlSign,
            ];
        } else {
            params.is_ca = IsCa::ExplicitNoCa;
            params.use_authority_key_identifier_extension = true;
            params.key_usages = vec![
                KeyUsagePurpose::DigitalSignature,
                KeyUsagePurpose::KeyEncipherment,
            ];
            let (server, client) = self.usages;
            let server = server.then_some(ExtendedKeyUsagePurpose::ServerAuth);
            let client = client.then_some(ExtendedKeyUsagePurpose::ClientAuth);
            params.extended_key_usages = server.into_iter().chain(client).collect();
        }
        Ok(params)
    }
}

fn moment(time: Timestamp) -> Result<time::OffsetDateTime> {
    time::OffsetDateTime::from_unix_timestamp(time.as_second())
        .map_err(|error| Error::failed(format!("the certificate would end too late: {error}")))
}

fn unsigned(error: rcgen::Error) -> Error {
    Error::failed(format!("the certificate could not be made: {error}"))
}

fn usage((server, client): (bool, bool)) -> String {
    match (server, client) {
        (true, true) => "server and client",
        (true, false) => "server",
        (false, true) => "client",
        (false, false) => "none",
    }
    .into()
}

fn sorted(list: &[String]) -> Vec<String> {
    let mut list = list.to_vec();
    list.sort();
    list.dedup();
    list
}
