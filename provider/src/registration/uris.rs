use super::error::RegistrationError;
use crate::config::{RegisteredUri, UriError};
use crate::outbound::Guard;

/// The most of one kind.
const MOST: usize = 10;
/// In bytes.
const LONGEST: usize = 512;

/// Where `http` is good enough; on loopback only, in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Http {
    Refused,
    OnLoopback,
}

/// One URI of metadata. FCL-01, BCL-03, RPI-04
pub(super) fn parse(key: &'static str, uri: &str, http: Http) -> Result<RegisteredUri, RegistrationError> {
    if uri.len() > LONGEST {
        return Err(RegistrationError::LongUri { key, most: LONGEST });
    }
    let registered = RegisteredUri::parse(uri).map_err(|why| refused(key, uri, why))?;
    if registered.url().scheme() == "http" && http == Http::Refused {
        let uri = uri.to_owned();
        return Err(match key {
            "redirect_uris" => RegistrationError::HttpOfWeb { uri },
            _ => RegistrationError::Http { key, uri },
        });
    }
    Ok(registered)
}

/// One URI that a user is sent to; a native app's may have a scheme of its own, and on loopback any port (RFC 8252 section 7).
fn parse_target(key: &'static str, uri: &str, http: Http, is_native: bool) -> Result<RegisteredUri, RegistrationError> {
    if !is_native || uri.len() > LONGEST {
        return parse(key, uri, http);
    }
    match RegisteredUri::parse_native(uri) {
        Err(UriError::Insecure) if key == "redirect_uris" => {
            Err(RegistrationError::SchemeOfNative { uri: uri.to_owned() })
        }
        Ok(registered) if registered.is_http() => parse(key, uri, http).map(|_| registered),
        found => found.map_err(|why| refused(key, uri, why)),
    }
}

/// Several that users are sent to, none twice.
pub(super) fn parse_all(
    key: &'static str,
    uris: &[String],
    http: Http,
    is_native: bool,
) -> Result<Vec<RegisteredUri>, RegistrationError> {
    check_several(key, uris)?;
    uris.iter().map(|uri| parse_target(key, uri, http, is_native)).collect()
}

/// `request_uris`: each as it is, and known to be callable. A fragment is a hash of the contents, and no part of the address
/// (OpenID Connect Core 1.0 section 6.2).
pub(super) fn parse_request_uris(uris: &[String], http: Http, guard: Guard) -> Result<(), RegistrationError> {
    check_several("request_uris", uris)?;
    for uri in uris {
        let address = uri.split_once('#').map_or(uri.as_str(), |(address, _)| address);
        if uri.len() > LONGEST {
            return Err(RegistrationError::LongUri { key: "request_uris", most: LONGEST });
        }
        check_callable("request_uris", Some(&parse("request_uris", address, http)?), guard)?;
    }
    Ok(())
}

/// The address of one of them.
pub(super) fn request_uri(uri: &str) -> Option<RegisteredUri> {
    RegisteredUri::parse(uri.split_once('#').map_or(uri, |(address, _)| address)).ok()
}

/// BCL-53: an address that would never be called is refused while somebody is there who can choose another.
pub(super) fn check_callable(
    key: &'static str,
    uri: Option<&RegisteredUri>,
    guard: Guard,
) -> Result<(), RegistrationError> {
    let check = |uri: &RegisteredUri| guard.check_url(uri.url());
    uri.map_or(Ok(()), check).map_err(|why| RegistrationError::NotCallable { key, why })
}

fn check_several(key: &'static str, uris: &[String]) -> Result<(), RegistrationError> {
    if uris.len() > MOST {
        return Err(RegistrationError::TooManyUris { key, most: MOST });
    }
    if let Some((_, twice)) = uris.iter().enumerate().find(|(n, uri)| uris[..*n].contains(uri)) {
        return Err(refused(key, twice, UriError::Duplicate));
    }
    Ok(())
}

/// FCL-02: scheme, host and port of one of the client's own redirect URIs.
pub(super) fn check_own(
    key: &'static str,
    uri: Option<&RegisteredUri>,
    own: &[RegisteredUri],
) -> Result<(), RegistrationError> {
    match uri {
        Some(uri) if !own.iter().any(|own| own.origin() == uri.origin()) => {
            Err(refused(key, uri.as_str(), UriError::ForeignOrigin))
        }
        _ => Ok(()),
    }
}

fn refused(key: &'static str, uri: &str, why: UriError) -> RegistrationError {
    RegistrationError::Uri { key, uri: uri.to_owned(), why }
}
