use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::client_keys::{JwsError, KeyError, Signed};
use crate::config::{Client, RequestObjectAlg};
use crate::state::Provider;

/// The types that an object may say it is of (RFC 9101 section 10.8); it need not say any.
const TYPES: &[&str] = &["jwt", "oauth-authz-req+jwt"];
/// How far a client's clock may be ahead of ours, in seconds.
const CLOCK_SKEW: i64 = 60;

/// Why a request object is not taken. The text is for the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ObjectError {
    #[error("is not a JWT of JSON objects")]
    Malformed,
    #[error("has a header that is not understood")]
    Critical,
    #[error("is a token of another type")]
    Typ,
    #[error("must be signed by RS256 or ES256, or not at all with alg none")]
    Alg,
    #[error("must be signed by the request_object_signing_alg that the client is registered with")]
    OtherAlg,
    #[error("{0}")]
    Key(#[from] KeyError),
    #[error("has a wrong signature")]
    Signature,
    #[error("must have the client_id as its client_id and iss, if it has them, and not as its sub")]
    Client,
    #[error("must have the issuer as its aud, if it has one")]
    Audience,
    #[error("has expired, or is not good yet")]
    Time,
    #[error("must not have request or request_uri")]
    Nested,
    #[error("must have the same response_type as the parameters")]
    ResponseType,
    #[error("must have texts as parameters, but for max_age, a number, and claims, an object")]
    Parameter,
    #[error("is too long, together with the parameters")]
    TooLong,
}

impl From<JwsError> for ObjectError {
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

/// What an object says, once it is known to be the client's and meant for here.
pub(super) async fn read(provider: &Provider, client: &Client, jwt: &str) -> Result<Map<String, Value>, ObjectError> {
    let required = client.request_object_signing_alg;
    let claims = match unsigned(jwt)? {
        Some(_) if required.is_some_and(|required| required != RequestObjectAlg::None) => {
            return Err(ObjectError::OtherAlg);
        }
        Some(claims) => claims,
        None => {
            let signed = Signed::read(jwt, TYPES)?;
            if required.is_some_and(|required| required != RequestObjectAlg::Signed(signed.alg)) {
                return Err(ObjectError::OtherAlg);
            }
            let keys = client.keys.as_ref().ok_or(KeyError::Unknown)?;
            let key = keys.find(provider, signed.kid(), signed.alg).await?;
            signed.claims::<Map<String, Value>>(&key)?
        }
    };
    check(&claims, &client.client_id, &provider.issuer, provider.clock.now())?;
    Ok(claims)
}

/// The claims of an object with the algorithm `none`, which says no less than plain parameters do. `None`: it has another.
fn unsigned(jwt: &str) -> Result<Option<Map<String, Value>>, ObjectError> {
    #[derive(Deserialize)]
    struct Header {
        alg: String,
        #[serde(default)]
        typ: Option<String>,
        #[serde(default)]
        crit: Option<Value>,
    }
    let mut parts = jwt.split('.');
    let (Some(header), Some(claims), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(ObjectError::Malformed);
    };
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| ObjectError::Malformed);
    let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| ObjectError::Malformed)?;
    if header.alg != "none" {
        return Ok(None);
    }
    if header.crit.is_some() {
        return Err(ObjectError::Critical);
    }
    if header.typ.is_some_and(|typ| !TYPES.contains(&typ.to_ascii_lowercase().as_str())) {
        return Err(ObjectError::Typ);
    }
    if !signature.is_empty() {
        return Err(ObjectError::Malformed);
    }
    serde_json::from_slice(&decode(claims)?).map(Some).map_err(|_| ObjectError::Malformed)
}

/// Section 6.1, and [RFC 9101 section 4](https://www.rfc-editor.org/rfc/rfc9101#section-4): a signed object should say whose it
/// is and for whom, and many do not. What is not there is not missed, because nothing is given for an object that its client
/// could not have had without one; what is there must be right, or it was meant for somebody else.
fn check(claims: &Map<String, Value>, client_id: &str, issuer: &str, now: i64) -> Result<(), ObjectError> {
    if claims.contains_key("request") || claims.contains_key("request_uri") {
        return Err(ObjectError::Nested);
    }
    let is_own = |name: &str| claims.get(name).is_none_or(|value| value == client_id);
    // An assertion by which the client proves who it is has it as its `sub`, and is for the token endpoint only.
    if !is_own("client_id") || !is_own("iss") || claims.get("sub").is_some_and(|sub| sub == client_id) {
        return Err(ObjectError::Client);
    }
    let is_for_us = match claims.get("aud") {
        None => true,
        Some(Value::Array(audiences)) => audiences.iter().any(|audience| audience == issuer),
        Some(audience) => audience == issuer,
    };
    if !is_for_us {
        return Err(ObjectError::Audience);
    }
    let time = |name: &str| claims.get(name).map(|time| time.as_f64().ok_or(ObjectError::Time)).transpose();
    let is_over = time("exp")?.is_some_and(|exp| exp <= now as f64);
    let is_early = time("nbf")?.is_some_and(|nbf| nbf > (now + CLOCK_SKEW) as f64);
    if is_over || is_early { Err(ObjectError::Time) } else { Ok(()) }
}

