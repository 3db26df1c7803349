//! What a request for a certificate asks for.

/// What a request asks for.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Request {
    pub(super) common_name: String,
    pub(super) organizations: Vec<String>,
    /// Names and addresses.
    pub(super) names: Vec<String>,
}

impl Request {
    /// Reads what `openssl req -text -nameopt sep_multiline,lname` prints.
    pub(super) fn read(text: &str) -> Self {
        let mut request = Self::default();
        let mut names_follow = false;
        for line in text.lines().map(str::trim) {
            if names_follow {
                names_follow = false;
                request.names.extend(line.split(", ").filter_map(name));
            }
            let line = line.strip_prefix("Subject:").unwrap_or(line).trim();
            if let Some(value) = line.strip_prefix("commonName=") {
                request.common_name = value.into();
            } else if let Some(value) = line.strip_prefix("organizationName=") {
                request.organizations.push(value.into());
            } else if line.starts_with("X509v3 Subject Alternative Name") {
                names_follow = true;
            }
        }
        request
    }
}

fn name(text: &str) -> Option<String> {
    let (kind, value) = text.split_once(':')?;
    match kind.trim() {
        // OpenSSL writes IPv6 in full; the API writes it short.
        "IP Address" => Some(
            value
                .parse::<std::net::IpAddr>()
                .map_or(value.to_owned(), |it| it.to_string()),
        ),
        "DNS" => Some(value.to_owned()),
        other => Some(format!("{other}:{value}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subject_and_names_are_read() {
        let text = "Certificate Request:\n    Data:\n        Version: 1 (0x0)\n        Subject:\n            organizationName=system:nodes\n            commonName=system:node:w1\n        Subject Public Key Info:\n            Requested Extensions:\n                X509v3 Subject Alternative Name: \n                    DNS:w1, IP Address:10.0.0.4, IP Address:FD00:0:0:0:0:0:0:4\n    Signature Algorithm: x\n";
        let request = Request::read(text);
        assert_eq!(request.common_name, "system:node:w1");
        assert_eq!(request.organizations, ["system:nodes"]);
        assert_eq!(request.names, ["w1", "10.0.0.4", "fd00::4"]);
    }
}
