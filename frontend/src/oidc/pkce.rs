//! [RFC 7636](https://www.rfc-editor.org/rfc/rfc7636), method S256.

use base64ct::{Base64UrlUnpadded, Encoding as _};

use crate::browser::{CryptoFailed, digest};

/// The `code_challenge` of a `code_verifier` (section 4.2).
pub(crate) async fn code_challenge(code_verifier: &str) -> Result<String, CryptoFailed> {
    Ok(encode(&digest("SHA-256", code_verifier).await?))
}

fn encode(sha256: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(sha256)
}

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha256};

    use super::encode;

    /// The vector of appendix B.
    #[test]
    fn the_challenge_is_the_digest_in_base64url() {
        let sha256 = Sha256::digest("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(encode(&sha256), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
