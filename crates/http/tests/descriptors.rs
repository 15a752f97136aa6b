//! A process that has no descriptor left accepts again when it has. The limit is one of the whole
//! process, so this test has a process of its own.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use dossier_http::{Listener, ListenerSettings};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const ACCEPTED: u64 = 3;

#[tokio::test]
async fn connections_wait_while_there_is_no_descriptor_for_them() {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    let mut clients = Vec::new();
    for _ in 0..2 * ACCEPTED {
        clients.push(TcpStream::connect(address).await.unwrap());
    }
    // The directory's own descriptor is among them.
    let open = std::fs::read_dir("/proc/self/fd").unwrap().count() as u64 - 1;
    let hard = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: Some(open + ACCEPTED), maximum: hard }).unwrap();

    let router = Router::new().route("/", get(|| async { "hello" }));
    let listener = Listener::new(socket, ListenerSettings::default());
    let serving = tokio::spawn(listener.serve(router, std::future::pending()));
    let waiting = clients.split_off(clients.len() / 2);
    for mut client in clients {
        assert_eq!(exchange(&mut client).await, "HTTP/1.1 200");
    }
    for mut client in waiting {
        assert_eq!(exchange(&mut client).await, "HTTP/1.1 200");
    }
    serving.abort();
}

async fn exchange(client: &mut TcpStream) -> String {
    client.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    let mut start = [0; 12];
    let read = client.read_exact(&mut start);
    tokio::time::timeout(Duration::from_secs(30), read).await.unwrap().unwrap();
    String::from_utf8(start.to_vec()).unwrap()
}
