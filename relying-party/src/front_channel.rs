//! The `frontchannel_logout_uri` (OpenID Connect Front-Channel Logout 1.0 section 2).

use axum::extract::{FromRef, FromRequestParts};
use axum::http::header::COOKIE;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use logout_event::{Channel, LogoutEvent};
use thiserror::Error;

use crate::claims::is_identifier;
use crate::observation::{Sid, StorageAccess};
use crate::response::invalid_request;
use crate::{Observation, RelyingParty};

/// A longer query is not read, in bytes.
const MAX_QUERY: usize = 4 * 1024;

/// The request that the provider's page makes in a frame, when it has the right form: `iss` and `sid`, each once, and
/// `iss` this app's provider.
///
/// It needs no cookie, and nobody has signed it: record its event with [`Trust::Unsigned`](crate::Trust::Unsigned). What
/// the frame shows is up to the app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrontChannelRequest {
    iss: String,
    sid: String,
    received_at: u64,
}

impl FrontChannelRequest {
    /// The sign-out that it tells of, if it comes from the provider at all.
    #[must_use]
    pub fn event(&self) -> LogoutEvent {
        LogoutEvent {
            iss: self.iss.clone(),
            sid: Some(self.sid.clone()),
            sub: None,
            channel: Channel::FrontChannel,
            not_before: self.received_at,
        }
    }

    fn parse(query: &str, issuer: &str, now: u64) -> Result<Self, FrontChannelRejection> {
        if query.len() > MAX_QUERY {
            return Err(FrontChannelRejection);
        }
        let only = |wanted: &str| {
            let mut values = url::form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == wanted);
            let value = values.next()?.1;
            values.next().is_none().then(|| value.into_owned())
        };
        let iss = only("iss").filter(|iss| iss == issuer).ok_or(FrontChannelRejection)?;
        let sid = only("sid").filter(|sid| is_identifier(sid)).ok_or(FrontChannelRejection)?;
        Ok(Self { iss, sid, received_at: now })
    }
}

/// The request does not have exactly one `iss`, this app's provider, and exactly one `sid`. Nothing has changed.
///
/// One text for all cases: anyone can send such a request, and learns nothing from the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a front-channel logout request has exactly one iss, this app's provider, and exactly one sid")]
pub struct FrontChannelRejection;

impl IntoResponse for FrontChannelRejection {
    fn into_response(self) -> Response {
        tracing::warn!(logout.channel = "front-channel", logout.outcome = "refused", error = %self, "sign-out");
        invalid_request(&self.to_string())
    }
}

impl<S> FromRequestParts<S> for FrontChannelRequest
where
    RelyingParty: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = FrontChannelRejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let party = RelyingParty::from_ref(state);
        let query = parts.uri.query().unwrap_or_default();
        let parsed = Self::parse(query, &party.settings().issuer, party.clock().now());
        party.observe(|| {
            let storage_access = StorageAccess::of(&parts.headers);
            let with_cookies = parts.headers.contains_key(COOKIE);
            match &parsed {
                Ok(Self { sid, .. }) => {
                    Observation::FrontChannelReceived { sid: Sid::new(sid), storage_access, with_cookies }
                }
                Err(FrontChannelRejection) => Observation::FrontChannelRefused { storage_access, with_cookies },
            }
        });
        parsed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://op.example";

    /// FCL-11, FCL-12, FCL-20
    #[test]
    fn iss_and_sid_once_each_and_of_our_provider() {
        let good = "iss=https%3A%2F%2Fop.example&sid=s%2B1";
        let request = FrontChannelRequest::parse(good, ISSUER, 7).expect("good");
        assert_eq!(request.event().sid.as_deref(), Some("s+1"));
        assert_eq!((request.event().sub, request.event().channel), (None, Channel::FrontChannel));
        FrontChannelRequest::parse(&format!("tenant=1&{good}&x=2"), ISSUER, 7).expect("the registered URI's own query");

        let long = "x".repeat(5_000);
        for query in [
            String::new(),
            "iss=https://op.example".into(),
            "sid=s1".into(),
            "iss=https://op.example&sid=".into(),
            "iss=https://evil.example&sid=s1".into(),
            "iss=https://op.example/&sid=s1".into(),
            "iss=HTTPS://op.example&sid=s1".into(),
            format!("{good}&sid=s2"),
            format!("{good}&sid=s%2B1"),
            format!("{good}&iss=https://evil.example"),
            format!("iss=https://op.example&sid={}", &long[..600]),
            "iss=https://op.example&sid=a%00b".into(),
            format!("{good}&x={long}"),
        ] {
            assert_eq!(FrontChannelRequest::parse(&query, ISSUER, 7), Err(FrontChannelRejection), "{query}");
        }
    }
}
