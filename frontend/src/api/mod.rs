//! App B's own API, on this page's origin.

pub(crate) mod notes;
mod refusal;

pub(crate) use refusal::{Refusal, RefusalReason};

use crate::browser::{FetchError, Method, Reply, Request};
use crate::possession::{Credentials, Possession};

/// Says who the access token belongs to; the cheapest way to ask whether it still counts.
pub(crate) const ME: &str = "/api/me";
/// The notes; one of them has its id appended.
pub(crate) const NOTES: &str = "/api/notes";
/// Refuses this access token from now on.
const SIGN_OUT: &str = "/api/sign-out";
/// Learns which session an access token belongs to that does not name it.
const SESSION: &str = "/api/session";
/// The stream of sign-outs.
pub(crate) const EVENTS: &str = "/api/events";

/// How long to wait for the server, in milliseconds.
const TIMEOUT: u32 = 10_000;

/// What the API says to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It was served.
    Served(String),
    /// The access token is refused.
    Refused(Refusal),
    /// The server cannot judge now, or cannot be reached. Says nothing about the session.
    Unavailable(Option<u16>),
    /// The request is at fault.
    Failed { status: u16, message: Option<String> },
}

impl Answer {
    pub(crate) fn of(reply: Result<Reply, FetchError>) -> Self {
        let reply = match reply {
            Ok(reply) => reply,
            Err(_) => return Self::Unavailable(None),
        };
        match reply.status {
            200..=299 => Self::Served(reply.text),
            401 => Self::Refused(Refusal::parse(&reply.text)),
            408 | 429 | 500..=599 => Self::Unavailable(Some(reply.status)),
            status => Self::Failed { status, message: refusal::description(&reply.text) },
        }
    }
}

/// Sends a request with these credentials; `json` is the body of a change.
pub(crate) async fn send(
    possession: &Possession,
    credentials: &Credentials,
    method: Method,
    path: &str,
    json: Option<&str>,
) -> Result<Reply, FetchError> {
    // Only a body has a type.
    let headers = [("Accept", "application/json"), ("Content-Type", "application/json")];
    let headers = if json.is_some() { &headers[..] } else { &headers[..1] };
    let request = Request { method, url: path, headers, body: json, keepalive: false };
    possession.send(&request, credentials, TIMEOUT).await
}

/// Makes the API refuse this access token from now on.
pub(crate) async fn refuse(possession: &Possession, credentials: &Credentials) {
    tell(possession, credentials, SIGN_OUT, None).await;
}

/// Presents the ID token that came with this access token. If its session has ended, the next request is refused for that.
pub(crate) async fn present(possession: &Possession, credentials: &Credentials, id_token: &str) {
    tell(possession, credentials, SESSION, Some(id_token)).await;
}

/// The request outlives the page, and nobody needs its answer.
async fn tell(possession: &Possession, credentials: &Credentials, path: &str, body: Option<&str>) {
    let request = Request { method: Method::Post, url: path, headers: &[], body, keepalive: true };
    _ = possession.send(&request, credentials, TIMEOUT).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, text: &str) -> Answer {
        Answer::of(Ok(Reply { status, text: text.to_owned() }))
    }

    /// T-26
    #[test]
    fn only_a_401_is_a_refusal() {
        assert!(matches!(answer(200, "{}"), Answer::Served(_)));
        assert!(matches!(answer(204, ""), Answer::Served(_)));
        assert!(matches!(answer(401, ""), Answer::Refused(_)));
        for status in [408, 429, 500, 502, 503, 504] {
            assert_eq!(answer(status, ""), Answer::Unavailable(Some(status)));
        }
        for error in [FetchError::Network, FetchError::TimedOut, FetchError::Unproven] {
            assert_eq!(Answer::of(Err(error)), Answer::Unavailable(None));
        }
        let text = r#"{"error":"invalid_request","error_description":"A note has 1 to 500 characters."}"#;
        let message = Some("A note has 1 to 500 characters.".to_owned());
        assert_eq!(answer(400, text), Answer::Failed { status: 400, message });
        assert_eq!(answer(403, ""), Answer::Failed { status: 403, message: None });
        assert_eq!(answer(404, "<html>"), Answer::Failed { status: 404, message: None });
    }
}
