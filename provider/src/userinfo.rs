//! The userinfo endpoint: [OpenID Connect Core 1.0 section 5.3](https://openid.net/specs/openid-connect-core-1_0.html#UserInfo).

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use dpop::ProofError;

use crate::claims::{self, ClaimsRequest};
use crate::error::{InternalError, internal_causes};
use crate::http::{NO_STORE, Params, ParamsError, form_body};
use crate::keys::{Typ, VerifyError};
use crate::observation::Observation;
use crate::state::Provider;
use crate::store::token_family;
use crate::token::AccessTokenClaims;

/// Why there are no claims (RFC 6750 section 3.1).
#[derive(Debug, thiserror::Error)]
enum UserinfoError {
    #[error("there is no bearer token")]
    NoToken,
    #[error("there is more than one access token")]
    TwoTokens,
    #[error(transparent)]
    Params(#[from] ParamsError),
    #[error("{0}")]
    Token(#[from] VerifyError),
    #[error("the token was issued by another provider")]
    Issuer,
    #[error("the token has expired")]
    Expired,
    #[error("the token is revoked, or its session has ended")]
    Ended,
    #[error("the token lacks the scope openid")]
    Scope,
    #[error("the token is bound to a key: it must come by the scheme DPoP, with a proof")]
    Unproven,
    #[error("the token is a bearer token: it must come by the scheme Bearer")]
    Unbound,
    #[error(transparent)]
    Proof(#[from] ProofError),
    #[error("the provider failed; try again later")]
    Internal(InternalError),
}

/// `GET /userinfo` and `POST /userinfo`
pub(crate) async fn userinfo(
    State(provider): State<Arc<Provider>>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answer = answer(&provider, &method, &headers, &body).await;
    let response = answer.unwrap_or_else(|error| {
        provider.observe(|| Observation::UserinfoRefused { reason: error.reason() });
        error.into_response()
    });
    provider.with_nonce(&headers, response)
}

async fn answer(
    provider: &Provider,
    method: &Method,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<Response, UserinfoError> {
    let credentials = Credentials::read(method, headers, body)?;
    let token = verify(provider, &credentials.token)?;
    check_proof(provider, method, headers, &credentials, &token)?;
    let mut conn = provider.store.read().await?;
    if !token_family::is_access_token_live(&mut conn, &token.jti, provider.clock.now()).await? {
        return Err(UserinfoError::Ended);
    }
    let user = provider.user_of(&mut conn, &token.sub).await?.ok_or(UserinfoError::Ended)?;
    if !token.scope.split(' ').any(|granted| granted == "openid") {
        return Err(UserinfoError::Scope);
    }
    let request = match token_family::claims_of_access_token(&mut conn, &token.jti).await? {
        Some((granted, claims)) => {
            ClaimsRequest::from_stored(Some(&claims)).map_err(InternalError::from)?.narrowed(&granted, &token.scope)
        }
        None => ClaimsRequest::default(),
    };
    let mut claims = claims::for_userinfo(&user, &token.scope, &request);
    claims.insert("sub".to_owned(), token.sub.into());
    let client = provider.registry.client(&token.client_id);
    match client.as_ref().and_then(|client| client.userinfo_signing_alg) {
        None => Ok(([NO_STORE], Json(claims)).into_response()),
        Some(alg) => {
            // Section 5.3.2: for this client, from this provider.
            claims.insert("iss".to_owned(), provider.issuer.clone().into());
            claims.insert("aud".to_owned(), token.client_id.into());
            let signed = provider.keys.sign(alg, Typ::Userinfo, &claims).map_err(InternalError::from)?;
            let content_type = (header::CONTENT_TYPE, HeaderValue::from_static("application/jwt"));
            Ok(([NO_STORE, content_type], signed).into_response())
        }
    }
}

/// The `aud` is another API's where a client has one; that this provider issued the token with the scope `openid` is enough
/// here.
fn verify(provider: &Provider, token: &str) -> Result<AccessTokenClaims, UserinfoError> {
    let claims: AccessTokenClaims = provider.keys.verify(Typ::Access, token)?;
    if claims.iss != provider.issuer {
        return Err(UserinfoError::Issuer);
    }
    if provider.clock.now() >= claims.exp {
        return Err(UserinfoError::Expired);
    }
    Ok(claims)
}

/// RFC 9449 section 7: a token that is bound to a key comes with a proof of it, and never as a bearer token.
fn check_proof(
    provider: &Provider,
    method: &Method,
    headers: &HeaderMap,
    credentials: &Credentials,
    token: &AccessTokenClaims,
) -> Result<(), UserinfoError> {
    let Some(cnf) = &token.cnf else {
        return if credentials.with_proof { Err(UserinfoError::Unbound) } else { Ok(()) };
    };
    if !credentials.with_proof {
        return Err(UserinfoError::Unproven);
    }
    let jkt = provider.check_proof(headers, method.as_str(), "/userinfo", Some(&credentials.token))?;
    match jkt {
        None => Err(ProofError::Missing.into()),
        Some(jkt) if jkt == cnf.jkt => Ok(()),
        Some(_) => Err(ProofError::OtherKey.into()),
    }
}

/// An access token, and how it came.
struct Credentials {
    token: String,
    /// By the scheme `DPoP`, and not `Bearer` or in a form.
    with_proof: bool,
}

impl Credentials {
    /// RFC 6750 section 2, RFC 9449 section 7.1: in one way and not in two. Never from the URL, where others would read it.
    fn read(method: &Method, headers: &HeaderMap, body: &Bytes) -> Result<Self, UserinfoError> {
        let of_header = Self::of_header(headers);
        let of_form = if method == Method::POST { Self::of_form(headers, body)? } else { None };
        match (of_header, of_form) {
            (Some(credentials), None) | (None, Some(credentials)) => Ok(credentials),
            (Some(_), Some(_)) => Err(UserinfoError::TwoTokens),
            (None, None) => Err(UserinfoError::NoToken),
        }
    }

    fn of_header(headers: &HeaderMap) -> Option<Self> {
        let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
        let with_proof = scheme.eq_ignore_ascii_case("dpop");
        let token = token.trim().to_owned();
        (with_proof || scheme.eq_ignore_ascii_case("bearer")).then_some(Self { token, with_proof })
    }

    /// Section 2.2. A body that is no form has no token.
    fn of_form(headers: &HeaderMap, body: &Bytes) -> Result<Option<Self>, UserinfoError> {
        let Ok(form) = form_body(headers, body) else { return Ok(None) };
        let params = Params::parse(form, &["access_token"])?;
        Ok(params.get("access_token").map(|token| Self { token: token.to_owned(), with_proof: false }))
    }
}

impl UserinfoError {
    /// In one word, for observers.
    const fn reason(&self) -> &'static str {
        match self {
            Self::NoToken | Self::TwoTokens | Self::Params(_) => "credentials",
            Self::Token(_) | Self::Issuer | Self::Unbound => "invalid",
            Self::Expired => "expired",
            Self::Ended => "ended",
            Self::Scope => "scope",
            Self::Unproven | Self::Proof(_) => "proof",
            Self::Internal(_) => "unavailable",
        }
    }
}

impl IntoResponse for UserinfoError {
    fn into_response(self) -> Response {
        tracing::info!(error = %self, "userinfo refused");
        let (status, challenge) = match &self {
            Self::Internal(error) => return (error.report(), [NO_STORE]).into_response(),
            // RFC 6750 section 3.1: whoever sent no token is told nothing more.
            Self::NoToken => (StatusCode::UNAUTHORIZED, "Bearer realm=\"userinfo\""),
            Self::TwoTokens | Self::Params(_) => {
                (StatusCode::BAD_REQUEST, "Bearer realm=\"userinfo\", error=\"invalid_request\"")
            }
            Self::Scope => {
                (StatusCode::FORBIDDEN, "Bearer realm=\"userinfo\", error=\"insufficient_scope\", scope=\"openid\"")
            }
            Self::Expired => (
                StatusCode::UNAUTHORIZED,
                "Bearer realm=\"userinfo\", error=\"invalid_token\", error_description=\"the token has expired\"",
            ),
            Self::Ended => (
                StatusCode::UNAUTHORIZED,
                "Bearer realm=\"userinfo\", error=\"invalid_token\", error_description=\"the session has ended\"",
            ),
            Self::Token(_) | Self::Issuer | Self::Unbound => {
                (StatusCode::UNAUTHORIZED, "Bearer realm=\"userinfo\", error=\"invalid_token\"")
            }
            Self::Unproven => (StatusCode::UNAUTHORIZED, "DPoP algs=\"ES256\", error=\"invalid_token\""),
            Self::Proof(ProofError::Full) => return (StatusCode::SERVICE_UNAVAILABLE, [NO_STORE]).into_response(),
            Self::Proof(ProofError::Nonce) => {
                (StatusCode::UNAUTHORIZED, "DPoP algs=\"ES256\", error=\"use_dpop_nonce\"")
            }
            Self::Proof(_) => (StatusCode::UNAUTHORIZED, "DPoP algs=\"ES256\", error=\"invalid_dpop_proof\""),
        };
        let challenge = (header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        (status, [NO_STORE, challenge]).into_response()
    }
}

internal_causes!(UserinfoError);
