//! What to do with a request, and whom to tell: pure functions.

use url::Url;

use super::front_channel::frame_url;
use super::outcome::Outcome;
use super::request::EndSessionRequest;
use crate::config::{Registry, SigningAlg};
use crate::observation::{App, Sid};
use crate::state::Channels;
use crate::store::session::Session;
use crate::store::session_client::SessionClient;

/// What to do with a sign-out request.
#[derive(Debug)]
pub(super) enum Decision<'a> {
    /// There is nothing to end. RPI-33
    AlreadySignedOut,
    /// The request may not be the user's wish. RPI-22, RPI-36
    Ask(&'a Session),
    /// An app of this very session asks: which.
    End(&'a Session, &'a str),
}

/// Decides it. Whoever holds an ID token of this browser's session speaks for the user; nobody else does, and so the user
/// is asked about a session that only the hint names. RPI-22
pub(super) fn decide<'a>(
    request: &'a EndSessionRequest,
    session: Option<&'a Session>,
    is_of_browser: bool,
    reached: &[SessionClient],
) -> Decision<'a> {
    let Some(session) = session else { return Decision::AlreadySignedOut };
    let of_this_session = request.hint.as_ref().filter(|hint| {
        hint.sub == session.sub && reached.iter().any(|app| app.client_id == hint.client_id && app.sid == hint.sid)
    });
    match of_this_session {
        Some(hint) if is_of_browser => Decision::End(session, &hint.client_id),
        _ => Decision::Ask(session),
    }
}

/// An app that is to be told, and by which channels it can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Notification {
    pub(super) client_id: String,
    /// What users call it.
    pub(super) name: String,
    pub(super) sid: String,
    pub(super) back_channel: Option<BackChannelTarget>,
    /// With `iss` and `sid`.
    pub(super) frame: Option<Url>,
}

/// Where a logout token goes, what it is signed with, and for how many seconds it is worth delivering.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BackChannelTarget {
    pub(super) uri: Url,
    pub(super) alg: SigningAlg,
    pub(super) worth_seconds: i64,
    /// Whether nobody has looked at where it leads.
    pub(super) is_third_party: bool,
}

impl Notification {
    /// For observers.
    pub(super) fn observed(&self) -> App<'_> {
        App {
            client: &self.client_id,
            sid: Sid::new(&self.sid),
            back_channel: self.back_channel.is_some(),
            front_channel: self.frame.is_some(),
        }
    }

    /// What is known before anybody was told.
    pub(super) fn first_outcome(&self) -> Outcome {
        Outcome::at_first(self.back_channel.is_some(), self.frame.is_some())
    }
}

/// Whom to tell: every app that the session reached, the one that asked included. RPI-26
pub(super) fn whom_to_tell(
    reached: &[SessionClient],
    registry: &Registry,
    channels: Channels,
    issuer: &str,
) -> Vec<Notification> {
    let notification = |app: &SessionClient| {
        // An app that was taken out of the configuration cannot be told any more, but it is not forgotten.
        let client = registry.client(&app.client_id);
        let frame = client.as_ref().filter(|_| channels.front).and_then(|client| {
            client.frontchannel_logout_uri.as_ref().map(|uri| frame_url(uri.url(), issuer, &app.sid))
        });
        Notification {
            client_id: app.client_id.clone(),
            name: client.as_ref().map_or_else(|| app.client_id.clone(), |client| client.name.clone()),
            sid: app.sid.clone(),
            back_channel: back_channel_target(registry, channels, &app.client_id),
            frame,
        }
    };
    reached.iter().map(notification).collect()
}

