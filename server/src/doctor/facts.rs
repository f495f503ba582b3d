//! What of a provider's documents matters: [OpenID Connect Discovery 1.0 section 3](https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata)
//! and the members that the logout specifications, RFC 8414, 9207 and 9449 add.

use openidconnect::core::{CoreJsonWebKeySet, CoreProviderMetadata};
use relying_party::{Algorithm, Jwks, ProviderMetadata};
use serde_json::Value;
use url::Url;

/// Longer texts of a document are cut where they are shown, in characters.
const SHOWN: usize = 200;

/// What a document says of something that it may support.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    Yes,
    No,
    /// The member is missing, or not of its type.
    Nothing,
}

/// A member that is a list of names. `None`: missing, or not of its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Names(Option<Vec<String>>);

impl Names {
    pub(super) fn say(&self, name: &str) -> Says {
        match &self.0 {
            None => Says::Nothing,
            Some(names) if names.iter().any(|listed| listed == name) => Says::Yes,
            Some(_) => Says::No,
        }
    }

    /// For people.
    pub(super) fn listed(&self) -> String {
        shown(&self.0.as_deref().unwrap_or_default().join(", "))
    }
}

/// What of the key set matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyFacts {
    /// It has keys that the apps can use.
    Read {
        /// One that verifies RS256.
        rs256: bool,
        /// One that verifies ES256.
        es256: bool,
    },
    /// It has none, or could not be fetched, and why.
    Unreadable(String),
}

impl KeyFacts {
    /// Reads a key set as the apps do.
    #[must_use]
    pub fn read(raw: Value) -> Self {
        if let Err(error) = serde_json::from_value::<CoreJsonWebKeySet>(raw.clone()) {
            return Self::Unreadable(shown(&error.to_string()));
        }
        match Jwks::parse(raw) {
            None => Self::Unreadable("it has no key that can verify a signature".to_owned()),
            Some(Jwks { keys, .. }) => {
                Self::Read { rs256: keys.can_verify(Algorithm::RS256), es256: keys.can_verify(Algorithm::ES256) }
            }
        }
    }
}

/// What of a provider's metadata and keys matters. Reading them never fails: what cannot be read is not there.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The issuer that was asked for.
    pub(super) asked: String,
    /// What the document calls itself.
    pub(super) issuer: Option<String>,
    /// Why an app could not use the document as it is.
    pub(super) unusable: Option<String>,
    pub(super) keys: KeyFacts,
    pub(super) shared_signals: bool,
    pub(super) end_session_endpoint: Option<Url>,
    pub(super) check_session_iframe: Option<Url>,
    pub(super) revocation_endpoint: Option<Url>,
    pub(super) introspection_endpoint: Option<Url>,
    /// Auth0's is a template, so it need not be a URL.
    pub(super) global_token_revocation: bool,
    pub(super) front_channel: Says,
    pub(super) front_channel_session: Says,
    pub(super) back_channel: Says,
    pub(super) back_channel_session: Says,
    pub(super) iss_parameter: Says,
    pub(super) scopes: Names,
    pub(super) response_types: Names,
    pub(super) grant_types: Names,
    pub(super) id_token_algs: Names,
    pub(super) dpop_algs: Names,
    pub(super) challenge_methods: Names,
    pub(super) token_endpoint_auth_methods: Names,
    pub(super) claims: Names,
    /// The endpoints that a user's browser or App B calls and that are not on the issuer's origin: their names and origins.
    pub(super) elsewhere: Vec<(&'static str, String)>,
}

/// The endpoints that a browser has to do with.
const IN_THE_BROWSER: [&str; 5] =
    ["authorization_endpoint", "end_session_endpoint", "token_endpoint", "userinfo_endpoint", "revocation_endpoint"];

