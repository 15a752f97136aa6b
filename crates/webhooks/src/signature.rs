//! Signatures of Standard Webhooks (<https://www.standardwebhooks.com>), scheme `v1`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dossier_seal::{SecretKey, WebhookSecret};
use zeroize::Zeroizing;

/// What the text of a secret begins with.
const SECRET_PREFIX: &str = "whsec_";
/// The fewest bytes that the standard lets a secret have.
const SECRET_BYTES_MIN: usize = 24;

/// A secret as its receiver is told it: `whsec_` and base64 of 32 bytes.
#[must_use]
pub fn secret_text(secret: &WebhookSecret) -> Zeroizing<String> {
    let mut text = Zeroizing::new(SECRET_PREFIX.to_owned());
    STANDARD.encode_string(secret.secret(), &mut text);
    text
}

/// Why a text is no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a secret is `{SECRET_PREFIX}` and the base64 of 24 to 32 bytes")]
pub struct NotAWebhookSecret;

/// Reads a secret that somebody else made; white space around it does not count.
///
/// # Errors
/// [`NotAWebhookSecret`]
pub fn parse_secret(text: &str) -> Result<WebhookSecret, NotAWebhookSecret> {
    let base64 = text.trim().strip_prefix(SECRET_PREFIX).ok_or(NotAWebhookSecret)?;
    let bytes = STANDARD.decode(base64).map(Zeroizing::new).map_err(|_| NotAWebhookSecret)?;
    // HMAC itself fills a key up with zeros (RFC 2104, section 2): a shorter one stays the same.
    let mut filled = Zeroizing::new([0; 32]);
    let (secret, _) = filled.split_at_mut_checked(bytes.len()).ok_or(NotAWebhookSecret)?;
    if secret.len() < SECRET_BYTES_MIN {
        return Err(NotAWebhookSecret);
    }
    secret.copy_from_slice(&bytes);
    Ok(WebhookSecret::from_secret(*filled))
}

/// The value of `webhook-signature`: one signature for each secret, separated by spaces. Each is
/// HMAC-SHA-256 over `id.timestamp.body`, the timestamp in seconds since 1970.
#[must_use]
pub(crate) fn sign(secrets: &[WebhookSecret], id: &str, timestamp: i64, body: &[u8]) -> String {
    let message = [format!("{id}.{timestamp}.").as_bytes(), body].concat();
    let signature = |secret: &WebhookSecret| {
        let digest = secret.sign(&message);
        format!("v1,{}", STANDARD.encode(digest.0))
    };
    secrets.iter().map(signature).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use standardwebhooks::Webhook;

    use super::*;

    const ID: &str = "0198c0de-1111-7222-8333-444455556666";
    const BODY: &[u8] = br#"{"id":"1","type":"file.ready"}"#;

    #[expect(clippy::disallowed_methods, reason = "the official verifier asks the system's clock")]
    fn now() -> i64 {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        i64::try_from(since.unwrap().as_secs()).unwrap()
    }

    fn headers(timestamp: i64, signature: &str) -> http::HeaderMap {
        let timestamp = timestamp.to_string();
        let mut headers = http::HeaderMap::new();
        headers.insert("webhook-id", ID.parse().unwrap());
        headers.insert("webhook-timestamp", timestamp.parse().unwrap());
        headers.insert("webhook-signature", signature.parse().unwrap());
        headers
    }

    #[test]
    fn the_official_verifier_accepts_each_of_two_secrets_and_no_third() {
        let now = now();
        let secrets = [[1; 32], [2; 32]].map(WebhookSecret::from_secret);
        let both = headers(now, &sign(&secrets, ID, now, BODY));
        for secret in &secrets {
            let verifier = Webhook::new(&secret_text(secret)).unwrap();
            verifier.verify(BODY, &both).unwrap();
            let one = headers(now, &sign(std::slice::from_ref(secret), ID, now, BODY));
            verifier.verify(BODY, &one).unwrap();
            assert!(verifier.verify(b"{}", &one).is_err());
        }
        let third = Webhook::new(&secret_text(&WebhookSecret::from_secret([3; 32]))).unwrap();
        assert!(third.verify(BODY, &both).is_err());
    }

    #[test]
    fn the_official_library_signs_the_same() {
        let secret = WebhookSecret::from_secret([7; 32]);
        let official = Webhook::new(&secret_text(&secret)).unwrap();
        let want = official.sign(ID, 1_800_000_000, BODY).unwrap();
        assert_eq!(sign(&[secret], ID, 1_800_000_000, BODY), want);
    }

    #[test]
    fn a_secret_of_another_is_read_and_signs_as_the_official_library_does_with_it() {
        for bytes in [&[7; 24][..], &[8; 31], &[9; 32]] {
            let text = format!("whsec_{}", STANDARD.encode(bytes));
            let secret = parse_secret(&format!("{text}\n")).unwrap();
            let want = Webhook::new(&text).unwrap().sign(ID, 1_800_000_000, BODY).unwrap();
            assert_eq!(sign(&[secret], ID, 1_800_000_000, BODY), want);
        }
        let [short, long] = [23, 33].map(|n| format!("whsec_{}", STANDARD.encode(vec![7; n])));
        let bare = STANDARD.encode([7; 32]);
        for wrong in ["", "whsec_", "whsec_%", &short, &long, &bare, "whsec_AAAA AAAA"] {
            assert!(parse_secret(wrong).is_err(), "{wrong}");
        }
    }
}
