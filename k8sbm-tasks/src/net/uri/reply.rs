//! What `uri` returns of an answer.

use super::{Uri, curl::Answer};
use k8sbm_core::task::{Error, Result, Returns};
use serde_json::{Value as Json, json};

/// What is returned.
pub(super) const RETURNS: &[(&str, &str)] = &[
    ("status", "The HTTP status; -1 where no answer came."),
    ("url", "Where the answer came from."),
    (
        "redirected",
        "Whether the server sent the request elsewhere.",
    ),
    (
        "content",
        "The body, with `return_content` or where the status means failure.",
    ),
    (
        "json",
        "The body as a value, where the server says that it is JSON.",
    ),
    (
        "content_type",
        "The header of that name. All headers are returned like this, in lower case with `_`.",
    ),
    ("cookies", "The cookies that the server set, by name."),
    (
        "cookies_string",
        "The cookies as a header for the next request.",
    ),
    ("path", "The file that was written, with `dest`."),
    ("elapsed", "How many seconds it took."),
    ("msg", "The status in words, or why the task failed."),
];

/// A URL without its password.
pub(super) fn masked(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..end].rsplit_once('@') {
        Some((user, _)) => {
            let user = user.split(':').next().unwrap_or_default();
            let after = &rest[rest[..end].rfind('@').unwrap_or(0)..];
            match user {
                "" => format!("{scheme}://{}", &after[1..]),
                user => format!("{scheme}://{user}:********{after}"),
            }
        }
        None => url.to_owned(),
    }
}

/// What is returned of an answer, or the failure that it means.
pub(super) fn returns(request: &Uri, answer: &Answer, elapsed: u64) -> Result<Returns> {
    let mut returns = Returns::new();
    for (name, value) in &answer.headers {
        let name = name.to_ascii_lowercase().replace('-', "_");
        let value = match returns.get(&name).and_then(Json::as_str) {
            Some(before) => format!("{before}, {value}"),
            None => value.clone(),
        };
        returns.insert(name, value.into());
    }
    let redirected = answer.redirects > 0;
    let url = masked(if redirected {
        &answer.url
    } else {
        &request.url
    });
    if let Some(location) = answer.header("location") {
        returns.insert("location".into(), joined(&url, location).into());
    }
    returns.extend(cookies(answer));
    returns.insert("status".into(), answer.status.into());
    returns.insert("url".into(), url.into());
    returns.insert("redirected".into(), redirected.into());
    returns.insert("elapsed".into(), elapsed.into());
    let text = String::from_utf8_lossy(&answer.body);
    if is_json(answer.header("content-type").unwrap_or_default())
        && let Ok(value) = serde_json::from_str::<Json>(&text)
    {
        returns.insert("json".into(), value);
    }
    let success = request.status_code.contains(&answer.status);
    if request.return_content || !success {
        returns.insert("content".into(), text.into());
    }
    if success {
        let size = answer.header("content-length").unwrap_or("unknown");
        returns.insert(
            "msg".into(),
            format!("{} ({size} bytes)", answer.reason).into(),
        );
        return Ok(returns);
    }
    let (status, wanted) = (answer.status, json!(request.status_code));
    let mut error = Error::failed(format!(
        "Status code was {status} and not {wanted}: {}",
        answer.reason
    ));
    error.returns = returns;
    Err(error)
}

/// The failure of a request that had no answer.
pub(super) fn failure(request: &Uri, said: &str, elapsed: u64) -> Error {
    let said = said.trim().trim_start_matches("curl: ");
    let wanted = json!(request.status_code);
    Error::failed(format!(
        "Status code was -1 and not {wanted}: Request failed: {said}"
    ))
    .returning("status", -1)
    .returning("url", masked(&request.url))
    .returning("redirected", false)
    .returning("elapsed", elapsed)
}

fn is_json(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    let subtype = kind.split_once('/').map_or("", |(_, subtype)| subtype);
    let subtype = subtype.rsplit('+').next().unwrap_or_default();
    ["json", "javascript"]
        .iter()
        .any(|known| subtype.eq_ignore_ascii_case(known))
}

fn cookies(answer: &Answer) -> [(String, Json); 2] {
    let set = answer
        .headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
    let pairs: Vec<_> = set
        .filter_map(|(_, value)| value.split(';').next()?.split_once('='))
        .map(|(name, value)| (name.trim(), value.trim()))
        .collect();
    let all: Returns = pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).into()))
        .collect();
    let line: Vec<_> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    [
        ("cookies".to_owned(), all.into()),
        ("cookies_string".to_owned(), line.join("; ").into()),
    ]
}

/// A location as an absolute URL.
fn joined(url: &str, location: &str) -> String {
    if location.contains("://") {
        return location.to_owned();
    }
    let Some((scheme, rest)) = url.split_once("://") else {
        return location.to_owned();
    };
    let (server, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    if let Some(other) = location.strip_prefix("//") {
        return format!("{scheme}://{other}");
    }
    if location.starts_with('/') {
        return format!("{scheme}://{server}{location}");
    }
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let directory = path.rfind('/').map_or("", |end| &path[..end]);
    format!("{scheme}://{server}{directory}/{location}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_masked() {
        assert_eq!(
            masked("https://me:pw@h/x?a@b"),
            "https://me:********@h/x?a@b"
        );
        assert_eq!(masked("https://h/x@y"), "https://h/x@y");
    }

    #[test]
    fn locations_become_absolute() {
        let at = |location| joined("http://h:80/a/b?c", location);
        assert_eq!(at("/x"), "http://h:80/x");
        assert_eq!(at("x"), "http://h:80/a/x");
        assert_eq!(at("//o/x"), "http://o/x");
        assert_eq!(at("https://o/x"), "https://o/x");
    }

    #[test]
    fn json_is_known_by_its_type() {
        for kind in [
            "application/json",
            "application/problem+JSON; charset=utf-8",
            "text/javascript",
        ] {
            assert!(is_json(kind), "{kind}");
        }
        assert!(!is_json("text/plain") && !is_json("") && !is_json("json"));
    }
}
