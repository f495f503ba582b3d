//! Token requests: [OpenID Connect Core 1.0](https://openid.net/specs/openid-connect-core-1_0.html#TokenRequest), section
//! 3.1.3 with the `code_verifier` of RFC 7636, and section 12; and the end of tokens by
//! [RFC 7009](https://www.rfc-editor.org/rfc/rfc7009).

use crate::browser::{FetchError, Method, Reply, Request};
use crate::json;
use crate::oidc::callback::Answer;
use crate::oidc::discovery::Metadata;
use crate::possession::Possession;

/// How long to wait for the provider, in milliseconds.
const TIMEOUT: u32 = 5_000;

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

/// What the provider gave.
pub(crate) struct TokenResponse {
    pub(crate) access_token: String,
    pub(crate) token_type: String,
    /// Always after a code, perhaps after a refresh token (Core section 12.2).
    pub(crate) id_token: Option<String>,
    pub(crate) refresh_token: Option<String>,
    /// Seconds.
    pub(crate) expires_in: u64,
}

/// Why there are no tokens.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenError {
    /// No answer.
    #[error("The provider did not hand out tokens: {0}. Sign in again.")]
    NoAnswer(#[from] FetchError),
    /// `invalid_grant`: used, expired, or its session has ended.
    #[error("The provider no longer accepts this sign-in. Sign in again.")]
    InvalidGrant,
    /// `invalid_dpop_proof` (RFC 9449 section 5): most often the clock.
    #[error(
        "The provider did not accept this browser's proof of its key. Check this device's clock, then sign in again."
    )]
    Proof,
    /// Another error; only an operator can mend it, or time.
    #[error("The provider did not hand out tokens (status {0}). Sign in again in a moment.")]
    Status(u16),
    /// Not the answer that the specification asks for.
    #[error("The provider's tokens cannot be read. Sign in again; if it stays so, tell whoever runs this app.")]
    Malformed,
    /// A bearer token where a bound one was asked for, or the other way round.
    #[error("The provider handed out tokens of a kind that this app cannot use. Tell whoever runs this app.")]
    WrongType,
}

