//! Signatures of Standard Webhooks (<https://www.standardwebhooks.com>), scheme `v1`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dossier_seal::{SecretKey, WebhookSecret};
use zeroize::Zeroizing;

/// What the text of a secret begins with.
const SECRET_PREFIX: &str = "whsec_";

/// A secret as its receiver is told it: `whsec_` and base64 of 32 bytes.
#[must_use]
pub fn secret_text(secret: &WebhookSecret) -> Zeroizing<String> {
    let mut text = Zeroizing::new(SECRET_PREFIX.to_owned());
    STANDARD.encode_string(secret.secret(), &mut text);
    text
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
}
