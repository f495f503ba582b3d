//! App B in the browser: a single-page app that keeps its tokens in browser storage, as a public client of an OpenID
//! Provider, and that locks as soon as its session ends.
//!
//! What decides is plain code that also runs, and is tested, on the host: `tab` (what a tab does about what it hears),
//! `oidc` (what a message must be), `stream`'s parser, the records of `storage`. What acts is `page`, by the
//! means of `browser`.
//!
//! Tokens are short-lived. A tab that is looked at renews them ([`page`]), by a refresh token or in a frame, and one that
//! cannot, because the provider says so, has been signed out. Requests prove possession of a key that stays in this
//! browser (`possession`), so that a copied token is good for nothing.

mod api;
mod browser;
mod config;
mod json;
mod oidc;
mod page;
mod possession;
mod renewal;
mod storage;
mod stream;
mod tab;
mod tabs;

use wasm_bindgen::prelude::wasm_bindgen;

/// Starts App B; the module's JavaScript calls it once it is loaded.
#[wasm_bindgen(start)]
pub fn start() {
    page::start();
}
