//! Plain connections: framing, early refusals, timers, limits, the end.

use std::time::Duration;

use dossier_http::{ListenerSettings, Pace};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{Server, settings, soon};

/// A request head with these lines after `Host`.
fn post(path: &str, lines: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nHost: a\r\n{lines}\r\n")
}

#[tokio::test]
async fn what_is_framed_in_two_ways_is_refused_and_closed() {
    let server = Server::start(settings()).await;
    let chunked = "Transfer-Encoding: chunked\r\n";
    for lines in [
        format!("Content-Length: 5\r\n{chunked}"),
        format!("{chunked}Content-Length: 5\r\n"),
        "Content-Length: 5\r\nContent-Length: 6\r\n".to_owned(),
        "Content-Length: 5\r\nContent-Length: 5\r\n".to_owned(),
        "Content-Length: 5,5\r\n".to_owned(),
        "Content-Length: -1\r\n".to_owned(),
        "Content-Length: 18446744073709551616\r\n".to_owned(),
        format!("{chunked}{chunked}"),
        "Transfer-Encoding: chunked, identity\r\n".to_owned(),
        "Transfer-Encoding: identity\r\n".to_owned(),
        "Transfer-Encoding: xchunked\r\n".to_owned(),
        "Transfer-Encoding : chunked\r\n".to_owned(),
        "Transfer-Encoding\t: chunked\r\n".to_owned(),
        "X: a\r\n b\r\n".to_owned(),
        "X: a\rb\r\n".to_owned(),
        "X: a\0b\r\n".to_owned(),
        "X: a\nY: b\r\n".to_owned(),
        "Host: b\r\n".to_owned(),
    ] {
        let mut client = server.connect().await;
        client.send(&post("/read", &lines)).await;
        client.send("0\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n").await;
        let answers = client.read_to_end().await;
        assert!(answers.starts_with("HTTP/1.1 400 "), "{lines:?}: {answers}");
        assert_eq!(answers.matches("HTTP/1.1 ").count(), 1, "{lines:?}: {answers}");
    }
    assert_eq!(server.calls(), 0);
}

