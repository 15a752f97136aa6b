//! A receiver on this machine that keeps what it is sent and answers as it is told.

use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use standardwebhooks::Webhook;
use tokio::net::TcpListener;
use tokio::sync::Notify;

/// A webhook as it came.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

#[derive(Default)]
struct Shared {
    status: AtomicU16,
    came: Notify,
    taken: Mutex<Vec<Taken>>,
}

pub(super) struct Receiver {
    pub(super) url: String,
    shared: Arc<Shared>,
}

impl Receiver {
    /// One that answers with this status.
    pub(super) async fn answering(status: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hooks", listener.local_addr().unwrap());
        let shared = Arc::new(Shared::default());
        let router = Router::new().fallback(take).with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let receiver = Self { url, shared };
        receiver.answer(status);
        receiver
    }

    /// Answers with this status from now on.
    pub(super) fn answer(&self, status: u16) {
        self.shared.status.store(status, Ordering::Relaxed);
    }

    /// Waits until so many have come since the last call of `take`.
    pub(super) async fn until(&self, count: usize) {
        while self.shared.taken.lock().unwrap().len() < count {
            self.shared.came.notified().await;
        }
    }

    /// What came since the last call.
    pub(super) fn take(&self) -> Vec<Taken> {
        std::mem::take(&mut *self.shared.taken.lock().unwrap())
    }
}

async fn take(State(shared): State<Arc<Shared>>, request: Request) -> StatusCode {
    let (head, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes().to_vec();
    shared.taken.lock().unwrap().push(Taken { headers: head.headers, body });
    shared.came.notify_one();
    StatusCode::from_u16(shared.status.load(Ordering::Relaxed)).unwrap()
}

impl Taken {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    /// Whether one of its signatures is what the official library makes with this secret.
    pub(super) fn is_signed_with(&self, secret: &str) -> bool {
        let timestamp = self.header("webhook-timestamp").parse().unwrap();
        let webhook = Webhook::new(secret).unwrap();
        let want = webhook.sign(self.header("webhook-id"), timestamp, &self.body).unwrap();
        self.header("webhook-signature").split(' ').any(|signature| signature == want)
    }
}

/// Types and subjects, in the order in which they came.
pub(super) fn told(taken: &[Taken]) -> Vec<String> {
    let line = |taken: &Taken| {
        let body = taken.json();
        let data = &body["data"];
        let subject = data["file_id"].as_str().or(data["user_id"].as_str()).unwrap();
        format!("{} {subject}", body["type"].as_str().unwrap())
    };
    taken.iter().map(line).collect()
}
