//! Why the API, or `kubectl`, refused.

use k8sbm_core::{host::Output, task::Error};
use regex::Regex;
use std::sync::LazyLock;

/// What kind of refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// Nobody answers.
    NotReachable,
    /// There is no such object.
    NotFound,
    /// There is no such kind of object.
    NoKind,
    /// Another manager owns fields that differ.
    Conflict,
    /// The user of the kubeconfig may not do it.
    Forbidden,
    /// A webhook that must be asked does not answer yet.
    WebhookNotReady,
    /// The object changed in the meantime.
    Outdated,
    /// Anything else.
    Other,
}

/// A refusal, as an error to show and a kind to act upon.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    /// What kind.
    pub(crate) why: Why,
    /// What to show.
    pub(crate) error: Error,
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        refusal.error
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self {
            why: Why::Other,
            error,
        }
    }
}

const UNREACHABLE: &[&str] = &[
    "connection refused",
    "was refused - did you specify the right host or port",
    "Unable to connect to the server",
    "no route to host",
    "i/o timeout",
    "TLS handshake timeout",
    "couldn't get current server API group list",
    "etcdserver: ",
    "the server is currently unable to handle the request",
    "unexpected EOF",
    "http2: client connection lost",
];

/// Noise of `kubectl` that says nothing of why it failed.
const NOISE: &[&str] = &["Warning:", "W1", "W0", "E1", "E0", "I0", "I1"];

static CONFLICT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"conflicts? with "([^"]+)"(?: with subresource "[^"]*")?(?: using [^\s:]+)?(?: at [^\s]+)?:((?:\s+-? ?\.[^\s]+)+)"#)
        .expect("the pattern is right")
});

/// What precedes each refusal without saying more.
static PREFIX: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:error|Error)(?: from server)?(?: \(\w+\))?: (?:error when \w+ \S+: )?")
        .expect("the pattern is right")
});

impl Refusal {
    /// What a failed `kubectl` says.
    pub(crate) fn of(output: &Output) -> Self {
        let said = output.error_text();
        let why = kind(&said);
        let error = match why {
            Why::Conflict => conflict(&said),
            Why::NotReachable => {
                Error::failed(format!("the API is not reachable: {}", brief(&said))).hint(
                    "is the API server running, and does the kubeconfig name the right address?",
                )
            }
            Why::Forbidden => Error::failed(format!("forbidden: {}", brief(&said))).hint(
                "the user of the kubeconfig lacks the right; the default is the administrator's",
            ),
            Why::NoKind => Error::failed(format!("the API knows no such kind: {}", brief(&said)))
                .hint("its CustomResourceDefinition must be installed first"),
            Why::WebhookNotReady => {
                Error::failed(format!("a webhook does not answer: {}", brief(&said)))
                    .hint("it may still be starting; `webhook_retry` says how long to try")
            }
            _ if output.status == 127 => Error::failed("the host has no kubectl")
                .hint("`k8s_packages` installs it; API modules run on a host of the control plane"),
            _ => Error::failed(brief(&said)),
        };
        let error = error.returning("rc", output.status);
        Self { why, error }
    }
}

fn kind(said: &str) -> Why {
    let has = |word: &str| said.contains(word);
    if has("failed calling webhook") || has("no endpoints available for service") {
        Why::WebhookNotReady
    } else if has("Apply failed with") {
        Why::Conflict
    } else if has("no matches for kind") || has("the server doesn't have a resource type") {
        Why::NoKind
    } else if has("(NotFound)") {
        Why::NotFound
    } else if has("(Forbidden)") || has("(Unauthorized)") || has("You must be logged in") {
        Why::Forbidden
    } else if has("(Conflict)") {
        Why::Outdated
    } else if UNREACHABLE.iter().any(|word| has(word)) {
        Why::NotReachable
    } else {
        Why::Other
    }
}

/// The lines that say why.
fn brief(said: &str) -> String {
    let noise = |line: &str| NOISE.iter().any(|start| line.starts_with(start));
    let telling = said.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut lines: Vec<&str> = telling.clone().filter(|line| !noise(line)).collect();
    if lines.is_empty() {
        lines = telling.collect();
    }
    lines.dedup();
    lines.truncate(6);
    let text = lines.join("; ");
    let text = PREFIX.replace(&text, "").into_owned();
    if text.is_empty() {
        return "kubectl failed and said nothing".into();
    }
    text
}

fn conflict(said: &str) -> Error {
    let owned = CONFLICT.captures_iter(said).map(|found| {
        let fields = found[2].split_whitespace().filter(|word| *word != "-");
        let fields: Vec<&str> = fields.map(|word| word.trim_start_matches('-')).collect();
        format!("`{}` owns {}", &found[1], fields.join(", "))
    });
    let owned: Vec<String> = owned.collect();
    let owned = if owned.is_empty() {
        brief(said)
    } else {
        owned.join("; ")
    };
    Error::failed(format!(
        "other managers own fields with other values: {owned}"
    ))
    .hint("leave these fields out, or take them over with `force_conflicts: true`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Refusal {
        Refusal::of(&Output {
            status: 1,
            stderr: text.into(),
            ..Output::default()
        })
    }

    #[test]
    fn a_conflict_names_manager_and_fields() {
        let one = said(
            "error: Apply failed with 1 conflict: conflict with \"kubectl-client-side-apply\" using apps/v1: .spec.replicas\nPlease review the fields above--they currently have other managers. Here\n",
        );
        assert_eq!(one.why, Why::Conflict);
        insta::assert_snapshot!(one.error, @"other managers own fields with other values: `kubectl-client-side-apply` owns .spec.replicas");
        let two = said(
            "error: Apply failed with 3 conflicts: conflicts with \"kubectl\" using v1:\n- .data.a\n- .data.b\nconflicts with \"helm\" using v1 at 2026-01-01T00:00:00Z:\n- .data.c\nPlease review\n",
        );
        insta::assert_snapshot!(two.error, @"other managers own fields with other values: `kubectl` owns .data.a, .data.b; `helm` owns .data.c");
    }

    #[test]
    fn refusals_are_told_apart() {
        let kinds = [
            (
                "The connection to the server 10.0.0.5:6443 was refused - did you specify the right host or port?",
                Why::NotReachable,
            ),
            (
                "Error from server (NotFound): deployments.apps \"x\" not found",
                Why::NotFound,
            ),
            (
                "error: resource mapping not found for name: \"p\" namespace: \"\" from \"STDIN\": no matches for kind \"IPAddressPool\" in version \"metallb.io/v1beta1\"",
                Why::NoKind,
            ),
            (
                "Error from server (Forbidden): pods is forbidden: User \"x\" cannot list",
                Why::Forbidden,
            ),
            (
                "Error from server (InternalError): error when creating \"STDIN\": Internal error occurred: failed calling webhook \"x\": connect: connection refused",
                Why::WebhookNotReady,
            ),
            ("error: unknown flag", Why::Other),
        ];
        for (text, why) in kinds {
            assert_eq!(said(text).why, why, "{text}");
        }
        let noisy = said("W1121 01:00:00.1 1 x.go:1] blah\nerror: unknown flag: --x\n");
        assert_eq!(noisy.error.message, "unknown flag: --x");
    }
}