#[tokio::test]
async fn a_host_is_needed_by_http_1_1_alone() {
    let server = Server::start(settings()).await;
    for (request, status) in [
        ("GET /hello HTTP/1.1\r\n\r\n", 400),
        ("GET /hello HTTP/1.1\r\nHost: user@a\r\n\r\n", 400),
        ("GET /hello HTTP/1.0\r\n\r\n", 200),
        ("POST /read HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello", 200),
        ("POST /read HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        ("GET /hello HTTP/0.9\r\n\r\n", 400),
        ("GET /hello\r\n\r\n", 400),
    ] {
        let mut client = server.connect().await;
        client.send(request).await;
        let answer = client.read_to_end().await;
        assert!(answer.starts_with(&format!("HTTP/1.{} {status} ", minor(request, status))));
    }
}

/// The library answers requests of HTTP/1.0 in kind, and faults in HTTP/1.1.
fn minor(request: &str, status: u16) -> u8 {
    u8::from(!request.contains("HTTP/1.0") || status == 400)
}

#[tokio::test]
async fn a_path_has_one_spelling_and_a_method_no_alias() {
    let server = Server::start(settings()).await;
    let plain = "Host: a\r\nConnection: close\r\n\r\n";
    for (line, status) in [
        ("GET /hello HTTP/1.1", 200),
        ("GET http://a/hello HTTP/1.1", 200),
        ("GET //hello HTTP/1.1", 404),
        ("GET /%68ello HTTP/1.1", 404),
        ("GET /hello/ HTTP/1.1", 404),
        ("GET /hello/..;/x HTTP/1.1", 404),
        ("GET /x/../hello HTTP/1.1", 404),
        ("OPTIONS * HTTP/1.1", 404),
        ("CONNECT a:80 HTTP/1.1", 404),
        ("TRACE /hello HTTP/1.1", 405),
        ("BREW /hello HTTP/1.1", 405),
        ("POST /hello HTTP/1.1\r\nX-HTTP-Method-Override: GET", 405),
        ("G(T /hello HTTP/1.1", 400),
        ("GET /hel lo HTTP/1.1", 400),
        ("GET  /hello HTTP/1.1", 400),
        ("GET /hello HTTP/1.2", 400),
    ] {
        let mut client = server.connect().await;
        client.send(&format!("{line}\r\n{plain}")).await;
        let answer = client.read_to_end().await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{line}: {answer}");
    }
    assert_eq!(server.calls(), 2);
}

#[tokio::test]
async fn broken_chunks_end_the_body_with_an_error_and_the_connection() {
    let server = Server::start(settings()).await;
    let flood = format!("5;{}\r\nhello\r\n0\r\n\r\n", "x".repeat(1 << 20));
    let drip = format!("{}0\r\n\r\n", format!("1;{}\r\na\r\n", "x".repeat(4096)).repeat(256));
    for body in [
        "5;\nhello\r\n0\r\n\r\n",
        "5\nhello\n0\n\n",
        "0x5\r\nhello\r\n0\r\n\r\n",
        "+5\r\nhello\r\n0\r\n\r\n",
        "5\r\nhelloXX0\r\n\r\n",
        "11111111111111111\r\nhello\r\n0\r\n\r\n",
        "5\r\nhello\r\n0\r\nContent-Length: 3\r\n\r\n",
        "5\r\nhello\r\n0\r\nX: y\n\r\n",
        &flood,
        &drip,
    ] {
        let mut client = server.connect().await;
        client.send(&post("/read", "Transfer-Encoding: chunked\r\n")).await;
        client.send_what_is_taken(body).await;
        client.send_what_is_taken("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n").await;
        let answers = client.read_to_end().await;
        let start = body.get(..20).unwrap_or(body);
        assert!(answers.starts_with("HTTP/1.1 400 "), "{start:?}: {answers}");
        assert_eq!(answers.matches("HTTP/1.1 ").count(), 1, "{start:?}: {answers}");
    }
}

#[tokio::test]
async fn a_body_that_is_cut_off_is_no_body() {
    let server = Server::start(settings()).await;
    for (lines, body) in [
        ("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n"),
        ("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n"),
        ("Content-Length: 6\r\n", "hello"),
    ] {
        let mut client = server.connect().await;
        client.send(&post("/read", lines)).await;
        client.send(body).await;
        client.finish().await;
        assert!(client.read_to_end().await.starts_with("HTTP/1.1 400 "), "{lines} {body}");
    }
}

#[tokio::test]
async fn bombs_of_headers_are_refused_and_the_refusal_is_readable() {
    let server = Server::start(settings()).await;
    let many = post("/read", &"X-1: v\r\n".repeat(2000));
    let long = post("/read", &format!("X: {}\r\n", "v".repeat(1 << 20)));
    let line = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(1 << 20));
    for request in [many, long, line] {
        let mut client = server.connect().await;
        client.send_what_is_taken(&request).await;
        let answer = client.read_to_end().await;
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    }
    assert_eq!(server.calls(), 0);
}

#[tokio::test]
async fn requests_in_one_packet_are_answered_in_order() {
    let server = Server::start(settings()).await;
    let mut client = server.connect().await;
    let chunked = "Transfer-Encoding: chunked\r\n";
    client
        .send(
            &[
                post("/read", "Content-Length: 5\r\n") + "hello",
                post("/read", chunked) + "3;a=b\r\nabc\r\n0\r\nX: y\r\n\r\n",
                post("/none", "Content-Length: 2\r\n") + "ab",
                "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".to_owned(),
            ]
            .concat(),
        )
        .await;
    let answers = client.read_to_end().await;
    let statuses: Vec<_> = answers.split("HTTP/1.1 ").skip(1).map(|a| &a[..3]).collect();
    assert_eq!(statuses, ["200", "200", "404", "200"]);
    assert!(answers.contains("5 bytes") && answers.contains("3 bytes"), "{answers}");
}

