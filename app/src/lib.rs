//! The views of App A, App B and the lab: Leptos only, no storage, no OpenID Connect.
//!
//! A view takes signals and handlers and knows nothing of where they come from. Each app is a mode of its own, because
//! Leptos renders either on the server or in the browser.

#[cfg(any(
    all(feature = "ssr", feature = "csr"),
    all(feature = "ssr", feature = "lab"),
    all(feature = "csr", feature = "lab")
))]
compile_error!(
    "the features `ssr` (App A), `csr` (App B) and `lab` exclude each other; build `frontend` and `lab` on their own: \
     cargo build -p frontend"
);

#[cfg(feature = "ssr")]
pub mod app_a;
#[cfg(feature = "csr")]
pub mod app_b;
#[cfg(feature = "lab-wire")]
pub mod lab;
pub mod shared;
