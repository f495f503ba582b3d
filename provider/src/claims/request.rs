use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{ACR, scope_of};

/// The longest `claims` parameter, in bytes: it is kept as long as the tokens that it leads to.
const LONGEST: usize = 4 * 1024;

/// What an app asks for by name ([OpenID Connect Core 1.0 section 5.5](https://openid.net/specs/openid-connect-core-1_0.html#ClaimsParameter)),
/// as far as it is known here and the app may have it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ClaimsRequest {
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    userinfo: BTreeMap<String, Wanted>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    id_token: BTreeMap<String, Wanted>,
    /// The users whom the app would take, once for each time that it says so. Judged at the sign-in, and not kept.
    #[serde(skip)]
    subs: Vec<Wanted>,
}

/// The values that will do; `None`: any.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Wanted(Option<Vec<Value>>);

impl Wanted {
    pub(super) fn accepts(&self, value: &Value) -> bool {
        self.0.as_ref().is_none_or(|values| values.contains(value))
    }
}

/// Why the parameter cannot be followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ClaimsError {
    #[error("claims must be a JSON object as in OpenID Connect Core 1.0 section 5.5, of at most 4096 bytes")]
    Malformed,
    /// Section 5.5.1.1: the one claim for which essential means that there is no sign-in without it.
    #[error("acr was asked for as essential, and no sign-in here has one of its values")]
    Acr,
}

impl ClaimsRequest {
    /// Reads the parameter. A claim is the app's to ask for if the scope is that it belongs to.
    pub(crate) fn parse(parameter: &str, allowed_scopes: &BTreeSet<String>) -> Result<Self, ClaimsError> {
        if parameter.len() > LONGEST {
            return Err(ClaimsError::Malformed);
        }
        let request: Value = serde_json::from_str(parameter).map_err(|_| ClaimsError::Malformed)?;
        let request = request.as_object().ok_or(ClaimsError::Malformed)?;
        let mut subs = Vec::new();
        let mut read = |name: &str| -> Result<BTreeMap<String, Wanted>, ClaimsError> {
            let mut known = BTreeMap::new();
            for (claim, asked) in member(request, name)? {
                let asked = Asked::parse(asked)?;
                match (claim.as_str(), scope_of(claim)) {
                    ("sub", _) => subs.push(asked.wanted),
                    // Every ID token names the one class that sign-ins here are of.
                    ("acr", _) if name == "id_token" && asked.is_essential && !asked.wanted.accepts(&ACR.into()) => {
                        return Err(ClaimsError::Acr);
                    }
                    (_, Some(scope)) if allowed_scopes.contains(scope) => {
                        known.insert(claim.clone(), asked.wanted);
                    }
                    _ => {}
                }
            }
            Ok(known)
        };
        Ok(Self { userinfo: read("userinfo")?, id_token: read("id_token")?, subs })
    }

    /// Whether the app would take this user (sections 3.1.2.2 and 5.5.1).
    pub(crate) fn accepts_sub(&self, sub: &str) -> bool {
        self.subs.iter().all(|wanted| wanted.accepts(&Value::from(sub)))
    }

    /// The scopes that the claims belong to: what the user lets an app know, said in words that are known already.
    pub(crate) fn scopes(&self) -> BTreeSet<&'static str> {
        self.userinfo.keys().chain(self.id_token.keys()).filter_map(|claim| scope_of(claim)).collect()
    }

    /// Without the claims of scopes that were granted at first and are not in these, which a renewal has narrowed them to
    /// (RFC 6749 section 6). What was asked for by name alone stays.
    pub(crate) fn narrowed(mut self, granted: &str, scope: &str) -> Self {
        let has = |scopes: &str, name: &str| scopes.split(' ').any(|scope| scope == name);
        let stays =
            |claim: &String, _: &mut Wanted| scope_of(claim).is_none_or(|name| has(scope, name) || !has(granted, name));
        self.userinfo.retain(stays);
        self.id_token.retain(stays);
        self
    }

    pub(super) fn userinfo(&self) -> &BTreeMap<String, Wanted> {
        &self.userinfo
    }

    pub(super) fn id_token(&self) -> &BTreeMap<String, Wanted> {
        &self.id_token
    }

    /// The request as it is kept with what it leads to; `None`: it asks for nothing.
    pub(crate) fn to_stored(&self) -> Result<Option<String>, serde_json::Error> {
        if self.userinfo.is_empty() && self.id_token.is_empty() {
            return Ok(None);
        }
        serde_json::to_string(self).map(Some)
    }

    /// A request that was kept.
    pub(crate) fn from_stored(stored: Option<&str>) -> Result<Self, serde_json::Error> {
        stored.map_or(Ok(Self::default()), serde_json::from_str)
    }
}

