use super::error::RegistrationError;
use crate::config::{RegisteredUri, UriError};

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

/// Several of one kind, none twice.
pub(super) fn parse_all(
    key: &'static str,
    uris: &[String],
    http: Http,
) -> Result<Vec<RegisteredUri>, RegistrationError> {
    if uris.len() > MOST {
        return Err(RegistrationError::TooManyUris { key, most: MOST });
    }
    if let Some((_, twice)) = uris.iter().enumerate().find(|(n, uri)| uris[..*n].contains(uri)) {
        return Err(refused(key, twice, UriError::Duplicate));
    }
    uris.iter().map(|uri| parse(key, uri, http)).collect()
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
