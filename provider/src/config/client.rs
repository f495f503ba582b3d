use std::collections::BTreeSet;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use super::authentication::{AuthMethod, Authentication, Configured};
use super::error::{ConfigError, Owner, UriError};
use super::registry::{check_lifetime, check_text};
use super::uri::RegisteredUri;
use crate::client_keys::KeySource;
use crate::offline_access;
use crate::secret::Secret;
use crate::shown::is_name;

/// An app that may send users here. Keys are named as in OpenID Connect Dynamic Client Registration 1.0, where it has them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientConfig {
    /// The client identifier.
    pub client_id: String,
    /// What users see.
    pub name: String,
    /// The secret of a confidential client.
    #[serde(default)]
    pub client_secret: Option<Secret>,
    /// The one way in which the client proves who it is; by default `client_secret_basic` if it has a secret, and `none`
    /// otherwise: then the client is public and must use PKCE.
    #[serde(default)]
    pub token_endpoint_auth_method: Option<AuthMethod>,
    /// The only algorithm by which the client's assertions may be signed, if it uses `private_key_jwt`; by default whichever
    /// its keys are for.
    #[serde(default)]
    pub token_endpoint_auth_signing_alg: Option<SigningAlg>,
    /// The client's public keys for `private_key_jwt`: a JWK Set (RFC 7517).
    #[serde(default)]
    pub jwks: Option<Value>,
    /// Where the client keeps such a set instead, so that it can change its keys by itself; https, or on loopback.
    #[serde(default)]
    pub jwks_uri: Option<String>,
    /// Where an authorization response may go. Compared character by character.
    pub redirect_uris: Vec<String>,
    /// Where a user may be sent after a sign-out. Compared character by character.
    #[serde(default)]
    pub post_logout_redirect_uris: Vec<String>,
    /// The page that is loaded in a frame when a session ends; on the origin of one of `redirect_uris`.
    #[serde(default)]
    pub frontchannel_logout_uri: Option<String>,
    /// Whether the app needs `iss` and `sid` there. They are always sent.
    #[serde(default)]
    pub frontchannel_logout_session_required: bool,
    /// Where logout tokens are posted when a session ends.
    #[serde(default)]
    pub backchannel_logout_uri: Option<String>,
    /// Whether the app needs `sid` there. It is always sent.
    #[serde(default)]
    pub backchannel_logout_session_required: bool,
    /// What the app may exchange for tokens. With `refresh_token`, it gets refresh tokens, which end with the session unless
    /// the user allows it `offline_access`.
    #[serde(default = "default_grant_types")]
    pub grant_types: Vec<GrantType>,
    /// Whether the app's tokens are always bound to a key that it proves (RFC 9449 section 5.2); otherwise they are where it
    /// sends a proof.
    #[serde(default)]
    pub dpop_bound_access_tokens: bool,
    /// The scopes that the app is given when it asks for them. With `offline_access`, which needs the grant type
    /// `refresh_token`, users are asked whether it may keep access while they are away.
    #[serde(default = "default_scopes")]
    pub scopes: Vec<String>,
    /// The `aud` of the app's access tokens; without it, the issuer.
    #[serde(default)]
    pub audience: Option<String>,
    /// What the app's tokens are signed with: ID, logout and access tokens.
    #[serde(default)]
    pub id_token_signed_response_alg: SigningAlg,
    /// For how long the app's own session may live, in seconds: a sign-out is worth delivering as long.
    #[serde(default = "default_session_lifetime")]
    pub session_lifetime: u64,
    /// A page of the app for the links that lead back to it.
    #[serde(default)]
    pub home: Option<String>,
}

/// A signature algorithm (RFC 7518 section 3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SigningAlg {
    /// RSASSA-PKCS1-v1_5 with SHA-256, which everybody can verify.
    #[default]
    RS256,
    /// ECDSA on P-256 with SHA-256, which is faster to make.
    ES256,
}

impl SigningAlg {
    /// The name that it has in JOSE headers.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::RS256 => "RS256",
            Self::ES256 => "ES256",
        }
    }
}

/// What is exchanged for tokens (RFC 7591 section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    /// A code, after the user was here. Every configured client has it.
    AuthorizationCode,
    /// A refresh token, without the user.
    RefreshToken,
    /// Nothing: tokens come from the authorization endpoint. Only of apps that register themselves, where that is allowed.
    #[serde(skip_deserializing)]
    Implicit,
}

/// What the authorization endpoint answers with ([OAuth 2.0 Multiple Response Types section 3](https://openid.net/specs/oauth-v2-multiple-response-types-1_0.html#Combinations)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) enum ResponseType {
    #[serde(rename = "code")]
    Code,
    #[serde(rename = "id_token")]
    IdToken,
    #[serde(rename = "id_token token")]
    IdTokenToken,
}