/// A claim as the parameter of the same name.
pub(super) fn parameter(name: &str, value: &Value) -> Result<String, ObjectError> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) if name == "max_age" && number.is_u64() => Ok(number.to_string()),
        Value::Object(_) if name == "claims" => Ok(value.to_string()),
        _ => Err(ObjectError::Parameter),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn whose_an_object_must_be_and_for_whom() {
        let table = [
            (json!({}), Ok(())),
            (json!({"client_id": "app", "iss": "app", "aud": "https://op", "exp": 101, "nbf": 160}), Ok(())),
            (json!({"aud": ["https://other", "https://op"]}), Ok(())),
            (json!({"client_id": "other"}), Err(ObjectError::Client)),
            (json!({"iss": "other"}), Err(ObjectError::Client)),
            (json!({"sub": "app"}), Err(ObjectError::Client)),
            (json!({"sub": "alice"}), Ok(())),
            (json!({"aud": "https://other"}), Err(ObjectError::Audience)),
            (json!({"aud": []}), Err(ObjectError::Audience)),
            (json!({"aud": 1}), Err(ObjectError::Audience)),
            (json!({"exp": 100}), Err(ObjectError::Time)),
            (json!({"exp": "101"}), Err(ObjectError::Time)),
            (json!({"nbf": 161}), Err(ObjectError::Time)),
            (json!({"request": "x"}), Err(ObjectError::Nested)),
            (json!({"request_uri": "x"}), Err(ObjectError::Nested)),
        ];
        for (claims, expected) in table {
            let found = check(claims.as_object().unwrap(), "app", "https://op", 100);
            assert_eq!(found, expected, "{claims}");
        }
    }

    #[test]
    fn only_max_age_and_claims_are_no_texts() {
        let table = [
            ("scope", json!("openid"), Ok("openid")),
            ("max_age", json!(10), Ok("10")),
            ("max_age", json!("10"), Ok("10")),
            ("max_age", json!(-1), Err(ObjectError::Parameter)),
            ("claims", json!({"userinfo": null}), Ok("{\"userinfo\":null}")),
            ("state", json!(10), Err(ObjectError::Parameter)),
            ("scope", json!(["openid"]), Err(ObjectError::Parameter)),
            ("scope", json!({}), Err(ObjectError::Parameter)),
            ("prompt", json!(true), Err(ObjectError::Parameter)),
            ("nonce", json!(null), Err(ObjectError::Parameter)),
        ];
        for (name, value, expected) in table {
            assert_eq!(parameter(name, &value).as_deref(), expected.as_deref(), "{name} {value}");
        }
    }

    #[test]
    fn an_object_without_a_signature_has_none() {
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let claims = part(json!({"scope": "openid"}));
        let with = |header: Value, signature: &str| unsigned(&format!("{}.{claims}.{signature}", part(header)));
        assert!(with(json!({"alg": "none"}), "").unwrap().is_some());
        assert!(with(json!({"alg": "none", "typ": "oauth-authz-req+jwt"}), "").unwrap().is_some());
        assert!(with(json!({"alg": "RS256"}), "x").unwrap().is_none());
        assert!(with(json!({"alg": "None"}), "").unwrap().is_none(), "an algorithm that nobody knows");
        assert_eq!(with(json!({"alg": "none"}), "x"), Err(ObjectError::Malformed));
        assert_eq!(with(json!({"alg": "none", "crit": ["x"]}), ""), Err(ObjectError::Critical));
        assert_eq!(with(json!({"alg": "none", "typ": "at+jwt"}), ""), Err(ObjectError::Typ));
        for malformed in ["", "a.b.c", "..", &format!("{claims}.{claims}"), &format!("{claims}.{claims}.a.b.c")] {
            assert_eq!(unsigned(malformed), Err(ObjectError::Malformed), "{malformed}");
        }
    }
}
