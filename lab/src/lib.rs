//! The lab in the browser: it opens windows of the demo, hears from them and from the parties, and shows what happens.
//!
//! `desk` holds what is known and does what the user wants; `runner` goes through the steps of a scenario; `browser` is
//! the edge to the browser. What is decided about what was heard, is decided in `app::lab`, which also runs on the host.

mod address;
mod browser;
mod desk;
mod incoming;
mod interrupted;
mod outdated;
mod runner;
mod token;

use wasm_bindgen::prelude::wasm_bindgen;

/// Starts the lab; the module's JavaScript calls it once it is loaded.
#[wasm_bindgen(start)]
pub fn start() {
    desk::start();
}
