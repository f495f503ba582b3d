//! What all endpoints need of HTTP.

mod browser;
mod browser_state;
mod cookie;
mod cors;
mod headers;
mod params;
mod same_origin;
mod source;
mod trace;
mod user_agent;

pub(crate) use browser::Browser;
pub(crate) use browser_state::BrowserState;
pub(crate) use cookie::Cookies;
pub(crate) use cors::cors;
pub(crate) use headers::security_headers;
pub(crate) use params::{Params, ParamsError, form_body};
pub(crate) use same_origin::{CrossOrigin, require_same_origin};
pub(crate) use source::SourceBucket;
pub(crate) use trace::span;
pub(crate) use user_agent::browser_label;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use url::Url;

/// `Cache-Control` of everything that depends on a session, a credential or an error.
pub(crate) const NO_STORE: (HeaderName, HeaderValue) = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));

/// `Cache-Control` of what is the same for everybody: what clients are to know of the provider. New keys are to be found soon
/// after they are published.
pub(crate) const FIVE_MINUTES: (HeaderName, HeaderValue) =
    (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));

/// Sends the browser on by GET, whatever it came with.
pub(crate) fn see_other(to: &str) -> Response {
    match HeaderValue::from_str(to) {
        Ok(location) => (StatusCode::SEE_OTHER, [NO_STORE, (header::LOCATION, location)]).into_response(),
        // Targets are serialised URLs or paths made of base64url, so this is a defect, and never an open redirect.
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Scheme, host and port of a URL, as browsers write them and policies name them; of a native app's own scheme, that.
pub(crate) fn origin(url: &Url) -> String {
    let origin = url.origin();
    if origin.is_tuple() { origin.ascii_serialization() } else { format!("{}:", url.scheme()) }
}
