use axum::body::Bytes;
use axum::http::{HeaderMap, header};
use url::form_urlencoded;

/// The most that the values may have together, in bytes. ID tokens come as hints, and are longer than anything else. It
/// bounds what is kept of requests that anybody may send.
const LONGEST: usize = 8 * 1024;

/// The parameters of a request that an endpoint knows, from a query string or a form. Others are dropped, as the
/// specifications ask; so are empty ones (RFC 6749 section 3.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Params(Vec<(&'static str, String)>);

/// Why the parameters cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ParamsError {
    #[error("the parameter `{0}` is there more than once")]
    Duplicate(&'static str),
    #[error("the parameter `{0}` is too long, or the parameters are together")]
    TooLong(&'static str),
    #[error("the request must be sent as application/x-www-form-urlencoded")]
    NotAForm,
}

impl Params {
    /// Reads a query string or a form. RFC 6749 section 3.1: no parameter more than once.
    pub(crate) fn parse(raw: &[u8], known: &[&'static str]) -> Result<Self, ParamsError> {
        let mut seen: Vec<(&'static str, String)> = Vec::new();
        let mut length = 0;
        for (name, value) in form_urlencoded::parse(raw) {
            let Some(&name) = known.iter().find(|&&known| known == name) else { continue };
            if seen.iter().any(|(seen, _)| *seen == name) {
                return Err(ParamsError::Duplicate(name));
            }
            length += value.len();
            if length > LONGEST {
                return Err(ParamsError::TooLong(name));
            }
            seen.push((name, value.into_owned()));
        }
        seen.retain(|(_, value)| !value.is_empty());
        Ok(Self(seen))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// Other parameters, in which these values have replaced what was there by the same names, and some are gone.
    pub(crate) fn overridden_by(
        &self,
        values: Vec<(&'static str, String)>,
        gone: &[&str],
    ) -> Result<Self, ParamsError> {
        let is_kept = |name: &str| !gone.contains(&name) && !values.iter().any(|(replaced, _)| *replaced == name);
        let mut all: Vec<_> = self.0.iter().filter(|(name, _)| is_kept(name)).cloned().collect();
        all.extend(values);
        let mut length = 0;
        for (name, value) in &all {
            length += value.len();
            if length > LONGEST {
                return Err(ParamsError::TooLong(name));
            }
        }
        all.retain(|(_, value)| !value.is_empty());
        Ok(Self(all))
    }

    /// The parameters as a form, to be kept and parsed again.
    pub(crate) fn to_form(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.0).finish()
    }
}

/// The body, if it says that it is a form.
pub(crate) fn form_body<'a>(headers: &HeaderMap, body: &'a Bytes) -> Result<&'a [u8], ParamsError> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        Ok(body)
    } else {
        Err(ParamsError::NotAForm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[&str] = &["scope", "state"];

    fn parse(raw: &str) -> Result<Vec<(&'static str, String)>, ParamsError> {
        Params::parse(raw.as_bytes(), KNOWN).map(|params| params.0)
    }

    /// RPI-15: unknown parameters are ignored, duplicated ones too.
    #[test]
    fn what_is_known_is_read_once() {
        assert_eq!(parse("scope=a+b&x=1&x=2&state=%C3%A4"), Ok(vec![("scope", "a b".into()), ("state", "ä".into())]));
        assert_eq!(parse("scope=&state=1"), Ok(vec![("state", "1".into())]));
        assert_eq!(parse(""), Ok(vec![]));
        assert_eq!(parse("state=1&state=1"), Err(ParamsError::Duplicate("state")));
        assert_eq!(parse("state=&state=1"), Err(ParamsError::Duplicate("state")));
        assert_eq!(parse("%73tate=1&state=2"), Err(ParamsError::Duplicate("state")));
    }

    #[test]
    fn what_is_known_is_bounded_together() {
        let filled = |scope: usize, state: usize| format!("scope={}&state={}", "x".repeat(scope), "x".repeat(state));
        assert!(parse(&filled(0, LONGEST)).is_ok());
        assert!(parse(&filled(LONGEST / 2, LONGEST / 2)).is_ok());
        assert_eq!(parse(&filled(0, LONGEST + 1)), Err(ParamsError::TooLong("state")));
        assert_eq!(parse(&filled(LONGEST / 2, LONGEST / 2 + 1)), Err(ParamsError::TooLong("state")));
        assert!(parse(&format!("y={}", "x".repeat(LONGEST + 1))).is_ok());
    }

    #[test]
    fn values_replace_what_was_there() {
        let params = Params::parse(b"state=1&scope=a", KNOWN).unwrap();
        let replaced = |scope: &str| params.overridden_by(vec![("scope", scope.to_owned())], &["state"]);
        assert_eq!(replaced("b").unwrap().0, [("scope", "b".to_owned())]);
        assert_eq!(replaced("").unwrap().0, []);
        assert_eq!(replaced(&"x".repeat(LONGEST + 1)), Err(ParamsError::TooLong("scope")));
        assert_eq!(params.overridden_by(vec![], &[]).unwrap(), params);
    }

    #[test]
    fn kept_parameters_come_back_the_same() {
        let params = Params::parse("state=a%26b%3Dc+%2B&scope=ä".as_bytes(), KNOWN).unwrap();
        assert_eq!(Params::parse(params.to_form().as_bytes(), KNOWN).unwrap(), params);
    }

    #[test]
    fn only_a_form_is_a_form() {
        let body = Bytes::from_static(b"a=b");
        let with = |value: &'static str| HeaderMap::from_iter([(header::CONTENT_TYPE, value.parse().unwrap())]);
        assert!(form_body(&with("application/x-www-form-urlencoded"), &body).is_ok());
        assert!(form_body(&with("Application/X-WWW-Form-Urlencoded; charset=utf-8"), &body).is_ok());
        for other in ["text/plain", "application/json", "multipart/form-data", "application/x-www-form-urlencodedx"] {
            assert_eq!(form_body(&with(other), &body), Err(ParamsError::NotAForm), "{other}");
        }
        assert_eq!(form_body(&HeaderMap::new(), &body), Err(ParamsError::NotAForm));
    }
}
