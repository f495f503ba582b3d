//! App B in the browser: a single-page app that keeps its tokens in browser storage, as a public client of an OpenID
//! Provider, and that locks as soon as its session ends.
//!
//! What decides is plain code that also runs, and is tested, on the host: `tab` (what a tab does about what it hears),
//! `oidc` (what a message must be), `stream`'s parser, the records of `storage`. What acts is `page`, by the
//! means of `browser`.
//!
//! Renewal of tokens will stand beside `oidc` and speak to the tab as a further input; until then a session lasts as long
//! as its access token.

mod api;
mod browser;
mod config;
mod json;
mod oidc;
mod page;
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
