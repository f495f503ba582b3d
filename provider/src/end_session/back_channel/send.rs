use std::error::Error;
use std::io;
use std::time::Duration;

use reqwest::header::RETRY_AFTER;
use reqwest::{Response, StatusCode};

use super::super::decide::back_channel_target;
use super::super::logout_token;
use super::retry_after;
use crate::error::InternalError;
use crate::observation::Observation;
use crate::outbound::Forbidden;
use crate::state::Provider;
use crate::store::outbox::Entry;

/// W3C Trace Context section 3.2.
const TRACEPARENT: &str = "traceparent";

/// Why an attempt failed; the text is kept, and shown to operators.
#[derive(Debug, thiserror::Error)]
pub(super) enum SendError {
    #[error("connection refused")]
    Refused,
    #[error("no answer in time")]
    Timeout,
    #[error("no connection")]
    Connection,
    /// Most often its certificate: expired, of another name, or of an authority that is not trusted here.
    #[error("no TLS connection ({0}): mend its certificate, or name its authority in trusted_certificates_file")]
    Tls(String),
    #[error("answered {}", .status.as_u16())]
    Status {
        status: StatusCode,
        /// How long the app wants to be left alone.
        retry_after: Option<Duration>,
    },
    /// The configuration may get it back.
    #[error("the app has no back-channel in the configuration")]
    NoTarget,
    /// BCL-53
    #[error("not called: its host is {0}")]
    Forbidden(#[from] Forbidden),
    #[error("{0}")]
    Internal(#[from] InternalError),
}

/// BCL-08. BCL-12: 200 and 204 are success. The body of the answer is not read.
pub(super) async fn send(provider: &Provider, entry: &Entry, jti: &str) -> Result<StatusCode, SendError> {
    let target = back_channel_target(&provider.registry, provider.channels, &entry.client_id);
    let target = target.ok_or(SendError::NoTarget)?;
    let now = provider.clock.now();
    let token = logout_token::sign(&provider.keys, &provider.issuer, entry, jti, target.alg, now)?;
    let mut request = provider.back_channel.client_for(&target)?.post(target.uri).form(&[("logout_token", token)]);
    provider.observe(|| Observation::LogoutTokenSent { attempt: entry.observed(jti) });
    // Apps that registered themselves are strangers: what one of them is told together with others is nobody's business.
    if !target.is_third_party
        && let Some(traceparent) = provider.observers.traceparent(&entry.observed(jti))
    {
        request = request.header(TRACEPARENT, traceparent);
    }
    let response = request.send().await.map_err(|error| SendError::from_reqwest(&error))?;
    match response.status() {
        status @ (StatusCode::OK | StatusCode::NO_CONTENT) => Ok(status),
        status => Err(SendError::Status { status, retry_after: wish(&response, now) }),
    }
}

fn wish(response: &Response, now: i64) -> Option<Duration> {
    retry_after::parse(response.headers().get(RETRY_AFTER)?.to_str().ok()?, now)
}

impl SendError {
    /// Whether the app says that the token, or its own sign-out, is wrong.
    pub(super) fn is_rejection(&self) -> bool {
        matches!(self, Self::Status { status, .. } if *status == StatusCode::BAD_REQUEST)
    }

    /// Whether another attempt would be another try at what must not be.
    pub(super) fn is_final(&self) -> bool {
        matches!(self, Self::Forbidden(_))
    }

    /// The status of the answer, if there was one.
    pub(super) fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Status { status, .. } => Some(*status),
            _ => None,
        }
    }

    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Without the URL that reqwest puts into its messages.
    fn from_reqwest(error: &reqwest::Error) -> Self {
        let mut cause = error.source();
        while let Some(error) = cause {
            if let Some(forbidden) = error.downcast_ref::<Forbidden>() {
                return Self::Forbidden(*forbidden);
            }
            if let Some(error) = error.downcast_ref::<io::Error>() {
                if error.kind() == io::ErrorKind::ConnectionRefused {
                    return Self::Refused;
                }
                if let Some(failure) = tls_failure(error) {
                    return Self::Tls(failure);
                }
            }
            cause = error.source();
        }
        if error.is_timeout() { Self::Timeout } else { Self::Connection }
    }
}

/// What was wrong with the handshake, by the words of the TLS library: they hold no URL. It is wrapped once or twice.
fn tls_failure(error: &io::Error) -> Option<String> {
    if error.kind() == io::ErrorKind::InvalidData {
        return Some(error.to_string());
    }
    tls_failure(error.get_ref()?.downcast_ref()?)
}
