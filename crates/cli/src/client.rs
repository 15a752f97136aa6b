//! The client side of the API: where the service is, who asks, and one exchange with it.

mod digest;
mod failure;
mod form;
mod pages;
mod patience;
mod target;

use std::ffi::OsStr;
use std::net::IpAddr;
use std::time::Duration;

use anyhow::{Context as _, bail};
use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Method, RequestBuilder, Response, Url};
use serde::de::DeserializeOwned;

use crate::config::{Environment, Secret};
use crate::output::complain;
use crate::progress::Progress;

pub(crate) use self::digest::{read_hex, read_repr_digest, sum_file};
pub(crate) use self::failure::{Failure, Refusal, printable};
pub(crate) use self::form::UploadForm;
pub(crate) use self::pages::{PageArgs, columns, member_lines};
pub(crate) use self::target::{Existing, Target, random_hex, safe_name};

/// No JSON answer of the API comes near it: a page of users ends soon after 4 MiB.
const JSON_LEN_MAX: usize = 8 << 20;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// For calls without a file.
const CALL_TIMEOUT: Duration = Duration::from_secs(60);
/// The service lets no request live longer.
const TRANSFER_TIMEOUT: Duration = Duration::from_secs(7_200);
/// A peer that acknowledges nothing for so long is gone.
const SILENCE_MAX: Duration = Duration::from_secs(60);

/// Where the service is and who asks.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Service")]
pub(crate) struct ClientArgs {
    /// The address of the service [DOSSIER_URL, default http://127.0.0.1:8080]
    #[arg(long)]
    url: Option<String>,
    /// The API key. Better set DOSSIER_KEY: other users can see arguments
    #[arg(long, value_parser = |text: &str| Ok::<_, clap::Error>(Secret::new(text.to_owned())))]
    key: Option<Secret>,
}

impl ClientArgs {
    /// The arguments of a caller that knows both.
    pub(crate) const fn to(url: String, key: Secret) -> Self {
        Self { url: Some(url), key: Some(key) }
    }
}

/// A connection to the service, with the key of the caller.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    http: reqwest::Client,
    base: Url,
    authorization: HeaderValue,
    progress: Progress,
}

impl Api {
    /// Prepares the connection; nothing is sent yet.
    pub(crate) fn new(args: &ClientArgs, env: &Environment) -> anyhow::Result<Self> {
        let base = base_url(args, env)?;
        let authorization = authorization(args, env)?;
        let plain = base.scheme() == "http";
        let local = is_loopback(&base);
        if plain && !local {
            complain(
                "warning: without https, others on the network can read the key and the files",
            );
        }
        // A second call finds the provider in place, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // A redirect would hand the key to whoever it names.
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("dossier/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_keepalive(SILENCE_MAX / 4)
            .retry(reqwest::retry::never());
        #[cfg(target_os = "linux")]
        {
            builder = builder.tcp_user_timeout(SILENCE_MAX);
        }
        if plain {
            // Machines without root certificates can still use plain http.
            builder = builder.tls_certs_only([]);
        }
        if local {
            builder = builder.no_proxy();
        }
        let http = builder.build().context("cannot set up HTTP")?;
        Ok(Self { http, base, authorization, progress: Progress::new() })
    }

    /// A call that carries no file.
    pub(crate) fn call(&self, method: Method, path: &[&str]) -> RequestBuilder {
        self.transfer(method, path).timeout(CALL_TIMEOUT)
    }

    /// A call that carries a file.
    pub(crate) fn transfer(&self, method: Method, path: &[&str]) -> RequestBuilder {
        let mut url = self.base.clone();
        url.path_segments_mut()
            .expect("base_url takes http and https only, whose paths have segments")
            .pop_if_empty()
            .extend(path);
        self.http
            .request(method, url)
            .header(AUTHORIZATION, self.authorization.clone())
            .timeout(TRANSFER_TIMEOUT)
    }

    /// The bars of the transfers, and complaints beside them.
    pub(crate) const fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Sends a request and takes the answer's head; anything but success is a [`Failure`].
    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<Response, Failure> {
        let response = request.send().await.map_err(|error| self.lost(error))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let (status, headers) = (response.status(), response.headers().clone());
        let body = self.body(response).await?;
        Err(Failure::Refused(Box::new(Refusal::new(status, &headers, &body, &self.base))))
    }

    /// Sends a request and reads the answer's JSON.
    pub(crate) async fn json<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
    ) -> Result<T, Failure> {
        let response = self.send(request).await?;
        let body = self.body(response).await?;
        serde_json::from_slice(&body).map_err(|_| {
            let url = &self.base;
            Failure::Broken(format!("the answer is not Dossier's; is {url} the right address?"))
        })
    }

    /// The connection failed, or was lost half-way.
    pub(crate) fn lost(&self, error: reqwest::Error) -> Failure {
        if let Some(fault) = form::reading_fault(&error) {
            return Failure::Local(fault);
        }
        Failure::Lost { base: self.base.to_string(), error: error.without_url() }
    }

