use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::AuthorizationResponse;
use super::request_object::{ObjectError, RequestUriError};
use crate::claims::ClaimsError;
use crate::error::{InternalError, internal_causes};
use crate::http::ParamsError;
use crate::id_token_hint::HintError;
use crate::outbound::FetchError;
use crate::pages::ErrorPage;

/// Why an authorization request gets no code.
#[derive(Debug)]
pub(crate) enum AuthorizeFailure {
    /// Said on a page: it is not known to be safe to send the user anywhere.
    Page(Unredirectable),
    /// Said to the app, by sending the user there.
    Response(Box<AuthorizationResponse>),
    /// The provider failed.
    Internal(InternalError),
}

/// What must not be redirected (RFC 6749 section 4.1.2.1, RFC 9700 section 4.11).
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unredirectable {
    #[error(transparent)]
    Params(#[from] ParamsError),
    #[error("the parameter `client_id` is missing")]
    NoClientId,
    #[error("`client_id` is not registered here")]
    UnknownClient,
    #[error("the parameter `redirect_uri` is missing")]
    NoRedirectUri,
    #[error("`redirect_uri` is not one of those registered for this client")]
    UnregisteredRedirectUri,
    #[error("this address is good for one use, within a minute")]
    Gone,
}

/// What the app is told (RFC 6749 section 4.1.2.1, OpenID Connect Core 1.0 section 3.1.2.6).
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AuthorizationError {
    #[error("response_type is missing")]
    NoResponseType,
    #[error("response_type: must be one that this provider supports, such as code")]
    UnsupportedResponseType,
    #[error("response_type: the client is not registered for it")]
    UnauthorizedClient,
    #[error("response_mode: only query, fragment and form_post are supported")]
    UnsupportedResponseMode,
    #[error("response_mode: tokens must not travel in a query")]
    TokensInQuery,
    #[error("nonce is missing: it is needed where no code is exchanged")]
    NoNonce,
    #[error("dpop_jkt must be 43 characters of base64url: the SHA-256 thumbprint of the key")]
    DpopJkt,
    #[error("dpop_jkt: a token without a code is bound to no key; ask for a code, or leave it out")]
    UnboundToken,
    #[error("request and request_uri must not come together")]
    TwoRequests,
    #[error("the request object {0}")]
    RequestObject(ObjectError),
    #[error("request_uri {0}")]
    RequestUri(RequestUriError),
    #[error("request_uri is not supported")]
    RequestUriNotSupported,
    #[error("registration is not supported")]
    RegistrationNotSupported,
    #[error("scope must contain openid, and the client must be allowed to ask for it")]
    Scope,
    #[error("code_challenge is missing: public clients must use PKCE")]
    NoCodeChallenge,
    #[error("code_challenge_method must be S256")]
    CodeChallengeMethod,
    #[error("code_challenge must be 43 characters of base64url")]
    CodeChallenge,
    #[error("prompt has an unknown value")]
    Prompt,
    #[error("prompt: none must stand alone")]
    PromptNoneWithOthers,
    #[error("max_age must be a number of seconds")]
    MaxAge,
    #[error(transparent)]
    Hint(#[from] HintError),
    #[error(transparent)]
    Claims(#[from] ClaimsError),
    #[error("the user must sign in")]
    LoginRequired,
    #[error("the user must be asked for consent")]
    ConsentRequired,
    #[error("the user did not allow it")]
    AccessDenied,
}

impl AuthorizationError {
    /// The value of `error`.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::RequestObject(ObjectError::ResponseType) => "invalid_request",
            Self::RequestObject(_) => "invalid_request_object",
            Self::RequestUri(RequestUriError::Fetch(FetchError::Busy)) => "temporarily_unavailable",
            Self::RequestUri(_) => "invalid_request_uri",
            Self::RequestUriNotSupported => "request_uri_not_supported",
            Self::RegistrationNotSupported => "registration_not_supported",
            Self::Scope => "invalid_scope",
            // OpenID Connect Core Error Code unmet_authentication_requirements 1.0.
            Self::Claims(ClaimsError::Acr) => "unmet_authentication_requirements",
            Self::LoginRequired => "login_required",
            Self::ConsentRequired => "consent_required",
            Self::AccessDenied => "access_denied",
            Self::NoResponseType
            | Self::UnsupportedResponseMode
            | Self::TokensInQuery
            | Self::NoNonce
            | Self::DpopJkt
            | Self::UnboundToken
            | Self::TwoRequests
            | Self::NoCodeChallenge
            | Self::CodeChallengeMethod
            | Self::CodeChallenge
            | Self::Prompt
            | Self::PromptNoneWithOthers
            | Self::MaxAge
            | Self::Claims(ClaimsError::Malformed)
            | Self::Hint(_) => "invalid_request",
        }
    }
}

impl IntoResponse for AuthorizeFailure {
    fn into_response(self) -> Response {
        match self {
            Self::Response(response) => response.into_response(),
            Self::Internal(error) => ErrorPage::internal(error.report()).into_response(),
            Self::Page(error) => {
                tracing::info!(error = %error, "authorization request refused on a page");
                let detail = error.to_string();
                ErrorPage {
                    status: StatusCode::BAD_REQUEST,
                    title: "This sign-in cannot go on",
                    advice: "The app sent a request that is not in order, so you were not signed in to it. Go back to the app \
                             and start again; if this happens again, tell its makers.",
                    detail: Some(&detail),
                    link: None,
                }
                .into_response()
            }
        }
    }
}

impl From<Unredirectable> for AuthorizeFailure {
    fn from(error: Unredirectable) -> Self {
        Self::Page(error)
    }
}

impl From<ParamsError> for AuthorizeFailure {
    fn from(error: ParamsError) -> Self {
        Self::Page(error.into())
    }
}

internal_causes!(AuthorizeFailure);
