//! What is asked of the provider: its metadata, then its keys and whether it shares security events.

use relying_party::FetchError;
use relying_party::provider::{configuration_url, document};
use serde_json::Value;
use url::Url;

use super::facts::{Facts, KeyFacts};
use crate::{Origin, OriginError};

/// Why there is nothing to judge.
#[derive(Debug, thiserror::Error)]
pub(super) enum ExamineError {
    #[error("the issuer {0}")]
    Issuer(OriginError),
    #[error("the issuer must have no query and no fragment")]
    NotAnIssuer,
    #[error("{}", .0.with_causes())]
    Fetch(#[from] FetchError),
    #[error("the provider's metadata are JSON, but not an object")]
    NotAnObject,
}

/// Asks the provider. Only its metadata are needed; what else does not come is a fact as well.
pub(super) async fn facts(issuer: &str) -> Result<Facts, ExamineError> {
    let url = check_issuer(issuer)?;
    let metadata = document(configuration_url(issuer).map_err(FetchError::from)?, "metadata").await?;
    if !metadata.is_object() {
        return Err(ExamineError::NotAnObject);
    }
    let (keys, shared_signals) = tokio::join!(keys(&metadata), shares_signals(&url));
    Ok(Facts::read(&metadata, issuer, keys, shared_signals))
}

/// The apps refuse another issuer at their start, so nothing is sent to it.
fn check_issuer(issuer: &str) -> Result<Url, ExamineError> {
    let url = Url::parse(issuer).map_err(|_| ExamineError::Issuer(OriginError::NotAUrl(issuer.to_owned())))?;
    Origin::parse(&url.origin().ascii_serialization()).map_err(ExamineError::Issuer)?;
    if url.query().is_some() || url.fragment().is_some() { Err(ExamineError::NotAnIssuer) } else { Ok(url) }
}

async fn keys(metadata: &Value) -> KeyFacts {
    let url = metadata.get("jwks_uri").and_then(Value::as_str).and_then(|url| Url::parse(url).ok());
    let Some(url) = url.filter(|url| Origin::parse(&url.origin().ascii_serialization()).is_ok()) else {
        return KeyFacts::Unreadable("jwks_uri is missing, or neither https nor on loopback".to_owned());
    };
    match document(url, "keys").await {
        Ok(jwks) => KeyFacts::read(jwks),
        Err(error) => KeyFacts::Unreadable(error.with_causes()),
    }
}

/// OpenID Shared Signals Framework 1.0 section 7.2: the path of the issuer comes after the well-known one.
async fn shares_signals(issuer: &Url) -> bool {
    let mut url = issuer.clone();
    url.set_path(&format!("/.well-known/ssf-configuration{}", issuer.path().trim_end_matches('/')));
    document(url, "shared signals").await.is_ok_and(|document| document.get("issuer").is_some())
}
