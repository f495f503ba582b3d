use sqlx::SqliteConnection;

use super::grant::{Grant, Holder, grant};
use super::mint::{DirectTokens, mint_directly};
use crate::authorize::AuthorizationRequest;
use crate::config::ResponseType;
use crate::error::InternalError;
use crate::state::Provider;
use crate::store::session::Session;
use crate::store::token_family::{self, TokenFamily};

/// Tokens without a code that are still to be signed.
pub(crate) struct DirectGrant {
    grant: Grant,
    with_access_token: bool,
    now: i64,
}

/// Grants tokens without a code ([OpenID Connect Core 1.0 section 3.2](https://openid.net/specs/openid-connect-core-1_0.html#ImplicitFlowAuth)),
/// where the configuration lets apps have them. They end with the session like any others.
pub(crate) async fn grant_directly(
    conn: &mut SqliteConnection,
    provider: &Provider,
    request: &AuthorizationRequest,
    session: &Session,
    now: i64,
) -> Result<DirectGrant, InternalError> {
    let client = &request.target.client;
    let family = TokenFamily {
        session_id: session.id,
        client_id: client.client_id.clone(),
        scope: request.scope.clone(),
        claims: request.claims.to_stored()?,
        auth_time: session.auth_time,
        // No refresh token, whatever the client may have otherwise (RFC 6749 section 4.2.2).
        expires_at: None,
        jkt: None,
        revoked_at: None,
        offline_sub: None,
    };
    let family_id = token_family::insert(conn, &family, now).await?;
    let holder = Holder::of_session(conn, session, client).await?;
    let granted = grant(conn, provider, holder, family_id, &family, None, now).await?;
    let granted = granted.ok_or(InternalError::Inconsistent("tokens of a user who is not configured"))?;
    let grant = Grant { nonce: request.nonce.clone(), ..granted };
    Ok(DirectGrant { grant, with_access_token: request.response_type == ResponseType::IdTokenToken, now })
}

impl DirectGrant {
    /// Signs them, for the client that they were granted to. What they are good for is committed.
    pub(crate) fn sign(
        &self,
        provider: &Provider,
        request: &AuthorizationRequest,
    ) -> Result<DirectTokens, InternalError> {
        mint_directly(provider, &request.target.client, &self.grant, self.with_access_token, self.now)
    }
}
