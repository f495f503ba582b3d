use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::config::{JwksError, UriError};
use crate::error::{InternalError, internal_causes};
use crate::http::NO_STORE;
use crate::outbound::Forbidden;

/// Why nothing is registered, changed or shown (RFC 7591 section 3.2.2, RFC 7592 section 2). The texts say what to do.
#[derive(Debug, thiserror::Error)]
pub(super) enum RegistrationError {
    #[error("apps cannot register themselves here: ask whoever runs the provider")]
    Off,
    #[error("the initial access token is missing or wrong: whoever runs the provider has it")]
    InitialAccessToken,
    #[error("there is no such client, or the registration access token is not its own")]
    AccessToken,
    #[error("too many registrations from there; try again in {seconds} seconds")]
    TooMany { seconds: i64 },
    #[error("there is no room for another client; try again later, or delete one that is not needed")]
    Full,
    #[error("the request must be sent as application/json")]
    NotJson,
    #[error("the client metadata cannot be read: {0}")]
    Malformed(#[source] serde_json::Error),
    #[error("the client metadata must be a JSON object")]
    NotAnObject,
    #[error("{0} must be left out: the provider decides it")]
    NotTheClients(&'static str),
    #[error("client_id must be there, and be the client's own")]
    OtherClient,
    #[error("client_secret is not the client's own: leave it out to keep the one it has")]
    OtherSecret,
    #[error("redirect_uris: there must be at least one")]
    NoRedirectUri,
    #[error("{key}: there must be at most {most}")]
    TooManyUris { key: &'static str, most: usize },
    #[error("{key}: no URI may be longer than {most} bytes")]
    LongUri { key: &'static str, most: usize },
    #[error("{key}: `{uri}` {why}")]
    Uri { key: &'static str, uri: String, why: UriError },
    #[error("{key}: `{uri}` must be https")]
    Http { key: &'static str, uri: String },
    #[error("redirect_uris: `{uri}` must be https; http on loopback is for application_type native")]
    HttpOfWeb { uri: String },
    #[error("{key}: the host is {why}, where the provider calls nobody; it must be reachable by everybody")]
    NotCallable { key: &'static str, why: Forbidden },
    #[error(
        "redirect_uris: `{uri}` must be https, http on loopback, or of a scheme of the app's own such as com.example.app"
    )]
    SchemeOfNative { uri: String },
    #[error("application_type: must be web or native")]
    ApplicationType,
    #[error(
        "client_name: must have 1 to 100 characters that can be seen, none of which hides others or turns the direction of \
         text around"
    )]
    Name,
    #[error("client_name: an app of this provider has that name; choose another")]
    TakenName,
    #[error("contacts: at most 10, each of 1 to 254 bytes that can be seen")]
    Contacts,
    #[error(
        "members with a language tag: at most 50, each a text whose tag is one of RFC 5646, such as client_name#de"
    )]
    Translation,
    #[error("default_acr_values: at most 10, each of 1 to 255 printable ASCII characters without spaces")]
    AcrValues,
    #[error("response_types: id_token token gives tokens that are bound to no key; leave out dpop_bound_access_tokens")]
    UnboundTokens,
    #[error("response_types: only code is supported")]
    ResponseTypes,
    #[error("grant_types: only authorization_code and refresh_token are supported, and the first must be there")]
    GrantTypes,
    #[error("request_object_signing_alg: must be none, RS256 or ES256")]
    RequestObjectAlg,
    #[error("token_endpoint_auth_method: must be client_secret_basic, client_secret_post, private_key_jwt or none")]
    AuthMethod,
    #[error("{0}: must be RS256 or ES256")]
    Alg(&'static str),
    #[error("jwks or jwks_uri: one is needed with token_endpoint_auth_method private_key_jwt")]
    NoJwks,
    #[error("jwks and jwks_uri must not come together")]
    TwoJwks,
    #[error("jwks: {0}")]
    Jwks(JwksError),
    #[error("subject_type: only public is supported")]
    SubjectType,
    #[error("{0}: is not supported; leave it out")]
    Unsupported(&'static str),
    #[error("scope: must contain openid; these can be had: {can}")]
    Scope { can: String },
    #[error("scope: offline_access needs refresh_token among the grant_types")]
    OfflineAccess,
    #[error("the provider failed; try again later")]
    Internal(InternalError),
}

#[derive(Serialize)]
struct Body {
    error: &'static str,
    error_description: String,
}

impl RegistrationError {
    /// The value of `error`.
    fn code(&self) -> &'static str {
        match self {
            Self::Off | Self::NotJson => "invalid_request",
            Self::InitialAccessToken | Self::AccessToken => "invalid_token",
            Self::TooMany { .. } | Self::Full => "temporarily_unavailable",
            Self::NoRedirectUri
            | Self::HttpOfWeb { .. }
            | Self::SchemeOfNative { .. }
            | Self::TooManyUris { key: "redirect_uris", .. }
            | Self::LongUri { key: "redirect_uris", .. }
            | Self::Uri { key: "redirect_uris", .. } => "invalid_redirect_uri",
            Self::Internal(_) => "server_error",
            _ => "invalid_client_metadata",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Off => StatusCode::NOT_FOUND,
            Self::InitialAccessToken | Self::AccessToken => StatusCode::UNAUTHORIZED,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Full => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(error) => error.report(),
            _ => StatusCode::BAD_REQUEST,
        }
    }
}

impl IntoResponse for RegistrationError {
    fn into_response(self) -> Response {
        let status = self.status();
        tracing::info!(error = %self, "client registration refused");
        let body = Body { error: self.code(), error_description: self.to_string() };
        let mut response = (status, [NO_STORE], Json(body)).into_response();
        let headers = response.headers_mut();
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer error=\"invalid_token\""));
        }
        if let Self::TooMany { seconds } = self {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

internal_causes!(RegistrationError);
