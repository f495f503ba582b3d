use std::collections::BTreeSet;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::RegistrationError;
use super::uris::{self, Http};
use crate::config::{
    AuthMethod, Authentication, Client, GrantType, REGISTERED_SESSION_LIFETIME, RegisteredUri, RegistrationLimits,
    Registry, SigningAlg, parse_jwks,
};
use crate::error::InternalError;
use crate::offline_access;
use crate::outbound::Guard;
use crate::secret::Hash;

/// The most characters of a name: more fit on no page.
const LONGEST_NAME: usize = 100;

/// What a client says of itself ([OpenID Connect Dynamic Client Registration 1.0 section 2](https://openid.net/specs/openid-connect-registration-1_0.html#ClientMetadata)).
/// What is not here is not understood, and ignored (RFC 7591 section 2); `null` is as good as nothing (RFC 7592 section 2.2).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Presented {
    redirect_uris: Option<Vec<String>>,
    response_types: Option<Vec<String>>,
    grant_types: Option<Vec<String>>,
    application_type: Option<String>,
    client_name: Option<String>,
    token_endpoint_auth_method: Option<String>,
    token_endpoint_auth_signing_alg: Option<String>,
    jwks: Option<Value>,
    jwks_uri: Option<String>,
    id_token_signed_response_alg: Option<String>,
    subject_type: Option<String>,
    scope: Option<String>,
    default_max_age: Option<u32>,
    require_auth_time: Option<bool>,
    initiate_login_uri: Option<String>,
    post_logout_redirect_uris: Option<Vec<String>>,
    frontchannel_logout_uri: Option<String>,
    frontchannel_logout_session_required: Option<bool>,
    backchannel_logout_uri: Option<String>,
    backchannel_logout_session_required: Option<bool>,
    dpop_bound_access_tokens: Option<bool>,
    // Whoever asks for these would wait in vain for what they promise.
    id_token_encrypted_response_alg: Option<IgnoredAny>,
    userinfo_signed_response_alg: Option<IgnoredAny>,
    userinfo_encrypted_response_alg: Option<IgnoredAny>,
    sector_identifier_uri: Option<IgnoredAny>,
}

/// What is registered of a client, with what it left to the provider: known to be right, stored and answered as it is.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Metadata {
    pub(super) redirect_uris: Vec<RegisteredUri>,
    response_types: [&'static str; 1],
    grant_types: BTreeSet<GrantType>,
    application_type: ApplicationType,
    client_name: String,
    pub(super) token_endpoint_auth_method: AuthMethod,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_endpoint_auth_signing_alg: Option<SigningAlg>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jwks: Option<Value>,
    id_token_signed_response_alg: SigningAlg,
    subject_type: &'static str,
    scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_max_age: Option<u32>,
    require_auth_time: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    initiate_login_uri: Option<RegisteredUri>,
    post_logout_redirect_uris: Vec<RegisteredUri>,
    #[serde(skip_serializing_if = "Option::is_none")]
    frontchannel_logout_uri: Option<RegisteredUri>,
    frontchannel_logout_session_required: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) backchannel_logout_uri: Option<RegisteredUri>,
    backchannel_logout_session_required: bool,
    dpop_bound_access_tokens: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum ApplicationType {
    Web,
    Native,
}