#[tokio::test]
async fn a_request_hidden_behind_a_pipelined_fault_is_not_seen() {
    let server = Server::start(settings()).await;
    let mut client = server.connect().await;
    client
        .send(
            &[
                post("/read", "Content-Length: 5\r\n") + "hello",
                post("/read", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
                "0\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(),
            ]
            .concat(),
        )
        .await;
    let answers = client.read_to_end().await;
    let statuses: Vec<_> = answers.split("HTTP/1.1 ").skip(1).map(|a| &a[..3]).collect();
    assert_eq!(statuses, ["200", "400"]);
}

#[tokio::test]
async fn an_accepted_expectation_gets_its_100_and_a_refused_one_does_not() {
    let server = Server::start(settings()).await;
    let expect = "Expect: 100-continue\r\nContent-Length: 5\r\n";
    let mut client = server.connect().await;
    client.send(&post("/read", expect)).await;
    assert_eq!(client.read_head().await, "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("hello").await;
    assert!(client.read_head().await.starts_with("HTTP/1.1 200 "));

    let mut client = server.connect().await;
    client.send(&post("/refuse", expect)).await;
    let answers = client.read_to_end().await;
    assert!(answers.starts_with("HTTP/1.1 413 "), "{answers}");
    assert!(!answers.contains("100 Continue"), "{answers}");
}

#[tokio::test]
async fn a_client_that_is_still_sending_reads_its_refusal() {
    let server = Server::start(settings()).await;
    let body = "x".repeat(3 << 20);
    for lines in [
        format!("Content-Length: {}\r\n", body.len()),
        "Content-Length: 300000000\r\n".to_owned(),
        "Transfer-Encoding: chunked\r\n".to_owned(),
    ] {
        let mut client = server.connect().await;
        client.send(&post("/refuse", &lines)).await;
        if lines.starts_with("Transfer") {
            client.send(&format!("{:x}\r\n", body.len())).await;
        }
        // The whole body is sent before the first look at the answer.
        client.send(&body).await;
        let answer = client.read_to_end().await;
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
        assert!(answer.ends_with("refused"), "{answer}");
    }
}

#[tokio::test]
async fn a_silent_or_slow_client_is_closed() {
    let short = Duration::from_millis(300);
    let server = Server::start(ListenerSettings { headers_timeout: short, ..settings() }).await;
    for start in ["", "GET /hello HT"] {
        let mut client = server.connect().await;
        client.send(start).await;
        assert_eq!(client.read_to_end().await, "", "{start:?}");
    }
    let mut client = server.connect().await;
    let (mut read, mut write) = client.stream.split();
    let drip = async {
        while write.write_all(b"a").await.is_ok() {
            tokio::time::sleep(short / 10).await;
        }
    };
    let mut bytes = Vec::new();
    tokio::select! {
        () = drip => {}
        read = soon(read.read_to_end(&mut bytes)) => assert_eq!(read.unwrap_or(0), 0),
    }
    server.all_closed().await;
}

#[tokio::test]
async fn an_idle_connection_outlives_the_headers_timeout_and_not_its_own() {
    let server = Server::start(ListenerSettings {
        headers_timeout: Duration::from_millis(300),
        keep_alive_timeout: Duration::from_millis(1200),
        ..settings()
    })
    .await;
    let mut client = server.connect().await;
    client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(client.read_head().await.starts_with("HTTP/1.1 200 "));
    tokio::time::sleep(Duration::from_millis(600)).await;
    client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(client.read_to_end().await.contains("HTTP/1.1 200 "));
    server.all_closed().await;
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut() {
    let short = Duration::from_millis(300);
    let server = Server::start(ListenerSettings { write_timeout: short, ..settings() }).await;
    let mut client = server.connect().await;
    client.send("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n").await;
    server.all_closed().await;
    drop(client);
}

#[tokio::test]
async fn connections_over_the_limit_are_told_so_and_a_free_place_is_taken_again() {
    let limits = ListenerSettings { connections_per_address_max: 2, ..settings() };
    let server = Server::start(limits).await;
    let hello = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";
    let mut held = [server.connect().await, server.connect().await];
    for client in &mut held {
        client.send(hello).await;
        assert!(client.read_head().await.starts_with("HTTP/1.1 200 "));
    }
    let mut third = server.connect().await;
    third.send(hello).await;
    let answer = third.read_to_end().await;
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("Retry-After"), "{answer}");
    drop(held);
    server.all_closed().await;
    let mut fourth = server.connect().await;
    fourth.send(hello).await;
    assert!(fourth.read_head().await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn stopping_finishes_what_runs_and_closes_what_does_not() {
    let server = Server::start(settings()).await;
    let mut silent = server.connect().await;
    let mut idle = server.connect().await;
    idle.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(idle.read_head().await.starts_with("HTTP/1.1 200 "));
    idle.read_exactly("hello").await;
    let mut running = server.connect().await;
    running.send(&post("/read", "Content-Length: 10005\r\n")).await;
    running.send(&"x".repeat(10_003)).await;
    server.calls_reach(2).await;

    let mut stopping = server.stop();
    assert_eq!(silent.read_to_end().await, "");
    assert_eq!(idle.read_to_end().await, "");
    running.send("lo").await;
    let answer = running.read_to_end().await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(answer.to_ascii_lowercase().contains("connection: close"), "{answer}");
    let report = stopping.report().await;
    assert_eq!((report.open_at_stop, report.cut), (3, 0));
    assert!(stopping.refuses_connections().await);
}

#[tokio::test]
async fn stopping_finishes_what_has_only_begun() {
    let server = Server::start(settings()).await;
    let mut first = server.connect().await;
    first.send(&(post("/read", "Content-Length: 5\r\n") + "hel")).await;
    // A second connection is accepted, and its answer sent, after the first was looked at.
    let mut second = server.connect().await;
    second.send("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    second.read_to_end().await;
    assert_eq!(server.calls(), 1);
    let mut stopping = server.stop();
    first.send("lo").await;
    let answer = first.read_to_end().await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("5 bytes"), "{answer}");
    assert_eq!(stopping.report().await.cut, 0);
}

#[tokio::test]
async fn a_request_that_trickles_comes_to_a_handler_only_when_it_is_complete() {
    let server = Server::start(settings()).await;
    for announced in ["Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"] {
        let calls = server.calls();
        let mut client = server.connect().await;
        let body = if announced.starts_with('C') { "hello" } else { "5\r\nhello\r\n0\r\n\r\n" };
        let request = post("/read", announced) + body;
        for byte in request.chars() {
            assert_eq!(server.calls(), calls);
            client.send(byte.encode_utf8(&mut [0; 4])).await;
            tokio::task::yield_now().await;
        }
        let head = client.read_head().await;
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
        client.read_exactly("5 bytes").await;
    }
}

#[tokio::test]
async fn a_client_that_ends_its_request_early_or_says_nothing_behind_its_head_is_answered() {
    let server = Server::start(settings()).await;
    let mut ended = server.connect().await;
    ended.send(&(post("/read", "Content-Length: 5\r\n") + "hel")).await;
    ended.finish().await;
    let mut silent = server.connect().await;
    silent.send(&post("/refuse", "Content-Length: 5\r\n")).await;
    let answer = silent.read_to_end().await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    let answer = ended.read_to_end().await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert_eq!(server.calls(), 2);
}

#[tokio::test]
async fn a_request_that_comes_too_slowly_is_handed_over_all_the_same() {
    let pace = Pace { idle_max: Duration::from_millis(200), ..Pace::default() };
    let server = Server::start(ListenerSettings { pace, ..settings() }).await;
    let mut clients = Vec::new();
    for _ in 0..100 {
        let mut client = server.connect().await;
        client.send(&(post("/refuse", "Content-Length: 5\r\n") + "hel")).await;
        clients.push(client);
    }
    for mut client in clients {
        let answer = client.read_to_end().await;
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    }
}

#[tokio::test]
async fn stopping_cuts_what_does_not_finish_in_time() {
    let short = Duration::from_millis(200);
    let server = Server::start(ListenerSettings { drain_time: short, ..settings() }).await;
    let mut client = server.connect().await;
    client.send(&post("/read", "Content-Length: 5\r\n")).await;
    server.calls_reach(1).await;
    let report = server.stop().report().await;
    assert_eq!((report.open_at_stop, report.cut), (1, 1));
    assert_eq!(client.read_to_end().await, "");
}

#[tokio::test]
async fn http_2_without_tls_is_not_spoken() {
    let server = Server::start(settings()).await;
    let mut client = server.connect().await;
    client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    let answer = client.read_to_end().await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400 "), "{answer}");
}
