//! The views of App A, App B and the lab: Leptos only, no storage, no OpenID Connect.
//!
//! A view takes signals and handlers and knows nothing of where they come from. What is rendered on a server (`ssr`: App A)
//! and what is rendered in the browser (`csr`: App B; `lab`: the lab) are never built together, because Leptos does either.

#[cfg(all(feature = "ssr", any(feature = "csr", feature = "lab")))]
compile_error!(
    "the feature `ssr` (App A) excludes `csr` (App B) and `lab`; build `frontend` and `lab` apart from the server: \
     cargo build -p frontend"
);

#[cfg(feature = "ssr")]
pub mod app_a;
#[cfg(feature = "csr")]
pub mod app_b;
#[cfg(feature = "lab-wire")]
pub mod lab;
pub mod shared;
