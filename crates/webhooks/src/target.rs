//! The URL of an endpoint, read once and strictly.

use std::net::IpAddr;

use reqwest::Url;

/// The most characters of a URL.
const URL_CHARS_MAX: usize = 2048;

/// Where webhooks may be sent: an absolute `http` or `https` URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    url: Url,
}

/// Why a text is no target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetFault {
    /// More than 2,048 characters.
    #[error("must have at most {URL_CHARS_MAX} characters")]
    TooLong,
    /// Not a URL, or one with spaces or control characters, which parsers remove silently.
    #[error("must be an absolute URL without spaces")]
    NotUrl,
    /// Another scheme.
    #[error("must begin with `https://` or `http://`")]
    Scheme,
    /// A user or a password.
    #[error("must not carry a user or password")]
    Credentials,
    /// A fragment, which is never sent.
    #[error("must not have a fragment")]
    Fragment,
    /// Port 0, which nobody listens on.
    #[error("must not name port 0")]
    Port,
}

impl Target {
    /// Reads a URL as a client gives it.
    ///
    /// # Errors
    /// The first fault.
    pub fn parse(text: &str) -> Result<Self, TargetFault> {
        if text.chars().count() > URL_CHARS_MAX {
            return Err(TargetFault::TooLong);
        }
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(TargetFault::NotUrl);
        }
        let url = Url::parse(text).map_err(|_| TargetFault::NotUrl)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(TargetFault::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(TargetFault::Credentials);
        }
        if url.fragment().is_some() {
            return Err(TargetFault::Fragment);
        }
        if url.port() == Some(0) {
            return Err(TargetFault::Port);
        }
        Ok(Self { url })
    }

    pub(crate) fn url(&self) -> Url {
        self.url.clone()
    }

    /// The host when it is an address, whatever form it was written in.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        let host = self.url.host_str()?;
        host.trim_start_matches('[').trim_end_matches(']').parse().ok()
    }

    /// The host when it is a name, and the port.
    pub(crate) fn name(&self) -> Option<(&str, u16)> {
        let host = self.url.host_str().filter(|_| self.address().is_none())?;
        Some((host, self.url.port_or_known_default()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_absolute_http_urls_are_targets() {
        for good in [
            "https://example.com",
            "http://example.com:8080/hooks?a=b",
            "https://xn--bcher-kva.example/",
            "http://[2001:db8::1]:9/",
        ] {
            assert!(Target::parse(good).is_ok(), "{good}");
        }
        for (bad, fault) in [
            ("", TargetFault::NotUrl),
            ("/hooks", TargetFault::NotUrl),
            ("https://", TargetFault::NotUrl),
            ("http://exa mple.com/", TargetFault::NotUrl),
            (" https://example.com/", TargetFault::NotUrl),
            ("https://example.com/\n", TargetFault::NotUrl),
            ("http://example.com:99999/", TargetFault::NotUrl),
            ("ftp://example.com/", TargetFault::Scheme),
            ("file:///etc/passwd", TargetFault::Scheme),
            ("javascript:alert(1)", TargetFault::Scheme),
            ("https://user@example.com/", TargetFault::Credentials),
            ("https://user:secret@example.com/", TargetFault::Credentials),
            ("https://example.com/#a", TargetFault::Fragment),
            ("https://example.com:0/", TargetFault::Port),
        ] {
            assert_eq!(Target::parse(bad), Err(fault), "{bad}");
        }
        let long = format!("https://example.com/{}", "a".repeat(URL_CHARS_MAX));
        assert_eq!(Target::parse(&long), Err(TargetFault::TooLong));
    }

    #[test]
    fn addresses_are_known_in_every_disguise() {
        for disguised in
            ["http://127.0.0.1/", "http://0x7f.1/", "http://2130706433/", "http://127.1"]
        {
            let target = Target::parse(disguised).unwrap();
            assert_eq!(target.address(), Some([127, 0, 0, 1].into()), "{disguised}");
            assert_eq!(target.name(), None);
        }
        let target = Target::parse("http://[::ffff:127.0.0.1]/").unwrap();
        assert!(target.address().is_some());
        let target = Target::parse("https://Example.com/").unwrap();
        assert_eq!((target.address(), target.name()), (None, Some(("example.com", 443))));
    }
}
