use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(module = "/src/browser/indexed_db.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = lastRenewals)]
    async fn read() -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = noteRenewals)]
    async fn write(text: &str) -> Result<JsValue, JsValue>;
}

/// What [`note_renewals`] noted last, in whichever process of this browser. None where nothing was, or can be.
pub(crate) async fn last_renewals() -> Option<String> {
    read().await.ok()?.as_string()
}

/// Notes renewals for all processes of this browser, which is done when this returns. In IndexedDB, because what one
/// process writes into localStorage another may see a moment later.
pub(crate) async fn note_renewals(text: &str) {
    // Where it cannot be noted, localStorage has to do.
    _ = write(text).await;
}
