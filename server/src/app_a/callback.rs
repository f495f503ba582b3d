//! `GET /callback`: back from the provider (OpenID Connect Core 1.0 sections 3.1.2.5 to 3.1.3.7).

use std::time::{Duration, UNIX_EPOCH};

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use logout_event::SessionRef;
use openidconnect::core::CoreJwsSigningAlgorithm;
use openidconnect::{
    AccessTokenHash, AuthorizationCode, ClaimsVerificationError, OAuth2TokenResponse, SignatureVerificationError,
};
use relying_party::{Algorithm, CLOCK_SKEW, Observation, is_identifier};
use serde::Deserialize;
use time::OffsetDateTime;
use tower_sessions::Session;
use tower_sessions::session::{Error as SessionError, Expiry};
use tower_sessions::session_store::Error as StoreError;

use super::AppA;
use super::login_transaction::LoginTransaction;
use super::oidc::{self, TokenResponse};
use super::problem::Problem;
use super::session_store::ALREADY_ENDED;
use super::signed_in::{KEY, SignedIn};
use super::userinfo;
use crate::csrf::CsrfToken;

/// The longest `sub`, in bytes (OpenID Connect Core 1.0 section 2).
const MAX_SUB: usize = 255;

/// The authorization response. A parameter that comes twice is refused by the parser.
#[derive(Deserialize)]
pub(super) struct AuthorizationResponse {
    state: Option<String>,
    iss: Option<String>,
    code: Option<String>,
    error: Option<String>,
}