impl ResponseType {
    /// What a provider can answer with; without the implicit flow, only the first.
    pub(super) const ALL: [Self; 3] = [Self::Code, Self::IdToken, Self::IdTokenToken];

    /// The response type of this name; its words come in any order.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "code" => Some(Self::Code),
            "id_token" => Some(Self::IdToken),
            "id_token token" | "token id_token" => Some(Self::IdTokenToken),
            _ => None,
        }
    }

    /// The grant type that goes with it (RFC 7591 section 2.1).
    pub(crate) fn grant_type(self) -> GrantType {
        match self {
            Self::Code => GrantType::AuthorizationCode,
            Self::IdToken | Self::IdTokenToken => GrantType::Implicit,
        }
    }
}

/// What a request object is signed with, if at all (OpenID Connect Core 1.0 section 6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RequestObjectAlg {
    None,
    Signed(SigningAlg),
}

impl RequestObjectAlg {
    /// All of them, as metadata names them.
    pub(crate) const NAMES: [&str; 3] = ["none", "RS256", "ES256"];

    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "none" => Some(Self::None),
            "RS256" => Some(Self::Signed(SigningAlg::RS256)),
            "ES256" => Some(Self::Signed(SigningAlg::ES256)),
            _ => None,
        }
    }
}

impl Serialize for RequestObjectAlg {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Self::None => "none",
            Self::Signed(alg) => alg.as_str(),
        })
    }
}

/// Where an app that registered itself says more of itself. Links for users; nothing there is read by the provider.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClientLinks {
    pub(crate) client_uri: Option<RegisteredUri>,
    pub(crate) policy_uri: Option<RegisteredUri>,
    pub(crate) tos_uri: Option<RegisteredUri>,
    /// Only where logos are shown.
    pub(crate) logo_uri: Option<RegisteredUri>,
}

fn default_grant_types() -> Vec<GrantType> {
    vec![GrantType::AuthorizationCode]
}

fn default_scopes() -> Vec<String> {
    vec!["openid".to_owned(), "profile".to_owned()]
}

const fn default_session_lifetime() -> u64 {
    REGISTERED_SESSION_LIFETIME.unsigned_abs()
}

/// For how long the session of an app may live that has registered itself, in seconds: no metadata says it.
pub(crate) const REGISTERED_SESSION_LIFETIME: i64 = 24 * 60 * 60;

/// A client whose configuration is known to be right.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) client_id: String,
    pub(crate) name: String,
    pub(crate) links: ClientLinks,
    pub(crate) authentication: Authentication,
    /// By which what else it signs is verified.
    pub(crate) keys: Option<KeySource>,
    pub(crate) redirect_uris: Vec<RegisteredUri>,
    pub(crate) post_logout_redirect_uris: Vec<RegisteredUri>,
    pub(crate) frontchannel_logout_uri: Option<RegisteredUri>,
    pub(crate) backchannel_logout_uri: Option<RegisteredUri>,
    /// Where its request objects may be fetched from.
    pub(crate) request_uris: Vec<RegisteredUri>,
    /// What they must be signed with; `None`: whatever is supported.
    pub(crate) request_object_signing_alg: Option<RequestObjectAlg>,
    pub(crate) response_types: BTreeSet<ResponseType>,
    pub(crate) grant_types: BTreeSet<GrantType>,
    pub(crate) dpop_bound_access_tokens: bool,
    pub(crate) scopes: BTreeSet<String>,
    pub(crate) audience: Option<String>,
    pub(crate) signing_alg: SigningAlg,
    /// What answers of userinfo are signed with; `None`: they are plain JSON.
    pub(crate) userinfo_signing_alg: Option<SigningAlg>,
    /// Seconds.
    pub(crate) session_lifetime: i64,
    pub(crate) home: Option<RegisteredUri>,
    /// Seconds.
    pub(crate) default_max_age: Option<i64>,
    /// Whether it registered itself: nobody has looked at it, so its users are asked whether they trust it, and the provider
    /// calls it only where everybody could.
    pub(crate) is_third_party: bool,
}

impl Client {
    /// Whether it cannot keep a secret (RFC 6749 section 2.1).
    pub(crate) fn is_public(&self) -> bool {
        matches!(self.authentication, Authentication::None)
    }

    /// Those of its redirect URIs that are pages: a native app at a scheme of its own has no origin.
    pub(crate) fn redirect_pages(&self) -> impl Iterator<Item = &RegisteredUri> {
        self.redirect_uris.iter().filter(|uri| uri.is_page())
    }

    /// Whether it is registered for this grant type.
    pub(crate) fn may_use(&self, grant_type: GrantType) -> bool {
        self.grant_types.contains(&grant_type)
    }

    /// A client for tests.
    #[cfg(test)]
    pub(crate) fn of(config: &ClientConfig) -> Self {
        Self::new(config).unwrap()
    }

