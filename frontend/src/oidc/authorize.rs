//! The authentication request: [OpenID Connect Core 1.0](https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest),
//! section 3.1.2.1.

use super::with_parameters;
use crate::browser::{CryptoFailed, random_token};
use crate::config::Config;
use crate::oidc::discovery::Metadata;
use crate::oidc::pkce;
use crate::storage::Transaction;

/// Whether the provider may ask the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prompt {
    /// `prompt=none`: an answer at once, from the session that is there or not.
    None,
    /// The provider decides.
    Any,
}

/// A transaction with fresh random values, and the address that begins it. `jkt` names the key that the code, and what it
/// is exchanged for, is to be bound to (RFC 9449 section 10).
pub(crate) async fn begin(
    config: &Config,
    metadata: Metadata,
    redirect_uri: String,
    prompt: Prompt,
    jkt: Option<&str>,
    now: u64,
) -> Result<(Transaction, String), CryptoFailed> {
    let transaction = Transaction {
        state: random_token()?,
        nonce: random_token()?,
        code_verifier: random_token()?,
        redirect_uri,
        metadata,
        started_at: now,
    };
    let code_challenge = pkce::code_challenge(&transaction.code_verifier).await?;
    let address = address(config, &transaction, &code_challenge, prompt, jkt);
    Ok((transaction, address))
}

fn address(
    config: &Config,
    transaction: &Transaction,
    code_challenge: &str,
    prompt: Prompt,
    jkt: Option<&str>,
) -> String {
    let mut parameters = vec![
        ("response_type", "code"),
        ("client_id", config.client_id.as_str()),
        ("redirect_uri", &transaction.redirect_uri),
        ("scope", &config.scope),
        ("state", &transaction.state),
        ("nonce", &transaction.nonce),
        ("code_challenge", code_challenge),
        ("code_challenge_method", "S256"),
    ];
    if prompt == Prompt::None {
        parameters.push(("prompt", "none"));
    }
    parameters.extend(jkt.map(|jkt| ("dpop_jkt", jkt)));
    with_parameters(&transaction.metadata.authorization_endpoint, &parameters)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::transaction;

    /// BCP-11
    #[test]
    fn the_request_carries_state_nonce_and_challenge() {
        let config =
            Config::parse(Some(r#"{"issuer":"http://localhost:4000","client_id":"app-b","scope":"openid notes"}"#))
                .unwrap();
        let transaction = transaction("s1", 100);
        let address = address(&config, &transaction, "challenge", Prompt::None, None);
        assert_eq!(
            address,
            "http://localhost:4000/authorize?response_type=code&client_id=app-b\
             &redirect_uri=http%3A%2F%2F127.0.0.1%3A4002%2Fcallback&scope=openid+notes&state=s1&nonce=nonce-s1\
             &code_challenge=challenge&code_challenge_method=S256&prompt=none"
        );
        let bound = super::address(&config, &transaction, "challenge", Prompt::Any, Some("k1"));
        assert!(!bound.contains("prompt") && bound.ends_with("&dpop_jkt=k1"));
        assert!(!address.contains(&transaction.code_verifier));
    }
}
