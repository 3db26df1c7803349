//! The body of a request.

use k8sbm_core::task::{Error, FileSearch, Probe, Result};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;

/// How the body is written.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum BodyFormat {
    /// As it is.
    #[default]
    Raw,
    /// As JSON; text is taken for JSON already.
    Json,
    /// As a form in one line.
    FormUrlencoded,
    /// As a form in parts, which may be files.
    FormMultipart,
}

/// A body, and what kind it is.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Body {
    /// The bytes.
    pub(super) bytes: Vec<u8>,
    /// The `Content-Type`, unless it is the plain one.
    pub(super) content_type: Option<String>,
}

impl Body {
    /// Writes a body.
    ///
    /// # Errors
    /// When the value does not fit the format, or a file is not there.
    pub(super) async fn write(
        value: &Json,
        format: BodyFormat,
        host: &Probe,
        on_host: bool,
    ) -> Result<Self> {
        match format {
            BodyFormat::Raw => Ok(Self {
                bytes: text(value).into_bytes(),
                content_type: None,
            }),
            BodyFormat::Json => Ok(Self {
                bytes: text(value).into_bytes(),
                content_type: Some("application/json".into()),
            }),
            BodyFormat::FormUrlencoded => Ok(Self {
                bytes: urlencoded(value)?.into_bytes(),
                content_type: Some("application/x-www-form-urlencoded".into()),
            }),
            BodyFormat::FormMultipart => multipart(value, host, on_host).await,
        }
    }
}

