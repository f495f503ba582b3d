//! [OpenID Connect Discovery 1.0](https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig), section 4.

use crate::browser::{FetchError, Request};
use crate::config::is_trustworthy;
use crate::json::{self, Json, Object};

const DPOP_ALGS: &str = "dpop_signing_alg_values_supported";

/// What App B uses of the provider's metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Metadata {
    pub(crate) issuer: String,
    pub(crate) authorization_endpoint: String,
    pub(crate) token_endpoint: String,
    pub(crate) userinfo_endpoint: Option<String>,
    pub(crate) end_session_endpoint: Option<String>,
    pub(crate) revocation_endpoint: Option<String>,
    /// Whether tokens can be bound to a key on P-256 (RFC 9449 section 5.1).
    pub(crate) binds_to_es256: bool,
    /// Whether every authorization response carries `iss` (RFC 9207 section 3).
    pub(crate) authorization_response_iss_parameter_supported: bool,
}

impl Metadata {
    /// Reads the document.
    pub(crate) fn read(object: Object<'_>) -> Option<Self> {
        let issuer = object.text("issuer")?;
        let authorization_endpoint = object.text("authorization_endpoint")?;
        let token_endpoint = object.text("token_endpoint")?;
        let userinfo_endpoint = object.optional_text("userinfo_endpoint")?;
        let end_session_endpoint = object.optional_text("end_session_endpoint")?;
        let revocation_endpoint = object.optional_text("revocation_endpoint")?;
        let algs = object.value(DPOP_ALGS).and_then(Json::as_list).unwrap_or_default();
        let authorization_response_iss_parameter_supported =
            object.flag("authorization_response_iss_parameter_supported", false)?;
        Some(Self {
            issuer: issuer.to_owned(),
            authorization_endpoint: authorization_endpoint.to_owned(),
            token_endpoint: token_endpoint.to_owned(),
            userinfo_endpoint: userinfo_endpoint.map(str::to_owned),
            end_session_endpoint: end_session_endpoint.map(str::to_owned),
            revocation_endpoint: revocation_endpoint.map(str::to_owned),
            binds_to_es256: algs.iter().any(|alg| alg.as_str() == Some("ES256")),
            authorization_response_iss_parameter_supported,
        })
    }

    /// Writes what `read` reads.
    pub(crate) fn value(&self) -> Json {
        Json::object([
            ("issuer", (&self.issuer).into()),
            ("authorization_endpoint", (&self.authorization_endpoint).into()),
            ("token_endpoint", (&self.token_endpoint).into()),
            ("userinfo_endpoint", (&self.userinfo_endpoint).into()),
            ("end_session_endpoint", (&self.end_session_endpoint).into()),
            ("revocation_endpoint", (&self.revocation_endpoint).into()),
            (DPOP_ALGS, Json::List(self.binds_to_es256.then(|| "ES256".into()).into_iter().collect())),
            (
                "authorization_response_iss_parameter_supported",
                Json::Flag(self.authorization_response_iss_parameter_supported),
            ),
        ])
    }
}

/// Why the provider cannot be used now.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DiscoveryError {
    /// No answer. The text names no address: the caller knows which issuer it asked.
    #[error("{0}")]
    NoAnswer(#[from] FetchError),
    /// An answer, but not the document.
    #[error("it answered with status {0}")]
    Status(u16),
    /// Not the metadata that the specification asks for.
    #[error("its configuration document cannot be read")]
    Malformed,
    /// The document is another issuer's (section 4.3).
    #[error("its configuration document names another issuer")]
    WrongIssuer,
    /// An endpoint is neither https nor on loopback.
    #[error("its configuration document names an unsafe endpoint")]
    UnsafeEndpoint,
}

/// Where an issuer publishes its metadata (section 4.1).
fn address(issuer: &str) -> String {
    format!("{}/.well-known/openid-configuration", issuer.strip_suffix('/').unwrap_or(issuer))
}

fn parse(json: &str, issuer: &str) -> Result<Metadata, DiscoveryError> {
    let metadata = json::parse(json, Metadata::read).ok_or(DiscoveryError::Malformed)?;
    if metadata.issuer != issuer {
        return Err(DiscoveryError::WrongIssuer);
    }
    let endpoints = [
        Some(&metadata.authorization_endpoint),
        Some(&metadata.token_endpoint),
        metadata.userinfo_endpoint.as_ref(),
        metadata.end_session_endpoint.as_ref(),
        metadata.revocation_endpoint.as_ref(),
    ];
    if !endpoints.into_iter().flatten().all(|endpoint| is_trustworthy(endpoint)) {
        return Err(DiscoveryError::UnsafeEndpoint);
    }
    Ok(metadata)
}

/// Asks the issuer for its metadata, for at most `timeout` milliseconds.
pub(crate) async fn discover(issuer: &str, timeout: u32) -> Result<Metadata, DiscoveryError> {
    let reply = Request::get(&address(issuer)).send(timeout).await?;
    if reply.status != 200 {
        return Err(DiscoveryError::Status(reply.status));
    }
    parse(&reply.text, issuer)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = r#"{"issuer":"http://localhost:4000","authorization_endpoint":"http://localhost:4000/authorize",
        "token_endpoint":"http://localhost:4000/token","end_session_endpoint":"http://localhost:4000/end_session",
        "authorization_response_iss_parameter_supported":true,"dpop_signing_alg_values_supported":["RS256","ES256"],
        "jwks_uri":"http://localhost:4000/jwks"}"#;

    #[test]
    fn the_address_follows_from_the_issuer() {
        assert_eq!(address("https://op"), "https://op/.well-known/openid-configuration");
        assert_eq!(address("https://op/t/"), "https://op/t/.well-known/openid-configuration");
    }

    /// RPI-01
    #[test]
    fn the_metadata_is_read() {
        let metadata = parse(DOCUMENT, "http://localhost:4000").unwrap();
        assert_eq!(metadata.end_session_endpoint.as_deref(), Some("http://localhost:4000/end_session"));
        assert!(metadata.authorization_response_iss_parameter_supported);
        assert_eq!(metadata.userinfo_endpoint, None);
        assert!(metadata.binds_to_es256);
        assert!(json::parse(&metadata.value().write(), Metadata::read).is_some_and(|again| again == metadata));
    }

    #[test]
    fn a_document_that_cannot_be_trusted_is_refused() {
        let issuer = "http://localhost:4000";
        let table = [
            ("<html>".to_owned(), DiscoveryError::Malformed),
            (r#"{"issuer":"http://localhost:4000"}"#.to_owned(), DiscoveryError::Malformed),
            (
                DOCUMENT.replace("\"issuer\":\"http://localhost:4000\"", "\"issuer\":\"http://localhost:4000/\""),
                DiscoveryError::WrongIssuer,
            ),
            (
                DOCUMENT.replace("http://localhost:4000/token", "http://evil.example/token"),
                DiscoveryError::UnsafeEndpoint,
            ),
            (
                DOCUMENT.replace("http://localhost:4000/end_session", "javascript:alert(1)"),
                DiscoveryError::UnsafeEndpoint,
            ),
        ];
        for (json, expected) in table {
            assert_eq!(parse(&json, issuer), Err(expected), "{json}");
        }
    }
}
