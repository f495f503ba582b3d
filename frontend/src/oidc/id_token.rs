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
mod tests {
    use serde_json::{Value, json};
    use sha2::{Digest as _, Sha256};

    use super::*;

    const NOW: u64 = 1_790_000_000;

    fn expected() -> Expected<'static> {
        Expected { issuer: "http://localhost:4000", client_id: "app-b", nonce: Nonce::Sent("n1"), now: NOW }
    }

    fn claims(change: impl FnOnce(&mut Value)) -> Value {
        let mut claims = json!({
            "iss": "http://localhost:4000", "sub": "u1", "aud": "app-b", "exp": NOW + 300, "iat": NOW, "nonce": "n1",
            "auth_time": NOW - 50, "sid": "s1", "preferred_username": "alice",
        });
        change(&mut claims);
        claims
    }

    fn token(header: &Value, claims: &Value) -> String {
        let part = |value: &Value| Base64UrlUnpadded::encode_string(value.to_string().as_bytes());
        format!("{}.{}.c2ln", part(header), part(claims))
    }

    fn judge(claims: &Value) -> Result<Identity, IdTokenError> {
        let (_, claims) = decode(&token(&json!({"alg": "RS256"}), claims)).ok_or(IdTokenError::Malformed)?;
        let claims = Object::of(&claims).and_then(Claims::read).ok_or(IdTokenError::Malformed)?;
        check(&claims, &expected())?;
        Ok(claims.identity())
    }

    #[test]
    fn a_valid_token_names_the_session() {
        let identity = judge(&claims(|_| {})).unwrap();
        assert_eq!(identity.preferred_username.as_deref(), Some("alice"));
        let session = SessionRef {
            iss: "http://localhost:4000".to_owned(),
            sid: Some("s1".to_owned()),
            sub: "u1".to_owned(),
            auth_time: NOW - 50,
        };
        assert_eq!(identity.session, session);

        let sparse = judge(&claims(|claims| {
            for name in ["auth_time", "sid", "preferred_username"] {
                claims.as_object_mut().unwrap().remove(name);
            }
        }))
        .unwrap();
        assert_eq!((sparse.session.sid, sparse.session.auth_time), (None, NOW));
    }

    #[test]
    fn what_cannot_be_read_names_no_session() {
        let header = json!({"alg": "RS256"});
        assert!(has_sid(&token(&header, &claims(|_| {}))));
        let without = claims(|claims| drop(claims.as_object_mut().unwrap().remove("sid")));
        let of_a_number = claims(|claims| claims["sid"] = json!(7));
        let jwts = [token(&header, &without), token(&header, &of_a_number), "opaque".to_owned(), String::new()];
        for jwt in &jwts {
            assert!(!has_sid(jwt), "{jwt}");
        }
    }

    #[test]
    fn each_rule_refuses_alone() {
        use IdTokenError as E;
        let table = [
            ("iss", json!("http://localhost:4000/"), E::Issuer),
            ("aud", json!("app-a"), E::Audience),
            ("aud", json!([]), E::Audience),
            ("aud", json!(["app-b", "app-a"]), E::Audience),
            ("azp", json!("app-a"), E::AuthorizedParty),
            ("exp", json!(NOW - SKEW), E::Expired),
            ("iat", json!(NOW + SKEW + 1), E::IssuedAt),
            ("iat", json!(NOW - MAX_AGE - 1), E::IssuedAt),
            ("nonce", json!("n2"), E::Nonce),
            ("nonce", Value::Null, E::Nonce),
            ("sub", json!(""), E::Malformed),
            ("sub", Value::Null, E::Malformed),
            ("aud", json!(7), E::Audience),
            ("aud", json!([7]), E::Audience),
            ("exp", json!("soon"), E::Malformed),
        ];
        for (name, value, error) in table {
            let claims = claims(|claims| claims[name] = value.clone());
            assert_eq!(judge(&claims), Err(error), "{name} = {value}");
        }
    }

    #[test]
    fn what_the_rules_allow_is_accepted() {
        let table = [
            ("aud", json!(["app-b"])),
            ("azp", json!("app-b")),
            ("exp", json!(NOW - SKEW + 1)),
            ("iat", json!(NOW + SKEW)),
            ("iat", json!(NOW - MAX_AGE)),
        ];
        for (name, value) in table {
            assert!(judge(&claims(|claims| claims[name] = value.clone())).is_ok(), "{name} = {value}");
        }
        let several = claims(|claims| {
            claims["aud"] = json!(["app-b", "app-a"]);
            claims["azp"] = json!("app-b");
        });
        assert_eq!(judge(&several), Err(IdTokenError::Audience), "3: an audience that this app does not trust");
    }

    /// Without `auth_time`, a renewed token says when it was issued, which is another time than the first one's.
    #[test]
    fn a_renewed_token_without_auth_time_is_of_the_same_session() {
        let first = claims(|claims| claims["auth_time"] = Value::Null);
        let renewed = claims(|claims| {
            claims["auth_time"] = Value::Null;
            claims["iat"] = json!(NOW + 30);
        });
        for sid in [json!("s1"), Value::Null] {
            let with = |token: &Value| {
                let mut token = token.clone();
                token["sid"] = sid.clone();
                judge(&token).unwrap()
            };
            let session = with(&first).session;
            assert!(with(&renewed).is_of(&session), "{sid}");
            let mut other = renewed.clone();
            other["sub"] = json!("u2");
            assert!(!with(&other).is_of(&session), "{sid}");
        }
        let later = claims(|claims| (claims["sid"], claims["auth_time"]) = (Value::Null, json!(NOW - 10)));
        let session = judge(&claims(|claims| claims["sid"] = Value::Null)).unwrap().session;
        assert!(!judge(&later).unwrap().is_of(&session), "another sign-in of the user, where there is no sid");
    }

    #[test]
    fn what_is_no_signed_jwt_is_refused() {
        for text in ["", "a.b", "a.b.c", "e30.e30", "e30.e30.c2ln.x", "e30=.e30.c2ln"] {
            assert!(decode(text).is_none(), "{text}");
        }
        for alg in ["none", "None", "HS256", "EdDSA", ""] {
            assert_eq!(digest_name(alg), Err(IdTokenError::Algorithm), "{alg}");
        }
    }

    /// Core section 12.2.
    #[test]
    fn after_a_renewal_the_nonce_is_absent_or_the_first_one() {
        let first = token(&json!({"alg": "RS256"}), &claims(|_| {}));
        let renewed = Nonce::AbsentOrOf(&first);
        assert!(renewed.accepts(None) && renewed.accepts(Some("n1")) && !renewed.accepts(Some("n2")));
        let without = token(&json!({"alg": "RS256"}), &claims(|claims| claims["nonce"] = Value::Null));
        assert!(!Nonce::AbsentOrOf(&without).accepts(Some("n1")));
        assert!(!Nonce::AbsentOrOf("").accepts(Some("n1")) && !Nonce::Sent("n1").accepts(None));
    }

    /// The access token and `at_hash` of Core appendix A.4.
    #[test]
    fn at_hash_is_the_left_half_of_the_digest() {
        let digest = Sha256::digest("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y");
        assert!(at_hash_matches("77QmUPtjPfzWtF2AnpK9RQ", &digest));
        assert!(!at_hash_matches("77QmUPtjPfzWtF2AnpK9RA", &digest));
        assert!(!at_hash_matches("", &digest));
    }
}
