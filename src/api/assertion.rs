//! Client assertions: how an application shows a certificate to Microsoft Entra instead of a secret.
//!
//! Owns the reading of certificate and private key, and the signed token of ten minutes made from them
//! ("Microsoft identity platform application authentication certificate credentials" on
//! learn.microsoft.com). It reads no file, asks nobody, and keeps the key to itself: nothing here has a
//! `Debug` or an error that shows it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use ring::digest::{SHA256, digest};
use rustls::SignatureScheme;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::pem::{PemObject, SectionKind};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, Signer, SigningKey};
use secrecy::zeroize::Zeroize;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use std::fmt;
use std::sync::Arc;
use uuid::Uuid;

/// Life of an assertion in seconds.
const LIFE_S: i64 = 600;
/// The kind of signature, as the key has it and as the token names it.
const SCHEME: SignatureScheme = SignatureScheme::RSA_PSS_SHA256;
const ALGORITHM: &str = "PS256";

/// Why a certificate cannot be used, and what to do. It never repeats what was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// No PEM text at all, or a broken one.
    #[error(
        "The certificate is no PEM text that can be read. Give one file with “-----BEGIN CERTIFICATE-----” and “-----BEGIN PRIVATE KEY-----”; a .pfx file is turned into one by: openssl pkcs12 -in FILE.pfx -nodes -out FILE.pem"
    )]
    NoPem,
    /// A key under a password.
    #[error(
        "The private key is encrypted. Give it without a password: openssl pkey -in FILE.pem -out KEY.pem, then put certificate and key into one file."
    )]
    Encrypted,
    /// Only a certificate.
    #[error("The PEM text has no private key. Put certificate and private key into one file.")]
    NoKey,
    /// Only a key.
    #[error("The PEM text has no certificate. Put certificate and private key into one file.")]
    NoCertificate,
    /// An elliptic curve.
    #[error("The private key is no RSA key. Microsoft Entra takes RSA keys only: make a certificate with one.")]
    NotRsa,
    /// Damaged, or too small.
    #[error("The private key cannot be used. It must be a whole RSA key of 2048 bits or more.")]
    UnusableKey,
    /// The key is of another certificate.
    #[error("The private key does not belong to the certificate. Put the two that belong together into one file.")]
    Mismatch,
    /// The signature could not be made.
    #[error("The client assertion could not be signed. Try again.")]
    NotSigned,
}

/// A certificate and its private key.
pub struct Certificate {
    key: Arc<dyn SigningKey>,
    thumbprint: String,
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").field("thumbprint", &self.thumbprint).finish_non_exhaustive()
    }
}

impl Certificate {
    /// Reads a PEM text that holds a private key (PKCS#8 or PKCS#1) and its certificate, in any order; further
    /// certificates of a chain are passed over.
    ///
    /// # Errors
    /// Says what is missing or cannot be used.
    pub fn parse(pem: &SecretString) -> Result<Self, CertificateError> {
        let text = pem.expose_secret();
        // An encrypted PKCS#1 key says so in a header that a reader of PEM passes over.
        if ["-----BEGIN ENCRYPTED PRIVATE KEY-----", "Proc-Type: 4,ENCRYPTED"].iter().any(|mark| text.contains(mark)) {
            return Err(CertificateError::Encrypted);
        }
        let sections = <(SectionKind, Vec<u8>)>::pem_slice_iter(text.as_bytes());
        let (mut key, mut certificates) = (None, Vec::new());
        for section in sections {
            let (kind, mut der) = section.map_err(|_| CertificateError::NoPem)?;
            match kind {
                SectionKind::Certificate => certificates.push(CertificateDer::from(der)),
                SectionKind::PrivateKey => key = Some(PrivateKeyDer::Pkcs8(der.into())),
                SectionKind::RsaPrivateKey => key = Some(PrivateKeyDer::Pkcs1(der.into())),
                SectionKind::EcPrivateKey => {
                    der.zeroize();
                    return Err(CertificateError::NotRsa);
                }
                _ => {}
            }
        }
        let mut key = match key {
            Some(key) => key,
            None if certificates.is_empty() => return Err(CertificateError::NoPem),
            None => return Err(CertificateError::NoKey),
        };
        let signing = any_supported_type(&key).map_err(|_| CertificateError::UnusableKey);
        key.zeroize();
        let signing = signing?;
        signer(&signing).ok_or(CertificateError::NotRsa)?;
        if certificates.is_empty() {
            return Err(CertificateError::NoCertificate);
        }
        let belongs = |certificate: &&CertificateDer<'static>| {
            CertifiedKey::new(vec![(**certificate).clone()], Arc::clone(&signing)).keys_match().is_ok()
        };
        let own = certificates.iter().find(belongs).ok_or(CertificateError::Mismatch)?;
        let thumbprint = URL_SAFE_NO_PAD.encode(digest(&SHA256, own));
        Ok(Self { key: signing, thumbprint })
    }

    /// A client assertion for the token endpoint of a tenant. `jti` is a GUID that was never used before.
    ///
    /// # Errors
    /// When this machine gives no chance to sign with.
    pub fn assertion(
        &self,
        endpoint: &str,
        client_id: &str,
        now: Timestamp,
        jti: Uuid,
    ) -> Result<SecretString, CertificateError> {
        let head = json!({"alg": ALGORITHM, "typ": "JWT", "x5t#S256": self.thumbprint});
        let second = now.as_second();
        let claims = json!({
            "aud": endpoint,
            "iss": client_id,
            "sub": client_id,
            "jti": jti.to_string(),
            "nbf": second,
            "iat": second,
            "exp": second.saturating_add(LIFE_S),
        });
        let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&head), part(&claims));
        let signature = signer(&self.key).and_then(|signer| signer.sign(signed.as_bytes()).ok());
        let signature = signature.ok_or(CertificateError::NotSigned)?;
        Ok(SecretString::from(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))))
    }
}

