//! What the server tells this page about itself, in `<meta name="curfew-config">`.

use crate::json;

/// Name of the `<meta>` element.
pub(crate) const META_NAME: &str = "curfew-config";

/// App B's configuration. Nothing in it is secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Config {
    /// The provider's issuer identifier.
    pub(crate) issuer: String,
    /// This client's identifier there.
    pub(crate) client_id: String,
    /// What to ask for, separated by spaces.
    pub(crate) scope: String,
    /// Whether the server offers a stream of sign-outs.
    pub(crate) push: bool,
    /// Whether tabs tell each other of sign-outs.
    pub(crate) broadcast: bool,
    /// How tokens are renewed.
    pub(crate) renew: Renew,
    /// What the session panel says of it.
    pub(crate) why: Why,
    /// App A's address, to link to.
    pub(crate) app_a: Option<String>,
}

/// How tokens are renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Renew {
    /// By a code that the provider gives to a hidden frame (`prompt=none`).
    Iframe,
    /// By a refresh token.
    RefreshToken,
    /// Not at all: a session lasts as long as its first access token.
    Off,
}

/// Why they are renewed so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// The provider and this page are one site, so a frame gets the provider's cookie.
    SameSite,
    /// They are different sites, so it may not.
    CrossSite,
    /// The operator says so.
    Configured,
}

/// Why the page cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ConfigError {
    /// The element is missing.
    #[error("the page carries no configuration")]
    Missing,
    /// It is not the JSON that this version expects.
    #[error("the page's configuration cannot be read")]
    Malformed,
    /// The issuer is neither https nor a loopback address.
    #[error("the configured issuer is neither https nor a loopback address")]
    Issuer,
}

impl Config {
    /// Reads the element's content.
    pub(crate) fn parse(content: Option<&str>) -> Result<Self, ConfigError> {
        let content = content.ok_or(ConfigError::Missing)?;
        let config = json::parse(content, |object| {
            let (issuer, client_id, scope) = (object.text("issuer")?, object.text("client_id")?, object.text("scope")?);
            let (push, broadcast) = (object.flag("push", true)?, object.flag("broadcast", true)?);
            let app_a = object.optional_text("app_a")?;
            let renew = match object.optional_text("renew")? {
                Some("iframe") => Renew::Iframe,
                Some("refresh-token") => Renew::RefreshToken,
                None | Some("off") => Renew::Off,
                Some(_) => return None,
            };
            let why = match object.optional_text("renew_why")? {
                Some("same-site") => Why::SameSite,
                Some("cross-site") => Why::CrossSite,
                _ => Why::Configured,
            };
            Some(Self {
                issuer: issuer.to_owned(),
                client_id: client_id.to_owned(),
                scope: scope.to_owned(),
                push,
                broadcast,
                renew,
                why,
                app_a: app_a.map(str::to_owned),
            })
        })
        .ok_or(ConfigError::Malformed)?;
        if !is_trustworthy(&config.issuer) || config.issuer.contains(['?', '#']) {
            return Err(ConfigError::Issuer);
        }
        Ok(config)
    }
}

/// Whether this is an https address, or http on a loopback host.
pub(crate) fn is_trustworthy(url: &str) -> bool {
    if let Some(rest) = url.strip_prefix("https://") {
        return !rest.is_empty() && !rest.starts_with('/');
    }
    let Some(rest) = url.strip_prefix("http://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.strip_prefix("[::1]") {
        Some("") => return true,
        Some(port) => return port.strip_prefix(':').is_some_and(is_port),
        None => authority,
    };
    let (host, port) = host.split_once(':').map_or((host, None), |(host, port)| (host, Some(port)));
    matches!(host, "localhost" | "127.0.0.1") && port.is_none_or(is_port)
}

fn is_port(text: &str) -> bool {
    text.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_configuration_is_read() {
        let json = r#"{"issuer":"http://localhost:4000","client_id":"app-b","scope":"openid profile notes",
            "push":false,"broadcast":true,"app_a":"http://127.0.0.1:4001/"}"#;
        let config = Config::parse(Some(json)).unwrap();
        assert_eq!(config.issuer, "http://localhost:4000");
        assert!(!config.push);
        assert_eq!(config.app_a.as_deref(), Some("http://127.0.0.1:4001/"));

        let least = Config::parse(Some(r#"{"issuer":"https://op.example","client_id":"b","scope":"openid"}"#)).unwrap();
        assert!(least.push && least.broadcast && least.app_a.is_none());
    }

    #[test]
    fn a_page_without_a_usable_configuration_is_refused() {
        assert_eq!(Config::parse(None), Err(ConfigError::Missing));
        assert_eq!(Config::parse(Some("{")), Err(ConfigError::Malformed));
        assert_eq!(Config::parse(Some("{}")), Err(ConfigError::Malformed));
        let plain = r#"{"issuer":"http://op.example","client_id":"b","scope":"openid"}"#;
        assert_eq!(Config::parse(Some(plain)), Err(ConfigError::Issuer));
    }

    #[test]
    fn only_https_and_loopback_are_trustworthy() {
        for url in [
            "https://op.example",
            "https://op.example:8443/tenant",
            "http://localhost:4000",
            "http://127.0.0.1:4000/authorize?x=1",
            "http://[::1]:4000",
            "http://localhost",
        ] {
            assert!(is_trustworthy(url), "{url}");
        }
        for url in [
            "http://op.example",
            "http://localhost.op.example",
            "http://localhost@op.example",
            "http://localhost:4000@op.example",
            "http://127.0.0.1.op.example",
            "http://[::1].op.example",
            "javascript:alert(1)",
            "//op.example",
            "https:///x",
            "https://",
            "",
        ] {
            assert!(!is_trustworthy(url), "{url}");
        }
    }
}
