//! A receiver of webhooks on this machine that keeps what it is sent and does as it is told.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Sender, TryRecvError, channel};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ring::hmac;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::Value;

/// No webhook takes this long to come, however busy the machine is.
const DEADLINE: Duration = Duration::from_secs(60);

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Webhook {
    headers: HashMap<String, String>,
    body: Vec<u8>,
}

/// What a receiver does with a request that it has read.
#[derive(Clone, Copy, Debug)]
pub enum Reaction {
    /// Answers with this status.
    Answer(u16),
    /// Never answers.
    Hang,
}

/// A receiver. It lives as long as the test.
#[derive(Debug)]
pub struct Receiver {
    url: String,
    webhooks: mpsc::Receiver<Webhook>,
}

/// Who vouches for receivers.
pub struct Authority(rcgen::CertifiedIssuer<'static, rcgen::KeyPair>);

/// What all connections of a receiver share.
struct Shared {
    /// What to do next; the last one stays.
    reactions: Mutex<Vec<Reaction>>,
    tls: Option<Arc<ServerConfig>>,
    came: Sender<Webhook>,
}

trait Stream: Read + Write + Send {}
impl<S: Read + Write + Send> Stream for S {}

impl Receiver {
    /// One that reacts so to one request after the other, and to all later ones like the last.
    ///
    /// # Panics
    /// When it cannot listen.
    #[must_use]
    pub fn start(reactions: &[Reaction]) -> Self {
        let receiver = Self::listen(reactions, None);
        Self { url: format!("http://{}", receiver.url), ..receiver }
    }

    /// One that acknowledges on `https://localhost` and says that it is `name`.
    ///
    /// # Panics
    /// When it cannot listen.
    #[must_use]
    pub fn start_tls(authority: &Authority, name: &str) -> Self {
        let tls = Some(Arc::new(authority.vouch_for(name)));
        let receiver = Self::listen(&[Reaction::Answer(204)], tls);
        let (_, port) = receiver.url.split_once(':').expect("an address has a port");
        Self { url: format!("https://localhost:{port}"), ..receiver }
    }

    fn listen(reactions: &[Reaction], tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let url = format!("{}/hooks", listener.local_addr().expect("it listens"));
        let (came, webhooks) = channel();
        let mut reactions = reactions.to_vec();
        reactions.reverse();
        let shared = Arc::new(Shared { reactions: Mutex::new(reactions), tls, came });
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&shared);
                // A connection that breaks off has nothing to tell.
                std::thread::spawn(move || shared.serve(stream));
            }
        });
        Self { url, webhooks }
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The next webhook.
    ///
    /// # Panics
    /// When none comes.
    #[must_use]
    pub fn next(&self) -> Webhook {
        self.webhooks.recv_timeout(DEADLINE).expect("a webhook comes")
    }

    /// Those that have come and were not looked at.
    ///
    /// # Panics
    /// When the receiver died.
    #[must_use]
    pub fn came(&self) -> Vec<Webhook> {
        std::iter::from_fn(|| match self.webhooks.try_recv() {
            Ok(webhook) => Some(webhook),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => panic!("the receiver died"),
        })
        .collect()
    }
}

impl Shared {
    fn serve(&self, stream: TcpStream) -> Option<()> {
        let stream: Box<dyn Stream> = match &self.tls {
            None => Box::new(stream),
            Some(tls) => {
                let connection = ServerConnection::new(Arc::clone(tls)).ok()?;
                Box::new(StreamOwned::new(connection, stream))
            }
        };
        let mut stream = BufReader::new(stream);
        let webhook = read(&mut stream)?;
        let reaction = {
            let mut left = self.reactions.lock().ok()?;
            let last = *left.last()?;
            if left.len() > 1 {
                left.pop();
            }
            last
        };
        match reaction {
            Reaction::Answer(status) => {
                // Until the end of the connection, for a status that may have a body.
                let answer = format!("HTTP/1.1 {status} It\r\nconnection: close\r\n\r\n");
                stream.get_mut().write_all(answer.as_bytes()).ok()?;
                stream.get_mut().flush().ok()?;
                self.came.send(webhook).ok()
            }
            Reaction::Hang => {
                self.came.send(webhook).ok()?;
                // Until the sender gives up.
                stream.read_to_end(&mut Vec::new()).ok().map(|_| ())
            }
        }
    }
}

fn read(stream: &mut BufReader<Box<dyn Stream>>) -> Option<Webhook> {
    let mut headers = HashMap::new();
    let mut line = String::new();
    stream.read_line(&mut line).ok().filter(|_| line == "POST /hooks HTTP/1.1\r\n")?;
    loop {
        line.clear();
        stream.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let mut body = vec![0; headers.get("content-length")?.parse().ok()?];
    stream.read_exact(&mut body).ok()?;
    Some(Webhook { headers, body })
}

impl Webhook {
    /// Its id, the same however often it is sent.
    ///
    /// # Panics
    /// When it has none.
    #[must_use]
    pub fn id(&self) -> &str {
        self.header("webhook-id")
    }

    /// The event, when signature and time are right: by hand, as docs/webhooks.md says it.
    ///
    /// # Panics
    /// When they are not.
    #[must_use]
    pub fn verified(&self, secret: &str) -> Value {
        let key = secret.strip_prefix("whsec_").expect("a secret has its prefix");
        let key = BASE64.decode(key).expect("a secret is base64");
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        let (id, timestamp) = (self.id(), self.header("webhook-timestamp"));
        let mut signed = format!("{id}.{timestamp}.").into_bytes();
        signed.extend_from_slice(&self.body);
        let mut signatures = self.header("webhook-signature").split(' ');
        let ours = |signature: &str| {
            let signature = signature.strip_prefix("v1,").and_then(|s| BASE64.decode(s).ok());
            signature.is_some_and(|signature| hmac::verify(&key, &signed, &signature).is_ok())
        };
        assert!(signatures.any(ours), "{:?}", self.headers);
        let timestamp = timestamp.parse().expect("a timestamp is a number");
        assert!(now().abs_diff(timestamp) < 300, "{timestamp}");
        let event: Value = serde_json::from_slice(&self.body).expect("the body is JSON");
        assert_eq!(event["id"], id);
        event
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name} in {:?}", self.headers))
    }
}

/// The Unix time in seconds.
#[expect(clippy::disallowed_methods, reason = "a receiver has a clock of its own")]
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970").as_secs()
}

impl Authority {
    /// A new one, which nobody trusts yet.
    ///
    /// # Panics
    /// When no key can be made.
    #[must_use]
    pub fn new() -> Self {
        let mut params = rcgen::CertificateParams::default();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = rcgen::KeyPair::generate().expect("a key can be made");
        Self(rcgen::CertifiedIssuer::self_signed(params, key).expect("it can be signed"))
    }

    /// Its own certificate, in PEM.
    #[must_use]
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    fn vouch_for(&self, name: &str) -> ServerConfig {
        let params = rcgen::CertificateParams::new([name.to_owned()]).expect("it is a name");
        let key = rcgen::KeyPair::generate().expect("a key can be made");
        let certificate = params.signed_by(&key, &*self.0).expect("it can be signed");
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key was made");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider has them")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .expect("key and certificate belong together")
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}
