//! The request that curl is asked to send.

use super::{
    Uri,
    body::{Body, BodyFormat},
    curl::Curl,
};
use k8sbm_core::host::Command;

/// A body on its way.
pub(super) enum Sent<'a> {
    /// As text in curl's configuration.
    Text(&'a str),
    /// As a file of the host.
    File(&'a str),
}

impl Uri {
    /// The request, with the body in the configuration or in a file of the host.
    pub(super) fn curl(&self, content_type: Option<&str>, body: Option<Sent<'_>>) -> Curl {
        let mut curl = Curl::default();
        curl.set("url", &self.url);
        self.negotiate(&mut curl);
        self.log_in(&mut curl);
        match self.method().as_str() {
            "HEAD" => curl.on("head"),
            // Without a method of its own, curl turns POST into GET where it is sent elsewhere.
            "POST" if body.is_some() => &mut curl,
            method => curl.set("request", method),
        };
        match body {
            Some(Sent::Text(text)) => curl.set("data-raw", text),
            Some(Sent::File(path)) => curl.set("data-binary", &format!("@{path}")),
            None => &mut curl,
        };
        let given = |name: &str| {
            self.headers
                .keys()
                .any(|known| known.eq_ignore_ascii_case(name))
        };
        if let Some(kind) = content_type
            .filter(|_| self.body_format == BodyFormat::FormMultipart || !given("content-type"))
        {
            curl.set("header", &format!("Content-Type: {kind}"));
        }
        for (name, value) in &self.headers {
            match value
                .as_str()
                .map(str::to_owned)
                .unwrap_or_else(|| value.to_string())
                .as_str()
            {
                "" => curl.set("header", &format!("{name};")),
                value => curl.set("header", &format!("{name}: {value}")),
            };
        }
        curl
    }

    fn negotiate(&self, curl: &mut Curl) {
        let timeout = self.timeout.max(1).to_string();
        curl.set("connect-timeout", &timeout)
            .set("speed-time", &timeout)
            .set("speed-limit", "1");
        curl.set("user-agent", &self.http_agent);
        if self.follows() {
            curl.on("location").set("max-redirs", "10");
        }
        if !self.validate_certs {
            curl.on("insecure");
        }
        let files = [
            ("cacert", &self.ca_path),
            ("cert", &self.client_cert),
            ("key", &self.client_key),
            ("unix-socket", &self.unix_socket),
        ];
        for (option, value) in files {
            if let Some(value) = value {
                curl.set(option, value);
            }
        }
        if !self.ciphers.is_empty() {
            curl.set("ciphers", &self.ciphers.join(":"));
        }
        if !self.use_proxy {
            curl.set("noproxy", "*");
        }
        if self.force {
            curl.set("header", "Cache-Control: no-cache");
        }
        if self.decompress {
            // A server that packs without being asked is understood; none is asked to.
            curl.on("compressed")
                .set("header", "Accept-Encoding: identity");
        }
    }

    fn log_in(&self, curl: &mut Curl) {
        if self.use_netrc {
            curl.on("netrc-optional");
        }
        if let Some(user) = &self.url_username {
            let password = self.url_password.as_deref().unwrap_or_default();
            curl.set("user", &format!("{user}:{password}"));
            curl.on(if self.force_basic_auth {
                "basic"
            } else {
                "anyauth"
            });
        }
        if self.use_gssapi {
            curl.on("negotiate");
            if self.url_username.is_none() {
                curl.set("user", ":");
            }
        }
    }

    /// The command, where the body needs no file.
    pub(super) fn small_command(&self, body: Option<&Body>) -> Option<Command> {
        const LARGEST: usize = 32 * 1024;
        let text = match body {
            Some(body) if body.bytes.len() > LARGEST || body.bytes.contains(&0) => return None,
            Some(body) => Some(std::str::from_utf8(&body.bytes).ok()?),
            None => None,
        };
        let kind = body.and_then(|body| body.content_type.as_deref());
        Some(self.curl(kind, text.map(Sent::Text)).command())
    }
}