pub(super) async fn get(
    State(app): State<AppA>,
    session: Session,
    headers: HeaderMap,
    response: Result<Query<AuthorizationResponse>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Problem> {
    let answer = answer(&app, &session, &headers, response).await;
    answer.inspect_err(|problem| app.relying_party().observe(|| Observation::SignInRefused { reason: problem.name() }))
}

async fn answer(
    app: &AppA,
    session: &Session,
    headers: &HeaderMap,
    response: Result<Query<AuthorizationResponse>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Problem> {
    let Query(response) = response.map_err(|_| Problem::UnknownState)?;
    let state = response.state.as_deref().ok_or(Problem::UnknownState)?;
    let (transaction, done) = LoginTransaction::take(app, state, headers)?;
    check_issuer(app, response.iss.as_deref())?;
    if let Some(error) = response.error {
        return Err(Problem::refused_by_provider(&error));
    }
    let code = response.code.ok_or(Problem::UnknownState)?;
    let tokens = exchange(app, code, &transaction).await?;
    let mut signed_in = verify(app, &tokens, &transaction).await?;
    check_identifiers(&signed_in.session)?;
    userinfo::complete(app, &tokens, &mut signed_in).await?;
    let begun = signed_in.session.clone();
    begin_session(app, session, signed_in).await?;
    app.relying_party().observe(|| Observation::SignedIn { session: (&begun).into() });
    Ok((done, Redirect::to("/")).into_response())
}

/// RFC 9207: the response is the provider's that was asked, not another's (mix-up). A provider that announces `iss` must
/// send it.
fn check_issuer(app: &AppA, iss: Option<&str>) -> Result<(), Problem> {
    let announced =
        app.relying_party().metadata().is_some_and(|metadata| metadata.authorization_response_iss_parameter_supported);
    match iss {
        Some(iss) if iss == app.config().issuer => Ok(()),
        None if !announced => Ok(()),
        _ => Err(Problem::WrongIssuer),
    }
}

async fn exchange(app: &AppA, code: String, transaction: &LoginTransaction) -> Result<TokenResponse, Problem> {
    let http = app.0.http.clone();
    let verifier = openidconnect::PkceCodeVerifier::new(transaction.pkce_verifier.secret().clone());
    oidc::client(app)?
        .exchange_code(AuthorizationCode::new(code))
        .set_pkce_verifier(verifier)
        .request_async(&move |request| oidc::send(http.clone(), request))
        .await
        .map_err(Problem::code_refused)
}

/// Checks the ID token; if none of the known keys has signed it, the keys are fetched anew, once. Without a `kid`, or when
/// a provider gives a new key the name of the old one, that shows as a signature that does not fit, or fits one of several.
async fn verify(app: &AppA, tokens: &TokenResponse, transaction: &LoginTransaction) -> Result<SignedIn, Problem> {
    match verify_with_known_keys(app, tokens, transaction) {
        Err(Problem::IdToken(ClaimsVerificationError::SignatureVerification(
            SignatureVerificationError::NoMatchingKey
            | SignatureVerificationError::AmbiguousKeyId(_)
            | SignatureVerificationError::CryptoError(_),
        ))) => {
            app.relying_party().refresh_keys().await;
            verify_with_known_keys(app, tokens, transaction)
        }
        result => result,
    }
}

fn verify_with_known_keys(
    app: &AppA,
    tokens: &TokenResponse,
    transaction: &LoginTransaction,
) -> Result<SignedIn, Problem> {
    let client = oidc::client(app)?;
    let now = app.0.clock.now();
    // By the slowest clock that the provider may have.
    let earliest = UNIX_EPOCH + Duration::from_secs(now.saturating_sub(CLOCK_SKEW));
    // Whatever the provider announces: never `none`, and no shared secret.
    let verifier = client.id_token_verifier().set_allowed_algs(algorithms(app)).set_time_fn(move || earliest.into());
    let id_token = tokens.extra_fields().id_token().ok_or(Problem::NoIdToken)?;
    let claims = id_token.claims(&verifier, &transaction.nonce).map_err(Problem::id_token)?;
    // Rules 4 and 5, which the library leaves out. Of other audiences it trusts none, so no token needs an `azp`.
    if claims.authorized_party().is_some_and(|azp| azp.as_str() != app.config().client_id) {
        return Err(Problem::AuthorizedParty);
    }
    if let Some(expected) = claims.access_token_hash() {
        let key = id_token.signing_key(&verifier).map_err(|_| Problem::WrongAccessToken)?;
        let algorithm = id_token.signing_alg().map_err(|_| Problem::WrongAccessToken)?;
        let actual = AccessTokenHash::from_token(tokens.access_token(), algorithm, key)
            .map_err(|_| Problem::WrongAccessToken)?;
        if actual != *expected {
            return Err(Problem::WrongAccessToken);
        }
    }
    let seconds = |timestamp| u64::try_from(timestamp).unwrap_or(0);
    let issued_at = seconds(claims.issue_time().timestamp());
    // Rule 10. How old it may be, `exp` says.
    if issued_at > now.saturating_add(CLOCK_SKEW) {
        return Err(Problem::IssuedInFuture);
    }
    // Without `auth_time` nobody knows when the user was authenticated. A sign-out by `sub` since the sign-in began may be
    // of this very session, so it has to end it, however late the token was made.
    let auth_time = match claims.auth_time() {
        Some(time) => seconds(time.timestamp()),
        None => issued_at.min(transaction.begun),
    };
    Ok(SignedIn {
        session: SessionRef {
            iss: claims.issuer().to_string(),
            sid: claims.additional_claims().sid.clone(),
            sub: claims.subject().to_string(),
            auth_time,
        },
        username: claims.preferred_username().map(|name| name.to_string()),
        name: claims.name().and_then(|name| name.get(None)).map(|name| name.to_string()),
        id_token: id_token.to_string(),
        csrf: CsrfToken::random(),
    })
}

/// Those of logout tokens, which `relying-party` verifies.
fn algorithms(app: &AppA) -> impl Iterator<Item = CoreJwsSigningAlgorithm> {
    app.config().algorithms().into_iter().filter_map(|algorithm| match algorithm {
        Algorithm::RS256 => Some(CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256),
        Algorithm::ES256 => Some(CoreJwsSigningAlgorithm::EcdsaP256Sha256),
        _ => None,
    })
}

/// No sign-out could name a session or a user that is called otherwise, so App A would never hear of the end.
fn check_identifiers(session: &SessionRef) -> Result<(), Problem> {
    let sub_is_good = is_identifier(&session.sub) && session.sub.len() <= MAX_SUB;
    let sid_is_good = session.sid.as_deref().is_none_or(is_identifier);
    if sub_is_good && sid_is_good { Ok(()) } else { Err(Problem::Identifiers) }
}

/// A new session identifier, whatever the browser had before; the store admits it only if the ledger does.
async fn begin_session(app: &AppA, session: &Session, mut signed_in: SignedIn) -> Result<(), Problem> {
    // Another tab of this browser may show a form of the very session that is signed in to anew.
    let before = session.get::<SignedIn>(KEY).await.map_err(Problem::session_store)?;
    if let Some(before) = before.filter(|before| is_same(&before.session, &signed_in.session)) {
        signed_in.csrf = before.csrf;
    }
    session.cycle_id().await.map_err(Problem::session_store)?;
    session.clear().await;
    // A sign-out is remembered this long after it, so no session may live longer, whatever the user does.
    let ends = app.0.clock.now().saturating_add(app.config().session_lifetime);
    let ends = OffsetDateTime::from_unix_timestamp(ends.cast_signed()).map_err(Problem::session_store)?;
    session.set_expiry(Some(Expiry::AtDateTime(ends)));
    session.insert(KEY, signed_in).await.map_err(Problem::session_store)?;
    match session.save().await {
        Ok(()) => Ok(()),
        Err(error) => {
            // What could not be stored is not to be tried again behind the handler's back.
            session.clear().await;
            Err(match error {
                SessionError::Store(StoreError::Backend(reason)) if reason == ALREADY_ENDED => Problem::EndedMeanwhile,
                other => Problem::session_store(other),
            })
        }
    }
}

fn is_same(before: &SessionRef, now: &SessionRef) -> bool {
    (&before.iss, &before.sid, &before.sub) == (&now.iss, &now.sid, &now.sub)
}
