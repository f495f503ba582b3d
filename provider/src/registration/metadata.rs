use std::collections::{BTreeMap, BTreeSet};

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::about::{self, About};
use super::choices::{
    ApplicationType, acr_values, application_type, auth_method, grant_types, request_object_alg, response_types, scope,
    signing_alg, subject_type,
};
use super::error::RegistrationError;
use super::keys::Keys;
use super::uris::{self, Http};
use crate::client_keys::KeySource;
use crate::config::{
    AssertionKeys, AuthMethod, Authentication, Client, GrantType, REGISTERED_SESSION_LIFETIME, RegisteredUri,
    RegistrationLimits, Registry, RequestObjectAlg, ResponseType, SigningAlg,
};
use crate::error::InternalError;
use crate::secret::Hash;

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
    client_uri: Option<String>,
    logo_uri: Option<String>,
    policy_uri: Option<String>,
    tos_uri: Option<String>,
    contacts: Option<Vec<String>>,
    token_endpoint_auth_method: Option<String>,
    token_endpoint_auth_signing_alg: Option<String>,
    jwks: Option<Value>,
    jwks_uri: Option<String>,
    id_token_signed_response_alg: Option<String>,
    userinfo_signed_response_alg: Option<String>,
    request_object_signing_alg: Option<String>,
    request_uris: Option<Vec<String>>,
    subject_type: Option<String>,
    scope: Option<String>,
    default_max_age: Option<u32>,
    require_auth_time: Option<bool>,
    default_acr_values: Option<Vec<String>>,
    initiate_login_uri: Option<String>,
    post_logout_redirect_uris: Option<Vec<String>>,
    frontchannel_logout_uri: Option<String>,
    frontchannel_logout_session_required: Option<bool>,
    backchannel_logout_uri: Option<String>,
    backchannel_logout_session_required: Option<bool>,
    dpop_bound_access_tokens: Option<bool>,
    // Whoever asks for these would wait in vain for what they promise.
    id_token_encrypted_response_alg: Option<IgnoredAny>,
    userinfo_encrypted_response_alg: Option<IgnoredAny>,
    request_object_encryption_alg: Option<IgnoredAny>,
    sector_identifier_uri: Option<IgnoredAny>,
    #[serde(flatten)]
    others: BTreeMap<String, Value>,
}