impl Metadata {
    /// Reads what a client sends, or what was stored of it: limits may be narrower now.
    pub(super) fn parse(json: &[u8], limits: &RegistrationLimits) -> Result<Self, RegistrationError> {
        // Or a list would do, of what the members would be.
        if json.trim_ascii_start().first() != Some(&b'{') {
            return Err(RegistrationError::NotAnObject);
        }
        let presented: Presented = serde_json::from_slice(json).map_err(RegistrationError::Malformed)?;
        refuse_unsupported(&presented)?;
        let application_type = application_type(presented.application_type.as_deref())?;
        let token_endpoint_auth_method = auth_method(presented.token_endpoint_auth_method.as_deref())?;
        let uses_keys = token_endpoint_auth_method == AuthMethod::PrivateKeyJwt;
        let [of_redirects, of_logout, of_back_channel] =
            http(application_type, token_endpoint_auth_method, limits.allow_loopback);

        let redirect_uris = presented.redirect_uris.unwrap_or_default();
        let redirect_uris = uris::parse_all("redirect_uris", &redirect_uris, of_redirects)?;
        let first = redirect_uris.first().ok_or(RegistrationError::NoRedirectUri)?;
        let client_name = client_name(presented.client_name, first)?;
        let post_logout_redirect_uris = presented.post_logout_redirect_uris.unwrap_or_default();
        let one = |key, uri: Option<String>, http| uri.map(|uri| uris::parse(key, &uri, http)).transpose();
        let frontchannel_logout_uri = one("frontchannel_logout_uri", presented.frontchannel_logout_uri, of_logout)?;
        uris::check_own("frontchannel_logout_uri", frontchannel_logout_uri.as_ref(), &redirect_uris)?;
        let backchannel_logout_uri = one("backchannel_logout_uri", presented.backchannel_logout_uri, of_back_channel)?;
        check_callable(backchannel_logout_uri.as_ref(), limits)?;
        let grant_types = grant_types(presented.grant_types)?;
        Ok(Self {
            response_types: response_types(presented.response_types)?,
            scope: scope(presented.scope.as_deref(), &grant_types, limits)?,
            grant_types,
            application_type,
            client_name,
            token_endpoint_auth_method,
            token_endpoint_auth_signing_alg: match presented.token_endpoint_auth_signing_alg.filter(|_| uses_keys) {
                Some(alg) => Some(signing_alg("token_endpoint_auth_signing_alg", &alg)?),
                None => None,
            },
            jwks: presented.jwks.filter(|_| uses_keys),
            id_token_signed_response_alg: match presented.id_token_signed_response_alg {
                Some(alg) => signing_alg("id_token_signed_response_alg", &alg)?,
                None => SigningAlg::default(),
            },
            subject_type: subject_type(presented.subject_type.as_deref())?,
            default_max_age: presented.default_max_age,
            require_auth_time: presented.require_auth_time.unwrap_or_default(),
            initiate_login_uri: one("initiate_login_uri", presented.initiate_login_uri, Http::Refused)?,
            post_logout_redirect_uris: uris::parse_all(
                "post_logout_redirect_uris",
                &post_logout_redirect_uris,
                of_logout,
            )?,
            frontchannel_logout_uri,
            frontchannel_logout_session_required: presented.frontchannel_logout_session_required.unwrap_or_default(),
            backchannel_logout_uri,
            backchannel_logout_session_required: presented.backchannel_logout_session_required.unwrap_or_default(),
            dpop_bound_access_tokens: presented.dpop_bound_access_tokens.unwrap_or_default(),
            redirect_uris,
        })
    }

    /// Refuses the names of the apps that belong to whoever runs the provider: users would take it for one of them.
    pub(super) fn check_name(&self, registry: &Registry) -> Result<(), RegistrationError> {
        let name = self.client_name.trim().to_lowercase();
        let is_theirs = |client: &Client| !client.is_third_party && client.name.to_lowercase() == name;
        if registry.has_client(is_theirs) { Err(RegistrationError::TakenName) } else { Ok(()) }
    }

    /// As it is stored; [`Self::parse`] reads it.
    pub(super) fn to_stored(&self) -> Result<String, InternalError> {
        Ok(serde_json::to_string(self)?)
    }

    /// Whether the client needs a secret.
    pub(super) fn uses_secret(&self) -> bool {
        matches!(self.token_endpoint_auth_method, AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost)
    }