impl Facts {
    /// Reads a discovery document that was fetched for the issuer `asked`.
    #[must_use]
    pub fn read(raw: &Value, asked: &str, keys: KeyFacts, shared_signals: bool) -> Self {
        let url = |name: &str| raw.get(name).and_then(Value::as_str).and_then(|text| Url::parse(text).ok());
        let says = |name: &str| match raw.get(name).and_then(Value::as_bool) {
            Some(true) => Says::Yes,
            Some(false) => Says::No,
            None => Says::Nothing,
        };
        Self {
            asked: asked.to_owned(),
            issuer: raw.get("issuer").and_then(Value::as_str).map(str::to_owned),
            unusable: unusable(raw),
            keys,
            shared_signals,
            end_session_endpoint: url("end_session_endpoint"),
            check_session_iframe: url("check_session_iframe"),
            revocation_endpoint: url("revocation_endpoint"),
            introspection_endpoint: url("introspection_endpoint"),
            global_token_revocation: raw.get("global_token_revocation_endpoint").is_some_and(Value::is_string),
            front_channel: says("frontchannel_logout_supported"),
            front_channel_session: says("frontchannel_logout_session_supported"),
            back_channel: says("backchannel_logout_supported"),
            back_channel_session: says("backchannel_logout_session_supported"),
            iss_parameter: says("authorization_response_iss_parameter_supported"),
            scopes: names(raw, "scopes_supported"),
            response_types: names(raw, "response_types_supported"),
            grant_types: names(raw, "grant_types_supported"),
            id_token_algs: names(raw, "id_token_signing_alg_values_supported"),
            dpop_algs: names(raw, "dpop_signing_alg_values_supported"),
            challenge_methods: names(raw, "code_challenge_methods_supported"),
            token_endpoint_auth_methods: names(raw, "token_endpoint_auth_methods_supported"),
            claims: names(raw, "claims_supported"),
            elsewhere: elsewhere(raw, asked),
        }
    }
}

impl Facts {
    /// The origin of the page that frames the apps, where it is not the issuer's.
    pub(super) fn sign_out_page_elsewhere(&self) -> Option<&str> {
        let mut others = self.elsewhere.iter().filter(|_| self.front_channel == Says::Yes);
        others.find(|(name, _)| *name == "end_session_endpoint").map(|(_, origin)| origin.as_str())
    }
}

fn names(raw: &Value, name: &str) -> Names {
    let texts = |list: &Vec<Value>| list.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    Names(raw.get(name).and_then(Value::as_array).map(texts))
}

/// What App A's reader or the one that both apps share asks for.
const REQUIRED: [&str; 7] = [
    "issuer",
    "authorization_endpoint",
    "token_endpoint",
    "jwks_uri",
    "response_types_supported",
    "subject_types_supported",
    "id_token_signing_alg_values_supported",
];

/// The apps' own readers have the word. That the document speaks for another issuer is said elsewhere.
fn unusable(raw: &Value) -> Option<String> {
    if let Some(missing) = REQUIRED.into_iter().find(|name| raw.get(name).is_none_or(Value::is_null)) {
        return Some(format!("{missing} is missing"));
    }
    let issuer = raw.get("issuer").and_then(Value::as_str).unwrap_or_default();
    if let Err(error) = ProviderMetadata::parse(raw.clone(), issuer) {
        return Some(shown(&error.to_string()));
    }
    // An issuer that is no URL is refused as the wrong one.
    let mut document = raw.clone();
    document["issuer"] = Value::from("https://issuer.invalid");
    serde_json::from_value::<CoreProviderMetadata>(document).err().map(|error| shown(&error.to_string()))
}

fn elsewhere(raw: &Value, asked: &str) -> Vec<(&'static str, String)> {
    let issuer = Url::parse(asked).ok().map(|url| url.origin());
    let endpoints = IN_THE_BROWSER.into_iter().filter_map(|name| {
        let url = raw.get(name).and_then(Value::as_str).and_then(|text| Url::parse(text).ok())?;
        Some((name, url.origin()))
    });
    let others = endpoints.filter(|(_, origin)| Some(origin) != issuer.as_ref());
    others.map(|(name, origin)| (name, origin.ascii_serialization())).collect()
}

/// A text of the document as a terminal may have it: no control characters, and not long.
pub(super) fn shown(text: &str) -> String {
    let plain = |character: char| if character.is_control() { '\u{fffd}' } else { character };
    let mut characters = text.chars();
    let mut shown: String = characters.by_ref().take(SHOWN).map(plain).collect();
    if characters.next().is_some() {
        shown.push('…');
    }
    shown
}