/// A value as text: text itself, all else as JSON.
fn text(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn urlencoded(value: &Json) -> Result<String> {
    let mut fields = Vec::new();
    let mut add = |name: &str, value: &Json| match value {
        Json::Array(values) => fields.extend(values.iter().map(|value| field(name, value))),
        Json::Null => {}
        value => fields.push(field(name, value)),
    };
    match value {
        Json::String(written) => return Ok(written.clone()),
        Json::Object(entries) => entries.iter().for_each(|(name, value)| add(name, value)),
        Json::Array(pairs) => {
            for pair in pairs {
                match pair.as_array().map(Vec::as_slice) {
                    Some([name, value]) => add(&text(name), value),
                    _ => return Err(wanted("a mapping, or a list of pairs")),
                }
            }
        }
        _ => return Err(wanted("a mapping, or a list of pairs")),
    }
    Ok(fields.join("&"))
}

fn field(name: &str, value: &Json) -> String {
    let value = match value {
        Json::Bool(true) => "True".to_owned(),
        Json::Bool(false) => "False".to_owned(),
        value => text(value),
    };
    format!("{}={}", escaped(name), escaped(&value))
}

/// Percent signs for all that is not plain, and `+` for blanks.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b' ' => out.push('+'),
            byte if byte.is_ascii_alphanumeric() || b"_.-~".contains(&byte) => {
                out.push(byte.into());
            }
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

async fn multipart(value: &Json, host: &Probe, on_host: bool) -> Result<Body> {
    let Json::Object(fields) = value else {
        return Err(wanted("a mapping"));
    };
    let mut parts: Vec<(String, Vec<u8>)> = Vec::new();
    for (name, value) in fields {
        let mut head = format!("Content-Disposition: form-data; name=\"{}\"", quoted(name));
        let (kind, content) = match value {
            Json::Object(file) => {
                let of = |key: &str| file.get(key).and_then(Json::as_str);
                if let Some(name) = of("filename") {
                    let base = name.rsplit('/').next().unwrap_or(name);
                    head.push_str(&format!("; filename=\"{}\"", quoted(base)));
                }
                let content = match (of("content"), of("filename")) {
                    (Some(content), _) => content.as_bytes().to_vec(),
                    (None, Some(name)) => read(name, host, on_host).await?,
                    (None, None) => {
                        return Err(wanted(&format!("`filename` or `content` in `{name}`")));
                    }
                };
                (
                    of("mime_type").or(of("filename").map(|_| "application/octet-stream")),
                    content,
                )
            }
            value => (None, text(value).into_bytes()),
        };
        if let Some(kind) = kind {
            head.push_str(&format!("\r\nContent-Type: {kind}"));
        }
        parts.push((head, content));
    }
    let boundary = boundary(&parts);
    let mut bytes = Vec::new();
    for (head, content) in parts {
        bytes.extend_from_slice(format!("--{boundary}\r\n{head}\r\n\r\n").as_bytes());
        bytes.extend_from_slice(&content);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Ok(Body {
        bytes,
        content_type: Some(format!("multipart/form-data; boundary={boundary}")),
    })
}

/// A line that stands in no part.
fn boundary(parts: &[(String, Vec<u8>)]) -> String {
    let mut boundary = "k8sbm-part".to_owned();
    let stands = |line: &str| {
        parts.iter().any(|(_, content)| {
            content
                .windows(line.len())
                .any(|part| part == line.as_bytes())
        })
    };
    while stands(&boundary) {
        boundary.push_str("-x");
    }
    boundary
}

fn quoted(name: &str) -> String {
    name.replace('\\', "\\\\").replace('"', "\\\"")
}

/// A file's content, from the host or the controller.
pub(super) async fn read(name: &str, host: &Probe, on_host: bool) -> Result<Vec<u8>> {
    if on_host {
        let content = host.read(name).await?;
        return content
            .map(|content| content.to_vec())
            .ok_or_else(|| Error::failed(format!("there is no file {name} on the host")));
    }
    let path = host.controller().find(FileSearch::Files, name)?;
    host.controller().read(&path)
}

fn wanted(what: &str) -> Error {
    Error::arguments(format!("`body` must be {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Desk, nowhere};
    use serde_json::json;

    async fn body(value: Json, format: BodyFormat) -> Result<(String, String)> {
        let host = nowhere(Desk::with_files(&[("a.txt", "one k8sbm-part\n")]));
        let body = Body::write(&value, format, &host, false).await?;
        Ok((
            String::from_utf8(body.bytes).unwrap(),
            body.content_type.unwrap_or_default(),
        ))
    }

    #[tokio::test]
    async fn json_is_written_and_text_is_taken_for_it() {
        let (text, kind) = body(json!({"a": [1]}), BodyFormat::Json).await.unwrap();
        assert_eq!(
            (text.as_str(), kind.as_str()),
            ("{\"a\":[1]}", "application/json")
        );
        assert_eq!(body(json!("{}"), BodyFormat::Json).await.unwrap().0, "{}");
    }

    #[tokio::test]
    async fn forms_are_written_in_a_line() {
        let form = async |value| {
            body(value, BodyFormat::FormUrlencoded)
                .await
                .map(|(text, _)| text)
        };
        assert_eq!(
            form(json!({"a b": "c&d", "e": [1, "ü"], "f": null}))
                .await
                .unwrap(),
            "a+b=c%26d&e=1&e=%C3%BC"
        );
        assert_eq!(
            form(json!([["a", 1], ["a", true]])).await.unwrap(),
            "a=1&a=True"
        );
        assert!(form(json!([1])).await.is_err());
    }

    #[tokio::test]
    async fn forms_are_written_in_parts() {
        let form = json!({"plain": "x", "file": {"filename": "a.txt", "mime_type": "text/plain"}});
        let (text, kind) = body(form, BodyFormat::FormMultipart).await.unwrap();
        assert_eq!(kind, "multipart/form-data; boundary=k8sbm-part-x");
        insta::assert_snapshot!(text.replace('\r', ""), @r#"
        --k8sbm-part-x
        Content-Disposition: form-data; name="plain"

        x
        --k8sbm-part-x
        Content-Disposition: form-data; name="file"; filename="a.txt"
        Content-Type: text/plain

        one k8sbm-part

        --k8sbm-part-x--
        "#);
    }
}