    /// The client that this is the metadata of. `secret` is what is kept of its secret.
    pub(super) fn client(&self, client_id: &str, secret: Option<Hash>) -> Result<Client, RegistrationError> {
        Ok(Client {
            client_id: client_id.to_owned(),
            name: self.client_name.clone(),
            authentication: self.authentication(secret)?,
            redirect_uris: self.redirect_uris.clone(),
            post_logout_redirect_uris: self.post_logout_redirect_uris.clone(),
            frontchannel_logout_uri: self.frontchannel_logout_uri.clone(),
            backchannel_logout_uri: self.backchannel_logout_uri.clone(),
            grant_types: self.grant_types.clone(),
            dpop_bound_access_tokens: self.dpop_bound_access_tokens,
            scopes: self.scopes().map(str::to_owned).collect(),
            audience: None,
            signing_alg: self.id_token_signed_response_alg,
            session_lifetime: REGISTERED_SESSION_LIFETIME,
            home: None,
            default_max_age: self.default_max_age.map(i64::from),
            is_third_party: true,
        })
    }

    fn authentication(&self, secret: Option<Hash>) -> Result<Authentication, RegistrationError> {
        let secret = || secret.ok_or(InternalError::Inconsistent("a registered client has lost its secret"));
        Ok(match self.token_endpoint_auth_method {
            AuthMethod::None => Authentication::None,
            AuthMethod::ClientSecretBasic => Authentication::SecretBasic(secret()?),
            AuthMethod::ClientSecretPost => Authentication::SecretPost(secret()?),
            AuthMethod::PrivateKeyJwt => {
                let jwks = self.jwks.as_ref().ok_or(RegistrationError::NoJwks)?;
                let keys = parse_jwks(jwks, self.token_endpoint_auth_signing_alg).map_err(RegistrationError::Jwks)?;
                Authentication::PrivateKeyJwt(keys)
            }
        })
    }

    fn scopes(&self) -> impl Iterator<Item = &str> {
        self.scope.split(' ')
    }

    /// Whether the client could do something before that it cannot do by this: what it was given has to end.
    pub(super) fn takes_from(&self, before: &Self) -> bool {
        let scopes: BTreeSet<&str> = self.scopes().collect();
        let keeps_uri = |uri: &RegisteredUri| self.redirect_uris.iter().any(|own| own.matches(uri.as_str()));
        self.token_endpoint_auth_method != before.token_endpoint_auth_method
            || self.token_endpoint_auth_signing_alg != before.token_endpoint_auth_signing_alg
            || self.jwks != before.jwks
            || self.dpop_bound_access_tokens && !before.dpop_bound_access_tokens
            || !self.grant_types.is_superset(&before.grant_types)
            || !before.scopes().all(|scope| scopes.contains(scope))
            || !before.redirect_uris.iter().all(keeps_uri)
    }
}

fn refuse_unsupported(presented: &Presented) -> Result<(), RegistrationError> {
    let unsupported = [
        ("id_token_encrypted_response_alg", presented.id_token_encrypted_response_alg.is_some()),
        ("userinfo_signed_response_alg", presented.userinfo_signed_response_alg.is_some()),
        ("userinfo_encrypted_response_alg", presented.userinfo_encrypted_response_alg.is_some()),
        ("sector_identifier_uri", presented.sector_identifier_uri.is_some()),
    ];
    if let Some((key, _)) = unsupported.into_iter().find(|(_, is_there)| *is_there) {
        return Err(RegistrationError::Unsupported(key));
    }
    let uses_keys = presented.token_endpoint_auth_method.as_deref() == Some(AuthMethod::PrivateKeyJwt.as_str());
    match (&presented.jwks, &presented.jwks_uri) {
        (Some(_), Some(_)) => Err(RegistrationError::TwoJwks),
        // Where nobody would look at the keys, it does not matter where they are.
        (None, Some(_)) if uses_keys => Err(RegistrationError::JwksUri),
        (None, None) if uses_keys => Err(RegistrationError::NoJwks),
        _ => Ok(()),
    }
}

