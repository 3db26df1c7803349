//! Base64 and URLs.

use crate::{
    template::call::{Call, Operation, entries, fail, items, text_of},
    value::Value,
};
use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose},
};
use minijinja::{Error, value::ValueKind};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

pub(super) const FILTERS: &[Operation] = &[
    Operation::new(&["b64encode"], &["encoding", "urlsafe"], b64encode),
    Operation::new(&["b64decode"], &["encoding", "urlsafe"], b64decode),
    Operation::new(&["urlencode"], &[], urlencode),
    Operation::new(&["urldecode"], &[], |value, _| {
        let text = text_of(value)?.replace('+', " ");
        Ok(Value::from(
            percent_decode_str(&text).decode_utf8_lossy().into_owned(),
        ))
    }),
    Operation::new(&["urlsplit"], &["query"], urlsplit),
];

/// The bytes of text in an encoding; UTF-8 and its subsets, and UTF-16 as Windows wants it.
fn bytes(text: &str, encoding: &str) -> Result<Vec<u8>, Error> {
    match encoding.to_lowercase().as_str() {
        "utf-8" | "utf8" | "ascii" | "us-ascii" => Ok(text.as_bytes().to_vec()),
        "utf-16-le" | "utf-16le" => Ok(text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        "utf-16-be" | "utf-16be" => Ok(text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
        "latin-1" | "latin1" | "iso-8859-1" => {
            let byte = |letter: char| u8::try_from(u32::from(letter)).ok();
            text.chars()
                .map(byte)
                .collect::<Option<_>>()
                .ok_or_else(|| fail("the text does not fit into latin-1"))
        }
        _ => Err(fail(format!("the encoding {encoding:?} is not supported"))),
    }
}

fn text(bytes: Vec<u8>, encoding: &str) -> Result<String, Error> {
    let wide =
        |pairs: Vec<u16>| String::from_utf16(&pairs).map_err(|_| fail("the bytes are not UTF-16"));
    match encoding.to_lowercase().as_str() {
        "utf-8" | "utf8" | "ascii" | "us-ascii" => {
            String::from_utf8(bytes).map_err(|_| fail("the decoded bytes are not UTF-8 text"))
        }
        "utf-16-le" | "utf-16le" => wide(
            bytes
                .chunks_exact(2)
                .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
                .collect(),
        ),
        "utf-16-be" | "utf-16be" => wide(
            bytes
                .chunks_exact(2)
                .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
                .collect(),
        ),
        "latin-1" | "latin1" | "iso-8859-1" => Ok(bytes.into_iter().map(char::from).collect()),
        _ => Err(fail(format!("the encoding {encoding:?} is not supported"))),
    }
}

fn encoding(call: &Call<'_>) -> Result<String, Error> {
    Ok(call.text("encoding")?.unwrap_or_else(|| "utf-8".to_owned()))
}

fn b64encode(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let bytes = bytes(&text_of(value)?, &encoding(call)?)?;
    let engine = if call.flag("urlsafe")? {
        general_purpose::URL_SAFE
    } else {
        general_purpose::STANDARD
    };
    Ok(Value::from(engine.encode(bytes)))
}

fn b64decode(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let lenient = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let alphabet = if call.flag("urlsafe")? {
        &alphabet::URL_SAFE
    } else {
        &alphabet::STANDARD
    };
    // line ends and other strangers are skipped, as Python skips them
    let known: String = text_of(value)?
        .chars()
        .filter(|letter| letter.is_ascii_alphanumeric() || "+/-_=".contains(*letter))
        .collect();
    let bytes = GeneralPurpose::new(alphabet, lenient)
        .decode(known)
        .map_err(|error| fail(format!("the text is not base64: {error}")))?;
    text(bytes, &encoding(call)?).map(Value::from)
}

/// What a URL's path may hold as it is.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'/');
const QUERY: &AsciiSet = &PATH.add(b'/');

fn urlencode(value: &Value, _: &Call<'_>) -> Result<Value, Error> {
    let quoted = |value: &Value| {
        let quoted = utf8_percent_encode(&text_of(value)?, QUERY).to_string();
        Ok::<_, Error>(quoted.replace("%20", "+"))
    };
    let pairs = match value.kind() {
        ValueKind::Map => entries(value)?,
        ValueKind::Seq | ValueKind::Iterable => {
            let pair = |pair: &Value| {
                Ok::<_, Error>((pair.get_item_by_index(0)?, pair.get_item_by_index(1)?))
            };
            items(value)?.iter().map(pair).collect::<Result<_, _>>()?
        }
        _ => {
            return Ok(Value::from(
                utf8_percent_encode(&text_of(value)?, PATH).to_string(),
            ));
        }
    };
    let joined = pairs
        .iter()
        .map(|(name, value)| Ok(format!("{}={}", quoted(name)?, quoted(value)?)));
    Ok(Value::from(
        joined.collect::<Result<Vec<_>, Error>>()?.join("&"),
    ))
}

fn urlsplit(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let parts = url_parts(&text_of(value)?);
    match call.text("query")?.filter(|query| !query.is_empty()) {
        None => Ok(Value::from_pairs(parts)),
        Some(wanted) => {
            let found = parts
                .into_iter()
                .find(|(name, _)| *name == wanted)
                .map(|(_, part)| part);
            found.ok_or_else(|| fail(format!("unknown URL component: {wanted:?}")))
        }
    }
}

/// The parts of a URL by their names.
pub(in crate::template) fn url_parts(url: &str) -> Vec<(&'static str, Value)> {
    let none = || Value::from(());
    let is_scheme = |scheme: &str| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter))
    };
    let (scheme, rest) = match url.split_once(':') {
        Some((scheme, rest)) if is_scheme(scheme) => (scheme.to_lowercase(), rest),
        _ => (String::new(), url),
    };
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (netloc, path) = match rest.strip_prefix("//") {
        Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
        None => ("", rest),
    };
    let (user, host) = netloc
        .rsplit_once('@')
        .map_or((None, netloc), |(user, host)| (Some(user), host));
    let (username, password) = match user.map(|user| user.split_once(':').unwrap_or((user, ""))) {
        Some((name, word)) => (
            Value::from(name),
            if user.is_some_and(|u| u.contains(':')) {
                Value::from(word)
            } else {
                none()
            },
        ),
        None => (none(), none()),
    };
    let (hostname, port) = match host.strip_prefix('[').and_then(|host| host.split_once(']')) {
        Some((name, tail)) => (name, tail.strip_prefix(':')),
        None => host
            .split_once(':')
            .map_or((host, None), |(name, port)| (name, Some(port))),
    };
    vec![
        ("fragment", Value::from(fragment)),
        (
            "hostname",
            if hostname.is_empty() {
                none()
            } else {
                Value::from(hostname.to_lowercase())
            },
        ),
        ("netloc", Value::from(netloc)),
        ("password", password),
        ("path", Value::from(path)),
        (
            "port",
            port.and_then(|port| port.parse::<u16>().ok())
                .map_or_else(none, Value::from),
        ),
        ("query", Value::from(query)),
        ("scheme", Value::from(scheme)),
        ("username", username),
    ]
}
