//! The signature of a webhook: HMAC-SHA256 with the app's secret over the body's bytes as they came.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::secret::{ExposeSecret as _, SecretString};

/// The header that carries the signature: `sha256=` and 64 hexadecimal digits.
pub const HEADER: &str = "X-Hub-Signature-256";

const PREFIX: &str = "sha256=";

/// Why a body is not taken for Meta's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Forged {
    #[error("the header {HEADER} is missing: Meta signs every webhook")]
    Missing,
    #[error("the header {HEADER} is not `{PREFIX}` and 64 hexadecimal digits")]
    Malformed,
    #[error(
        "the signature is not that of this body: the app secret is another app's, or something on the way changed the body"
    )]
    Mismatch,
}

/// Checks the signature of a body. Meta escapes what is not ASCII before it signs, so that `body` must be the bytes that
/// came, not JSON that was written anew.
pub fn verify(secret: &SecretString, body: &[u8], header: Option<&str>) -> Result<(), Forged> {
    verify_any([secret], body, header).map(|_| ())
}

/// Checks a body against the secrets of several apps; returns the place of the one that signed it.
pub fn verify_any<'a>(
    secrets: impl IntoIterator<Item = &'a SecretString>,
    body: &[u8],
    header: Option<&str>,
) -> Result<usize, Forged> {
    let signature = signature(header.ok_or(Forged::Missing)?)?;
    secrets
        .into_iter()
        .position(|secret| signed(secret.expose_secret(), body, &signature))
        .ok_or(Forged::Mismatch)
}

fn signature(header: &str) -> Result<[u8; 32], Forged> {
    let mut signature = [0; 32];
    let digits = header.strip_prefix(PREFIX).ok_or(Forged::Malformed)?;
    hex::decode_to_slice(digits, &mut signature).map_err(|_| Forged::Malformed)?;
    Ok(signature)
}

/// Compares in constant time.
fn signed(secret: &str, body: &[u8], signature: &[u8]) -> bool {
    // Anybody can sign with an empty secret.
    !secret.is_empty()
        && Hmac::<Sha256>::new_from_slice(secret.as_bytes())
            .expect("HMAC takes keys of any length")
            .chain_update(body)
            .verify_slice(signature)
            .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 4231, test case 2.
    const BODY: &[u8] = b"what do ya want for nothing?";
    const SIGNATURE: &str =
        "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";

    fn secret(text: &str) -> SecretString {
        SecretString::from(text)
    }

    #[test]
    fn a_body_signed_with_the_secret_is_metas() {
        assert_eq!(verify(&secret("Jefe"), BODY, Some(SIGNATURE)), Ok(()));
        let upper = SIGNATURE.to_uppercase().replace("SHA256", "sha256");
        assert_eq!(verify(&secret("Jefe"), BODY, Some(&upper)), Ok(()));
    }

    #[test]
    fn another_secret_another_body_and_another_signature_are_forged() {
        let other = SIGNATURE.replace("5bdc", "5bdd");
        for (key, body, header) in [
            ("jefe", BODY, SIGNATURE),
            ("Jefe", &BODY[1..], SIGNATURE),
            ("Jefe", BODY, &other),
        ] {
            let found = verify(&secret(key), body, Some(header));
            assert_eq!(found, Err(Forged::Mismatch), "{key} {header}");
        }
    }

    #[test]
    fn a_header_of_another_form_is_forged() {
        assert_eq!(verify(&secret("Jefe"), BODY, None), Err(Forged::Missing));
        let digits = &SIGNATURE[PREFIX.len()..];
        for header in [
            "",
            "sha256=",
            digits,
            &format!("sha1={digits}"),
            &format!("SHA256={digits}"),
            &SIGNATURE[..SIGNATURE.len() - 1],
            &SIGNATURE[..SIGNATURE.len() - 2],
            &format!("{SIGNATURE}00"),
            &format!(" {SIGNATURE}"),
            &format!("{SIGNATURE},{SIGNATURE}"),
            &SIGNATURE.replace('5', "g"),
            &SIGNATURE.replace('5', "é"),
        ] {
            let found = verify(&secret("Jefe"), BODY, Some(header));
            assert_eq!(found, Err(Forged::Malformed), "{header}");
        }
    }

    #[test]
    fn of_several_secrets_the_one_that_signed_is_named() {
        let secrets = [secret("old"), secret("Jefe"), secret("new")];
        assert_eq!(verify_any(&secrets, BODY, Some(SIGNATURE)), Ok(1));
        assert_eq!(
            verify_any(&secrets[2..], BODY, Some(SIGNATURE)),
            Err(Forged::Mismatch)
        );
        assert_eq!(verify_any([], BODY, Some(SIGNATURE)), Err(Forged::Mismatch));
    }

    #[test]
    fn nobody_signs_with_an_empty_secret() {
        let mac = Hmac::<Sha256>::new_from_slice(b"").unwrap();
        let digits = hex::encode(mac.chain_update(BODY).finalize().into_bytes());
        let header = format!("sha256={digits}");
        assert_eq!(
            verify(&secret(""), BODY, Some(&header)),
            Err(Forged::Mismatch)
        );
    }
}