/// What is registered of a client, with what it left to the provider: known to be right, stored and answered as it is.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Metadata {
    pub(super) redirect_uris: Vec<RegisteredUri>,
    response_types: BTreeSet<ResponseType>,
    grant_types: BTreeSet<GrantType>,
    application_type: ApplicationType,
    #[serde(flatten)]
    about: About,
    pub(super) token_endpoint_auth_method: AuthMethod,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_endpoint_auth_signing_alg: Option<SigningAlg>,
    #[serde(flatten)]
    keys: Keys,
    id_token_signed_response_alg: SigningAlg,
    #[serde(skip_serializing_if = "Option::is_none")]
    userinfo_signed_response_alg: Option<SigningAlg>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_object_signing_alg: Option<RequestObjectAlg>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    request_uris: Vec<String>,
    subject_type: &'static str,
    scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_max_age: Option<u32>,
    require_auth_time: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    default_acr_values: Vec<String>,
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
        let is_native = application_type == ApplicationType::Native;
        let token_endpoint_auth_method = auth_method(presented.token_endpoint_auth_method.as_deref())?;
        let uses_keys = token_endpoint_auth_method == AuthMethod::PrivateKeyJwt;
        let is_confidential = token_endpoint_auth_method != AuthMethod::None;
        let [of_redirects, of_logout, of_others] = http(is_native, is_confidential, limits.allow_loopback);

        let redirect_uris =
            uris::parse_all("redirect_uris", &presented.redirect_uris.unwrap_or_default(), of_redirects, is_native)?;
        let first = redirect_uris.first().ok_or(RegistrationError::NoRedirectUri)?;
        let about = about::Presented {
            client_name: presented.client_name,
            client_uri: presented.client_uri,
            logo_uri: presented.logo_uri,
            policy_uri: presented.policy_uri,
            tos_uri: presented.tos_uri,
            contacts: presented.contacts,
            others: presented.others,
        };
        let about = About::parse(about, first, of_others)?;
        let post_logout_redirect_uris = presented.post_logout_redirect_uris.unwrap_or_default();
        let one = |key, uri: Option<String>, http| uri.map(|uri| uris::parse(key, &uri, http)).transpose();
        let frontchannel_logout_uri = one("frontchannel_logout_uri", presented.frontchannel_logout_uri, of_logout)?;
        uris::check_own("frontchannel_logout_uri", frontchannel_logout_uri.as_ref(), &redirect_uris)?;
        let backchannel_logout_uri = one("backchannel_logout_uri", presented.backchannel_logout_uri, of_others)?;
        uris::check_callable("backchannel_logout_uri", backchannel_logout_uri.as_ref(), limits.guard)?;
        let response_types = response_types(presented.response_types, limits)?;
        let grant_types = grant_types(presented.grant_types, &response_types)?;
        let alg = |key, name: Option<String>| name.map(|name| signing_alg(key, &name)).transpose();
        let request_uris = presented.request_uris.unwrap_or_default();
        uris::parse_request_uris(&request_uris, of_others, limits.guard)?;
        let metadata = Self {
            scope: scope(presented.scope.as_deref(), &grant_types, limits)?,
            response_types,
            grant_types,
            application_type,
            about,
            token_endpoint_auth_method,
            token_endpoint_auth_signing_alg: alg(
                "token_endpoint_auth_signing_alg",
                presented.token_endpoint_auth_signing_alg.filter(|_| uses_keys),
            )?,
            keys: Keys::parse(presented.jwks, presented.jwks_uri, of_others, limits.guard)?,
            id_token_signed_response_alg: alg("id_token_signed_response_alg", presented.id_token_signed_response_alg)?
                .unwrap_or_default(),
            userinfo_signed_response_alg: alg("userinfo_signed_response_alg", presented.userinfo_signed_response_alg)?,
            request_object_signing_alg: request_object_alg(presented.request_object_signing_alg.as_deref())?,
            request_uris,
            subject_type: subject_type(presented.subject_type.as_deref())?,
            default_max_age: presented.default_max_age,
            require_auth_time: presented.require_auth_time.unwrap_or_default(),
            default_acr_values: acr_values(presented.default_acr_values)?,
            initiate_login_uri: one("initiate_login_uri", presented.initiate_login_uri, Http::Refused)?,
            post_logout_redirect_uris: uris::parse_all(
                "post_logout_redirect_uris",
                &post_logout_redirect_uris,
                of_logout,
                is_native,
            )?,
            frontchannel_logout_uri,
            frontchannel_logout_session_required: presented.frontchannel_logout_session_required.unwrap_or_default(),
            backchannel_logout_uri,
            backchannel_logout_session_required: presented.backchannel_logout_session_required.unwrap_or_default(),
            dpop_bound_access_tokens: presented.dpop_bound_access_tokens.unwrap_or_default(),
            redirect_uris,
        };
        if metadata.dpop_bound_access_tokens && metadata.response_types.contains(&ResponseType::IdTokenToken) {
            return Err(RegistrationError::UnboundTokens);
        }
        if uses_keys {
            metadata.keys.check_for_assertions(metadata.token_endpoint_auth_signing_alg)?;
        }
        Ok(metadata)
    }

    /// Refuses the names of the apps that belong to whoever runs the provider.
    pub(super) fn check_name(&self, registry: &Registry) -> Result<(), RegistrationError> {
        self.about.check_name(registry)
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
    pub(super) fn client(
        &self,
        client_id: &str,
        secret: Option<Hash>,
        limits: &RegistrationLimits,
    ) -> Result<Client, RegistrationError> {
        // Of one client there is one, whatever is verified by it: what is at its `jwks_uri` is read once for all.
        let keys = self.keys.source();
        Ok(Client {
            client_id: client_id.to_owned(),
            name: self.about.client_name.clone(),
            links: self.about.links(limits.show_logos),
            authentication: self.authentication(secret, keys.as_ref())?,
            keys,
            redirect_uris: self.redirect_uris.clone(),
            post_logout_redirect_uris: self.post_logout_redirect_uris.clone(),
            frontchannel_logout_uri: self.frontchannel_logout_uri.clone(),
            backchannel_logout_uri: self.backchannel_logout_uri.clone(),
            request_uris: self.request_uris.iter().filter_map(|uri| uris::request_uri(uri)).collect(),
            request_object_signing_alg: self.request_object_signing_alg,
            response_types: self.response_types.clone(),
            grant_types: self.grant_types.clone(),
            dpop_bound_access_tokens: self.dpop_bound_access_tokens,
            scopes: self.scopes().map(str::to_owned).collect(),
            audience: None,
            signing_alg: self.id_token_signed_response_alg,
            userinfo_signing_alg: self.userinfo_signed_response_alg,
            session_lifetime: REGISTERED_SESSION_LIFETIME,
            home: None,
            default_max_age: self.default_max_age.map(i64::from),
            is_third_party: true,
        })
    }

    fn authentication(
        &self,
        secret: Option<Hash>,
        keys: Option<&KeySource>,
    ) -> Result<Authentication, RegistrationError> {
        let secret = || secret.ok_or(InternalError::Inconsistent("a registered client has lost its secret"));
        Ok(match self.token_endpoint_auth_method {
            AuthMethod::None => Authentication::None,
            AuthMethod::ClientSecretBasic => Authentication::SecretBasic(secret()?),
            AuthMethod::ClientSecretPost => Authentication::SecretPost(secret()?),
            AuthMethod::PrivateKeyJwt => Authentication::PrivateKeyJwt(AssertionKeys {
                source: keys.cloned().ok_or(RegistrationError::NoJwks)?,
                only: self.token_endpoint_auth_signing_alg,
            }),
        })
    }

    fn scopes(&self) -> impl Iterator<Item = &str> {
        self.scope.split(' ')
    }

    /// Whether the client could do something before that it cannot do by this: what it was given has to end.
    pub(super) fn takes_from(&self, before: &Self) -> bool {
        let scopes: BTreeSet<&str> = self.scopes().collect();
        let keeps_uri = |uri: &RegisteredUri| self.redirect_uris.iter().any(|own| own.matches(uri.as_str()));
        let uses_keys = self.token_endpoint_auth_method == AuthMethod::PrivateKeyJwt;
        self.token_endpoint_auth_method != before.token_endpoint_auth_method
            || self.token_endpoint_auth_signing_alg != before.token_endpoint_auth_signing_alg
            || uses_keys && self.keys != before.keys
            || self.dpop_bound_access_tokens && !before.dpop_bound_access_tokens
            || !self.grant_types.is_superset(&before.grant_types)
            || !self.response_types.is_superset(&before.response_types)
            || !before.scopes().all(|scope| scopes.contains(scope))
            || !before.redirect_uris.iter().all(keeps_uri)
    }
}

