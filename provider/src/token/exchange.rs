use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use sqlx::SqliteConnection;
use subtle::ConstantTimeEq;

use super::TokenError;
use super::grant::{Grant, Holder, check_key, grant};
use super::mint::{TokenResponse, issue};
use crate::audit::Cause;
use crate::claims::ClaimsRequest;
use crate::config::{Client, GrantType};
use crate::error::InternalError;
use crate::http::Params;
use crate::observation;
use crate::offline_access;
use crate::secret::Opaque;
use crate::state::Provider;
use crate::store::authorization_code::{self, AuthorizationCode};
use crate::store::session;
use crate::store::token_family::{self, TokenFamily};

/// Gives tokens for a code ([OpenID Connect Core 1.0 section 3.1.3.2](https://openid.net/specs/openid-connect-core-1_0.html#TokenRequestValidation)).
pub(super) async fn exchange_code(
    provider: &Provider,
    client: &Client,
    params: &Params,
    jkt: Option<&str>,
) -> Result<TokenResponse, TokenError> {
    let hash = Opaque::presented(params.get("code").ok_or(TokenError::NoCode)?).hash();
    let now = provider.clock.now();
    let mut tx = provider.store.begin().await?;
    let code = authorization_code::find(&mut tx, hash).await?.ok_or(TokenError::UnknownCode)?;
    check_client(&code, client)?;
    if let Some(family_id) = code.family_id {
        // RFC 6749 section 4.1.2: somebody else has had the code, so what it gave is in the wrong hands.
        if let Some(family) = token_family::by_id(&mut tx, family_id).await? {
            offline_access::revoke_family(&mut tx, family_id, &family, &Cause::Reuse, now).await?;
        }
        tx.commit().await?;
        return Err(TokenError::UsedCode);
    }
    check_expiry(&code, now)?;
    check_redirect_uri(&code, params)?;
    check_code_verifier(&code, params)?;
    check_key(code.dpop_jkt.as_deref(), jkt)?;
    let (family_id, grant) = begin_family(&mut tx, provider, client, code, jkt, now).await?;
    authorization_code::set_used(&mut tx, hash, family_id).await?;
    tx.commit().await?;
    // Outside of the transaction: signing is slow, and nobody else should wait for it.
    Ok(issue(provider, client, &grant, observation::Grant::Code, now)?)
}

fn check_client(code: &AuthorizationCode, client: &Client) -> Result<(), TokenError> {
    if code.client_id == client.client_id { Ok(()) } else { Err(TokenError::ForeignCode) }
}

fn check_expiry(code: &AuthorizationCode, now: i64) -> Result<(), TokenError> {
    if now < code.expires_at { Ok(()) } else { Err(TokenError::ExpiredCode) }
}

fn check_redirect_uri(code: &AuthorizationCode, params: &Params) -> Result<(), TokenError> {
    if params.get("redirect_uri") == Some(&code.redirect_uri) { Ok(()) } else { Err(TokenError::RedirectUri) }
}

/// RFC 7636 section 4.6; and RFC 9700 section 2.1.1: a verifier for a request without challenge is a downgrade.
fn check_code_verifier(code: &AuthorizationCode, params: &Params) -> Result<(), TokenError> {
    match (&code.code_challenge, params.get("code_verifier")) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err(TokenError::UnexpectedCodeVerifier),
        (Some(_), None) => Err(TokenError::CodeVerifier),
        (Some(challenge), Some(verifier)) => {
            let computed = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
            let is_verifier = (43..=128).contains(&verifier.len())
                && verifier.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
            if is_verifier && bool::from(computed.as_bytes().ct_eq(challenge.as_bytes())) {
                Ok(())
            } else {
                Err(TokenError::CodeVerifier)
            }
        }
    }
}

/// T-10: the session is looked at in the transaction that makes the tokens, so that no sign-out comes between.
async fn begin_family(
    conn: &mut SqliteConnection,
    provider: &Provider,
    client: &Client,
    code: AuthorizationCode,
    jkt: Option<&str>,
    now: i64,
) -> Result<(i64, Grant), TokenError> {
    let session = session::by_id(conn, code.session_id).await?.filter(|session| session.is_live(now));
    let session = session.ok_or(TokenError::UnknownCode)?;
    let lifetimes = &provider.registry.lifetimes;
    let offline = offline_access::is_in(&code.scope);
    if offline {
        let claims = ClaimsRequest::from_stored(code.claims.as_deref()).map_err(InternalError::from)?;
        let consent = offline_access::consent_for(&code.scope, &claims);
        if !offline_access::is_allowed(conn, client, &session.sub, &consent).await? {
            return Err(TokenError::WithdrawnCode);
        }
    }
    let expires_at = match offline {
        // BCL-43
        true => now + lifetimes.offline_access,
        // What else the session gives never outlives it, not even where a later sign-in prolongs it.
        false => session.expires_at.min(now + lifetimes.refresh_token),
    };
    let renewable = client.may_use(GrantType::RefreshToken);
    let family = TokenFamily {
        session_id: session.id,
        client_id: code.client_id,
        scope: code.scope,
        claims: code.claims,
        auth_time: code.auth_time,
        expires_at: renewable.then_some(expires_at),
        // A confidential client's refresh tokens are bound to it already (RFC 9449 section 5).
        jkt: jkt.filter(|_| client.is_public()).map(str::to_owned),
        revoked_at: None,
        offline_sub: offline.then(|| session.sub.clone()),
    };
    let family_id = token_family::insert(conn, &family, now).await?;
    let holder = Holder::of_session(conn, &session, client).await?;
    let grant = grant(conn, provider, holder, family_id, &family, jkt, now).await?.ok_or(TokenError::UnknownCode)?;
    Ok((family_id, Grant { nonce: code.nonce, ..grant }))
}
