//! Attempts against receivers on this machine, kind and hostile.

#![expect(clippy::unwrap_used, reason = "the whole crate is a test")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use dossier_seal::{SecretKey, WebhookSecret};
use dossier_webhooks::{Attempt, Authorities, Failure, Reach, Sender, Target};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// Takes one connection, reads a request, answers these bytes, and holds the connection open.
/// Ends with the request.
async fn receiver(answer: impl Into<Vec<u8>>) -> (SocketAddr, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let answer = answer.into();
    let taken = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let request = request(&mut stream).await;
        // Who was cut off in the middle of his answer has lost nothing.
        let _ = stream.write_all(&answer).await;
        tokio::spawn(async move { stream.read_to_end(&mut Vec::new()).await });
        request
    });
    (address, taken)
}

async fn request(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut text = String::new();
    while !text.ends_with("{}") {
        let mut bytes = [0; 1024];
        let read = stream.read(&mut bytes).await.unwrap();
        text.extend(bytes.iter().take(read).copied().map(char::from));
    }
    text
}

fn sender(reach: Reach) -> Sender {
    Sender::new(reach, Authorities::default())
}

async fn send(sender: &Sender, url: &str) -> Result<u16, Failure> {
    let target = Target::parse(url).unwrap();
    let secrets = [WebhookSecret::from_secret([1; 32])];
    let body = "{}".to_owned();
    let (id, timestamp) = ("the id", 1_800_000_000);
    sender.send(Attempt { target: &target, id, timestamp, secrets: &secrets, body }).await
}

/// A label of 64 characters is none (RFC 1035, section 2.3.4): nobody is asked for it.
fn nobody() -> String {
    format!("http://{}.example/", "a".repeat(64))
}

fn answer(status: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n")
}

#[tokio::test]
async fn the_statuses_that_acknowledge_are_four_and_redirects_are_not_followed() {
    let sender = sender(Reach::Anywhere);
    for status in [200, 201, 202, 204] {
        let (address, _) = receiver(answer(&format!("{status} Fine"))).await;
        assert_eq!(send(&sender, &format!("http://{address}/")).await, Ok(status));
    }
    for status in [203, 205, 302, 400, 410, 429, 500, 503] {
        let (trap, caught) = receiver(answer("200 OK")).await;
        let moved = format!(
            "HTTP/1.1 {status} Other\r\nlocation: http://{trap}/\r\ncontent-length: 0\r\n\r\n"
        );
        let (address, _) = receiver(moved).await;
        let sent = send(&sender, &format!("http://{address}/")).await;
        assert_eq!(sent, Err(Failure::Status(status)));
        assert!(!caught.is_finished(), "{status} was followed");
    }
}

#[tokio::test]
async fn a_request_carries_the_headers_of_the_standard_and_the_raw_body() {
    let (address, taken) = receiver(answer("204 No Content")).await;
    let sender = sender(Reach::Anywhere);
    assert_eq!(send(&sender, &format!("http://{address}/hooks?a=b")).await, Ok(204));
    let request = taken.await.unwrap();
    assert!(request.starts_with("POST /hooks?a=b HTTP/1.1\r\n"), "{request}");
    for line in [
        "content-type: application/json\r\n",
        "webhook-id: the id\r\n",
        "webhook-timestamp: 1800000000\r\n",
        "webhook-signature: v1,",
        "content-length: 2\r\n",
    ] {
        assert!(request.contains(line), "{line} is not in {request}");
    }
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off_and_its_status_counts() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n".to_vec();
    let (address, _) = receiver([head, vec![b'x'; 1 << 20]].concat()).await;
    let sender = sender(Reach::Anywhere);
    assert_eq!(send(&sender, &format!("http://{address}/")).await, Ok(200));
}

#[tokio::test]
async fn what_is_no_answer_is_a_failure_with_a_name() {
    let sender = sender(Reach::Anywhere);
    let (address, _) = receiver("SSH-2.0-OpenSSH\r\n").await;
    assert_eq!(send(&sender, &format!("http://{address}/")).await, Err(Failure::Broken));
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = closed.local_addr().unwrap();
    drop(closed);
    assert_eq!(send(&sender, &format!("http://{address}/")).await, Err(Failure::Connect));
    assert_eq!(send(&sender, &nobody()).await, Err(Failure::Resolve));
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_hangs_is_given_up() {
    // The kernel accepts for it; nobody ever answers.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let sender = sender(Reach::Anywhere);
    let before = tokio::time::Instant::now();
    assert_eq!(send(&sender, &format!("http://{address}/")).await, Err(Failure::Timeout));
    assert!(before.elapsed() <= Duration::from_secs(16));
}

#[tokio::test]
async fn the_own_machine_is_out_of_reach_under_every_name() {
    let (address, caught) = receiver(answer("200 OK")).await;
    let port = address.port();
    let sender = sender(Reach::Public);
    for host in ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0x7f.1", "10.0.0.1"] {
        let url = format!("http://{host}:{port}/");
        assert_eq!(send(&sender, &url).await, Err(Failure::Address), "{host}");
        assert!(sender.vet(&Target::parse(&url).unwrap()).await.is_err(), "{host}");
    }
    assert!(!caught.is_finished());
    let unknown = Target::parse(&nobody()).unwrap();
    assert_eq!(sender.vet(&unknown).await, Ok(()));
}

/// A receiver with a certificate for `localhost`, and that certificate in PEM. Ends with what
/// came through TLS, or nothing.
async fn secure_receiver() -> (u16, String, JoinHandle<Option<String>>) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = made.signing_key.serialize_der().try_into().unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let taken = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = TlsAcceptor::from(Arc::new(config)).accept(stream).await.ok()?;
        let request = request(&mut stream).await;
        stream.write_all(answer("204 No Content").as_bytes()).await.unwrap();
        Some(request)
    });
    (port, made.cert.pem(), taken)
}

#[tokio::test]
async fn a_receiver_is_trusted_by_its_authority_and_only_under_its_name() {
    let (port, pem, taken) = secure_receiver().await;
    let sender = Sender::new(Reach::Anywhere, Authorities::parse_pem(pem.as_bytes()).unwrap());
    assert_eq!(send(&sender, &format!("https://localhost:{port}/")).await, Ok(204));
    assert!(taken.await.unwrap().unwrap().starts_with("POST / HTTP/1.1\r\n"));

    let (port, pem, taken) = secure_receiver().await;
    let sender = Sender::new(Reach::Anywhere, Authorities::parse_pem(pem.as_bytes()).unwrap());
    let sent = send(&sender, &format!("https://127.0.0.1:{port}/")).await;
    assert_eq!(sent, Err(Failure::Certificate), "another name");
    assert_eq!(taken.await.unwrap(), None);

    let (port, _, taken) = secure_receiver().await;
    let sent = send(&sender, &format!("https://localhost:{port}/")).await;
    assert_eq!(sent, Err(Failure::Certificate), "another authority");
    assert_eq!(taken.await.unwrap(), None);
}

#[tokio::test]
async fn a_receiver_that_speaks_no_tls_has_no_certificate_to_blame() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(answer("200 OK").as_bytes()).await.unwrap();
        stream.read_to_end(&mut Vec::new()).await
    });
    let sent = send(&sender(Reach::Anywhere), &format!("https://localhost:{port}/")).await;
    assert_eq!(sent, Err(Failure::Connect));
}
