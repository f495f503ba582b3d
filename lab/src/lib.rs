//! The lab in the browser: it opens windows of the demo, hears from them and from the parties, and shows what happens.

use wasm_bindgen::prelude::wasm_bindgen;

/// Starts the lab; the module's JavaScript calls it once it is loaded.
#[wasm_bindgen(start)]
pub fn start() {}
