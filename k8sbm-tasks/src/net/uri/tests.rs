//! `uri` against a small server, through the curl of the machine that the test runs on.

use crate::testing::{Desk, apply_on, here, nowhere, plan_on, probe, refusal};
use k8sbm_core::{
    connection::Local,
    task::{Error, Returns},
};
use serde_json::json;
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
};

/// Starts a server that ends with the test, and returns its address.
fn server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let _ = answer(stream);
        }
    });
    address
}

fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut request = String::new();
    while reader.read_line(&mut request)? > 2 {}
    let lower = request.to_ascii_lowercase();
    let length = lower.split("content-length: ").nth(1);
    let length = length.and_then(|rest| rest.lines().next()?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body)?;
    let path = request.split(' ').nth(1).unwrap_or_default();
    let heard = format!("{}\n{}", request.trim(), String::from_utf8_lossy(&body));
    let (head, body) = match path {
        "/json" => (
            "200 OK\r\nContent-Type: application/json",
            "{\"a\": [1]}".to_owned(),
        ),
        "/moved" => ("302 Found\r\nLocation: /heard", String::new()),
        "/cookies" => (
            "200 OK\r\nSet-Cookie: a=1; Path=/\r\nSet-Cookie: b=2",
            String::new(),
        ),
        "/closed" if !lower.contains("authorization: basic bwu6chc=") => (
            "401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"",
            String::new(),
        ),
        "/missing" => ("404 Not Found", "nothing here".to_owned()),
        "/text" => ("200 OK", "one\n".to_owned()),
        _ => ("200 OK\r\nContent-Type: text/plain", heard),
    };
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

async fn uri(arguments: String) -> Result<Returns, Error> {
    apply_on(&here(), "uri", &arguments).await
}

/// What the server heard.
async fn heard(url: &str, arguments: &str) -> String {
    let returns = uri(format!(
        "{{url: {url}/heard, return_content: yes, {arguments}}}"
    ))
    .await;
    returns.unwrap()["content"]
        .as_str()
        .unwrap()
        .replace('\r', "")
}

#[tokio::test]
async fn an_answer_is_told_by_its_parts() {
    let url = server();
    let plan = plan_on(
        &nowhere(Desk::default()),
        "uri",
        &format!("url: {url}/json"),
    )
    .await
    .unwrap();
    assert!(
        plan.is_empty() && plan.steps.len() == 1,
        "asking changes nothing"
    );
    let returns = uri(format!("url: {url}/json")).await.unwrap();
    assert_eq!(
        (&returns["status"], &returns["json"]),
        (&json!(200), &json!({"a": [1]}))
    );
    assert_eq!(
        (&returns["content_type"], &returns["content_length"]),
        (&json!("application/json"), &json!("10"))
    );
    assert_eq!(
        (&returns["msg"], &returns["redirected"]),
        (&json!("OK (10 bytes)"), &json!(false))
    );
    assert!(!returns.contains_key("content"));
    let returns = uri(format!("url: {url}/cookies")).await.unwrap();
    assert_eq!(
        (&returns["cookies"], &returns["cookies_string"]),
        (&json!({"a": "1", "b": "2"}), &json!("a=1; b=2"))
    );
}

#[tokio::test]
async fn another_status_is_a_failure() {
    let url = server();
    let error = uri(format!("url: {url}/missing")).await.unwrap_err();
    assert_eq!(
        error.message,
        "Status code was 404 and not [200]: Not Found"
    );
    assert_eq!(
        (&error.returns["status"], &error.returns["content"]),
        (&json!(404), &json!("nothing here"))
    );
    let returns = uri(format!("{{url: {url}/missing, status_code: '200, 404'}}"))
        .await
        .unwrap();
    assert_eq!(returns["status"], 404);
    let error = uri("url: http://127.0.0.1:1/".into()).await.unwrap_err();
    assert_eq!(error.returns["status"], -1);
    assert!(
        error
            .message
            .starts_with("Status code was -1 and not [200]: Request failed: (7)"),
        "{error}"
    );
}