fn refuse_unsupported(presented: &Presented) -> Result<(), RegistrationError> {
    let unsupported = [
        ("id_token_encrypted_response_alg", presented.id_token_encrypted_response_alg.is_some()),
        ("userinfo_encrypted_response_alg", presented.userinfo_encrypted_response_alg.is_some()),
        ("request_object_encryption_alg", presented.request_object_encryption_alg.is_some()),
        // Section 5: it is for identifiers that differ by sector, and here all are `public`.
        ("sector_identifier_uri", presented.sector_identifier_uri.is_some()),
    ];
    match unsupported.into_iter().find(|(_, is_there)| *is_there) {
        Some((key, _)) => Err(RegistrationError::Unsupported(key)),
        None => Ok(()),
    }
}

/// Where `http` on loopback is accepted: of redirect URIs, of the other logout URIs, and of whatever else there is.
///
/// Redirect URIs: of native apps (RFC 8252 section 7.3). FCL-03, RPI-04: of what belongs to a sign-out, if the client is
/// confidential as well. BCL-04, BCL-53: what the provider calls never, as nobody is called there. With the dangerous switch,
/// all.
fn http(is_native: bool, is_confidential: bool, allow_loopback: bool) -> [Http; 3] {
    [is_native, is_native && is_confidential, false]
        .map(|may| if may || allow_loopback { Http::OnLoopback } else { Http::Refused })
}
