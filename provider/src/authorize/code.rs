use axum::response::{IntoResponse, Response};
use sqlx::SqliteConnection;

use super::{AuthorizationError, AuthorizationRequest};
use crate::config::ResponseType;
use crate::error::InternalError;
use crate::observation::{self, Observation};
use crate::secret::{Opaque, random_id};
use crate::state::Provider;
use crate::store::authorization_code::{self, AuthorizationCode};
use crate::store::session::{self, Session};
use crate::store::{registered_client, session_client};
use crate::token::{DirectGrant, grant_directly};

/// How long a code is good for, in seconds.
const LIFETIME: i64 = 60;

/// What an app is to be answered with. It is good for something once it is committed.
#[must_use = "the caller commits, and then answers"]
pub(crate) enum Issued {
    Code(Opaque),
    Tokens(Box<DirectGrant>),
}

/// Makes what the app is answered with: the code, or the tokens themselves. In the same transaction it is recorded that the
/// session reaches the app: from here on the app hears of its end, whatever becomes of the code and the tokens.
pub(crate) async fn issue(
    conn: &mut SqliteConnection,
    provider: &Provider,
    request: &AuthorizationRequest,
    session: &Session,
    now: i64,
) -> Result<Issued, InternalError> {
    let client_id = &request.target.client.client_id;
    session_client::reach(conn, session.id, client_id, &random_id()?, now).await?;
    if request.target.client.is_third_party {
        registered_client::set_used(conn, client_id, now).await?;
    }
    if request.response_type != ResponseType::Code {
        let granted = grant_directly(conn, provider, request, session, now).await?;
        return Ok(Issued::Tokens(Box::new(granted)));
    }
    let code = Opaque::random()?;
    let record = AuthorizationCode {
        session_id: session.id,
        client_id: client_id.clone(),
        redirect_uri: request.target.redirect_uri.as_str().to_owned(),
        scope: request.scope.clone(),
        claims: request.claims.to_stored()?,
        nonce: request.nonce.clone(),
        code_challenge: request.code_challenge.clone(),
        dpop_jkt: request.dpop_jkt.clone(),
        auth_time: session.auth_time,
        expires_at: now + LIFETIME,
        family_id: None,
    };
    authorization_code::insert(conn, code.hash(), &record).await?;
    Ok(Issued::Code(code))
}

impl Issued {
    /// Answers the app, and tells the observers. The caller has committed: signing is slow, and nobody else should wait for
    /// it.
    pub(crate) async fn answer(
        self,
        provider: &Provider,
        request: &AuthorizationRequest,
        session: &Session,
    ) -> Result<Response, InternalError> {
        let (target, client_id) = (&request.target, request.target.client.client_id.as_str());
        let response = match self {
            Self::Code(code) => {
                let (session, sub) = (session.public_id.as_str(), session.sub.as_str());
                provider.observe(|| Observation::CodeIssued { session, sub, client: client_id });
                target.success(&code, &provider.issuer)
            }
            Self::Tokens(granted) => {
                let tokens = granted.sign(provider, request)?;
                // A code is looked at again when it is exchanged. These are not: what ended while they were signed is not
                // handed out, and of what ends from here on the app is told.
                if !is_live(provider, session).await? {
                    return Ok(request.refuse(provider, AuthorizationError::LoginRequired).into_response());
                }
                let grant = observation::Grant::Implicit;
                let sub = session.sub.as_str();
                provider.observe(|| Observation::TokensIssued { grant, client: client_id, sub, sid: None });
                target.tokens(tokens, &provider.issuer)
            }
        };
        Ok(response.into_response())
    }
}

async fn is_live(provider: &Provider, session: &Session) -> Result<bool, InternalError> {
    let found = session::by_id(&mut *provider.store.read().await?, session.id).await?;
    Ok(found.is_some_and(|session| session.is_live(provider.clock.now())))
}
