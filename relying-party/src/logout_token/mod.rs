//! Logout tokens: from text to a sign-out that the provider has signed.
//!
//! [`verify`] is a pure function of the token, the keys, what is expected, and the time. In a server the token comes as
//! an extractor, so that a handler cannot see an unverified one: see [`VerifiedLogoutToken`].
//!
//! OpenID Connect Back-Channel Logout 1.0 with errata set 1, sections 2.4 and 2.6.

mod error;

use logout_event::{Channel, LogoutEvent};
use serde::Deserialize;
use serde_json::Value;

pub use error::LogoutTokenError;

use crate::claims::{audience_names, from_object, identifier, numeric_date, present};
use crate::observation::Sid;
use crate::settings::CLOCK_SKEW;
use crate::{Algorithm, Keys, Observation, jws};

/// The member of `events` that makes a token a logout token.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// A token with `exp` is acted upon at most this many seconds after its `iat`, whatever `exp` says.
const MAX_AGE: u64 = 60 * 60;

/// A token without `exp`, as providers sent it before the errata, is good for this many seconds.
const MAX_AGE_WITHOUT_EXP: u64 = 2 * 60;

/// What a logout token has to say.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The provider's issuer identifier: its `iss`.
    pub issuer: &'a str,
    /// This app's client identifier, which `aud` has to name.
    pub client_id: &'a str,
    /// The algorithms that it may be signed with.
    pub algorithms: &'a [Algorithm],
}

/// A logout token that has passed every rule. There is no other way to make one than [`verify`].
///
/// As an extractor it reads the request that a provider sends to a `backchannel_logout_uri`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedLogoutToken {
    iss: String,
    sid: Option<String>,
    sub: Option<String>,
    jti: String,
    not_before: u64,
    acceptable_until: u64,
}

impl VerifiedLogoutToken {
    /// The sign-out that it tells of.
    #[must_use]
    pub fn event(&self) -> LogoutEvent {
        LogoutEvent {
            iss: self.iss.clone(),
            sid: self.sid.clone(),
            sub: self.sub.clone(),
            channel: Channel::BackChannel,
            not_before: self.not_before,
        }
    }

    /// Its identifier, unique for its issuer.
    #[must_use]
    pub fn jti(&self) -> &str {
        &self.jti
    }

    /// Until when it would pass again, in seconds since the Unix epoch.
    #[must_use]
    pub const fn acceptable_until(&self) -> u64 {
        self.acceptable_until
    }

    pub(crate) fn observed(&self) -> Observation<'_> {
        Observation::LogoutTokenReceived {
            sid: self.sid.as_deref().map(Sid::new),
            sub: self.sub.as_deref(),
            jti: &self.jti,
            not_before: self.not_before,
        }
    }
}

/// The claims as they came: whether they are there, and nothing about what they are.
#[derive(Deserialize)]
struct Claims {
    #[serde(default, deserialize_with = "present")]
    iss: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    aud: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    iat: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    exp: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    jti: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    sub: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    sid: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    events: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    toe: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    nonce: Option<Value>,
}

/// Verifies a logout token by the rules of section 2.6, at `now` (seconds since the Unix epoch).
///
/// It takes tokens of any provider: with `sid`, with `sub`, with both; with or without `typ`, `exp` (then `iat` must be
/// within two minutes) and `toe`. Clocks may differ by 60 seconds. Claims that it does not know are ignored.
///
/// # Errors
/// The rule that the token breaks. [`LogoutTokenError::UnknownKey`] is worth one fetch of the provider's keys.
pub fn verify(
    token: &str,
    keys: &Keys,
    expected: &Expected<'_>,
    now: u64,
) -> Result<VerifiedLogoutToken, LogoutTokenError> {
    let verified = jws::verify(token, keys, expected.algorithms)?;
    check_type(verified.typ.as_deref())?;
    let claims: Claims = from_object(&verified.payload).ok_or(LogoutTokenError::Malformed)?;
    check_issuer(&claims, expected.issuer)?;
    check_audience(&claims, expected.client_id)?;
    let iat = check_issued_at(&claims, now)?;
    let acceptable_until = check_expiry(&claims, iat, now)?;
    let jti = claims.jti.as_ref().and_then(identifier).ok_or(LogoutTokenError::JwtId)?;
    let (sid, sub) = check_subject(&claims)?;
    check_events(&claims)?;
    if claims.nonce.is_some() {
        return Err(LogoutTokenError::Nonce);
    }
    Ok(VerifiedLogoutToken {
        iss: expected.issuer.to_owned(),
        sid,
        sub,
        jti: jti.to_owned(),
        not_before: time_of_event(&claims, iat)?,
        acceptable_until,
    })
}

