//! Downloading to a host, by its curl or wget.

use crate::net::Curl;
use k8sbm_core::{
    host::{Command, Output},
    task::Error,
};
use serde_json::{Map, Value as Json};

/// What the script says when the host has neither curl nor a wget that is enough.
const MISSING: i32 = 200;

/// Downloads to `$output`, or into the command that stands behind the first five arguments.
///
/// curl reads its configuration from standard input, so that no password shows in the list of processes; wget, where
/// it is enough, needs no more than its arguments. A download that fails counts before what its reader says of it.
const SCRIPT: &str = r#"
output=$1 wget=$2 url=$3 timeout=$4 check=$5
shift 5
fetch() {
  if command -v curl >/dev/null 2>&1; then
    curl --disable --config - --output "$output"
  elif [ -n "$wget" ] && command -v wget >/dev/null 2>&1; then
    wget -q -T "$timeout" ${check:+"$check"} -O "$output" "$url"
  else
    return 200
  fi
}
if [ $# -eq 0 ]; then fetch; exit; fi
exec 3>&1
said=$({ { fetch; echo "fetch=$?" >&4; } | { "$@" >&3; echo "read=$?" >&4; cat >/dev/null; }; } 4>&1)
eval "$said"
[ "$fetch" = 0 ] || exit "$fetch"
exit "$read"
"#;

/// Something to download, and how.
#[derive(Clone, Debug)]
pub(crate) struct Download {
    /// From where.
    pub url: String,
    /// Seconds to wait for a connection, and for the next byte.
    pub timeout: u64,
    /// Whether the server's certificate must be valid.
    pub validate_certs: bool,
    /// More of curl's configuration; where there is any, wget is not enough.
    pub more: Curl,
}

impl Download {
    /// The command that writes to a file; `-` is standard output.
    pub(crate) fn command(&self, output: &str) -> Command {
        self.through(output, Vec::new())
    }

    /// The command that lets another one read the download.
    pub(crate) fn read_by(&self, reader: Vec<String>) -> Command {
        self.through("-", reader)
    }

    fn through(&self, output: &str, reader: Vec<String>) -> Command {
        let timeout = self.timeout.max(1).to_string();
        let mut curl = self.more.clone();
        let simple = curl.config().is_empty();
        curl.set("url", &self.url)
            .set("connect-timeout", &timeout)
            .set("speed-time", &timeout)
            .set("speed-limit", "1");
        for option in ["location", "fail", "silent", "show-error"] {
            curl.on(option);
        }
        if output != "-" {
            curl.set("write-out", "%{http_code}");
        }
        if !self.validate_certs {
            curl.on("insecure");
        }
        let wget = if simple { "1" } else { "" };
        let check = if self.validate_certs {
            ""
        } else {
            "--no-check-certificate"
        };
        let argv = [
            "sh", "-c", SCRIPT, "sh", output, wget, &self.url, &timeout, check,
        ];
        let argv = argv.into_iter().map(str::to_owned).chain(reader);
        Command::new(argv).stdin(curl.config())
    }

    /// Why it did not work, if it did not.
    pub(crate) fn check(&self, output: &Output) -> Result<(), Error> {
        if output.success() {
            return Ok(());
        }
        let url = masked(&self.url);
        if output.status == MISSING {
            return Err(
                Error::failed(format!("{url} cannot be downloaded: the host has no curl"))
                    .hint("install the package `curl` first"),
            );
        }
        let said = output.error_text();
        let said = said.trim().trim_start_matches("curl: ");
        let mut error = Error::failed(format!("{url} cannot be downloaded: {said}"))
            .returning("url", url)
            .returning("response", said);
        if let Ok(status) = output.text().trim().parse::<u16>()
            && status > 0
        {
            error = error.returning("status_code", status);
        }
        Err(error)
    }
}

/// Headers as curl's configuration says them.
pub(crate) fn headers(curl: &mut Curl, headers: &Map<String, Json>) {
    for (name, value) in headers {
        let value = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        match value.as_str() {
            "" => curl.set("header", &format!("{name};")),
            value => curl.set("header", &format!("{name}: {value}")),
        };
    }
}

/// A URL without its password.
pub(crate) fn masked(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let end = rest.find('/').unwrap_or(rest.len());
    let (place, path) = rest.split_at(end);
    match place.rsplit_once('@') {
        Some((user, host)) => {
            let user = user.split(':').next().unwrap_or_default();
            format!("{scheme}://{user}:********@{host}{path}")
        }
        None => url.to_owned(),
    }
}

/// The name that a URL gives to what is downloaded.
pub(crate) fn file_name(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let path = path.split_once("://").map_or(path, |(_, rest)| rest);
    match path.rsplit_once('/') {
        Some((_, name)) if !name.is_empty() => name.to_owned(),
        _ => "index.html".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_have_names_and_keep_passwords_to_themselves() {
        assert_eq!(
            file_name("https://dl.k8s.io/v1.35.0/bin/kubelet?x=/y"),
            "kubelet"
        );
        assert_eq!(file_name("https://dl.k8s.io"), "index.html");
        assert_eq!(file_name("https://dl.k8s.io/"), "index.html");
        assert_eq!(
            masked("https://me:pw@host/a@b"),
            "https://me:********@host/a@b"
        );
        assert_eq!(masked("https://host/a"), "https://host/a");
    }

    #[test]
    fn nothing_secret_is_an_argument() {
        let mut more = Curl::default();
        more.set("user", "me:pw");
        let download = Download {
            url: "https://host/a".into(),
            timeout: 10,
            validate_certs: true,
            more,
        };
        let command = download.command("/tmp/a");
        assert!(!command.line().contains("me:pw"));
        assert!(
            String::from_utf8(command.stdin.unwrap())
                .unwrap()
                .contains("user = \"me:pw\"")
        );
    }
}
