//! `session_state`: [OpenID Connect Session Management 1.0 sections 2 and 3.2](https://openid.net/specs/openid-connect-session-1_0.html#CreatingUpdatingSessions).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// What an app asks the check-session frame about: a salted hash, and the salt. SM-03, SM-04: without a space.
///
/// `assets/session-state.js` computes the same. A client id may contain spaces, but what follows it does not, so that no two
/// inputs are written alike.
pub(crate) fn session_state(client_id: &str, origin: &str, browser_state: &str, salt: &str) -> String {
    format!("{}.{salt}", digest(&format!("{client_id} {origin} {browser_state} {salt}")))
}

/// How the frame knows an app at its origin, without a list of the apps in clear. SM-14
pub(crate) fn registered_app(client_id: &str, origin: &str) -> String {
    digest(&format!("{client_id} {origin}"))
}

fn digest(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SM-03, SM-04. The browser spec holds the script against the same values.
    #[test]
    fn a_salted_hash_of_client_origin_and_state() {
        let (client_id, origin) = ("app b", "http://127.0.0.1:4002");
        let (state, salt) = ("S".repeat(43), "T".repeat(43));
        let whole = session_state(client_id, origin, &state, &salt);
        assert_eq!(whole, format!("DEaxRR5FhPCPKMKKD_bvFsezZrgWgA76bGC4B5LK-kk.{salt}"));
        assert!(!whole.contains(' '));
        for (what, other) in [
            ("client", session_state("app a", origin, &state, &salt)),
            ("origin", session_state(client_id, "http://127.0.0.1:4001", &state, &salt)),
            ("state", session_state(client_id, origin, &salt, &salt)),
            ("salt", session_state(client_id, origin, &state, &state)),
        ] {
            assert_ne!(other, whole, "{what}");
        }
        assert_eq!(registered_app(client_id, origin), "5y7QId155A9nlAbxsfdp68bMfy4YNi0MJavR_HBvpHM");
    }
}
