use axum::http::HeaderMap;

use super::{assertion, basic};
use crate::http::Params;
use crate::token::TokenError;

/// The `client_assertion_type` of a JWT (RFC 7523 section 2.2).
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What a request says of its sender. Nothing of it is proved yet.
pub(super) struct Presented {
    /// The `client_id`.
    pub(super) id: String,
    pub(super) credential: Credential,
}

/// What is to prove it. It does not print.
pub(super) enum Credential {
    None,
    Basic(String),
    Post(String),
    Assertion(String),
}

impl Presented {
    /// RFC 6749 section 2.3: in one way and not in two.
    pub(super) fn read(headers: &HeaderMap, params: &Params) -> Result<Self, TokenError> {
        let basic = basic::credentials(headers)?;
        let assertion = client_assertion(params)?;
        let client_id = params.get("client_id");
        let presented = match (basic, params.get("client_secret"), assertion) {
            (Some(basic), None, None) => Self { id: basic.id, credential: Credential::Basic(basic.secret) },
            (None, Some(secret), None) => {
                let id = client_id.ok_or(TokenError::NoClient)?.to_owned();
                Self { id, credential: Credential::Post(secret.to_owned()) }
            }
            (None, None, Some(jwt)) => {
                Self { id: assertion::claimed_client(jwt)?, credential: Credential::Assertion(jwt.to_owned()) }
            }
            (None, None, None) => {
                Self { id: client_id.ok_or(TokenError::NoClient)?.to_owned(), credential: Credential::None }
            }
            _ => return Err(TokenError::TwoMethods),
        };
        match client_id {
            Some(client_id) if client_id != presented.id => Err(TokenError::TwoClients),
            _ => Ok(presented),
        }
    }
}

/// RFC 7521 section 4.2: the two parameters come together.
fn client_assertion(params: &Params) -> Result<Option<&str>, TokenError> {
    match (params.get("client_assertion_type"), params.get("client_assertion")) {
        (None, None) => Ok(None),
        (Some(JWT_BEARER), Some(jwt)) => Ok(Some(jwt)),
        (Some(_), Some(_)) => Err(TokenError::AssertionType),
        _ => Err(TokenError::HalfAnAssertion),
    }
}