    async fn body(&self, mut response: Response) -> Result<Vec<u8>, Failure> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.lost(error))? {
            if body.len() + chunk.len() > JSON_LEN_MAX {
                return Err(Failure::Broken("the answer is too long to be Dossier's".to_owned()));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

fn base_url(args: &ClientArgs, env: &Environment) -> anyhow::Result<Url> {
    const HINT: &str = "write it like https://documents.example.com";
    let from_env = env.get(OsStr::new("DOSSIER_URL")).filter(|value| !value.is_empty());
    let text = match (&args.url, from_env) {
        (Some(url), _) => url.as_str(),
        (None, Some(value)) => {
            value.to_str().with_context(|| format!("DOSSIER_URL is not UTF-8; {HINT}"))?
        }
        (None, None) => "http://127.0.0.1:8080",
    };
    let url = Url::parse(text).with_context(|| format!("the address is not a URL; {HINT}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        bail!("the address is neither http nor https; {HINT}");
    }
    if !url.username().is_empty() || url.password().is_some() {
        bail!("the address carries a name or password; {HINT} and set DOSSIER_KEY");
    }
    if url.query().is_some() || url.fragment().is_some() {
        bail!("the address carries more than a path; {HINT}");
    }
    Ok(url)
}

fn authorization(args: &ClientArgs, env: &Environment) -> anyhow::Result<HeaderValue> {
    let from_env = env.get(OsStr::new("DOSSIER_KEY")).filter(|value| !value.is_empty());
    let key = match (&args.key, from_env) {
        (Some(key), _) => key.expose(),
        (None, Some(value)) => value.to_str().context("DOSSIER_KEY is not a key")?,
        (None, None) => bail!("no API key: set DOSSIER_KEY (`dossier key create` makes one)"),
    };
    let mut value = HeaderValue::from_str(&format!("Bearer {}", key.trim()))
        .ok()
        .context("the API key has characters that no key has")?;
    value.set_sensitive(true);
    Ok(value)
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    address.map_or(host == "localhost", |address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(url: Option<&str>, key: Option<&str>, env: &[(&str, &str)]) -> anyhow::Result<Api> {
        let key = key.map(|key| Secret::new(key.to_owned()));
        let args = ClientArgs { url: url.map(str::to_owned), key };
        Api::new(&args, &env.iter().map(|(k, v)| (k.into(), v.into())).collect())
    }

    #[test]
    fn arguments_win_over_the_environment() {
        let env = [("DOSSIER_URL", "http://127.0.0.1:2"), ("DOSSIER_KEY", "two")];
        let api = with(Some("http://[::1]:1/base/"), Some("one"), &env).unwrap();
        assert_eq!(api.authorization, "Bearer one");
        let request = api.call(Method::GET, &["v1", "files"]).build().unwrap();
        assert_eq!(request.url().as_str(), "http://[::1]:1/base/v1/files");
        let api = with(None, None, &env).unwrap();
        assert_eq!((api.base.port(), api.authorization.as_bytes()), (Some(2), &b"Bearer two"[..]));
    }

    #[test]
    fn unusable_addresses_and_keys_are_refused_without_repeating_the_key() {
        for url in ["x", "ftp://h", "http://u:p@h", "http://h/?a=b", "http://h/#a"] {
            assert!(with(Some(url), Some("k"), &[]).is_err(), "{url}");
        }
        assert!(with(None, None, &[]).is_err());
        let error = with(None, Some("hush\nhush"), &[]).unwrap_err();
        assert!(!format!("{error:?}").contains("hush"));
        assert!(!format!("{:?}", with(None, Some("hush"), &[]).unwrap()).contains("hush"));
    }

    #[tokio::test]
    async fn nobody_there_is_said_with_the_address() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let api = with(Some(&url), Some("k"), &[]).unwrap();
        let failure = api.send(api.call(Method::GET, &["v1", "files"])).await.unwrap_err();
        let text = failure.to_string();
        assert!(text.starts_with(&format!("no connection to {url}/: ")), "{text}");
        assert!(text.contains("what to do: check the address"), "{text}");
    }

    #[tokio::test]
    async fn a_file_that_shrinks_is_our_fault_and_not_the_connections() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            std::io::copy(&mut stream, &mut std::io::sink())
        });
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        std::fs::write(&path, "short").unwrap();
        let form = UploadForm {
            path,
            size: 6,
            sha256: dossier_seal::Sha256::of(b"short"),
            purpose: String::new(),
            name: "f".to_owned(),
            media_type: None,
            boundary: "b".to_owned(),
        };
        let api = with(Some(&url), Some("k"), &[]).unwrap();
        let bar = api.progress().bar("f", 6);
        let request = api.transfer(Method::POST, &["v1", "files"]);
        let request = form.attach(request, &bar).await.unwrap();
        let failure = api.send(request).await.unwrap_err();
        assert!(matches!(&failure, Failure::Local(what) if what.contains("shrank")), "{failure:?}");
        server.join().unwrap().unwrap();
    }

    #[test]
    fn loopback_is_told_from_the_network() {
        for (url, local) in [
            ("http://localhost:1", true),
            ("http://127.9.9.9", true),
            ("http://[::1]", true),
            ("http://10.0.0.1", false),
            ("http://localhost.example.com", false),
        ] {
            assert_eq!(is_loopback(&Url::parse(url).unwrap()), local, "{url}");
        }
    }
}
