//! What an app's observations look like.

use ::app::lab::wire::Outcome::{Done, Refused, Unconfirmed};
use ::app::lab::wire::{Kind, Place};
use logout_event::Channel;
use relying_party::observation::{RefusalReason, StorageAccess};
use relying_party::{Observation, Trust};

use super::{Section, Sketch, sections, sketch};

/// As many tabs are drawn as were told at once.
const MOST_TABS: usize = 16;

/// Nothing for what has no place in the picture: what the provider tells as well, and requests that went as they should.
pub(super) fn reports(app: &Place, observation: &Observation<'_>) -> Vec<Sketch> {
    if let Observation::Pushed { event, streams, .. } = *observation {
        let told = || {
            sketch(app.clone(), Place::Browser, Kind::Push, Done, "signed out")
                .carries("channel", event.channel.as_str())
                .carries_some("session", event.sid)
                .follows(sections::SERVER_SENT_EVENTS)
        };
        return (0..streams.min(MOST_TABS)).map(|_| told()).collect();
    }
    report(app, observation).into_iter().collect()
}

fn report(app: &Place, observation: &Observation<'_>) -> Option<Sketch> {
    let inside = |kind, outcome, label: &str| sketch(app.clone(), app.clone(), kind, outcome, label);
    let asked = |kind, outcome, label: &str| sketch(Place::Browser, app.clone(), kind, outcome, label);
    Some(match *observation {
        Observation::FrontChannelReceived { sid, storage_access, with_cookies } => {
            asked(Kind::FrontChannel, Done, "frame")
                .carries("session", sid)
                .carries_some("cookies of frames", cookies(storage_access))
                .carries("came with cookies", if with_cookies { "yes" } else { "no" })
                .follows(sections::FRONT_CHANNEL)
        }
        Observation::FrontChannelRefused { storage_access, with_cookies } => {
            asked(Kind::FrontChannel, Refused, "frame refused")
                .carries_some("cookies of frames", cookies(storage_access))
                .carries("came with cookies", if with_cookies { "yes" } else { "no" })
                .follows(sections::FRONT_CHANNEL)
        }
        // The second channel finds it done.
        Observation::EndRecorded { repeated: true, .. } => return None,
        Observation::EndRecorded { event, held_as, sessions, took, .. } => {
            let (outcome, label) = match held_as {
                Trust::Verified => (Done, "session ended"),
                Trust::Unsigned => (Unconfirmed, "noted for a while: unknown session"),
            };
            inside(Kind::Ended, outcome, label)
                .carries("channel", event.channel.as_str())
                .carries_some("session", event.sid)
                .carries_some("sub", event.sub)
                .carries("own sessions ended", sessions)
                .carries("took", format!("{:.1} ms", took.as_secs_f64() * 1_000.0))
                .follows(followed(event.channel))
        }
        Observation::EndRefused { event, .. } => inside(Kind::Ended, Refused, "could not be recorded")
            .carries("channel", event.channel.as_str())
            .carries_some("session", event.sid)
            .follows(followed(event.channel)),
        Observation::StreamOpened { session, ended: true } => asked(Kind::Check, Refused, "stream: session ended")
            .carries("reason", "session_ended")
            .carries_some("session", session.sid)
            .follows(sections::SERVER_SENT_EVENTS),
        Observation::RequestAccepted { session, first: true } => {
            inside(Kind::Tokens, Done, "first request with this token").carries_some("session", session.sid)
        }
        // Nobody has tried to use anything; or a tab asks for what its proof must hold (RFC 9449 section 9), as each does
        // when it is loaded.
        Observation::RequestRefused { reason: RefusalReason::Credentials | RefusalReason::Proof, .. } => return None,
        Observation::RequestRefused { session, reason } => {
            let word = word(reason);
            let channel = match reason {
                RefusalReason::SessionEnded(channel) => channel,
                _ => None,
            };
            asked(Kind::Request, Refused, &format!("refused: {word}"))
                .carries("reason", word)
                .carries_some("channel", channel.map(Channel::as_str))
                .carries_some("session", session.and_then(|session| session.sid))
                .follows(sections::BEARER_ERROR)
        }
        Observation::TokenRevoked { .. } => {
            inside(Kind::Tokens, Refused, "its access token is refused from now on").follows(sections::REVOCATION)
        }
        Observation::SignedIn { session } => inside(Kind::SignIn, Done, "signed in")
            .carries_some("session", session.sid)
            .carries("sub", session.sub)
            .follows(sections::ID_TOKEN_VALIDATION),
        Observation::SignInRefused { reason } => inside(Kind::SignIn, Refused, "sign-in refused")
            .carries("reason", reason)
            .follows(sections::ID_TOKEN_VALIDATION),
        Observation::SignedOut { session } => inside(Kind::Ended, Done, "its own session ended")
            .carries("channel", Channel::RpInitiated.as_str())
            .carries_some("session", session.sid)
            .follows(sections::RP_LOGOUT),
        _ => return None,
    })
}

const fn followed(channel: Channel) -> Section {
    match channel {
        Channel::FrontChannel => sections::FRONT_CHANNEL,
        Channel::BackChannel => sections::BACK_CHANNEL_ACTIONS,
        Channel::RpInitiated | Channel::Provider | Channel::Expired => sections::RP_LOGOUT,
    }
}

/// What the browser says of the cookies of frames of other sites: whether it lets them have any. Not every browser says it,
/// and none of a frame of the same site. Whether an app's own came is another question: they may be SameSite=Lax.
fn cookies(access: Option<StorageAccess>) -> Option<&'static str> {
    access.map(|access| match access {
        StorageAccess::None => "none",
        StorageAccess::Inactive => "inactive",
        StorageAccess::Active => "active",
    })
}

/// The API's own word, where it has one.
const fn word(reason: RefusalReason) -> &'static str {
    match reason {
        RefusalReason::SessionEnded(_) => "session_ended",
        other => other.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A browser may let frames have cookies, and the app's own, which are SameSite=Lax, do not come all the same.
    #[test]
    fn what_the_browser_says_of_cookies_is_told_apart_from_whether_any_came() {
        for (storage_access, with_cookies, of_frames, came) in [
            (Some(StorageAccess::Active), false, Some("active"), "no"),
            (Some(StorageAccess::Inactive), false, Some("inactive"), "no"),
            (Some(StorageAccess::None), false, Some("none"), "no"),
            (None, true, None, "yes"),
            (None, false, None, "no"),
        ] {
            let observation = Observation::FrontChannelRefused { storage_access, with_cookies };
            let sketch = reports(&Place::AppB, &observation).pop().expect("it is told");
            let carried =
                |name| sketch.carries.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str());
            assert_eq!(carried("cookies of frames"), of_frames);
            assert_eq!(carried("came with cookies"), Some(came));
        }
    }
}