fn signer(key: &Arc<dyn SigningKey>) -> Option<Box<dyn Signer>> {
    key.choose_scheme(&[SCHEME])
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::STANDARD;
    use ring::signature::{RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
    use serde_json::Value;

    const KEY: &str = include_str!("../../tests/fixtures/assertion/key.pem");
    const KEY_PKCS1: &str = include_str!("../../tests/fixtures/assertion/key-pkcs1.pem");
    const CERTIFICATE: &str = include_str!("../../tests/fixtures/assertion/certificate.pem");
    const PUBLIC: &str = include_str!("../../tests/fixtures/assertion/public.pem");
    const EC_KEY: &str = include_str!("../../tests/fixtures/assertion/ec-key.pem");
    const EC_CERTIFICATE: &str = include_str!("../../tests/fixtures/assertion/ec-certificate.pem");
    const ENCRYPTED: &str = include_str!("../../tests/fixtures/assertion/key-encrypted.pem");
    const ENCRYPTED_PKCS1: &str = include_str!("../../tests/fixtures/assertion/key-pkcs1-encrypted.pem");
    /// By `openssl x509 -outform DER | openssl dgst -sha256 -binary`, in base64url.
    const THUMBPRINT: &str = "uo5yv4B0IMdWp166c0EALDUiLB21l8dbkGdObaJgHCI";

    fn parse(parts: &[&str]) -> Result<Certificate, CertificateError> {
        Certificate::parse(&SecretString::from(parts.concat()))
    }

    fn decoded(part: &str) -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    }

    #[test]
    fn the_assertion_says_what_entra_asks_for_and_its_signature_verifies() {
        let endpoint = "https://login.example/t/oauth2/v2.0/token";
        let now = "2026-05-04T08:00:00.9Z".parse().unwrap();
        let jti = Uuid::from_u128(7);
        let public: String = PUBLIC.lines().filter(|line| !line.starts_with("-----")).collect();
        let public = UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, STANDARD.decode(public).unwrap());
        // The order does not matter, nor the form of the key, nor a chain around the certificate.
        for parts in [&[KEY, CERTIFICATE][..], &[CERTIFICATE, KEY_PKCS1], &[EC_CERTIFICATE, CERTIFICATE, KEY]] {
            let assertion = parse(parts).unwrap().assertion(endpoint, "c1", now, jti).unwrap();
            let (signed, signature) = assertion.expose_secret().rsplit_once('.').unwrap();
            public.verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
            let (head, claims) = signed.split_once('.').unwrap();
            assert_eq!(decoded(head), json!({"alg": "PS256", "typ": "JWT", "x5t#S256": THUMBPRINT}));
            let second = 1_777_881_600;
            assert_eq!(
                decoded(claims),
                json!({"aud": endpoint, "iss": "c1", "sub": "c1", "jti": "00000000-0000-0000-0000-000000000007",
                       "nbf": second, "iat": second, "exp": second + 600})
            );
        }
    }

    #[test]
    fn what_cannot_be_used_is_refused_with_its_reason() {
        let damaged = KEY.replace("MII", "MIJ");
        for (parts, reason) in [
            (&[EC_KEY, EC_CERTIFICATE][..], CertificateError::NotRsa),
            (&["-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n"], CertificateError::NotRsa),
            (&[ENCRYPTED, CERTIFICATE], CertificateError::Encrypted),
            (&[CERTIFICATE, ENCRYPTED_PKCS1], CertificateError::Encrypted),
            (&[CERTIFICATE], CertificateError::NoKey),
            (&[KEY], CertificateError::NoCertificate),
            (&[KEY, EC_CERTIFICATE], CertificateError::Mismatch),
            (&[&damaged, CERTIFICATE], CertificateError::UnusableKey),
            (&["junk"], CertificateError::NoPem),
            (&[""], CertificateError::NoPem),
            (&["-----BEGIN PRIVATE KEY-----\n%%%\n-----END PRIVATE KEY-----\n"], CertificateError::NoPem),
        ] {
            assert_eq!(parse(parts).err(), Some(reason), "{reason}");
        }
    }

    #[test]
    fn no_debug_shows_the_key() {
        let shown = format!("{:?}", parse(&[KEY, CERTIFICATE]).unwrap());
        assert_eq!(shown, format!("Certificate {{ thumbprint: \"{THUMBPRINT}\", .. }}"));
    }
}
