use base64ct::{Base64UrlUnpadded, Encoding as _};
use js_sys::Uint8Array;
use wasm_bindgen_futures::JsFuture;

/// WebCrypto is missing or refused: the origin is neither https nor loopback, or the browser is too old.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("this browser offers no cryptography here; App B needs https or a loopback address")]
pub(crate) struct CryptoFailed;

/// 256 random bits, base64url: for `state`, `nonce` and `code_verifier` (43 characters, RFC 7636 section 4.1).
pub(crate) fn random_token() -> Result<String, CryptoFailed> {
    let mut bytes = [0_u8; 32];
    let crypto = web_sys::window().ok_or(CryptoFailed)?.crypto().map_err(|_| CryptoFailed)?;
    crypto.get_random_values_with_u8_array(&mut bytes).map_err(|_| CryptoFailed)?;
    Ok(Base64UrlUnpadded::encode_string(&bytes))
}

/// A digest by WebCrypto; `algorithm` is its name there, such as `SHA-256`.
pub(crate) async fn digest(algorithm: &str, text: &str) -> Result<Vec<u8>, CryptoFailed> {
    let subtle = web_sys::window().ok_or(CryptoFailed)?.crypto().map_err(|_| CryptoFailed)?.subtle();
    let promise = subtle
        .digest_with_str_and_js_u8_array(algorithm, &Uint8Array::from(text.as_bytes()))
        .map_err(|_| CryptoFailed)?;
    let buffer = JsFuture::from(promise).await.map_err(|_| CryptoFailed)?;
    Ok(Uint8Array::new(&buffer).to_vec())
}