/// What is exchanged for tokens.
pub(crate) enum Grant<'a> {
    /// A code.
    Code(&'a Answer),
    /// A refresh token.
    RefreshToken(&'a str),
}

fn body(client_id: &str, grant: &Grant<'_>) -> String {
    let mut body = form_urlencoded::Serializer::new(String::new());
    match grant {
        Grant::Code(Answer { code, transaction }) => body
            .append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", &transaction.redirect_uri)
            .append_pair("client_id", client_id)
            .append_pair("code_verifier", &transaction.code_verifier),
        Grant::RefreshToken(refresh_token) => body
            .append_pair("grant_type", "refresh_token")
            .append_pair("refresh_token", refresh_token)
            .append_pair("client_id", client_id),
    };
    body.finish()
}

fn parse(reply: &Reply, is_bound: bool) -> Result<TokenResponse, TokenError> {
    if reply.status != 200 {
        let error = json::parse(&reply.text, |object| object.text("error").map(str::to_owned));
        return Err(match error.as_deref() {
            Some("invalid_grant") => TokenError::InvalidGrant,
            Some("invalid_dpop_proof") => TokenError::Proof,
            _ => TokenError::Status(reply.status),
        });
    }
    let tokens = json::parse(&reply.text, |object| {
        let (access_token, token_type) = (object.text("access_token")?, object.text("token_type")?);
        let (id_token, refresh_token) = (object.optional_text("id_token")?, object.optional_text("refresh_token")?);
        Some(TokenResponse {
            access_token: access_token.to_owned(),
            token_type: token_type.to_owned(),
            id_token: id_token.map(str::to_owned),
            refresh_token: refresh_token.map(str::to_owned),
            expires_in: object.number("expires_in")?,
        })
    })
    .ok_or(TokenError::Malformed)?;
    // RFC 9449 section 5: who wants bound tokens must not take others for them.
    if !tokens.token_type.eq_ignore_ascii_case(if is_bound { "DPoP" } else { "Bearer" }) {
        return Err(TokenError::WrongType);
    }
    // It goes into a header as it is: RFC 6750 section 2.1 says which characters may be in it.
    let is_b64token = |c: u8| c.is_ascii_alphanumeric() || b"-._~+/=".contains(&c);
    if tokens.access_token.is_empty() || !tokens.access_token.bytes().all(is_b64token) {
        return Err(TokenError::Malformed);
    }
    Ok(tokens)
}

/// Asks for tokens; bound to the key of this browser, where the provider does that.
pub(crate) async fn exchange(
    possession: &Possession,
    metadata: &Metadata,
    client_id: &str,
    grant: &Grant<'_>,
) -> Result<TokenResponse, TokenError> {
    let request = Request {
        method: Method::Post,
        url: &metadata.token_endpoint,
        headers: &[("Accept", "application/json"), FORM],
        body: Some(&body(client_id, grant)),
        keepalive: false,
    };
    let reply = if metadata.binds_to_es256 {
        possession.prove_to_provider(&request, TIMEOUT).await?
    } else {
        request.send(TIMEOUT).await?
    };
    parse(&reply, metadata.binds_to_es256)
}

/// Ends a token, and with a refresh token all that came of it; with a proof, if it is bound to the key. The request outlives
/// the page, and nobody needs its answer.
pub(crate) async fn revoke(
    possession: &Possession,
    revocation_endpoint: &str,
    client_id: &str,
    token: &str,
    is_bound: bool,
) {
    let body = form_urlencoded::Serializer::new(String::new())
        .append_pair("token", token)
        .append_pair("client_id", client_id)
        .finish();
    let request = Request {
        method: Method::Post,
        url: revocation_endpoint,
        headers: &[FORM],
        body: Some(&body),
        keepalive: true,
    };
    if is_bound {
        _ = possession.prove_to_provider(&request, TIMEOUT).await;
    } else {
        _ = request.send(TIMEOUT).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::transaction;

    fn reply(status: u16, text: &str) -> Reply {
        Reply { status, text: text.to_owned() }
    }

    #[test]
    fn the_request_proves_possession_of_the_verifier() {
        let answer = Answer { code: "c+1".to_owned(), transaction: transaction("s1", 100) };
        assert_eq!(
            body("app-b", &Grant::Code(&answer)),
            "grant_type=authorization_code&code=c%2B1&redirect_uri=http%3A%2F%2F127.0.0.1%3A4002%2Fcallback\
             &client_id=app-b&code_verifier=verifier-s1"
        );
        assert_eq!(
            body("app-b", &Grant::RefreshToken("r/1")),
            "grant_type=refresh_token&refresh_token=r%2F1&client_id=app-b"
        );
    }

    #[test]
    fn tokens_are_read() {
        let text = r#"{"access_token":"a.b.c","token_type":"bearer","id_token":"d.e.f","expires_in":300,"scope":"x"}"#;
        let tokens = parse(&reply(200, text), false).ok().unwrap();
        assert_eq!((tokens.access_token.as_str(), tokens.expires_in), ("a.b.c", 300));
        assert_eq!((tokens.id_token.as_deref(), tokens.refresh_token), (Some("d.e.f"), None));
        let text = r#"{"access_token":"a.b.c","token_type":"DPoP","refresh_token":"r","expires_in":300}"#;
        let tokens = parse(&reply(200, text), true).ok().unwrap();
        assert_eq!((tokens.id_token, tokens.refresh_token.as_deref()), (None, Some("r")));
        assert_eq!(parse(&reply(200, text), false).err(), Some(TokenError::WrongType));
        let bearer = text.replace("DPoP", "Bearer");
        assert_eq!(parse(&reply(200, &bearer), true).err(), Some(TokenError::WrongType));
    }

    #[test]
    fn every_other_answer_says_what_to_do() {
        use TokenError as E;
        let table = [
            (400, r#"{"error":"invalid_grant"}"#, E::InvalidGrant),
            (400, r#"{"error":"invalid_dpop_proof"}"#, E::Proof),
            (400, r#"{"error":"invalid_request"}"#, E::Status(400)),
            (401, r#"{"error":"invalid_client"}"#, E::Status(401)),
            (503, "", E::Status(503)),
            (200, "", E::Malformed),
            (200, r#"{"access_token":"a","token_type":"Bearer","id_token":"i"}"#, E::Malformed),
            (200, r#"{"access_token":"a","token_type":"Bearer","refresh_token":7,"expires_in":300}"#, E::Malformed),
            (200, r#"{"access_token":"a\r\nb","token_type":"Bearer","id_token":"i","expires_in":300}"#, E::Malformed),
            (200, r#"{"access_token":"","token_type":"Bearer","id_token":"i","expires_in":300}"#, E::Malformed),
            (200, r#"{"access_token":"a","token_type":"DPoP","id_token":"i","expires_in":300}"#, E::WrongType),
        ];
        for (status, text, expected) in table {
            assert_eq!(parse(&reply(status, text), false).err(), Some(expected), "{status} {text}");
        }
    }
}
