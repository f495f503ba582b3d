use std::sync::Arc;

use sqlx::SqliteConnection;

use super::TokenError;
use crate::claims::ClaimsRequest;
use crate::config::{Client, User};
use crate::error::InternalError;
use crate::secret::{Opaque, random_id};
use crate::state::Provider;
use crate::store::session::Session;
use crate::store::token_family::TokenFamily;
use crate::store::{refresh_token, session_client, token_family};

/// What the tokens of one answer say.
pub(super) struct Grant {
    pub(super) jti: String,
    pub(super) user: Arc<User>,
    pub(super) sub: String,
    /// `None`: the session has ended, and the tokens name none.
    pub(super) sid: Option<String>,
    pub(super) scope: String,
    /// What is to be said of the user beside that.
    pub(super) claims: ClaimsRequest,
    pub(super) nonce: Option<String>,
    pub(super) auth_time: i64,
    /// The thumbprint of the key that the access token is bound to.
    pub(super) jkt: Option<String>,
    /// Where the family can be renewed.
    pub(super) refresh_token: Option<Opaque>,
}

/// RFC 9449 sections 5 and 10: a code or refresh token that is bound to a key is worth nothing without a proof of it.
pub(crate) fn check_key(bound_to: Option<&str>, proven: Option<&str>) -> Result<(), TokenError> {
    if bound_to.is_none() || bound_to == proven { Ok(()) } else { Err(TokenError::OtherKey) }
}

/// For whom tokens are made, as found in the transaction that makes them.
pub(super) struct Holder {
    sub: String,
    sid: Option<String>,
}

impl Holder {
    /// The user of a session that lives.
    pub(super) async fn of_session(
        conn: &mut SqliteConnection,
        session: &Session,
        client: &Client,
    ) -> Result<Self, InternalError> {
        let sid = session_client::sid(conn, session.id, &client.client_id)
            .await?
            .ok_or(InternalError::Inconsistent("tokens of a session that never reached the client"))?;
        Ok(Self { sub: session.sub.clone(), sid: Some(sid) })
    }

    /// A user who is away.
    pub(super) fn away(sub: &str) -> Self {
        Self { sub: sub.to_owned(), sid: None }
    }
}

/// Adds the tokens of one answer to a family. `None`: the user is no longer configured.
pub(super) async fn grant(
    conn: &mut SqliteConnection,
    provider: &Provider,
    holder: Holder,
    family_id: i64,
    family: &TokenFamily,
    jkt: Option<&str>,
    now: i64,
) -> Result<Option<Grant>, InternalError> {
    let Holder { sub, sid } = holder;
    let Some(user) = provider.user_of(conn, &sub).await? else { return Ok(None) };
    let claims = ClaimsRequest::from_stored(family.claims.as_deref())?;
    let lifetimes = &provider.registry.lifetimes;
    let jti = random_id()?;
    token_family::insert_access_token(conn, &jti, family_id, sid.is_some(), now + lifetimes.access_token).await?;
    let refresh_token = match family.expires_at {
        Some(expires_at) => {
            let token = Opaque::random()?;
            let idle = match family.offline_sub {
                Some(_) => lifetimes.offline_access_idle,
                None => lifetimes.refresh_token_idle,
            };
            let expires_at = expires_at.min(now + idle);
            refresh_token::insert(conn, token.hash(), family_id, expires_at).await?;
            Some(token)
        }
        None => None,
    };
    Ok(Some(Grant {
        jti,
        user,
        sub,
        sid,
        scope: family.scope.clone(),
        claims,
        nonce: None,
        auth_time: family.auth_time,
        jkt: jkt.map(str::to_owned),
        refresh_token,
    }))
}
