use sqlx::SqliteConnection;

use super::TokenError;
use super::grant::{Holder, check_key, grant};
use super::mint::{TokenResponse, issue};
use crate::audit::Cause;
use crate::config::Client;
use crate::http::Params;
use crate::observation;
use crate::offline_access;
use crate::secret::Opaque;
use crate::state::Provider;
use crate::store::refresh_token::{self, RefreshToken};
use crate::store::token_family::{self, TokenFamily};
use crate::store::{session, session_client};

/// For so many seconds after a refresh token was used, the same request again counts as a retry whose first answer got
/// lost. What that answer gave is then good no longer.
const RETRY_GRACE: i64 = 10;

/// Gives new tokens for a refresh token, and a new refresh token in its place
/// ([RFC 9700 section 4.14.2](https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2)).
pub(super) async fn exchange_refresh_token(
    provider: &Provider,
    client: &Client,
    params: &Params,
    jkt: Option<&str>,
) -> Result<TokenResponse, TokenError> {
    let hash = Opaque::presented(params.get("refresh_token").ok_or(TokenError::NoRefreshToken)?).hash();
    let now = provider.clock.now();
    let mut tx = provider.store.begin().await?;
    let token = refresh_token::find(&mut tx, hash).await?.ok_or(TokenError::UnknownRefreshToken)?;
    let family = token_family::by_id(&mut tx, token.family_id).await?.ok_or(TokenError::UnknownRefreshToken)?;
    check_client(&family, client)?;
    // Before the use is judged: who has a stolen token and not the key can neither use it nor end the family.
    check_key(family.jkt.as_deref(), jkt)?;
    if let Use::Reuse = Use::of(&token, now) {
        offline_access::revoke_family(&mut tx, token.family_id, &family, &Cause::Reuse, now).await?;
        tx.commit().await?;
        return Err(TokenError::UsedRefreshToken);
    }
    check_expiry(&token, &family, now)?;
    if family.revoked_at.is_some() {
        return Err(TokenError::UnknownRefreshToken);
    }
    let holder = holder(&mut tx, &family, client, now).await?.ok_or(TokenError::UnknownRefreshToken)?;
    let scope = narrowed_scope(params, &family)?;
    let grant = grant(&mut tx, provider, holder, token.family_id, &family, jkt, now).await?;
    let mut grant = grant.ok_or(TokenError::UnknownRefreshToken)?;
    grant.claims = grant.claims.narrowed(&family.scope, &scope);
    grant.scope = scope;
    if let Some(successor) = &grant.refresh_token {
        refresh_token::set_successor(&mut tx, hash, successor.hash(), now).await?;
    }
    tx.commit().await?;
    // Outside of the transaction: signing is slow, and nobody else should wait for it.
    Ok(issue(provider, client, &grant, observation::Grant::RefreshToken, now)?)
}

/// T-11: looked at in the transaction that makes the tokens, so that no sign-out comes between. `None`: the session has
/// ended, and the family with it. BCL-43: another family goes on, and its tokens name no session any more.
async fn holder(
    conn: &mut SqliteConnection,
    family: &TokenFamily,
    client: &Client,
    now: i64,
) -> Result<Option<Holder>, TokenError> {
    match session::by_id(conn, family.session_id).await?.filter(|session| session.is_live(now)) {
        Some(session) => {
            session_client::touch(conn, session.id, &client.client_id, now).await?;
            Ok(Some(Holder::of_session(conn, &session, client).await?))
        }
        None => Ok(family.offline_sub.as_deref().map(Holder::away)),
    }
}

/// What presenting a refresh token means.
#[derive(Debug, PartialEq, Eq)]
enum Use {
    First,
    /// The very same request once more, before anybody used what the first one gave.
    Retry,
    /// There are two who hold it, and one of them should not.
    Reuse,
}

impl Use {
    fn of(token: &RefreshToken, now: i64) -> Self {
        match token.used_at {
            None => Self::First,
            Some(used_at) if token.has_unused_successor && now - used_at <= RETRY_GRACE => Self::Retry,
            Some(_) => Self::Reuse,
        }
    }
}

fn check_client(family: &TokenFamily, client: &Client) -> Result<(), TokenError> {
    if family.client_id == client.client_id { Ok(()) } else { Err(TokenError::ForeignRefreshToken) }
}

fn check_expiry(token: &RefreshToken, family: &TokenFamily, now: i64) -> Result<(), TokenError> {
    let is_good = now < token.expires_at && family.expires_at.is_some_and(|expires_at| now < expires_at);
    if is_good { Ok(()) } else { Err(TokenError::ExpiredRefreshToken) }
}

/// RFC 6749 section 6: a renewal may ask for less than was granted at first, never for more.
fn narrowed_scope(params: &Params, family: &TokenFamily) -> Result<String, TokenError> {
    let Some(asked) = params.get("scope") else { return Ok(family.scope.clone()) };
    let granted = |scope: &str| family.scope.split(' ').any(|granted| granted == scope);
    let mut asked: Vec<&str> = asked.split(' ').filter(|scope| !scope.is_empty()).collect();
    asked.dedup();
    // It stays an OpenID Connect request, whose answer has an ID token.
    if asked.iter().all(|scope| granted(scope)) && asked.contains(&"openid") {
        Ok(asked.join(" "))
    } else {
        Err(TokenError::Scope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_once_and_for_a_retry() {
        let token = |used_at, has_unused_successor| RefreshToken {
            family_id: 1,
            expires_at: 1_000,
            used_at,
            has_unused_successor,
        };
        let table = [
            (None, false, 100, Use::First),
            (Some(100), true, 100, Use::Retry),
            (Some(100), true, 100 + RETRY_GRACE, Use::Retry),
            (Some(100), true, 101 + RETRY_GRACE, Use::Reuse),
            (Some(100), false, 100, Use::Reuse),
        ];
        for (used_at, has_unused_successor, now, expected) in table {
            let token = token(used_at, has_unused_successor);
            assert_eq!(Use::of(&token, now), expected, "{token:?} at {now}");
        }
    }
}