    pub(super) fn new(config: &ClientConfig) -> Result<Self, ConfigError> {
        let owner = Owner::Client(config.client_id.clone());
        check_text(&owner, "client_id", &config.client_id)?;
        if !is_name(&config.name) {
            return Err(ConfigError::Name { owner, key: "name" });
        }
        let authentication = Configured {
            method: config.token_endpoint_auth_method,
            method_key: "token_endpoint_auth_method",
            secret: config.client_secret.as_ref(),
            secret_key: "client_secret",
            jwks: config.jwks.as_ref(),
            jwks_uri: uri(&owner, "jwks_uri", config.jwks_uri.as_deref())?,
            signing_alg: config.token_endpoint_auth_signing_alg,
        };
        let authentication = Authentication::new(&owner, authentication)?;
        if config.redirect_uris.is_empty() {
            return Err(ConfigError::NoRedirectUri { owner });
        }
        let scopes = check_scopes(&owner, &config.scopes)?;
        let grant_types = grant_types(&owner, &config.grant_types)?;
        if scopes.contains(offline_access::SCOPE) && !grant_types.contains(&GrantType::RefreshToken) {
            return Err(ConfigError::OfflineAccess { owner });
        }
        let redirect_uris = uris(&owner, "redirect_uris", &config.redirect_uris)?;
        let frontchannel_logout_uri =
            uri(&owner, "frontchannel_logout_uri", config.frontchannel_logout_uri.as_deref())?;
        check_same_origin(&owner, frontchannel_logout_uri.as_ref(), &redirect_uris)?;
        Ok(Self {
            client_id: config.client_id.clone(),
            name: config.name.clone(),
            links: ClientLinks::default(),
            keys: authentication.keys(),
            authentication,
            redirect_uris,
            post_logout_redirect_uris: uris(&owner, "post_logout_redirect_uris", &config.post_logout_redirect_uris)?,
            frontchannel_logout_uri,
            backchannel_logout_uri: uri(&owner, "backchannel_logout_uri", config.backchannel_logout_uri.as_deref())?,
            request_uris: Vec::new(),
            request_object_signing_alg: None,
            response_types: [ResponseType::Code].into(),
            grant_types,
            dpop_bound_access_tokens: config.dpop_bound_access_tokens,
            scopes,
            audience: config.audience.clone(),
            signing_alg: config.id_token_signed_response_alg,
            userinfo_signing_alg: None,
            session_lifetime: check_lifetime(&owner, "session_lifetime", config.session_lifetime)?,
            home: uri(&owner, "home", config.home.as_deref())?,
            default_max_age: None,
            is_third_party: false,
        })
    }
}

fn uri(owner: &Owner, key: &'static str, uri: Option<&str>) -> Result<Option<RegisteredUri>, ConfigError> {
    uri.map(|uri| RegisteredUri::parse(uri).map_err(|why| refused(owner, key, uri, why))).transpose()
}

fn uris(owner: &Owner, key: &'static str, uris: &[String]) -> Result<Vec<RegisteredUri>, ConfigError> {
    let mut seen = BTreeSet::new();
    uris.iter()
        .map(|uri| {
            if !seen.insert(uri) {
                return Err(refused(owner, key, uri, UriError::Duplicate));
            }
            RegisteredUri::parse(uri).map_err(|why| refused(owner, key, uri, why))
        })
        .collect()
}

/// FCL-02: a frame of a foreign origin could end nothing, and would be loaded with the user's cookies there.
fn check_same_origin(owner: &Owner, frame: Option<&RegisteredUri>, own: &[RegisteredUri]) -> Result<(), ConfigError> {
    match frame {
        Some(frame) if !own.iter().any(|uri| uri.origin() == frame.origin()) => {
            Err(refused(owner, "frontchannel_logout_uri", frame.as_str(), UriError::ForeignOrigin))
        }
        _ => Ok(()),
    }
}

fn grant_types(owner: &Owner, grant_types: &[GrantType]) -> Result<BTreeSet<GrantType>, ConfigError> {
    let grant_types: BTreeSet<GrantType> = grant_types.iter().copied().collect();
    if grant_types.contains(&GrantType::AuthorizationCode) {
        Ok(grant_types)
    } else {
        Err(ConfigError::GrantTypes { owner: owner.clone() })
    }
}

pub(super) fn check_scopes(owner: &Owner, scopes: &[String]) -> Result<BTreeSet<String>, ConfigError> {
    let scopes: BTreeSet<String> = scopes.iter().cloned().collect();
    let is_word = |scope: &String| !scope.is_empty() && scope.bytes().all(|byte| byte.is_ascii_graphic());
    if scopes.contains("openid") && scopes.iter().all(is_word) {
        Ok(scopes)
    } else {
        Err(ConfigError::Scopes { owner: owner.clone() })
    }
}

fn refused(owner: &Owner, key: &'static str, uri: &str, why: UriError) -> ConfigError {
    ConfigError::Uri { owner: owner.clone(), key, uri: uri.to_owned(), why }
}
