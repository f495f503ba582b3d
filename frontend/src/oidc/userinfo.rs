//! The UserInfo request: [OpenID Connect Core 1.0](https://openid.net/specs/openid-connect-core-1_0.html#UserInfo),
//! section 5.3. Only for providers whose ID tokens carry no name.

use crate::browser::Request;
use crate::json;
use crate::possession::{Credentials, Possession};

/// How long to wait for the provider, in milliseconds.
const TIMEOUT: u32 = 2_000;

/// The user's name; None where there is none to be had, or it is another user's (5.3.2).
pub(crate) async fn preferred_username(
    possession: &Possession,
    endpoint: &str,
    credentials: &Credentials,
    sub: &str,
) -> Option<String> {
    let reply = possession.send(&Request::get(endpoint), credentials, TIMEOUT).await;
    let reply = reply.ok().filter(|reply| reply.status == 200)?;
    parse(&reply.text, sub)
}

fn parse(json: &str, sub: &str) -> Option<String> {
    json::parse(json, |object| {
        let name = object.text("preferred_username")?;
        (object.text("sub") == Some(sub)).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn only_the_same_users_name_counts() {
        assert_eq!(parse(r#"{"sub":"u1","preferred_username":"alice"}"#, "u1").as_deref(), Some("alice"));
        assert_eq!(parse(r#"{"sub":"u2","preferred_username":"bob"}"#, "u1"), None);
        assert_eq!(parse(r#"{"sub":"u1"}"#, "u1"), None);
        assert_eq!(parse("eyJ.signed.jwt", "u1"), None);
    }
}
