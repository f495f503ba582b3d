use base64ct::{Base64UrlUnpadded, Encoding as _};
use js_sys::{Array, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

#[wasm_bindgen(module = "/src/browser/indexed_db.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = openPair)]
    async fn open_pair() -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = publicPoint)]
    async fn public_point(pair: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = signText)]
    async fn sign_text(pair: &JsValue, text: &str) -> Result<JsValue, JsValue>;
}

/// The browser keeps no key for this page, or does not let it be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this browser keeps no key for App B. Allow site data (cookies) for this address, or leave private browsing, and reload the page"
)]
pub(crate) struct KeyFault;

/// A key on P-256 that stays in this browser: in IndexedDB, and not exportable.
pub(crate) struct Key {
    pair: JsValue,
    /// The public half, as in its JWK.
    pub(crate) point: Point,
}

/// The coordinates of a public key (RFC 7518 section 6.2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Point {
    pub(crate) x: String,
    pub(crate) y: String,
}

impl Key {
    /// The key of this browser; a new one where there is none.
    pub(crate) async fn open() -> Result<Self, KeyFault> {
        let pair = open_pair().await.map_err(|_| KeyFault)?;
        let point = public_point(&pair).await.ok().and_then(|point| point.dyn_into::<Array>().ok()).ok_or(KeyFault)?;
        let coordinate = |index| point.get(index).as_string().ok_or(KeyFault);
        let point = Point { x: coordinate(0)?, y: coordinate(1)? };
        Ok(Self { pair, point })
    }

    /// The ES256 signature of this text, base64url.
    pub(crate) async fn sign(&self, text: &str) -> Result<String, KeyFault> {
        let signature = sign_text(&self.pair, text).await.map_err(|_| KeyFault)?;
        let bytes = signature.dyn_into::<Uint8Array>().map_err(|_| KeyFault)?.to_vec();
        Ok(Base64UrlUnpadded::encode_string(&bytes))
    }
}
