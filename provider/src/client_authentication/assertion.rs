//! `private_key_jwt`: [RFC 7523 section 3](https://www.rfc-editor.org/rfc/rfc7523#section-3), OpenID Connect Core 1.0 section 9.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::client_keys::{JwsError, KeyError, Signed};
use crate::config::AssertionKeys;
use crate::state::Provider;
use crate::store::client_assertion::{self, Sight};
use crate::token::TokenError;

/// How long an assertion may be good for, in seconds: so long it is remembered.
const LONGEST_LIFETIME: i64 = 10 * 60;
/// How far a client's clock may be ahead of ours, and ours be set back, in seconds.
const CLOCK_SKEW: i64 = 60;
/// The longest `jti`, in bytes.
const LONGEST_JTI: usize = 256;

/// Why an assertion proves nothing. The text is for the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AssertionError {
    #[error("is not a signed JWT with the claims iss, sub, aud, exp and jti")]
    Malformed,
    #[error("has a header that is not understood")]
    Critical,
    #[error("is a token of another type")]
    Typ,
    #[error("must be signed by RS256 or ES256")]
    Alg,
    #[error("{0}")]
    Key(#[from] KeyError),
    #[error("has a wrong signature")]
    Signature,
    #[error("must have the client_id as its iss and as its sub")]
    Client,
    #[error("must have the issuer or the token endpoint, and nobody else, as its aud")]
    Audience,
    #[error("has expired")]
    Expired,
    #[error("must expire within 10 minutes")]
    Lifetime,
    #[error("is not good yet: correct the clock")]
    Early,
    #[error("was used before")]
    Replayed,
}

impl From<JwsError> for AssertionError {
    fn from(error: JwsError) -> Self {
        match error {
            JwsError::Malformed => Self::Malformed,
            JwsError::Critical => Self::Critical,
            JwsError::Typ => Self::Typ,
            JwsError::Alg => Self::Alg,
            JwsError::Signature => Self::Signature,
        }
    }
}

#[derive(Clone, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    /// RFC 7519 section 2: seconds, perhaps with a fraction; the other two likewise.
    exp: f64,
    #[serde(default)]
    iat: Option<f64>,
    #[serde(default)]
    nbf: Option<f64>,
    jti: String,
}

#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    fn values(&self) -> &[String] {
        match self {
            Self::One(audience) => std::slice::from_ref(audience),
            Self::Several(audiences) => audiences,
        }
    }
}

/// Whom an assertion claims to be of: it says by whose keys it is to be verified, and nothing else.
pub(super) fn claimed_client(jwt: &str) -> Result<String, TokenError> {
    #[derive(Deserialize)]
    struct Claimed {
        sub: String,
    }
    let payload = jwt.split('.').nth(1).and_then(|payload| URL_SAFE_NO_PAD.decode(payload).ok());
    let claimed = payload.and_then(|payload| serde_json::from_slice::<Claimed>(&payload).ok());
    Ok(claimed.ok_or(AssertionError::Malformed)?.sub)
}

/// Checks an assertion, and remembers it: it is good once.
pub(super) async fn check(
    provider: &Provider,
    client_id: &str,
    jwt: &str,
    keys: &AssertionKeys,
) -> Result<(), TokenError> {
    let now = provider.clock.now();
    let claims = verify(provider, jwt, client_id, keys, now).await?;
    let jti_hash = Sha256::digest(&claims.jti);
    let mut tx = provider.store.begin().await?;
    // Bounded by `check_time`.
    let remember_until = claims.exp.ceil() as i64 + CLOCK_SKEW;
    let sight = client_assertion::first_sight(&mut tx, client_id, &jti_hash, remember_until, now).await?;
    tx.commit().await?;
    match sight {
        Sight::First => Ok(()),
        Sight::Replayed => Err(AssertionError::Replayed.into()),
        Sight::Full => Err(TokenError::TooManyAssertions),
    }
}

/// The types that an assertion may say it is of; it need not say any.
const TYPES: &[&str] = &["jwt", "client-authentication+jwt"];

/// What can be checked of an assertion alone.
async fn verify(
    provider: &Provider,
    jwt: &str,
    client_id: &str,
    keys: &AssertionKeys,
    now: i64,
) -> Result<Claims, AssertionError> {
    let signed = Signed::read(jwt, TYPES)?;
    if keys.only.is_some_and(|only| only != signed.alg) {
        return Err(KeyError::Unknown.into());
    }
    let key = keys.source.find(provider, signed.kid(), signed.alg).await?;
    let claims: Claims = signed.claims(&key)?;
    check_claims(&claims, client_id, &[provider.issuer.clone(), provider.endpoint("/token")])?;
    check_time(&claims, now)?;
    Ok(claims)
}

fn check_claims(claims: &Claims, client_id: &str, audiences: &[String]) -> Result<(), AssertionError> {
    if claims.iss != client_id || claims.sub != client_id {
        return Err(AssertionError::Client);
    }
    // One that is meant for others too could be played to us by them.
    let aud = claims.aud.values();
    if aud.is_empty() || !aud.iter().all(|audience| audiences.contains(audience)) {
        return Err(AssertionError::Audience);
    }
    if claims.jti.is_empty() || claims.jti.len() > LONGEST_JTI {
        return Err(AssertionError::Malformed);
    }
    Ok(())
}

fn check_time(claims: &Claims, now: i64) -> Result<(), AssertionError> {
    let at = |seconds: i64| seconds as f64;
    if claims.exp <= at(now) {
        return Err(AssertionError::Expired);
    }
    if claims.exp > at(now + LONGEST_LIFETIME) {
        return Err(AssertionError::Lifetime);
    }
    let is_early = |time: f64| time > at(now + CLOCK_SKEW);
    if claims.iat.is_some_and(is_early) || claims.nbf.is_some_and(is_early) {
        return Err(AssertionError::Early);
    }
    Ok(())
}
