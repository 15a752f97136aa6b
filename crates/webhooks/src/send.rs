//! One attempt to deliver: the checked address, one request, little of the answer.

use std::error::Error;
use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use dossier_seal::WebhookSecret;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Response, redirect, retry};
use tokio::time::timeout;

use crate::authorities::Authorities;
use crate::guard::Reach;
use crate::resolve::{Guarded, NotResolved};
use crate::signature::sign;
use crate::target::Target;

/// How long a connection may take, its name and TLS included.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);
/// How long an attempt may take in all.
const TOTAL_TIME_MAX: Duration = Duration::from_secs(15);
/// So much of an answer is read, so that its connection can be used again; who says more is cut
/// off.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// And for so long: the status is known by then.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(1);
/// Connections that wait for the next attempt, of each receiver.
const IDLE_CONNECTIONS_MAX: usize = 2;
const IDLE_TIME_MAX: Duration = Duration::from_secs(30);

/// What is sent once.
#[derive(Debug)]
pub struct Attempt<'a> {
    /// Where.
    pub target: &'a Target,
    /// `webhook-id`: the same in every attempt for the same event.
    pub id: &'a str,
    /// `webhook-timestamp`: the time of this attempt, in seconds since 1970.
    pub timestamp: i64,
    /// The secrets that live, at least one.
    pub secrets: &'a [WebhookSecret],
    /// The raw JSON.
    pub body: String,
}

/// Why an attempt was not acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The receiver answered with another status than 200, 201, 202 or 204.
    #[error("status {0}")]
    Status(u16),
    /// The host is, or resolves to, an address that webhooks may not reach.
    #[error("address not permitted")]
    Address,
    /// The name does not resolve.
    #[error("name not resolved")]
    Resolve,
    /// No connection, or no TLS, came about.
    #[error("not connected")]
    Connect,
    /// Nobody trusted vouches for the receiver's certificate, or it is of another name or time.
    #[error("certificate not trusted")]
    Certificate,
    /// No status came in time.
    #[error("timed out")]
    Timeout,
    /// The answer was no HTTP, or broke off before its status.
    #[error("broken answer")]
    Broken,
}

/// Why a target is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the host is, or resolves to, an address that is not of the public internet")]
pub struct VetError;

/// Makes attempts. Clones share their connections.
#[derive(Clone, Debug)]
pub struct Sender {
    reach: Reach,
    resolver: Guarded,
    authorities: Authorities,
    /// Made at the first attempt: reading the machine's root certificates takes a while.
    client: Arc<OnceLock<Client>>,
}

impl Sender {
    /// Prepares to send; nothing is opened yet.
    #[must_use]
    pub fn new(reach: Reach, authorities: Authorities) -> Self {
        let resolver = Guarded::new(reach);
        Self { reach, resolver, authorities, client: Arc::default() }
    }

    /// Whether a target may be reached as far as is known now. A name that does not resolve may do
    /// so later: each attempt looks again.
    ///
    /// # Errors
    /// [`VetError`]
    pub async fn vet(&self, target: &Target) -> Result<(), VetError> {
        if self.reach == Reach::Anywhere {
            return Ok(());
        }
        if let Some(address) = target.address() {
            return if self.reach.permits(address) { Ok(()) } else { Err(VetError) };
        }
        let Some((name, port)) = target.name() else { return Err(VetError) };
        match self.resolver.look_up(name, port).await {
            Err(NotResolved::Address) => Err(VetError),
            Ok(_) | Err(NotResolved::Unknown) => Ok(()),
        }
    }

    /// Sends once. Answers the status that acknowledged.
    ///
    /// # Errors
    /// [`Failure`]
    pub async fn send(&self, attempt: Attempt<'_>) -> Result<u16, Failure> {
        // A host that is an address never asks the resolver.
        if attempt.target.address().is_some_and(|address| !self.reach.permits(address)) {
            return Err(Failure::Address);
        }
        let Attempt { target, id, timestamp, secrets, body } = attempt;
        let signature = sign(secrets, id, timestamp, body.as_bytes());
        let client = self.client.get_or_init(|| client(&self.resolver, &self.authorities));
        let request = client
            .post(target.url())
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signature)
            .body(body);
        let answer = request.send().await.map_err(|error| failure(&error))?;
        let status = answer.status().as_u16();
        // What is not read in time is not missed.
        let _ = timeout(ANSWER_TIME_MAX, read_little(answer)).await;
        match status {
            200 | 201 | 202 | 204 => Ok(status),
            other => Err(Failure::Status(other)),
        }
    }
}

/// Whatever the status, the answer is not kept: it may say anything, and much of it.
async fn read_little(mut answer: Response) {
    let mut left = ANSWER_BYTES_MAX;
    while let Ok(Some(chunk)) = answer.chunk().await {
        match left.checked_sub(chunk.len()) {
            Some(less) => left = less,
            None => return,
        }
    }
}

fn client(resolver: &Guarded, authorities: &Authorities) -> Client {
    // A second call finds the provider in place, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = || {
        Client::builder()
            .user_agent(concat!("Dossier-Webhooks/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(resolver.clone())
            .tls_certs_merge(authorities.certificates())
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .no_proxy()
            .connect_timeout(CONNECT_TIME_MAX)
            .timeout(TOTAL_TIME_MAX)
            .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
            .pool_idle_timeout(IDLE_TIME_MAX)
    };
    // A machine without root certificates can still reach plain http.
    builder()
        .build()
        .or_else(|_| builder().tls_certs_only([]).build())
        .expect("a client without certificates needs nothing of the machine")
}

fn failure(error: &reqwest::Error) -> Failure {
    let mut source = error.source();
    while let Some(cause) = source {
        match (cause.downcast_ref::<NotResolved>(), cause.downcast_ref::<rustls::Error>()) {
            (Some(NotResolved::Address), _) => return Failure::Address,
            (Some(NotResolved::Unknown), _) => return Failure::Resolve,
            (None, Some(rustls::Error::InvalidCertificate(_))) => return Failure::Certificate,
            (None, _) => source = cause_of(cause),
        }
    }
    if error.is_timeout() {
        Failure::Timeout
    } else if error.is_connect() {
        Failure::Connect
    } else {
        Failure::Broken
    }
}

/// What an error was made of. One of I/O passes over the very error that it holds.
fn cause_of<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    let held = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    held.map_or_else(|| error.source(), |held| Some(held))
}
