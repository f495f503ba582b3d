use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use dpop::ProofError;
use serde::Serialize;

use crate::client_authentication::AssertionError;
use crate::error::{InternalError, internal_causes};
use crate::http::{NO_STORE, ParamsError};

/// Why there are no tokens (RFC 6749 section 5.2).
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenError {
    #[error(transparent)]
    Params(#[from] ParamsError),
    #[error("the client must authenticate")]
    NoClient,
    #[error("the Authorization header is not of the form that client_secret_basic has")]
    MalformedAuthorization,
    #[error("client authentication failed")]
    ClientAuthentication,
    #[error("client_id is not the client that authenticates")]
    TwoClients,
    #[error("the client authenticates in more than one way")]
    TwoMethods,
    #[error("the client authenticates in another way than the one it is registered for")]
    AnotherMethod,
    #[error("client_assertion and client_assertion_type must come together")]
    HalfAnAssertion,
    #[error("client_assertion_type: only urn:ietf:params:oauth:client-assertion-type:jwt-bearer is supported")]
    AssertionType,
    #[error("client_assertion {0}")]
    Assertion(#[from] AssertionError),
    #[error("the client has authenticated too often; try again in a few minutes")]
    TooManyAssertions,
    #[error("grant_type is missing")]
    NoGrantType,
    #[error("grant_type: only authorization_code and refresh_token are supported")]
    UnsupportedGrantType,
    #[error("the client is not registered for this grant_type")]
    UnauthorizedClient,
    #[error("code is missing")]
    NoCode,
    #[error("code is unknown, or its session has ended")]
    UnknownCode,
    #[error("code was issued to another client")]
    ForeignCode,
    #[error("code was used before; what it gave is revoked")]
    UsedCode,
    #[error("code has expired")]
    ExpiredCode,
    #[error("code was given for offline_access, which is no longer allowed: the user must be asked again")]
    WithdrawnCode,
    #[error("redirect_uri is not the one of the authorization request")]
    RedirectUri,
    #[error("code_verifier is missing, or does not match code_challenge")]
    CodeVerifier,
    #[error("code_verifier was sent, but the authorization request had no code_challenge")]
    UnexpectedCodeVerifier,
    #[error("refresh_token is missing")]
    NoRefreshToken,
    #[error("refresh_token is unknown or revoked, or its session has ended: the user must sign in again")]
    UnknownRefreshToken,
    #[error("refresh_token was issued to another client")]
    ForeignRefreshToken,
    #[error("refresh_token was used before; everything that came of it is revoked, and the user must sign in again")]
    UsedRefreshToken,
    #[error("refresh_token has expired: the user must sign in again")]
    ExpiredRefreshToken,
    #[error("scope: more than was granted at first")]
    Scope,
    #[error("the DPoP proof is missing, or not by the key that the code or refresh token is bound to")]
    OtherKey,
    #[error("token is missing")]
    NoToken,
    #[error("token was issued to another client")]
    ForeignToken,
    #[error(transparent)]
    Dpop(#[from] ProofError),
    #[error("the provider failed; try again later")]
    Internal(InternalError),
}

#[derive(Serialize)]
struct Body {
    error: &'static str,
    error_description: String,
}

impl TokenError {
    /// The value of `error`.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Params(_)
            | Self::NoToken
            | Self::ForeignToken
            | Self::TwoClients
            | Self::TwoMethods
            | Self::HalfAnAssertion
            | Self::NoGrantType
            | Self::NoCode
            | Self::NoRefreshToken => "invalid_request",
            Self::NoClient
            | Self::MalformedAuthorization
            | Self::ClientAuthentication
            | Self::AnotherMethod
            | Self::AssertionType
            | Self::Assertion(_) => "invalid_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::Scope => "invalid_scope",
            Self::UnknownCode
            | Self::ForeignCode
            | Self::UsedCode
            | Self::ExpiredCode
            | Self::WithdrawnCode
            | Self::RedirectUri
            | Self::CodeVerifier
            | Self::UnexpectedCodeVerifier
            | Self::UnknownRefreshToken
            | Self::ForeignRefreshToken
            | Self::UsedRefreshToken
            | Self::ExpiredRefreshToken
            | Self::OtherKey => "invalid_grant",
            Self::Dpop(error) => error.code(),
            // RFC 6749 section 5.2 has no word for it; the status says what to do.
            Self::TooManyAssertions | Self::Internal(_) => "server_error",
        }
    }
}

impl IntoResponse for TokenError {
    fn into_response(self) -> Response {
        let error = self.code();
        let status = match &self {
            Self::Internal(error) => error.report(),
            Self::TooManyAssertions | Self::Dpop(ProofError::Full) => StatusCode::SERVICE_UNAVAILABLE,
            _ if error == "invalid_client" => StatusCode::UNAUTHORIZED,
            _ => StatusCode::BAD_REQUEST,
        };
        tracing::info!(error = %self, "token request refused");
        let mut response =
            (status, [NO_STORE], Json(Body { error, error_description: self.to_string() })).into_response();
        if status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Basic realm=\"token\", charset=\"UTF-8\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

internal_causes!(TokenError);
