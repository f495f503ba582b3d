use std::collections::BTreeMap;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use openidconnect::ClientSecret;
use serde::{Deserialize, Deserializer};
use url::Url;

use super::ConfigError;
use super::app_a::secret;
use crate::origin::is_loopback;

/// The table `[traces]`: without it, nothing is traced.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TracesConfig {
    /// The collector, which takes OTLP over HTTP, such as `http://127.0.0.1:4318`; `/v1/traces` is put behind it.
    pub endpoint: String,
    /// What every request to the collector carries, such as its `authorization`.
    #[serde(default)]
    pub headers: BTreeMap<String, SecretHeader>,
    /// What the parties are called there: `curfew` makes `curfew-provider`, `curfew-app-a` and `curfew-app-b`.
    #[serde(default = "default_service")]
    pub service: String,
    /// Which share of the traces is recorded: more than 0, at most 1.
    #[serde(default = "default_sample")]
    pub sample: f64,
}

/// A header's value that is not shown.
#[derive(Clone, Debug)]
pub struct SecretHeader(ClientSecret);

impl<'de> Deserialize<'de> for SecretHeader {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        secret(deserializer).map(Self)
    }
}

/// Longer names are of no use to anybody.
const LONGEST_SERVICE: usize = 64;

impl TracesConfig {
    /// Checks what the types do not.
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let refused = |key, why: &str| Err(ConfigError::Value { key, why: why.to_owned() });
        let url = self.url()?;
        let is_service = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        if self.service.is_empty() || self.service.len() > LONGEST_SERVICE || !self.service.chars().all(is_service) {
            return refused("[traces] service", "must be 1 to 64 letters, digits, dots, hyphens or underscores");
        }
        if !(self.sample > 0.0 && self.sample <= 1.0) {
            return refused(
                "[traces] sample",
                "must be more than 0 and at most 1; to trace nothing, leave the table out",
            );
        }
        let headers = self.header_map()?;
        if !headers.is_empty() && url.scheme() == "http" && !is_loopback(&url) {
            return refused("[traces] headers", "are secrets: the endpoint must be https, or on this machine");
        }
        Ok(())
    }

    /// Where the spans are posted to. The errors do not repeat the URL: what is wrong in it may be a secret.
    pub(crate) fn url(&self) -> Result<Url, ConfigError> {
        let refused = |why: &str| ConfigError::Value { key: "[traces] endpoint", why: why.to_owned() };
        let mut url = Url::parse(&self.endpoint).map_err(|error| refused(&format!("is not a URL: {error}")))?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(refused("must begin with http:// or https://"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused("must hold no password: put what the collector asks for into [traces.headers]"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refused("must have no query and no fragment"));
        }
        let path = format!("{}/v1/traces", url.path().trim_end_matches('/'));
        url.set_path(&path);
        Ok(url)
    }

    /// What goes with each request.
    pub(crate) fn header_map(&self) -> Result<HeaderMap, ConfigError> {
        let mut headers = HeaderMap::new();
        for (name, SecretHeader(secret)) in &self.headers {
            let refused = |why: &str| ConfigError::Value { key: "[traces] headers", why: format!("`{name}` {why}") };
            let header = HeaderName::try_from(name).map_err(|_| refused("is no name of a header"))?;
            let mut value =
                HeaderValue::try_from(secret.secret()).map_err(|_| refused("has a value that cannot be sent"))?;
            value.set_sensitive(true);
            headers.insert(header, value);
        }
        Ok(headers)
    }
}

fn default_service() -> String {
    "curfew".to_owned()
}

const fn default_sample() -> f64 {
    1.0
}