/// Where `http` on loopback is accepted: of redirect URIs, of the other logout URIs, and of the back-channel.
///
/// Redirect URIs: of native apps (RFC 8252 section 7.3). FCL-03, RPI-04: of what belongs to a sign-out, if the client is
/// confidential as well. BCL-04, BCL-53: the back-channel never, as nobody is called there. With the dangerous switch, all.
fn http(application_type: ApplicationType, method: AuthMethod, allow_loopback: bool) -> [Http; 3] {
    let is_native = application_type == ApplicationType::Native;
    let is_confidential = method != AuthMethod::None;
    [is_native, is_native && is_confidential, false]
        .map(|may| if may || allow_loopback { Http::OnLoopback } else { Http::Refused })
}

/// BCL-53: an address that would never be called is refused while somebody is there who can choose another.
fn check_callable(uri: Option<&RegisteredUri>, limits: &RegistrationLimits) -> Result<(), RegistrationError> {
    let guard = Guard { danger_allow_loopback: limits.allow_loopback };
    uri.map_or(Ok(()), |uri| guard.check_url(uri.url())).map_err(RegistrationError::NotCallable)
}

fn application_type(name: Option<&str>) -> Result<ApplicationType, RegistrationError> {
    match name {
        None | Some("web") => Ok(ApplicationType::Web),
        Some("native") => Ok(ApplicationType::Native),
        Some(_) => Err(RegistrationError::ApplicationType),
    }
}

fn auth_method(name: Option<&str>) -> Result<AuthMethod, RegistrationError> {
    let Some(name) = name else { return Ok(AuthMethod::ClientSecretBasic) };
    [AuthMethod::ClientSecretBasic, AuthMethod::ClientSecretPost, AuthMethod::PrivateKeyJwt, AuthMethod::None]
        .into_iter()
        .find(|method| method.as_str() == name)
        .ok_or(RegistrationError::AuthMethod)
}

/// Without a name, the app is called by where it is.
fn client_name(name: Option<String>, first: &RegisteredUri) -> Result<String, RegistrationError> {
    let name = name.unwrap_or_else(|| first.url().host_str().unwrap_or_default().chars().take(LONGEST_NAME).collect());
    // Marks that turn the direction of text around would let a name look like another's.
    let is_visible = |c: char| {
        !c.is_control()
            && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    let is_name = !name.trim().is_empty() && name.chars().count() <= LONGEST_NAME && name.chars().all(is_visible);
    if is_name { Ok(name) } else { Err(RegistrationError::Name) }
}

fn response_types(names: Option<Vec<String>>) -> Result<[&'static str; 1], RegistrationError> {
    match names.as_deref() {
        None => Ok(["code"]),
        Some([name]) if name == "code" => Ok(["code"]),
        Some(_) => Err(RegistrationError::ResponseTypes),
    }
}

fn grant_types(names: Option<Vec<String>>) -> Result<BTreeSet<GrantType>, RegistrationError> {
    let Some(names) = names else { return Ok([GrantType::AuthorizationCode].into()) };
    let grant_type = |name: &String| match name.as_str() {
        "authorization_code" => Ok(GrantType::AuthorizationCode),
        "refresh_token" => Ok(GrantType::RefreshToken),
        _ => Err(RegistrationError::GrantTypes),
    };
    let found: BTreeSet<GrantType> = names.iter().map(grant_type).collect::<Result<_, _>>()?;
    if found.contains(&GrantType::AuthorizationCode) { Ok(found) } else { Err(RegistrationError::GrantTypes) }
}

fn signing_alg(key: &'static str, name: &str) -> Result<SigningAlg, RegistrationError> {
    let known = [SigningAlg::RS256, SigningAlg::ES256].into_iter().find(|alg| alg.as_str() == name);
    known.ok_or(RegistrationError::Alg(key))
}

fn subject_type(name: Option<&str>) -> Result<&'static str, RegistrationError> {
    match name {
        None | Some("public") => Ok("public"),
        Some(_) => Err(RegistrationError::SubjectType),
    }
}

/// What the client may ask for; by default, everything that it could.
fn scope(
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
