use std::collections::BTreeMap;

use serde::Serialize;

use crate::config::SigningAlg;
use crate::error::InternalError;
use crate::keys::{KeySet, Typ};
use crate::store::outbox::Entry;

/// How long a logout token is good for, in seconds. BCL-27
const LIFETIME: i64 = 120;

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// A logout token ([Back-Channel Logout 1.0 section 2.4](https://openid.net/specs/openid-connect-backchannel-1_0.html#LogoutToken)),
/// with the time of the event (RFC 8417 section 2.2): a retry is made later, but means the same instant.
#[derive(Serialize)]
struct LogoutTokenClaims<'a> {
    iss: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
    jti: &'a str,
    sub: &'a str,
    sid: &'a str,
    toe: i64,
    events: BTreeMap<&'static str, Empty>,
}

#[derive(Serialize)]
struct Empty {}

/// Signs the token of one attempt. T-05: each has a `jti` of its own, or a repeated one would look like a replay.
pub(super) fn sign(
    keys: &KeySet,
    issuer: &str,
    entry: &Entry,
    jti: &str,
    alg: SigningAlg,
    now: i64,
) -> Result<String, InternalError> {
    let claims = LogoutTokenClaims {
        iss: issuer,
        aud: &entry.client_id,
        iat: now,
        exp: now + LIFETIME,
        jti,
        sub: &entry.sub,
        sid: &entry.sid,
        toe: entry.toe,
        events: BTreeMap::from([(EVENT, Empty {})]),
    };
    Ok(keys.sign(alg, Typ::Logout, &claims)?)
}
