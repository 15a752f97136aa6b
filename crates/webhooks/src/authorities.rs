//! The authorities that a receiver's certificate may come from, besides those of the machine.

use reqwest::Certificate;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

/// Certificates of authorities that are trusted as those of the machine are; by default none.
#[derive(Clone, Debug, Default)]
pub struct Authorities(Vec<Certificate>);

/// Why a text holds no authorities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthoritiesFault {
    /// Something between its marks is not base64.
    #[error("it is not PEM")]
    NotPem,
    /// It has none.
    #[error("it holds no certificate")]
    Empty,
    /// The one of this number, from 1, is no X.509 certificate.
    #[error("certificate {0} in it cannot be read")]
    Certificate(usize),
}

impl Authorities {
    /// Reads certificates in PEM (RFC 7468). What else the text holds is passed over.
    ///
    /// # Errors
    /// The first fault.
    pub fn parse_pem(text: &[u8]) -> Result<Self, AuthoritiesFault> {
        let mut store = RootCertStore::empty();
        let read = |(number, found): (usize, Result<CertificateDer<'static>, _>)| {
            let der = found.map_err(|_| AuthoritiesFault::NotPem)?;
            let certificate = Certificate::from_der(&der).ok();
            // What the store does not take, the client would not be made with.
            let certificate = certificate.filter(|_| store.add(der).is_ok());
            certificate.ok_or(AuthoritiesFault::Certificate(number))
        };
        let found = (1..).zip(CertificateDer::pem_slice_iter(text)).map(read);
        let certificates = found.collect::<Result<Vec<_>, _>>()?;
        if certificates.is_empty() {
            return Err(AuthoritiesFault::Empty);
        }
        Ok(Self(certificates))
    }

    pub(crate) fn certificates(&self) -> Vec<Certificate> {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pem() -> String {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        made.cert.pem()
    }

    #[test]
    fn every_certificate_of_a_bundle_is_taken_with_comments_between_them() {
        let bundle = format!("# ours\n{}\n# theirs\n{}", pem(), pem());
        assert_eq!(Authorities::parse_pem(bundle.as_bytes()).unwrap().certificates().len(), 2);
    }

    #[test]
    fn what_is_no_bundle_is_refused_with_its_reason() {
        let fault = |text: &str| Authorities::parse_pem(text.as_bytes()).err();
        let wrap = |base64: &str| {
            format!("-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n")
        };
        assert_eq!(fault(""), Some(AuthoritiesFault::Empty));
        assert_eq!(fault("localhost"), Some(AuthoritiesFault::Empty));
        assert_eq!(fault(&wrap("%%%%")), Some(AuthoritiesFault::NotPem));
        let second = format!("{}{}", pem(), wrap("aGVsbG8="));
        assert_eq!(fault(&second), Some(AuthoritiesFault::Certificate(2)));
    }
}