#[tokio::test]
async fn bodies_and_headers_are_sent() {
    let url = server();
    let text = heard(
        &url,
        "method: put, body_format: json, body: {a: \"b\\nc\"}, headers: {X-One: 1, X-None: ''}",
    )
    .await;
    assert!(
        text.starts_with("PUT /heard HTTP/1.1\n") && text.ends_with("\n{\"a\":\"b\\nc\"}"),
        "{text}"
    );
    for header in [
        "Content-Type: application/json",
        "X-One: 1",
        "X-None:",
        "User-Agent: ansible-httpget",
    ] {
        assert!(text.contains(&format!("\n{header}")), "{header} in {text}");
    }
    let large = "x".repeat(100_000);
    assert!(
        heard(&url, &format!("method: POST, body: {large}"))
            .await
            .ends_with(&large)
    );
    let desk = Desk::with_files(&[("a.txt", "a\0b")]);
    let arguments = format!("{{url: {url}/heard, method: POST, src: a.txt, return_content: yes}}");
    let returns = apply_on(&probe(Local::new(), desk), "uri", &arguments)
        .await
        .unwrap();
    assert!(returns["content"].as_str().unwrap().ends_with("\na\0b"));
}

#[tokio::test]
async fn redirects_are_followed_when_safe() {
    let url = server();
    let returns = uri(format!("{{url: {url}/moved, return_content: yes}}"))
        .await
        .unwrap();
    assert_eq!(
        (&returns["redirected"], &returns["url"]),
        (&json!(true), &json!(format!("{url}/heard")))
    );
    assert!(
        returns["content"]
            .as_str()
            .unwrap()
            .starts_with("GET /heard")
    );
    let error = uri(format!("{{url: {url}/moved, method: POST, body: x}}"))
        .await
        .unwrap_err();
    assert_eq!(
        (&error.returns["status"], &error.returns["location"]),
        (&json!(302), &json!(format!("{url}/heard")))
    );
    let all = format!(
        "{{url: {url}/moved, method: POST, body: x, follow_redirects: all, return_content: yes}}"
    );
    assert!(
        uri(all).await.unwrap()["content"]
            .as_str()
            .unwrap()
            .starts_with("GET /heard")
    );
    let none = format!("{{url: {url}/moved, follow_redirects: no, status_code: 302}}");
    assert_eq!(uri(none).await.unwrap()["redirected"], false);
}

#[tokio::test]
async fn users_log_in_when_asked_or_at_once() {
    let url = server();
    let who = "url_username: me, password: pw";
    assert_eq!(
        uri(format!("{{url: {url}/closed, {who}}}")).await.unwrap()["status"],
        200
    );
    assert!(!heard(&url, who).await.contains("Authorization"));
    assert!(
        heard(&url, &format!("{who}, force_basic_auth: yes"))
            .await
            .contains("Authorization: Basic bWU6cHc=")
    );
}

#[tokio::test]
async fn a_file_is_kept_as_the_server_has_it() {
    let url = server();
    let directory = tempfile::tempdir().unwrap();
    let dest = directory.path().display();
    let arguments = format!("{{url: {url}/text, dest: {dest}, mode: '0600'}}");
    assert!(
        !plan_on(&here(), "uri", &arguments)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        uri(arguments.clone()).await.unwrap()["path"],
        format!("{dest}/text")
    );
    let again = plan_on(&here(), "uri", &arguments).await.unwrap();
    assert!(again.steps.is_empty() && again.returns["status"] == 200);
    std::fs::write(directory.path().join("text"), "two\n").unwrap();
    let plan = plan_on(&here(), "uri", &arguments).await.unwrap();
    let diff = plan.steps[0].diff.as_ref().unwrap();
    assert_eq!(
        (diff.before.as_str(), diff.after.as_str()),
        ("two\n", "one\n")
    );
}

#[tokio::test]
async fn what_is_there_is_not_asked_for() {
    let plan = plan_on(&here(), "uri", "{url: 'http://127.0.0.1:1', creates: /etc}")
        .await
        .unwrap();
    assert!(plan.steps.is_empty());
    assert_eq!(plan.returns["stdout"], "skipped, since '/etc' exists");
}

#[test]
fn arguments_that_exclude_each_other_are_refused() {
    assert_eq!(
        refusal("uri", "{url: a, body: b, src: c}").message,
        "`body` and `src` are mutually exclusive"
    );
    assert!(
        refusal("uri", "{url: a, method: 'G T'}")
            .message
            .starts_with("`method` must be a word")
    );
    assert!(
        refusal("uri", "{url: a, unredirected_headers: b}")
            .help
            .is_some()
    );
}
