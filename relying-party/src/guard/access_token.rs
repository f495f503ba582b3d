//! Access tokens as JWTs (RFC 9068): what does not change with time.

use logout_event::SessionRef;
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use super::Authenticated;
use crate::claims::{audience_names, from_object, identifier, numeric_date, present};
use crate::jws::{self, JwsError};
use crate::{Algorithm, Keys};

/// What an access token says, apart from the session that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccessTokenClaims {
    /// The token's identifier; some providers send none.
    pub jti: Option<String>,
    /// The client that the token was issued to; some providers send none.
    pub client_id: Option<String>,
    /// The scopes that it was issued for.
    pub scope: Vec<String>,
    /// When it was issued, in seconds since the Unix epoch.
    pub iat: u64,
    /// When it expires, in seconds since the Unix epoch.
    pub exp: u64,
    /// Before when it is not good, if it says so, in seconds since the Unix epoch.
    pub nbf: Option<u64>,
    /// What it is bound to (`cnf`, RFC 7800), if it is no bearer token.
    pub bound_to: Option<Binding>,
}

impl AccessTokenClaims {
    /// When it is of no more use, in seconds since the Unix epoch. A sign-out is remembered for the session lifetime, so no
    /// token may be used for longer, whatever its `exp`.
    pub(super) fn usable_until(&self, session_lifetime: u64) -> u64 {
        self.exp.min(self.iat.saturating_add(session_lifetime))
    }
}

/// What whoever presents a token must prove.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Binding {
    /// The key with this thumbprint (`jkt`, RFC 9449 section 6.1).
    Key(String),
    /// Something that this crate cannot check, so the token is refused.
    Unknown,
}

impl Binding {
    fn read(cnf: &Value) -> Self {
        let jkt = cnf.get("jkt").and_then(identifier);
        jkt.map_or(Self::Unknown, |jkt| Self::Key(jkt.to_owned()))
    }
}

#[derive(Debug, Error, PartialEq, Eq)]
pub(super) enum AccessTokenError {
    #[error("signed with an unknown key")]
    UnknownKey,
    #[error("not a token of this provider: {0}")]
    Jws(JwsError),
    #[error("its typ is not at+jwt")]
    Type,
    #[error("its claims are not those of an access token")]
    Claims,
    #[error("its iss is another")]
    Issuer,
    #[error("its aud is another")]
    Audience,
}

impl From<JwsError> for AccessTokenError {
    fn from(error: JwsError) -> Self {
        if error == JwsError::UnknownKey { Self::UnknownKey } else { Self::Jws(error) }
    }
}

pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) audience: &'a str,
    pub(super) algorithms: &'a [Algorithm],
    pub(super) typed: bool,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Value,
    sub: Value,
    iat: Value,
    exp: Value,
    #[serde(default, deserialize_with = "present")]
    nbf: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    auth_time: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    sid: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    jti: Option<Value>,
    client_id: Option<String>,
    scope: Option<String>,
    #[serde(default, deserialize_with = "present")]
    cnf: Option<Value>,
}

/// Checks signature, `typ`, `iss` and `aud`, and reads the rest. Whether the token is still good is asked every time.
pub(super) fn verify(token: &str, keys: &Keys, expected: &Expected<'_>) -> Result<Authenticated, AccessTokenError> {
    let verified = jws::verify(token, keys, expected.algorithms)?;
    if expected.typed && verified.typ.as_deref() != Some("at+jwt") {
        return Err(AccessTokenError::Type);
    }
    let claims: Claims = from_object(&verified.payload).ok_or(AccessTokenError::Claims)?;
    if claims.iss != expected.issuer {
        return Err(AccessTokenError::Issuer);
    }
    if !audience_names(&claims.aud, expected.audience) {
        return Err(AccessTokenError::Audience);
    }
    read(claims, expected.typed).ok_or(AccessTokenError::Claims)
}

/// RFC 9068 section 2.2 requires `jti`; of a token that is not typed by it, none is expected.
fn read(claims: Claims, typed: bool) -> Option<Authenticated> {
    let exp = numeric_date(&claims.exp)?;
    let iat = numeric_date(&claims.iat)?;
    // Nobody signs in after the token is issued: a later time would let it survive a sign-out by `sub`.
    let auth_time = claims.auth_time.as_ref().map_or(Some(iat), numeric_date)?.min(iat);
    let nbf = claims.nbf.as_ref().map(|nbf| numeric_date(nbf).ok_or(())).transpose().ok()?;
    let optional = |claim: &Option<Value>| match claim {
        None => Some(None),
        Some(value) => identifier(value).map(|text| Some(text.to_owned())),
    };
    let jti = optional(&claims.jti)?;
    if typed && jti.is_none() {
        return None;
    }
    Some(Authenticated {
        session: SessionRef {
            iss: claims.iss,
            sid: optional(&claims.sid)?,
            sub: identifier(&claims.sub)?.to_owned(),
            auth_time,
        },
        claims: AccessTokenClaims {
            jti,
            client_id: claims.client_id,
            scope: claims.scope.iter().flat_map(|scope| scope.split_ascii_whitespace()).map(str::to_owned).collect(),
            iat,
            exp,
            nbf,
            bound_to: claims.cnf.as_ref().map(Binding::read),
        },
    })
}
