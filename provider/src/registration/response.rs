use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::PATH;
use super::metadata::Metadata;
use crate::http::NO_STORE;
use crate::state::Provider;

/// What a client is told of itself: the client information response (RFC 7591 section 3.2.1, RFC 7592 section 3).
pub(super) struct Information<'a> {
    pub(super) client_id: &'a str,
    /// Where it has just been made, or the client has shown that it knows it: only a hash is kept.
    pub(super) client_secret: Option<&'a str>,
    pub(super) registration_access_token: &'a str,
    pub(super) issued_at: i64,
    pub(super) metadata: &'a Metadata,
}

#[derive(Serialize)]
struct Body<'a> {
    client_id: &'a str,
    client_id_issued_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<&'a str>,
    /// 0: never. There where there is a secret, shown or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret_expires_at: Option<u8>,
    registration_access_token: &'a str,
    registration_client_uri: String,
    #[serde(flatten)]
    metadata: &'a Metadata,
}

impl Information<'_> {
    pub(super) fn into_response(self, status: StatusCode, provider: &Provider) -> Response {
        let body = Body {
            client_id: self.client_id,
            client_id_issued_at: self.issued_at,
            client_secret: self.client_secret,
            client_secret_expires_at: self.metadata.uses_secret().then_some(0),
            registration_access_token: self.registration_access_token,
            registration_client_uri: provider.endpoint(&format!("{PATH}/{}", self.client_id)),
            metadata: self.metadata,
        };
        let no_cache = (header::PRAGMA, HeaderValue::from_static("no-cache"));
        (status, [NO_STORE, no_cache], Json(body)).into_response()
    }
}
