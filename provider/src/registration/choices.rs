//! What a client can choose among, by the names that the registries give it.

use std::collections::BTreeSet;

use serde::Serialize;

use super::error::RegistrationError;
use crate::config::{AuthMethod, GrantType, RegistrationLimits, RequestObjectAlg, ResponseType, SigningAlg};
use crate::offline_access;

/// The most classes of authentication, and the longest name of one, in bytes.
const MOST_ACR_VALUES: usize = 10;
const LONGEST_ACR_VALUE: usize = 255;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ApplicationType {
    Web,
    Native,
}

pub(super) fn application_type(name: Option<&str>) -> Result<ApplicationType, RegistrationError> {
    match name {
        None | Some("web") => Ok(ApplicationType::Web),
        Some("native") => Ok(ApplicationType::Native),
        Some(_) => Err(RegistrationError::ApplicationType),
    }
}

pub(super) fn auth_method(name: Option<&str>) -> Result<AuthMethod, RegistrationError> {
    let Some(name) = name else { return Ok(AuthMethod::ClientSecretBasic) };
    [AuthMethod::ClientSecretBasic, AuthMethod::ClientSecretPost, AuthMethod::PrivateKeyJwt, AuthMethod::None]
        .into_iter()
        .find(|method| method.as_str() == name)
        .ok_or(RegistrationError::AuthMethod)
}

/// The code flow; and where the configuration lets apps have it, the implicit one (OpenID Connect Core 1.0 section 3.2).
pub(super) fn response_types(
    names: Option<Vec<String>>,
    limits: &RegistrationLimits,
) -> Result<BTreeSet<ResponseType>, RegistrationError> {
    let Some(names) = names else { return Ok([ResponseType::Code].into()) };
    let may = |found: &ResponseType| *found == ResponseType::Code || limits.allow_implicit_flow;
    let named = |name: &String| ResponseType::named(name).filter(may).ok_or(RegistrationError::ResponseTypes);
    let found: BTreeSet<ResponseType> = names.iter().map(named).collect::<Result<_, _>>()?;
    if found.is_empty() { Err(RegistrationError::ResponseTypes) } else { Ok(found) }
}

/// RFC 7591 section 2.1: they go with the response types.
pub(super) fn grant_types(
    names: Option<Vec<String>>,
    response_types: &BTreeSet<ResponseType>,
) -> Result<BTreeSet<GrantType>, RegistrationError> {
    let needed: BTreeSet<GrantType> = response_types.iter().map(|response_type| response_type.grant_type()).collect();
    let Some(names) = names else { return Ok(needed) };
    let grant_type = |name: &String| match name.as_str() {
        "authorization_code" => Ok(GrantType::AuthorizationCode),
        "refresh_token" => Ok(GrantType::RefreshToken),
        "implicit" if needed.contains(&GrantType::Implicit) => Ok(GrantType::Implicit),
        _ => Err(RegistrationError::GrantTypes),
    };
    let found: BTreeSet<GrantType> = names.iter().map(grant_type).collect::<Result<_, _>>()?;
    if found.is_superset(&needed) { Ok(found) } else { Err(RegistrationError::GrantTypes) }
}

/// What request objects must be signed with, if the client says so.
pub(super) fn request_object_alg(name: Option<&str>) -> Result<Option<RequestObjectAlg>, RegistrationError> {
    let Some(name) = name else { return Ok(None) };
    RequestObjectAlg::named(name).map(Some).ok_or(RegistrationError::RequestObjectAlg)
}

/// Kept, and no more: every sign-in here is of the same class, which every ID token names.
pub(super) fn acr_values(values: Option<Vec<String>>) -> Result<Vec<String>, RegistrationError> {
    let values = values.unwrap_or_default();
    let is_name = |value: &String| {
        (1..=LONGEST_ACR_VALUE).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_graphic())
    };
    if values.len() <= MOST_ACR_VALUES && values.iter().all(is_name) {
        Ok(values)
    } else {
        Err(RegistrationError::AcrValues)
    }
}

pub(super) fn signing_alg(key: &'static str, name: &str) -> Result<SigningAlg, RegistrationError> {
    let known = [SigningAlg::RS256, SigningAlg::ES256].into_iter().find(|alg| alg.as_str() == name);
    known.ok_or(RegistrationError::Alg(key))
}

pub(super) fn subject_type(name: Option<&str>) -> Result<&'static str, RegistrationError> {
    match name {
        None | Some("public") => Ok("public"),
        Some(_) => Err(RegistrationError::SubjectType),
    }
}

/// What the client may ask for; by default, everything that it could.
pub(super) fn scope(
    asked: Option<&str>,
    grant_types: &BTreeSet<GrantType>,
    limits: &RegistrationLimits,
) -> Result<String, RegistrationError> {
    let renews = grant_types.contains(&GrantType::RefreshToken);
    let can: Vec<&str> = limits.scopes.iter().map(String::as_str).collect();
    let scopes: Vec<&str> = match asked {
        Some(asked) => asked.split(' ').filter(|scope| !scope.is_empty()).collect(),
        None => can.iter().copied().filter(|scope| *scope != offline_access::SCOPE || renews).collect(),
    };
    if !scopes.contains(&"openid") || !scopes.iter().all(|scope| can.contains(scope)) {
        return Err(RegistrationError::Scope { can: can.join(" ") });
    }
    if scopes.contains(&offline_access::SCOPE) && !renews {
        return Err(RegistrationError::OfflineAccess);
    }
    Ok(scopes.join(" "))
}