/// Where logout tokens for this app go, if it can be told by them.
pub(super) fn back_channel_target(
    registry: &Registry,
    channels: Channels,
    client_id: &str,
) -> Option<BackChannelTarget> {
    let client = registry.client(client_id).filter(|_| channels.back)?;
    let uri = client.backchannel_logout_uri.as_ref()?.url().clone();
    Some(BackChannelTarget {
        uri,
        alg: client.signing_alg,
        worth_seconds: client.session_lifetime,
        is_third_party: client.is_third_party,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ProviderConfig;
    use crate::id_token_hint::IdTokenHint;

    fn reached(apps: &[(&str, &str)]) -> Vec<SessionClient> {
        apps.iter()
            .map(|(client_id, sid)| SessionClient { client_id: (*client_id).into(), sid: (*sid).into() })
            .collect()
    }

    /// RPI-18, RPI-22, RPI-33
    #[test]
    fn only_an_app_of_this_session_is_not_questioned() {
        let session = Session { id: 1, public_id: "1".into(), sub: "alice".into(), auth_time: 0, expires_at: 0 };
        let reached = reached(&[("a", "sid-a"), ("b", "sid-b")]);
        let hint = |client_id: &str, sub: &str, sid: &str| {
            Some(IdTokenHint { client_id: client_id.into(), sub: sub.into(), sid: sid.into() })
        };
        let table = [
            ("its own", hint("a", "alice", "sid-a"), true),
            ("the other app's", hint("b", "alice", "sid-b"), true),
            ("none", None, false),
            ("another session's", hint("a", "alice", "sid-x"), false),
            ("another app's sid", hint("a", "alice", "sid-b"), false),
            ("another user's", hint("a", "bob", "sid-a"), false),
        ];
        for (what, hint, ends) in table {
            let request = EndSessionRequest { client: None, hint, next: None };
            let decision = decide(&request, Some(&session), true, &reached);
            assert_eq!(matches!(decision, Decision::End(..)), ends, "{what}");
            assert_eq!(matches!(decision, Decision::Ask(_)), !ends, "{what}");
            let elsewhere = decide(&request, Some(&session), false, &reached);
            assert!(matches!(elsewhere, Decision::Ask(_)), "{what}, and the browser has lost the cookie");
            assert!(matches!(decide(&request, None, false, &[]), Decision::AlreadySignedOut), "{what}");
        }
    }

    /// FCL-10, FCL-15, BCL-06, RPI-26
    #[test]
    fn every_app_is_told_by_every_channel_it_has() {
        let app = "http://127.0.0.1:4001";
        let client = |client_id: &str, front: bool, back: bool| {
            serde_json::json!({
                "client_id": client_id, "name": client_id.to_uppercase(), "redirect_uris": [format!("{app}/callback")],
                "frontchannel_logout_uri": front.then(|| format!("{app}/front")),
                "backchannel_logout_uri": back.then(|| format!("{app}/back")),
            })
        };
        let clients =
            [client("ab", true, true), client("a", true, false), client("b", false, true), client("n", false, false)];
        let config = serde_json::json!({"issuer": "http://localhost:4000", "clients": clients});
        let config: ProviderConfig = serde_json::from_value(config).unwrap();
        let registry = Registry::new(&config).unwrap();
        let reached = reached(&[("ab", "1"), ("a", "2"), ("b", "3"), ("n", "4"), ("gone", "5")]);
        let tell = |front, back| -> Vec<(String, bool, bool, Outcome)> {
            whom_to_tell(&reached, &registry, Channels { front, back }, &config.issuer)
                .into_iter()
                .map(|to| (to.name.clone(), to.frame.is_some(), to.back_channel.is_some(), to.first_outcome()))
                .collect()
        };
        let expected = |rows: [(&str, bool, bool, Outcome); 5]| {
            rows.map(|(name, front, back, outcome)| (name.to_owned(), front, back, outcome)).to_vec()
        };
        use Outcome::{Pending, Unconfirmed, Unreachable};
        let table = [
            (true, true, [("AB", true, true, Pending), ("A", true, false, Unconfirmed), ("B", false, true, Pending)]),
            (
                true,
                false,
                [("AB", true, false, Unconfirmed), ("A", true, false, Unconfirmed), ("B", false, false, Unreachable)],
            ),
            (
                false,
                true,
                [("AB", false, true, Pending), ("A", false, false, Unreachable), ("B", false, true, Pending)],
            ),
            (
                false,
                false,
                [("AB", false, false, Unreachable), ("A", false, false, Unreachable), ("B", false, false, Unreachable)],
            ),
        ];
        for (front, back, [ab, a, b]) in table {
            let rest = [("N", false, false, Unreachable), ("gone", false, false, Unreachable)];
            assert_eq!(tell(front, back), expected([ab, a, b, rest[0], rest[1]]), "{front} {back}");
        }
    }
}
