//! What to do with a request, and whom to tell: pure functions.

use url::Url;

use super::front_channel::frame_url;
use super::outcome::Outcome;
use super::request::EndSessionRequest;
use crate::config::{Registry, SigningAlg};
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
    /// An app of this very session asks.
    End(&'a Session),
}

/// Decides it. Whoever holds an ID token of this browser's session speaks for the user; nobody else does.
pub(super) fn decide<'a>(
    request: &EndSessionRequest,
    session: Option<&'a Session>,
    reached: &[SessionClient],
) -> Decision<'a> {
    let Some(session) = session else { return Decision::AlreadySignedOut };
    let is_of_this_session = request.hint.as_ref().is_some_and(|hint| {
        hint.sub == session.sub && reached.iter().any(|app| app.client_id == hint.client_id && app.sid == hint.sid)
    });
    if is_of_this_session { Decision::End(session) } else { Decision::Ask(session) }
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
}

impl Notification {
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
        let back_channel = client.filter(|_| channels.back).and_then(|client| {
            let uri = client.backchannel_logout_uri.as_ref()?.url().clone();
            Some(BackChannelTarget { uri, alg: client.signing_alg, worth_seconds: client.session_lifetime })
        });
        let frame = client.filter(|_| channels.front).and_then(|client| {
            client.frontchannel_logout_uri.as_ref().map(|uri| frame_url(uri.url(), issuer, &app.sid))
        });
        Notification {
            client_id: app.client_id.clone(),
            name: client.map_or_else(|| app.client_id.clone(), |client| client.name.clone()),
            sid: app.sid.clone(),
            back_channel,
            frame,
        }
    };
    reached.iter().map(notification).collect()
}
