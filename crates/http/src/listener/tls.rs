//! TLS from two PEM files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

/// Protocols offered by ALPN (RFC 7301), the preferred one first.
const PROTOCOLS: [&[u8]; 2] = [HTTP_2, b"http/1.1"];
/// HTTP/2 over TLS (RFC 9113, section 3.2).
pub(super) const HTTP_2: &[u8] = b"h2";

/// Why a certificate and its key are of no use. No text of the files is repeated.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificate chain cannot be read.
    #[error("the certificate file {}: {reason}", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The private key cannot be read.
    #[error("the key file {}: {reason}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Each can be read, but they cannot be used together.
    #[error("the certificate and the key: {0}")]
    Pair(rustls::Error),
}

/// TLS 1.2 and 1.3 with the certificate chain and the private key of two PEM files, the server's
/// own certificate first. Offers HTTP/2 and HTTP/1.1.
///
/// # Errors
///
/// When a file cannot be read or holds something else, or when the key is not the certificate's.
pub fn tls_config(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let chain = read_chain(certificate)?;
    let key = PrivateKeyDer::from_pem_file(key)
        .map_err(|e| TlsError::Key { path: key.to_owned(), reason: reason(&e, "private key") })?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Pair)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(TlsError::Pair)?;
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
    Ok(Arc::new(config))
}

fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let chain = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    let failed = |reason| TlsError::Certificate { path: path.to_owned(), reason };
    let chain: Vec<_> = chain.map_err(|e| failed(reason(&e, "certificate")))?;
    if chain.is_empty() {
        return Err(failed("it holds no certificate in PEM".to_owned()));
    }
    Ok(chain)
}

fn reason(error: &rustls_pki_types::pem::Error, wanted: &str) -> String {
    use rustls_pki_types::pem::Error;
    if let Error::Io(error) = error {
        error.to_string()
    } else if matches!(error, Error::NoItemsFound) {
        format!("it holds no {wanted} in PEM")
    } else {
        format!("its {wanted} is not valid PEM")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_pair_of_files_makes_a_configuration_and_anything_else_says_what_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let one = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        fs::write(at("cert.pem"), one.cert.pem()).unwrap();
        fs::write(at("key.pem"), one.signing_key.serialize_pem()).unwrap();
        fs::write(at("other.pem"), other.signing_key.serialize_pem()).unwrap();
        fs::write(at("text.pem"), "nothing").unwrap();
        fs::write(at("cut.pem"), "-----BEGIN PRIVATE KEY-----\nAAAA\n").unwrap();

        let config = tls_config(&at("cert.pem"), &at("key.pem")).unwrap();
        assert_eq!(config.alpn_protocols, PROTOCOLS.map(<[u8]>::to_vec));
        for (cert, key, says) in [
            ("none.pem", "key.pem", "No such file"),
            ("cert.pem", "none.pem", "No such file"),
            ("text.pem", "key.pem", "holds no certificate"),
            ("key.pem", "key.pem", "holds no certificate"),
            ("cert.pem", "cert.pem", "holds no private key"),
            ("cert.pem", "cut.pem", "private key is not valid PEM"),
            ("cert.pem", "other.pem", "certificate and the key"),
        ] {
            let error = tls_config(&at(cert), &at(key)).unwrap_err().to_string();
            assert!(error.contains(says), "{cert} {key}: {error}");
        }
    }
}
