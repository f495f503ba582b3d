use axum::http::{HeaderMap, header};

/// A form was sent, or a fetch made, by a page that is not ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the request does not come from a page of the provider")]
pub(crate) struct CrossOrigin;

/// Refuses what another origin's page sends, be it another port of the same host, which `SameSite` lets pass.
///
/// # Errors
/// `Sec-Fetch-Site` is not `same-origin`; or, from a browser that does not send it, `Origin` is not ours.
pub(crate) fn require_same_origin(headers: &HeaderMap, own: &str) -> Result<(), CrossOrigin> {
    let same = match headers.get("sec-fetch-site") {
        Some(site) => site == "same-origin",
        None => headers.get(header::ORIGIN).is_some_and(|origin| origin == own),
    };
    if same { Ok(()) } else { Err(CrossOrigin) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    /// RPI-37
    #[test]
    fn only_our_own_pages() {
        let own = "http://localhost:4000";
        let table = [
            (Some("same-origin"), Some(own), true),
            (Some("same-origin"), None, true),
            (Some("same-site"), Some(own), false),
            (Some("cross-site"), Some(own), false),
            (Some("none"), None, false),
            (Some(""), Some(own), false),
            (None, Some(own), true),
            (None, Some("http://localhost:4001"), false),
            (None, Some("http://localhost:4000.example.com"), false),
            (None, Some("null"), false),
            (None, None, false),
        ];
        for (site, origin, expected) in table {
            let mut headers = HeaderMap::new();
            if let Some(site) = site {
                headers.insert("sec-fetch-site", HeaderValue::from_static(site));
            }
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
            }
            assert_eq!(require_same_origin(&headers, own).is_ok(), expected, "{site:?} {origin:?}");
        }
    }
}