/// Section 4.1: explicit typing. Many providers leave `typ` out or say just `JWT`.
fn check_type(typ: Option<&str>) -> Result<(), LogoutTokenError> {
    match typ {
        None | Some("logout+jwt" | "jwt") => Ok(()),
        Some(_) => Err(LogoutTokenError::Type),
    }
}

fn check_issuer(claims: &Claims, issuer: &str) -> Result<(), LogoutTokenError> {
    let iss = claims.iss.as_ref().and_then(Value::as_str);
    if iss == Some(issuer) { Ok(()) } else { Err(LogoutTokenError::Issuer) }
}

fn check_audience(claims: &Claims, client_id: &str) -> Result<(), LogoutTokenError> {
    let named = claims.aud.as_ref().is_some_and(|aud| audience_names(aud, client_id));
    if named { Ok(()) } else { Err(LogoutTokenError::Audience) }
}

fn check_issued_at(claims: &Claims, now: u64) -> Result<u64, LogoutTokenError> {
    let iat = claims.iat.as_ref().and_then(numeric_date).ok_or(LogoutTokenError::IssuedAt)?;
    if iat > now.saturating_add(CLOCK_SKEW) {
        return Err(LogoutTokenError::IssuedInFuture);
    }
    Ok(iat)
}

/// Until when the token is good, which is later than `now`.
fn check_expiry(claims: &Claims, iat: u64, now: u64) -> Result<u64, LogoutTokenError> {
    let max_age = if claims.exp.is_some() { MAX_AGE } else { MAX_AGE_WITHOUT_EXP };
    let too_old = iat + max_age + CLOCK_SKEW;
    if now >= too_old {
        return Err(LogoutTokenError::TooOld);
    }
    let Some(exp) = &claims.exp else { return Ok(too_old) };
    let expired = numeric_date(exp).ok_or(LogoutTokenError::Expired)? + CLOCK_SKEW;
    if now >= expired {
        return Err(LogoutTokenError::Expired);
    }
    Ok(too_old.min(expired))
}

fn check_subject(claims: &Claims) -> Result<(Option<String>, Option<String>), LogoutTokenError> {
    if claims.sid.is_none() && claims.sub.is_none() {
        return Err(LogoutTokenError::NoSubject);
    }
    let text = |claim: &Option<Value>| match claim {
        None => Ok(None),
        Some(value) => identifier(value).map(|text| Some(text.to_owned())).ok_or(LogoutTokenError::Subject),
    };
    Ok((text(&claims.sid)?, text(&claims.sub)?))
}

fn check_events(claims: &Claims) -> Result<(), LogoutTokenError> {
    let event = claims.events.as_ref().and_then(|events| events.get(EVENT));
    if event.is_some_and(Value::is_object) { Ok(()) } else { Err(LogoutTokenError::Events) }
}

/// When the sessions ended. Not later than `iat`: a provider cannot tell of what is yet to happen, and a wrong unit must
/// not end the sign-ins to come.
fn time_of_event(claims: &Claims, iat: u64) -> Result<u64, LogoutTokenError> {
    match &claims.toe {
        None => Ok(iat),
        Some(toe) => numeric_date(toe).map(|toe| toe.min(iat)).ok_or(LogoutTokenError::TimeOfEvent),
    }
}
