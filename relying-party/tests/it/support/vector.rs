//! The vectors of `tests/vectors`: what they say, and the request that each makes. Their README has the words.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::Request;
use axum::http::header::CONTENT_TYPE;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use url::form_urlencoded::byte_serialize;

use super::{TestKey, base64url};

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Vector {
    pub(crate) name: String,
    pub(crate) rules: Vec<String>,
    #[serde(default)]
    header: Map<String, Value>,
    #[serde(default)]
    claims: Map<String, Value>,
    #[serde(default)]
    without: Vec<String>,
    #[serde(default)]
    twice: Members,
    header_text: Option<String>,
    claims_text: Option<String>,
    #[serde(default)]
    signed_by: SignedBy,
    token: Option<String>,
    #[serde(default)]
    request: Map<String, Value>,
    first: Option<Map<String, Value>>,
    pub(crate) ends: Option<Ends>,
    pub(crate) refused: Option<String>,
    pub(crate) status: Option<u16>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Members {
    header: Map<String, Value>,
    claims: Map<String, Value>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum SignedBy {
    #[default]
    Provider,
    Stranger,
    PublicKey,
    ProviderForAnother,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Ends {
    Session,
    Nothing,
}

#[derive(Deserialize)]
struct Base {
    header: Map<String, Value>,
    claims: Map<String, Value>,
    token: String,
    request: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestParts {
    method: String,
    path: String,
    content_type: String,
    headers: BTreeMap<String, String>,
    body: String,
}

/// What the placeholders stand for.
pub(crate) struct Facts<'a> {
    pub(crate) texts: BTreeMap<&'static str, String>,
    pub(crate) now: u64,
    pub(crate) key: &'a TestKey,
    pub(crate) stranger: &'a TestKey,
}

/// The vectors of one file.
pub(crate) fn read(file: &str) -> Vec<Vector> {
    parse(file)
}

fn parse<T: DeserializeOwned>(file: &str) -> T {
    let path = format!("{}/tests/vectors/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

impl Vector {
    /// The request that is to be sent, and be accepted, before this one.
    pub(crate) fn first(&self) -> Option<Self> {
        let good = Self { claims: self.first.clone()?, ..Self::named(&self.name) };
        Some(good)
    }

    fn named(name: &str) -> Self {
        let nothing = serde_json::json!({ "name": name, "rules": [] });
        serde_json::from_value(nothing).unwrap()
    }

    pub(crate) fn request(&self, facts: &Facts<'_>) -> Request<Body> {
        let base: Base = parse("base.json");
        let mut texts = facts.texts.clone();
        let token = byte_serialize(self.token(&base, facts).as_bytes()).collect();
        texts.insert("token", token);
        let mut parts = base.request;
        parts.extend(self.request.clone());
        let parts = fill(&Value::Object(parts), &texts, facts.now);
        let parts: RequestParts = serde_json::from_value(parts).unwrap();
        let mut request = Request::builder().method(parts.method.as_str()).uri(parts.path);
        request = request.header(CONTENT_TYPE, parts.content_type);
        for (name, value) in parts.headers {
            request = request.header(name, value);
        }
        request.body(Body::from(parts.body)).unwrap()
    }

    fn token(&self, base: &Base, facts: &Facts<'_>) -> String {
        let json =
            |part: &str, members: &Map<String, Value>, own: &Map<String, Value>, twice, text: &Option<String>| {
                if let Some(text) = text {
                    return fill_text(text, &facts.texts);
                }
                let mut members = members.clone();
                members.extend(own.clone());
                members.retain(|name, _| !self.without.contains(&format!("{part}.{name}")));
                json_text(&members, twice, facts)
            };
        let header = json("header", &base.header, &self.header, &self.twice.header, &self.header_text);
        let claims = json("claims", &base.claims, &self.claims, &self.twice.claims, &self.claims_text);
        let (header, payload) = (base64url(&header), base64url(&claims));
        let message = format!("{header}.{payload}");
        let signature = match self.signed_by {
            SignedBy::Provider => facts.key.signature(&message),
            SignedBy::Stranger => facts.stranger.signature(&message),
            SignedBy::PublicKey => facts.key.hmac_with_the_public_key(&message),
            SignedBy::ProviderForAnother => facts.key.signature(&format!("{header}.{}", base64url("{}"))),
        };
        let parts = BTreeMap::from([("header", header), ("payload", payload), ("signature", signature)]);
        fill_text(self.token.as_ref().unwrap_or(&base.token), &parts)
    }
}

/// The members as a JSON object, those of `twice` once more and first.
fn json_text(members: &Map<String, Value>, twice: &Map<String, Value>, facts: &Facts<'_>) -> String {
    let filled = |members: &Map<String, Value>| fill(&Value::Object(members.clone()), &facts.texts, facts.now);
    let text = filled(members).to_string();
    if twice.is_empty() {
        return text;
    }
    let before = filled(twice).to_string();
    format!("{},{}", before.trim_end_matches('}'), text.trim_start_matches('{'))
}

fn fill(value: &Value, texts: &BTreeMap<&'static str, String>, now: u64) -> Value {
    match value {
        Value::String(text) => match text.strip_prefix("{{now").and_then(|rest| rest.strip_suffix("}}")) {
            Some("") => now.into(),
            Some(offset) => now.checked_add_signed(offset.parse().unwrap()).unwrap().into(),
            None => fill_text(text, texts).into(),
        },
        Value::Array(items) => items.iter().map(|item| fill(item, texts, now)).collect(),
        Value::Object(members) => {
            members.iter().map(|(name, member)| (name.clone(), fill(member, texts, now))).collect()
        }
        other => other.clone(),
    }
}

fn fill_text(text: &str, texts: &BTreeMap<&'static str, String>) -> String {
    let mut pieces = text.split("{{");
    let mut filled = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_once("}}").unwrap_or_else(|| panic!("{text}: an open placeholder"));
        match (texts.get(name), name.split_once('*')) {
            (Some(value), _) => filled.push_str(value),
            (None, Some((letter, times))) => filled.push_str(&letter.repeat(times.parse().unwrap())),
            (None, None) => panic!("{text}: nothing is called {name}"),
        }
        filled.push_str(rest);
    }
    filled
}
