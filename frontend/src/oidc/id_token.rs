//! ID token validation: [OpenID Connect Core 1.0](https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation),
//! sections 3.1.3.7 and 3.1.3.8.
//!
//! The token comes straight from the token endpoint over TLS, so its signature need not be checked (3.1.3.7, 6); what it
//! says must be.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use logout_event::SessionRef;

use crate::browser::{CryptoFailed, digest};
use crate::json::{Json, Object};
use crate::renewal::is_same_session;

/// How far this machine's clock and the provider's may differ, in seconds.
const SKEW: u64 = 60;

/// How old a token may be that was issued just now, in seconds (3.1.3.7, 10).
const MAX_AGE: u64 = 600;

/// Why an ID token is refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum IdTokenError {
    /// Not a signed JWT with the claims that Core section 2 requires.
    #[error("The provider's ID token cannot be read. Sign in again; if it stays so, tell whoever runs this app.")]
    Malformed,
    /// `alg: none` or one that this app does not know.
    #[error("The provider's ID token is signed in a way that this app does not accept. Tell whoever runs this app.")]
    Algorithm,
    /// `iss` (3.1.3.7, 2)
    #[error("The ID token comes from another provider than the one that was asked. Nothing was changed.")]
    Issuer,
    /// `aud` (3.1.3.7, 3)
    #[error("The ID token is meant for another app. Nothing was changed.")]
    Audience,
    /// `azp` (3.1.3.7, 4 and 5)
    #[error("The ID token was issued to another app. Nothing was changed.")]
    AuthorizedParty,
    /// `exp` (3.1.3.7, 9)
    #[error("The ID token has expired already. Check this device's clock, then sign in again.")]
    Expired,
    /// `iat` (3.1.3.7, 10)
    #[error("The ID token was not issued just now. Check this device's clock, then sign in again.")]
    IssuedAt,
    /// `nonce` (3.1.3.7, 11)
    #[error("The ID token belongs to another sign-in. Nothing was changed; sign in again.")]
    Nonce,
    /// `at_hash` (3.1.3.8)
    #[error("The ID token belongs to another access token. Nothing was changed; sign in again.")]
    AccessTokenHash,
    /// No digest to compare `at_hash` with.
    #[error("{0}")]
    Crypto(#[from] CryptoFailed),
}

/// What the token must agree with.
pub(crate) struct Expected<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) nonce: Nonce<'a>,
    /// Seconds since the Unix epoch.
    pub(crate) now: u64,
}

/// What its `nonce` must be.
#[derive(Clone, Copy)]
pub(crate) enum Nonce<'a> {
    /// That of the request (3.1.3.7, 11).
    Sent(&'a str),
    /// After a renewal: none, or that of this earlier ID token (Core section 12.2).
    AbsentOrOf(&'a str),
}

impl Nonce<'_> {
    fn accepts(self, nonce: Option<&str>) -> bool {
        match (self, nonce) {
            (Self::Sent(sent), nonce) => nonce == Some(sent),
            (Self::AbsentOrOf(_), None) => true,
            (Self::AbsentOrOf(id_token), Some(nonce)) => decode(id_token)
                .and_then(|(_, claims)| Some(Object::of(&claims)?.text("nonce")? == nonce))
                .unwrap_or(false),
        }
    }
}

/// What a valid ID token says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    /// The session at the provider.
    pub(crate) session: SessionRef,
    /// A name to show, if the token has one.
    pub(crate) preferred_username: Option<String>,
    /// Whether the token says when the user was authenticated, or only when it was issued.
    pub(crate) has_auth_time: bool,
}

impl Identity {
    /// Whether a token that a renewal brought is of this session.
    pub(crate) fn is_of(&self, session: &SessionRef) -> bool {
        let auth_time = if self.has_auth_time { self.session.auth_time } else { session.auth_time };
        is_same_session(&SessionRef { auth_time, ..self.session.clone() }, session)
    }
}

/// Whether a JWT names a session. One that cannot be read does not.
pub(crate) fn has_sid(jwt: &str) -> bool {
    decode(jwt).is_some_and(|(_, claims)| Object::of(&claims).is_some_and(|claims| claims.text("sid").is_some()))
}

struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a Json,
    azp: Option<&'a str>,
    exp: u64,
    iat: u64,
    nonce: Option<&'a str>,
    at_hash: Option<&'a str>,
    auth_time: Option<u64>,
    sid: Option<&'a str>,
    preferred_username: Option<&'a str>,
}

