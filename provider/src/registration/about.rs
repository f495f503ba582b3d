//! What a client says of itself to people ([OpenID Connect Dynamic Client Registration 1.0 section 2](https://openid.net/specs/openid-connect-registration-1_0.html#ClientMetadata)),
//! in one language or in [several](https://openid.net/specs/openid-connect-registration-1_0.html#LanguagesAndScripts).

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::error::RegistrationError;
use super::uris::{self, Http};
use crate::config::{Client, ClientLinks, RegisteredUri, Registry};
use crate::shown::{self, is_name, is_visible};

/// The most people to ask, and the longest way to reach one, in bytes.
const MOST_CONTACTS: usize = 10;
const LONGEST_CONTACT: usize = 254;
/// The most members with a language tag, and the longest tag, in bytes (RFC 5646 section 4.4.1).
const MOST_TRANSLATIONS: usize = 50;
const LONGEST_TAG: usize = 35;

/// The members that may be there in several languages.
const TRANSLATED: [&str; 5] = ["client_name", "client_uri", "logo_uri", "policy_uri", "tos_uri"];

/// As it was sent.
#[derive(Debug, Default)]
pub(super) struct Presented {
    pub(super) client_name: Option<String>,
    pub(super) client_uri: Option<String>,
    pub(super) logo_uri: Option<String>,
    pub(super) policy_uri: Option<String>,
    pub(super) tos_uri: Option<String>,
    pub(super) contacts: Option<Vec<String>>,
    /// What has a language tag, and whatever else there is.
    pub(super) others: BTreeMap<String, Value>,
}

/// As it is registered.
#[derive(Clone, Debug, Serialize)]
pub(super) struct About {
    pub(super) client_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_uri: Option<RegisteredUri>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logo_uri: Option<RegisteredUri>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy_uri: Option<RegisteredUri>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tos_uri: Option<RegisteredUri>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    contacts: Vec<String>,
    /// By name and tag: `client_name#de`. Kept and answered; the pages here are in English.
    #[serde(flatten)]
    translated: BTreeMap<String, String>,
}

impl About {
    pub(super) fn parse(presented: Presented, first: &RegisteredUri, http: Http) -> Result<Self, RegistrationError> {
        let translated = translated(presented.others, http)?;
        // Section 2.1: the name without a tag is for whoever knows no better; the pages here are in English.
        let name = presented.client_name.or_else(|| translated.get("client_name#en").cloned());
        let one = |key, uri: Option<String>| uri.map(|uri| uris::parse(key, &uri, http)).transpose();
        Ok(Self {
            client_name: client_name(name, first)?,
            client_uri: one("client_uri", presented.client_uri)?,
            logo_uri: one("logo_uri", presented.logo_uri)?,
            policy_uri: one("policy_uri", presented.policy_uri)?,
            tos_uri: one("tos_uri", presented.tos_uri)?,
            contacts: contacts(presented.contacts)?,
            translated,
        })
    }

    /// Refuses the names of the apps that belong to whoever runs the provider: users would take it for one of them.
    pub(super) fn check_name(&self, registry: &Registry) -> Result<(), RegistrationError> {
        let name = shown::as_seen(&self.client_name);
        let is_theirs = |client: &Client| !client.is_third_party && shown::as_seen(&client.name) == name;
        if registry.has_client(is_theirs) { Err(RegistrationError::TakenName) } else { Ok(()) }
    }

    /// What is shown where users are asked.
    pub(super) fn links(&self, show_logo: bool) -> ClientLinks {
        ClientLinks {
            client_uri: self.client_uri.clone(),
            policy_uri: self.policy_uri.clone(),
            tos_uri: self.tos_uri.clone(),
            logo_uri: self.logo_uri.clone().filter(|_| show_logo),
        }
    }
}

/// Without a name, the app is called by where it is.
fn client_name(name: Option<String>, first: &RegisteredUri) -> Result<String, RegistrationError> {
    let place = || shown::shortened(first.url().host_str().unwrap_or(first.url().scheme()));
    let name: String = name.unwrap_or_else(place);
    if is_name(&name) { Ok(name) } else { Err(RegistrationError::Name) }
}

fn contacts(contacts: Option<Vec<String>>) -> Result<Vec<String>, RegistrationError> {
    let contacts = contacts.unwrap_or_default();
    let is_contact =
        |contact: &String| (1..=LONGEST_CONTACT).contains(&contact.len()) && contact.chars().all(is_visible);
    if contacts.len() <= MOST_CONTACTS && contacts.iter().all(is_contact) {
        Ok(contacts)
    } else {
        Err(RegistrationError::Contacts)
    }
}

/// What is there with a language tag; other members are not understood, and ignored.
fn translated(others: BTreeMap<String, Value>, http: Http) -> Result<BTreeMap<String, String>, RegistrationError> {
    let mut translated = BTreeMap::new();
    for (member, value) in others {
        let Some((name, tag)) = member.split_once('#') else { continue };
        let Some(name) = TRANSLATED.into_iter().find(|known| *known == name) else { continue };
        let value = match value {
            Value::String(value) => value,
            Value::Null => continue,
            _ => return Err(RegistrationError::Translation),
        };
        if !is_language_tag(tag) || translated.len() == MOST_TRANSLATIONS {
            return Err(RegistrationError::Translation);
        }
        match name {
            "client_name" if !is_name(&value) => return Err(RegistrationError::Name),
            "client_name" => {}
            _ => _ = uris::parse(name, &value, http)?,
        }
        translated.insert(member, value);
    }
    Ok(translated)
}

/// The form of a tag (RFC 5646 section 2.1), not whether there is such a language.
fn is_language_tag(tag: &str) -> bool {
    let is_subtag = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    tag.len() <= LONGEST_TAG && tag.split('-').all(is_subtag)
}
