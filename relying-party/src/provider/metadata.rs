use serde_json::Value;
use thiserror::Error;
use url::Url;

use crate::url_rules::https_or_loopback;

/// What a provider says about itself (OpenID Connect Discovery 1.0 section 3).
///
/// The members that a relying party needs are typed and checked; [`raw`](Self::raw) has the rest.
#[derive(Clone, Debug)]
pub struct ProviderMetadata {
    /// The issuer identifier; equal to the configured one.
    pub issuer: String,
    /// Where sign-in begins.
    pub authorization_endpoint: Url,
    /// Where codes become tokens.
    pub token_endpoint: Url,
    /// Where the keys are.
    pub jwks_uri: Url,
    /// Where claims about the user are.
    pub userinfo_endpoint: Option<Url>,
    /// Where sign-out begins (RP-Initiated Logout 1.0 section 2.1).
    pub end_session_endpoint: Option<Url>,
    /// Where tokens are taken back (RFC 7009), if that is https or loopback.
    pub revocation_endpoint: Option<Url>,
    /// Whether authorization responses carry `iss` (RFC 9207 section 3).
    pub authorization_response_iss_parameter_supported: bool,
    /// The document as it was served.
    pub raw: Value,
}

/// Why a provider's metadata cannot be used.
#[derive(Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum MetadataError {
    /// It is not a JSON object with the required members.
    #[error("the provider's metadata lacks a required member or has one of the wrong type")]
    Malformed,
    /// Its `issuer` is another than the configured one (Discovery 1.0 section 4.3).
    #[error("the provider calls itself {found:?}: configure exactly that as the issuer, if it is the right provider")]
    Issuer {
        /// What the metadata say.
        found: String,
    },
    /// One of its endpoints is neither https nor loopback.
    #[error("the provider's {0} is neither https nor loopback")]
    Endpoint(&'static str),
}

impl ProviderMetadata {
    /// Reads and checks the document that the provider `issuer` serves.
    ///
    /// # Errors
    /// When a member is missing, or the document speaks for another issuer, or an endpoint is not safe to use.
    pub fn parse(raw: Value, issuer: &str) -> Result<Self, MetadataError> {
        let found = raw.get("issuer").and_then(Value::as_str).ok_or(MetadataError::Malformed)?;
        if found != issuer {
            return Err(MetadataError::Issuer { found: found.to_owned() });
        }
        let required = |name| endpoint(&raw, name)?.ok_or(MetadataError::Malformed);
        let iss_parameter = raw.get("authorization_response_iss_parameter_supported").and_then(Value::as_bool);
        Ok(Self {
            issuer: issuer.to_owned(),
            authorization_endpoint: required("authorization_endpoint")?,
            token_endpoint: required("token_endpoint")?,
            jwks_uri: required("jwks_uri")?,
            userinfo_endpoint: endpoint(&raw, "userinfo_endpoint")?,
            end_session_endpoint: endpoint(&raw, "end_session_endpoint")?,
            // Nobody signs in or out by it: one that is not safe to use is not used, and the rest is good all the same.
            revocation_endpoint: endpoint(&raw, "revocation_endpoint").unwrap_or_default(),
            authorization_response_iss_parameter_supported: iss_parameter.unwrap_or(false),
            raw,
        })
    }
}

/// A member that is a URL, if it is there.
fn endpoint(raw: &Value, name: &'static str) -> Result<Option<Url>, MetadataError> {
    let url = match raw.get(name) {
        None | Some(Value::Null) => return Ok(None),
        Some(value) => value.as_str().and_then(|text| Url::parse(text).ok()).ok_or(MetadataError::Malformed)?,
    };
    if https_or_loopback(&url) { Ok(Some(url)) } else { Err(MetadataError::Endpoint(name)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ISSUER: &str = "https://op.example";

    fn document() -> Value {
        json!({
            "issuer": ISSUER,
            "authorization_endpoint": "https://op.example/authorize",
            "token_endpoint": "https://op.example/token",
            "jwks_uri": "https://op.example/jwks",
            "end_session_endpoint": "https://op.example/end_session",
            "something_new": 7,
        })
    }

    fn with(name: &str, value: Value) -> Value {
        let mut document = document();
        document[name] = value;
        document
    }

    #[test]
    fn metadata_speak_for_the_configured_issuer_only() {
        let metadata = ProviderMetadata::parse(document(), ISSUER).expect("good metadata");
        assert_eq!(metadata.raw["something_new"], 7);
        assert_eq!(metadata.end_session_endpoint.map(String::from).as_deref(), Some("https://op.example/end_session"));
        for other in ["https://op.example/", "https://OP.example", "https://evil.example"] {
            let error = ProviderMetadata::parse(document(), other).expect_err(other);
            assert_eq!(error, MetadataError::Issuer { found: ISSUER.into() });
        }
    }

    #[test]
    fn endpoints_are_https_or_loopback() {
        ProviderMetadata::parse(with("jwks_uri", json!("http://127.0.0.1:1/jwks")), ISSUER).expect("loopback");
        for name in
            ["authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint", "end_session_endpoint"]
        {
            let error = ProviderMetadata::parse(with(name, json!("http://op.example/x")), ISSUER).expect_err(name);
            assert_eq!(error, MetadataError::Endpoint(name));
        }
    }

    #[test]
    fn a_revocation_endpoint_that_is_not_safe_is_not_used() {
        let used = |value: &str| {
            let metadata = ProviderMetadata::parse(with("revocation_endpoint", json!(value)), ISSUER);
            metadata.expect("the rest is good").revocation_endpoint.is_some()
        };
        assert!(used("https://op.example/revoke"));
        for unsafe_or_none in ["http://op.example/revoke", "revoke", ""] {
            assert!(!used(unsafe_or_none), "{unsafe_or_none}");
        }
    }

    #[test]
    fn a_missing_member_is_malformed() {
        for name in ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"] {
            let error = ProviderMetadata::parse(with(name, json!(null)), ISSUER).expect_err(name);
            assert_eq!(error, MetadataError::Malformed, "{name}");
        }
        assert_eq!(ProviderMetadata::parse(json!([]), ISSUER).expect_err("an array"), MetadataError::Malformed);
    }
}
