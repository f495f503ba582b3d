use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::grant::Grant;
use crate::claims;
use crate::config::Client;
use crate::error::InternalError;
use crate::keys::Typ;
use crate::observation::{self, Observation, Sid};
use crate::state::Provider;

/// The answer of the token endpoint (OpenID Connect Core 1.0 section 3.1.3.3). It does not print.
#[derive(Serialize)]
pub(super) struct TokenResponse {
    access_token: String,
    /// `DPoP` (RFC 9449 section 5) or `Bearer`.
    token_type: &'static str,
    /// Seconds.
    expires_in: i64,
    /// Only while there is a session that it is about (section 12.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    scope: String,
}

/// An access token (RFC 9068 section 2.2), with the session that it ends with, if it is of one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AccessTokenClaims {
    pub(crate) iss: String,
    pub(crate) sub: String,
    pub(crate) aud: String,
    pub(crate) client_id: String,
    pub(crate) scope: String,
    pub(crate) iat: i64,
    pub(crate) exp: i64,
    pub(crate) jti: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sid: Option<String>,
    pub(crate) auth_time: i64,
    /// What whoever presents it must prove; without, it is a bearer token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cnf: Option<Confirmation>,
}

/// The key that a token is bound to (RFC 9449 section 6.1).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Confirmation {
    /// Its thumbprint.
    pub(crate) jkt: String,
}

/// An ID token (OpenID Connect Core 1.0 section 2; `sid`: Front-Channel Logout 1.0 section 3).
#[derive(Serialize)]
struct IdTokenClaims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
    auth_time: i64,
    acr: &'a str,
    amr: [&'a str; 1],
    sid: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    at_hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    /// Of the user.
    #[serde(flatten)]
    claims: Map<String, Value>,
}

/// Signs the tokens, and tells the observers. What they are good for is committed.
pub(super) fn issue(
    provider: &Provider,
    client: &Client,
    grant: &Grant,
    by: observation::Grant,
    now: i64,
) -> Result<TokenResponse, InternalError> {
    let tokens = mint(provider, client, grant, now)?;
    provider.observe(|| Observation::TokensIssued {
        grant: by,
        client: &client.client_id,
        sub: &grant.sub,
        sid: grant.sid.as_deref().map(Sid::new),
    });
    Ok(tokens)
}

fn mint(provider: &Provider, client: &Client, grant: &Grant, now: i64) -> Result<TokenResponse, InternalError> {
    let access_token = access_token(provider, client, grant, now)?;
    let id_token = match &grant.sid {
        Some(sid) => {
            let claims = claims::for_id_token(&grant.user, &grant.scope, &grant.claims);
            Some(id_token(provider, client, grant, sid, Some(&access_token), claims, now)?)
        }
        // Whoever begins a session by an ID token must not begin one that has ended.
        None => None,
    };
    Ok(TokenResponse {
        access_token,
        token_type: if grant.jkt.is_some() { "DPoP" } else { "Bearer" },
        expires_in: provider.registry.lifetimes.access_token,
        id_token,
        refresh_token: grant.refresh_token.as_ref().map(|token| token.as_str().to_owned()),
        scope: grant.scope.clone(),
    })
}

/// What the authorization endpoint hands over without a code. It does not print.
pub(crate) struct DirectTokens {
    id_token: String,
    /// With how many seconds it is good for.
    access_token: Option<(String, i64)>,
}

impl DirectTokens {
    /// OpenID Connect Core 1.0 section 3.2.2.5
    pub(crate) fn into_parameters(self) -> Vec<(&'static str, String)> {
        let mut parameters = vec![("id_token", self.id_token)];
        if let Some((access_token, expires_in)) = self.access_token {
            parameters.push(("access_token", access_token));
            parameters.push(("token_type", "Bearer".to_owned()));
            parameters.push(("expires_in", expires_in.to_string()));
        }
        parameters
    }
}

/// Signs them. Without an access token, by which userinfo could be asked, the ID token says everything (section 5.4).
pub(super) fn mint_directly(
    provider: &Provider,
    client: &Client,
    grant: &Grant,
    with_access_token: bool,
    now: i64,
) -> Result<DirectTokens, InternalError> {
    let sid = grant.sid.as_ref().ok_or(InternalError::Inconsistent("an authorization without a session"))?;
    let (access_token, claims) = if with_access_token {
        let claims = claims::for_id_token(&grant.user, &grant.scope, &grant.claims);
        (Some(access_token(provider, client, grant, now)?), claims)
    } else {
        (None, claims::for_id_token_alone(&grant.user, &grant.scope, &grant.claims))
    };
    let id_token = id_token(provider, client, grant, sid, access_token.as_deref(), claims, now)?;
    let expires_in = provider.registry.lifetimes.access_token;
    Ok(DirectTokens { id_token, access_token: access_token.map(|token| (token, expires_in)) })
}

fn access_token(provider: &Provider, client: &Client, grant: &Grant, now: i64) -> Result<String, InternalError> {
    let claims = AccessTokenClaims {
        iss: provider.issuer.clone(),
        sub: grant.sub.clone(),
        aud: client.audience.as_ref().unwrap_or(&provider.issuer).clone(),
        client_id: client.client_id.clone(),
        scope: grant.scope.clone(),
        iat: now,
        exp: now + provider.registry.lifetimes.access_token,
        jti: grant.jti.clone(),
        sid: grant.sid.clone(),
        auth_time: grant.auth_time,
        cnf: grant.jkt.clone().map(|jkt| Confirmation { jkt }),
    };
    Ok(provider.keys.sign(client.signing_alg, Typ::Access, &claims)?)
}

fn id_token(
    provider: &Provider,
    client: &Client,
    grant: &Grant,
    sid: &str,
    access_token: Option<&str>,
    claims: Map<String, Value>,
    now: i64,
) -> Result<String, InternalError> {
    let id_token = IdTokenClaims {
        iss: &provider.issuer,
        sub: &grant.sub,
        aud: &client.client_id,
        iat: now,
        exp: now + provider.registry.lifetimes.id_token,
        auth_time: grant.auth_time,
        acr: claims::ACR,
        amr: [claims::AMR],
        sid,
        at_hash: access_token.map(at_hash),
        nonce: grant.nonce.as_deref(),
        claims,
    };
    Ok(provider.keys.sign(client.signing_alg, Typ::Id, &id_token)?)
}

/// OpenID Connect Core 1.0 section 3.1.3.6: the left half of the hash that the signature uses, which is SHA-256 for both
/// algorithms.
fn at_hash(access_token: &str) -> String {
    let digest = Sha256::digest(access_token);
    URL_SAFE_NO_PAD.encode(&digest[..digest.len() / 2])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of OpenID Connect Core 1.0 appendix A.3.
    #[test]
    fn at_hash_of_the_specification() {
        assert_eq!(at_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"), "77QmUPtjPfzWtF2AnpK9RQ");
    }
}
