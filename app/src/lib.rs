//! The views of App A and App B: Leptos only, no storage, no OpenID Connect.
//!
//! A view takes signals and handlers and knows nothing of where they come from. Each app is a mode of its own, because
//! Leptos renders either on the server or in the browser.

#[cfg(all(feature = "ssr", feature = "csr"))]
compile_error!(
    "the features `ssr` (App A) and `csr` (App B) exclude each other; build `frontend` on its own: cargo build -p frontend"
);

#[cfg(feature = "ssr")]
pub mod app_a;
#[cfg(feature = "csr")]
pub mod app_b;
pub mod shared;