impl<'a> Claims<'a> {
    fn read(object: Object<'a>) -> Option<Self> {
        Some(Self {
            iss: object.text("iss")?,
            sub: object.text("sub")?,
            aud: object.value("aud")?,
            azp: object.optional_text("azp")?,
            exp: object.number("exp")?,
            iat: object.number("iat")?,
            nonce: object.optional_text("nonce")?,
            at_hash: object.optional_text("at_hash")?,
            auth_time: object.optional_number("auth_time")?,
            sid: object.optional_text("sid")?,
            preferred_username: object.optional_text("preferred_username")?,
        })
    }

    /// Whether `aud`, one string or a list of them, has this client, and whether it has others.
    fn audience(&self, client_id: &str) -> (bool, bool) {
        let one = std::slice::from_ref(self.aud);
        let aud = self.aud.as_list().unwrap_or(one);
        (aud.iter().any(|aud| aud.as_str() == Some(client_id)), aud.len() > 1)
    }

    fn identity(&self) -> Identity {
        let session = SessionRef {
            iss: self.iss.to_owned(),
            sid: self.sid.map(str::to_owned),
            sub: self.sub.to_owned(),
            // Without `auth_time`, the moment of issue is the latest that the user can have been authenticated.
            auth_time: self.auth_time.unwrap_or(self.iat),
        };
        Identity {
            session,
            preferred_username: self.preferred_username.map(str::to_owned),
            has_auth_time: self.auth_time.is_some(),
        }
    }
}

/// The JSON of header and claims.
fn decode(id_token: &str) -> Option<(Json, Json)> {
    let part = |part| Json::read(&String::from_utf8(Base64UrlUnpadded::decode_vec(part).ok()?).ok()?);
    let mut parts = id_token.split('.');
    let (Some(header), Some(claims), Some(_signature), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    Some((part(header)?, part(claims)?))
}

/// The digest that belongs to a signature algorithm (3.1.3.6), by its name in WebCrypto.
fn digest_name(alg: &str) -> Result<&'static str, IdTokenError> {
    match alg {
        "RS256" | "PS256" | "ES256" => Ok("SHA-256"),
        "RS384" | "PS384" | "ES384" => Ok("SHA-384"),
        "RS512" | "PS512" | "ES512" => Ok("SHA-512"),
        _ => Err(IdTokenError::Algorithm),
    }
}

/// The rules of 3.1.3.7, by their numbers there.
fn check(claims: &Claims<'_>, expected: &Expected<'_>) -> Result<(), IdTokenError> {
    let (has_us, has_others) = claims.audience(expected.client_id);
    // 2
    if claims.iss != expected.issuer {
        return Err(IdTokenError::Issuer);
    }
    // 3: this app trusts no other audience.
    if !has_us || has_others {
        return Err(IdTokenError::Audience);
    }
    // 4 and 5
    if claims.azp.is_some_and(|azp| azp != expected.client_id) {
        return Err(IdTokenError::AuthorizedParty);
    }
    // 9
    if claims.exp.saturating_add(SKEW) <= expected.now {
        return Err(IdTokenError::Expired);
    }
    // 10
    if claims.iat > expected.now.saturating_add(SKEW) || claims.iat.saturating_add(MAX_AGE) < expected.now {
        return Err(IdTokenError::IssuedAt);
    }
    // 11
    if !expected.nonce.accepts(claims.nonce) {
        return Err(IdTokenError::Nonce);
    }
    if claims.sub.is_empty() {
        return Err(IdTokenError::Malformed);
    }
    Ok(())
}

/// Whether `at_hash` is the left half of the access token's digest (3.1.3.6).
fn at_hash_matches(at_hash: &str, digest: &[u8]) -> bool {
    digest.get(..digest.len() / 2).is_some_and(|left| Base64UrlUnpadded::encode_string(left) == at_hash)
}

/// Validates an ID token that came with this access token.
pub(crate) async fn validate(
    id_token: &str,
    access_token: &str,
    expected: &Expected<'_>,
) -> Result<Identity, IdTokenError> {
    let (header, claims) = decode(id_token).ok_or(IdTokenError::Malformed)?;
    let alg = Object::of(&header).and_then(|header| header.text("alg")).ok_or(IdTokenError::Malformed)?;
    let claims = Object::of(&claims).and_then(Claims::read).ok_or(IdTokenError::Malformed)?;
    let digest_name = digest_name(alg)?;
    check(&claims, expected)?;
    if let Some(at_hash) = claims.at_hash
        && !at_hash_matches(at_hash, &digest(digest_name, access_token).await?)
    {
        return Err(IdTokenError::AccessTokenHash);
    }
    Ok(claims.identity())
}

#[cfg(test)]
mod tests;
