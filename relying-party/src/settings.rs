use std::path::PathBuf;

use thiserror::Error;
use url::Url;

use crate::url_rules::https_or_loopback;
use crate::{Algorithm, Observers};

/// How much the clocks of an app and its provider may differ, in seconds: so much later a logout token or an ID token
/// expires, and so far ahead any token may have been issued.
pub const CLOCK_SKEW: u64 = 60;

/// How long a sign-in may take from `/authorize` to the callback, in seconds; a sign-out is kept at least so long.
pub(crate) const LOGIN_TRANSACTION: u64 = 600;

/// What a relying party knows about itself and its provider. [`Settings::new`] gives the defaults.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The provider's issuer identifier, exactly as in its metadata and tokens.
    pub issuer: String,
    /// This app's client identifier: the `aud` of its logout tokens.
    pub client_id: String,
    /// The algorithms that the provider may sign with. Default: RS256 and ES256.
    pub algorithms: Vec<Algorithm>,
    /// Folder for `provider-keys.json`, the copy of the provider's metadata and keys that a restart starts from.
    pub data_dir: PathBuf,
    /// The longest that a session or an access token of this app can live, in seconds: a sign-out is remembered this
    /// long, and at least 10 minutes; an access token older than this is refused. Default: one day.
    pub session_lifetime: u64,
    /// The lifetime of the provider's access tokens in seconds. An unsigned sign-out of an unknown session is remembered as
    /// long, and at least 10 minutes. Default: 300.
    pub access_token_lifetime: u64,
    /// Whether open tabs are told at once; off, a stream is answered 204 and tabs learn at their next request.
    pub push: bool,
    /// How many verified sign-outs are kept; a further one is refused until old ones expire. Default: one million.
    pub max_ended: usize,
    /// How many unsigned sign-outs of unknown sessions are kept. Default: 10 000.
    pub max_unverified: usize,
    /// How many unsigned sign-outs of unknown sessions are accepted a minute; those of known ones do not count. Default: 600.
    /// Whoever sends them: what a request says of its sender can be made up, and behind a proxy all addresses are one.
    pub unverified_per_minute: u32,
    /// How many revoked access tokens are kept. Default: 100 000.
    pub max_revoked_tokens: usize,
    /// For how many access tokens without a `sid` their session is kept. Default: 100 000.
    pub max_bound_tokens: usize,
    /// How many tabs may hold a stream at the same time, of one session at most 64. Default: 10 000.
    pub max_streams: usize,
    /// Who is told of what happens. Default: nobody.
    pub observers: Observers,
}

/// Why settings cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The issuer is not an absolute https URL (http is accepted on loopback) without query and fragment.
    #[error(
        "issuer {0:?} is not an https URL (or http on loopback) without query and fragment: give the provider's exact `issuer`"
    )]
    Issuer(String),
    /// The client identifier is empty.
    #[error("client_id is empty: give the identifier under which the app is registered at the provider")]
    ClientId,
    /// No algorithm is allowed, so no token could ever be verified.
    #[error("algorithms is empty: name at least one that the provider signs with, such as RS256")]
    Algorithms,
    /// A lifetime of zero would forget a sign-out at once.
    #[error("session_lifetime and access_token_lifetime are seconds, and more than 0")]
    Lifetime,
}

impl Settings {
    /// The defaults for a client of this provider.
    #[must_use]
    pub fn new(issuer: impl Into<String>, client_id: impl Into<String>, data_dir: impl Into<PathBuf>) -> Self {
        Self {
            issuer: issuer.into(),
            client_id: client_id.into(),
            algorithms: vec![Algorithm::RS256, Algorithm::ES256],
            data_dir: data_dir.into(),
            session_lifetime: 24 * 60 * 60,
            access_token_lifetime: 300,
            push: true,
            max_ended: 1_000_000,
            max_unverified: 10_000,
            unverified_per_minute: 600,
            max_revoked_tokens: 100_000,
            max_bound_tokens: 100_000,
            max_streams: 10_000,
            observers: Observers::default(),
        }
    }

    /// Checks what can be checked without the network.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let issuer = Url::parse(&self.issuer).ok().filter(https_or_loopback);
        if issuer.is_none_or(|url| url.query().is_some() || url.fragment().is_some()) {
            return Err(SettingsError::Issuer(self.issuer.clone()));
        }
        if self.client_id.is_empty() {
            return Err(SettingsError::ClientId);
        }
        if self.algorithms.is_empty() {
            return Err(SettingsError::Algorithms);
        }
        if self.session_lifetime == 0 || self.access_token_lifetime == 0 {
            return Err(SettingsError::Lifetime);
        }
        Ok(())
    }

    /// Seconds that a verified sign-out is kept: as long as anything that it could end, and a sign-in that was on its way.
    pub(crate) fn keep_ended(&self) -> u64 {
        self.session_lifetime.max(LOGIN_TRANSACTION).saturating_add(CLOCK_SKEW)
    }

    /// Seconds that an unsigned sign-out of an unknown session is kept: as long as a sign-in that was on its way.
    pub(crate) fn keep_unverified(&self) -> u64 {
        self.access_token_lifetime.max(LOGIN_TRANSACTION).saturating_add(CLOCK_SKEW)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_https_or_loopback() {
        for issuer in [
            "https://op.example",
            "https://op.example/realms/a",
            "http://localhost:4000",
            "http://127.0.0.1:1",
            "http://[::1]:1",
        ] {
            Settings::new(issuer, "app", "data").validate().expect(issuer);
        }
        for issuer in [
            "http://op.example",
            "op.example",
            "",
            "https://op.example?x=1",
            "https://op.example#x",
            "ftp://localhost",
            "http://localhost.evil.example",
        ] {
            let refused = Settings::new(issuer, "app", "data").validate();
            assert!(matches!(refused, Err(SettingsError::Issuer(_))), "{issuer}");
        }
    }

    #[test]
    fn settings_that_could_verify_or_remember_nothing_are_refused() {
        let good = Settings::new("https://op.example", "app", "data");
        assert!(matches!(
            Settings { client_id: String::new(), ..good.clone() }.validate(),
            Err(SettingsError::ClientId)
        ));
        assert!(matches!(Settings { algorithms: vec![], ..good.clone() }.validate(), Err(SettingsError::Algorithms)));
        assert!(matches!(Settings { session_lifetime: 0, ..good }.validate(), Err(SettingsError::Lifetime)));
    }
}