/// How one claim is asked for (section 5.5.1).
struct Asked {
    is_essential: bool,
    wanted: Wanted,
}

impl Asked {
    fn parse(asked: &Value) -> Result<Self, ClaimsError> {
        let asked = match asked {
            Value::Null => return Ok(Self { is_essential: false, wanted: Wanted::default() }),
            Value::Object(asked) => asked,
            _ => return Err(ClaimsError::Malformed),
        };
        let is_essential = match asked.get("essential") {
            None => false,
            Some(essential) => essential.as_bool().ok_or(ClaimsError::Malformed)?,
        };
        let values = match asked.get("values") {
            None => None,
            Some(values) => Some(values.as_array().ok_or(ClaimsError::Malformed)?.clone()),
        };
        let value = asked.get("value").map(|value| vec![value.clone()]);
        Ok(Self { is_essential, wanted: Wanted(value.or(values)) })
    }
}

/// A member of the request that is an object; there is nothing in one that is not there.
fn member<'a>(
    request: &'a Map<String, Value>,
    name: &str,
) -> Result<impl Iterator<Item = (&'a String, &'a Value)>, ClaimsError> {
    let claims = match request.get(name) {
        None | Some(Value::Null) => None,
        Some(Value::Object(claims)) => Some(claims),
        Some(_) => return Err(ClaimsError::Malformed),
    };
    Ok(claims.into_iter().flatten())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parse(parameter: &str) -> Result<ClaimsRequest, ClaimsError> {
        ClaimsRequest::parse(parameter, &["openid", "profile", "email"].map(str::to_owned).into())
    }

    /// OpenID Connect Core 1.0 section 5.5
    #[test]
    fn what_is_asked_for() {
        let table = [
            (json!({}), Ok(json!({}))),
            (json!({"userinfo": null, "id_token": {}}), Ok(json!({}))),
            (json!({"userinfo": {"name": null}}), Ok(json!({"userinfo": {"name": null}}))),
            (json!({"id_token": {"name": {"essential": true}}}), Ok(json!({"id_token": {"name": null}}))),
            (json!({"userinfo": {"email": {"value": "a@b"}}}), Ok(json!({"userinfo": {"email": ["a@b"]}}))),
            (
                json!({"userinfo": {"email": {"values": ["a@b", "c@d"]}}}),
                Ok(json!({"userinfo": {"email": ["a@b", "c@d"]}})),
            ),
            (json!({"userinfo": {"name": {"purpose": "greeting"}}}), Ok(json!({"userinfo": {"name": null}}))),
            (json!({"userinfo": {"shoe_size": null, "name#fr": null}, "other": 7}), Ok(json!({}))),
            (json!({"userinfo": {"phone_number": null}}), Ok(json!({}))),
            (json!({"id_token": {"acr": null, "auth_time": {"essential": true}}}), Ok(json!({}))),
            (json!({"id_token": {"acr": {"essential": true}}}), Ok(json!({}))),
            (json!({"id_token": {"acr": {"values": ["2"]}}}), Ok(json!({}))),
            (json!({"id_token": {"acr": {"essential": true, "values": ["2"]}}}), Err(ClaimsError::Acr)),
            (json!({"id_token": {"acr": {"essential": true, "value": "2"}}}), Err(ClaimsError::Acr)),
            (json!({"id_token": {"acr": {"essential": true, "value": ACR}}}), Ok(json!({}))),
            (json!({"id_token": {"acr": {"essential": true, "values": ["2", ACR]}}}), Ok(json!({}))),
            (json!({"userinfo": []}), Err(ClaimsError::Malformed)),
            (json!({"userinfo": {"name": true}}), Err(ClaimsError::Malformed)),
            (json!({"userinfo": {"shoe_size": 7}}), Err(ClaimsError::Malformed)),
            (json!({"userinfo": {"name": {"essential": "true"}}}), Err(ClaimsError::Malformed)),
            (json!({"userinfo": {"name": {"values": "x"}}}), Err(ClaimsError::Malformed)),
            (json!([]), Err(ClaimsError::Malformed)),
            (json!("claims"), Err(ClaimsError::Malformed)),
        ];
        for (parameter, expected) in table {
            let found = parse(&parameter.to_string());
            assert_eq!(found.map(|request| serde_json::to_value(request).unwrap()), expected, "{parameter}");
        }
        for malformed in
            ["", "{", "{\"userinfo\":{\"name\":nul}}", &"[".repeat(4000), &format!("{{{}}}", " ".repeat(LONGEST))]
        {
            assert_eq!(parse(malformed), Err(ClaimsError::Malformed), "{malformed}");
        }
    }

    /// OpenID Connect Core 1.0 section 5.5.1, `sub`
    #[test]
    fn whom_the_app_would_take() {
        let table = [
            (json!({}), true),
            (json!({"id_token": {"sub": null}}), true),
            (json!({"id_token": {"sub": {"value": "alice"}}}), true),
            (json!({"id_token": {"sub": {"values": ["bob", "alice"]}}}), true),
            (json!({"id_token": {"sub": {"value": "bob"}}}), false),
            (json!({"id_token": {"sub": {"value": 7}}}), false),
            (json!({"id_token": {"sub": {"values": []}}}), false),
            (json!({"id_token": {"sub": {"value": "alice"}}, "userinfo": {"sub": {"value": "bob"}}}), false),
        ];
        for (parameter, expected) in table {
            assert_eq!(parse(&parameter.to_string()).unwrap().accepts_sub("alice"), expected, "{parameter}");
        }
    }

    /// RFC 6749 section 6
    #[test]
    fn what_a_narrowed_renewal_leaves() {
        let request = parse(&json!({"userinfo": {"email": null}, "id_token": {"name": null}}).to_string()).unwrap();
        let table = [
            (
                "openid profile email",
                "openid profile email",
                json!({"userinfo": {"email": null}, "id_token": {"name": null}}),
            ),
            ("openid profile email", "openid email", json!({"userinfo": {"email": null}})),
            ("openid profile email", "openid", json!({})),
            ("openid profile", "openid", json!({"userinfo": {"email": null}})),
            ("openid", "openid", json!({"userinfo": {"email": null}, "id_token": {"name": null}})),
        ];
        for (granted, scope, expected) in table {
            let left = request.clone().narrowed(granted, scope);
            assert_eq!(serde_json::to_value(left).unwrap(), expected, "{granted} to {scope}");
        }
    }

    #[test]
    fn what_is_kept_comes_back_the_same() {
        let request =
            parse(&json!({"userinfo": {"email": {"value": "a@b"}}, "id_token": {"name": null}}).to_string()).unwrap();
        let stored = request.to_stored().unwrap();
        assert_eq!(ClaimsRequest::from_stored(stored.as_deref()).unwrap(), request);
        assert_eq!(ClaimsRequest::default().to_stored().unwrap(), None);
        assert_eq!(ClaimsRequest::from_stored(None).unwrap(), ClaimsRequest::default());
        assert_eq!(request.scopes(), ["email", "profile"].into());
    }
}
