//! A request that curl sends from the host: its configuration goes through standard input, so that no password shows
//! in the list of processes.

use k8sbm_core::host::Command;

/// What the script says when the host has no curl.
pub(crate) const MISSING: i32 = 200;

/// The mark before the line that tells how a request went.
const MARK: &str = "\n--k8sbm--";

/// curl's configuration, as it grows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Curl {
    config: String,
}

impl Curl {
    /// Turns an option on.
    pub(crate) fn on(&mut self, option: &str) -> &mut Self {
        self.config.push_str(&format!("{option}\n"));
        self
    }

    /// Sets an option.
    pub(crate) fn set(&mut self, option: &str, value: &str) -> &mut Self {
        let mut quoted = String::with_capacity(value.len());
        for next in value.chars() {
            match next {
                '\\' => quoted.push_str("\\\\"),
                '"' => quoted.push_str("\\\""),
                '\n' => quoted.push_str("\\n"),
                '\r' => quoted.push_str("\\r"),
                '\t' => quoted.push_str("\\t"),
                other => quoted.push(other),
            }
        }
        self.config.push_str(&format!("{option} = \"{quoted}\"\n"));
        self
    }

    /// The configuration, as curl reads it.
    pub(crate) fn config(&self) -> &str {
        &self.config
    }

    /// The command; what it prints is for [`Answer::read`].
    pub(super) fn command(mut self) -> Command {
        let told = "%{http_code} %{num_redirects} %{size_header} %{url_effective}";
        self.on("silent")
            .on("show-error")
            .set("dump-header", "-")
            .set("output", "-");
        self.set("write-out", &format!("{MARK}{told}"));
        let script = format!(
            "command -v curl >/dev/null 2>&1 || exit {MISSING}; exec curl --disable --config -"
        );
        Command::shell(script).stdin(self.config)
    }
}

/// What came of a request.
#[derive(Debug, PartialEq)]
pub(super) struct Answer {
    /// The HTTP status.
    pub(super) status: u16,
    /// Where it came from in the end.
    pub(super) url: String,
    /// How many times it was sent elsewhere.
    pub(super) redirects: u32,
    /// The words after the status.
    pub(super) reason: String,
    /// The headers of the last answer, in order.
    pub(super) headers: Vec<(String, String)>,
    /// The body.
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// Reads what curl printed.
    pub(super) fn read(printed: &[u8]) -> Option<Self> {
        let at = printed
            .windows(MARK.len())
            .rposition(|part| part == MARK.as_bytes())?;
        let (rest, told) = (&printed[..at], &printed[at + MARK.len()..]);
        let told = String::from_utf8_lossy(told);
        let mut told = told.splitn(4, ' ');
        let status = told.next()?.parse().ok()?;
        let redirects = told.next()?.parse().ok()?;
        let headers: usize = told.next()?.parse().ok()?;
        let url = told.next()?.trim_end().to_owned();
        let (head, body) = rest.split_at(headers.min(rest.len()));
        let head = String::from_utf8_lossy(head).replace("\r\n", "\n");
        let last = head
            .split("\n\n")
            .filter(|block| !block.trim().is_empty())
            .last()?;
        let mut lines = last.lines();
        let reason = lines.next()?.splitn(3, ' ').nth(2).unwrap_or_default();
        let header = |line: &str| {
            let (name, value) = line.split_once(':')?;
            Some((name.trim().to_owned(), value.trim().to_owned()))
        };
        Some(Self {
            status,
            url,
            redirects,
            reason: reason.trim().to_owned(),
            headers: lines.filter_map(header).collect(),
            body: body.to_vec(),
        })
    }

    /// A header's value; header names have no case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_and_stay_out_of_the_arguments() {
        let mut curl = Curl::default();
        curl.set("user", "me:a\"b\\c")
            .set("data-raw", "a\nb")
            .on("head");
        let command = curl.command();
        assert!(!command.line().contains("me:"));
        let config = String::from_utf8(command.stdin.unwrap()).unwrap();
        assert!(
            config.starts_with("user = \"me:a\\\"b\\\\c\"\ndata-raw = \"a\\nb\"\nhead\n"),
            "{config}"
        );
    }

    #[test]
    fn the_last_answer_counts() {
        let first = "HTTP/1.1 302 Found\r\nLocation: /b\r\n\r\n";
        let last = "HTTP/1.1 200 All Right\r\nX-A: 1: 2\r\n\r\n";
        let size = first.len() + last.len();
        let printed = format!("{first}{last}body\n\nHTTP/1.1{MARK}200 1 {size} http://h/b");
        let answer = Answer::read(printed.as_bytes()).unwrap();
        assert_eq!(
            (answer.status, answer.redirects, answer.url.as_str()),
            (200, 1, "http://h/b")
        );
        assert_eq!(
            (answer.reason.as_str(), answer.header("x-a")),
            ("All Right", Some("1: 2"))
        );
        assert_eq!(answer.body, b"body\n\nHTTP/1.1");
        assert_eq!(Answer::read(b"curl: (7) refused"), None);
    }
}
