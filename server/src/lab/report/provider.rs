//! What the provider's observations look like.

use ::app::lab::wire::Outcome::{Begun, Done, Refused, Unreachable};
use ::app::lab::wire::{Kind, Place};
use ::provider::Observation;
use ::provider::observation::{App, Attempt, Grant, Next, Outcome as AppIs, SignOutAnswer};

use super::{Names, Sketch, sections, sketch};

/// None for what has no place in the picture.
pub(super) fn reports(names: &Names, observation: &Observation<'_>) -> Option<Sketch> {
    let op = || Place::Provider;
    let browser = || Place::Browser;
    let inside = |kind, outcome, label: &str| sketch(op(), op(), kind, outcome, label);
    let asked = |kind, outcome, label: &str| sketch(browser(), op(), kind, outcome, label);
    let answered = |kind, outcome, label: String| sketch(op(), browser(), kind, outcome, label);
    Some(match *observation {
        Observation::SignedIn { session, sub, client } => inside(Kind::SignIn, Done, "signed in")
            .carries("provider's session", session)
            .carries("sub", sub)
            .carries_some("for", client.map(|client| names.title(client)))
            .follows(sections::AUTHENTICATION),
        Observation::CodeIssued { session, sub, client } => {
            answered(Kind::Redirect, Done, format!("code for {}", names.title(client)))
                .carries("provider's session", session)
                .carries("sub", sub)
                .carries("client_id", client)
                .follows(sections::AUTHENTICATION_RESPONSE)
        }
        Observation::TokensIssued { grant, client, sub, sid } => {
            let (label, section) = match grant {
                Grant::Code => ("tokens for a code", sections::TOKEN_RESPONSE),
                Grant::RefreshToken => ("tokens renewed", sections::REFRESH_RESPONSE),
                Grant::Implicit => ("tokens without a code", sections::AUTHENTICATION_RESPONSE),
            };
            sketch(asker(names, Some(client)), op(), Kind::Tokens, Done, label)
                .carries("grant_type", grant.as_str())
                .carries("client_id", client)
                .carries("sub", sub)
                .carries_some("session", sid)
                .follows(section)
        }
        // No refusal, but the first half of an exchange that begins so (RFC 9449 section 8).
        Observation::TokensRefused { error: "use_dpop_nonce", .. } => return None,
        Observation::TokensRefused { grant, client, error } => {
            sketch(asker(names, client), op(), Kind::Tokens, Refused, format!("tokens refused: {error}"))
                .carries_some("grant_type", grant.map(Grant::as_str))
                .carries_some("client_id", client)
                .carries("error", error)
                .follows(sections::TOKEN_ERROR)
        }
        Observation::SignOutRequested { client, with_hint, .. } => asked(Kind::Redirect, Done, "sign out")
            .carries_some("from", client.map(|client| names.title(client)))
            .carries("id_token_hint", if with_hint { "present" } else { "absent" })
            .follows(sections::RP_LOGOUT),
        Observation::SignOutRefused => asked(Kind::Redirect, Refused, "sign out").follows(sections::RP_LOGOUT_INVALID),
        Observation::SignOutQuestioned { session } => {
            answered(Kind::Redirect, Begun, "asks whether to sign out".to_owned())
                .carries("provider's session", session)
                .follows(sections::RP_LOGOUT)
        }
        Observation::SignOutDeclined { session } => asked(Kind::Redirect, Done, "stays signed in")
            .carries("provider's session", session)
            .follows(sections::RP_LOGOUT),
        Observation::NothingToEnd => {
            inside(Kind::Ended, Refused, "no session to end").follows(sections::RP_LOGOUT_INVALID)
        }
        Observation::SessionEnded { session, sub, cause, apps, .. } => {
            let section = match cause.reason {
                "global_token_revocation" => sections::GLOBAL_TOKEN_REVOCATION,
                _ => sections::RP_LOGOUT,
            };
            let ended = inside(Kind::Ended, Done, "session ended")
                .carries("provider's session", session)
                .carries("sub", sub)
                .carries("reason", cause.reason)
                .carries("at the word of", cause.actor)
                .carries_some(
                    "asked by",
                    cause.actor_id.filter(|_| cause.actor == "client").map(|app| names.title(app)),
                )
                .follows(section);
            apps.iter()
                .fold(ended, |ended, app| ended.carries("tells", told_by(names, app)).carries("session", app.sid))
        }
        Observation::LogoutTokenSent { attempt } => {
            let label = if attempt.number == 1 {
                "logout token".to_owned()
            } else {
                format!("logout token, attempt {}", attempt.number)
            };
            about(&attempt, sketch(op(), names.place(attempt.client)?, Kind::BackChannel, Begun, label))
                .carries("events", "http://schemas.openid.net/event/backchannel-logout")
                .follows(sections::LOGOUT_TOKEN)
        }
        Observation::LogoutTokenAnswered { attempt, status, error, next, took } => {
            let app = names.place(attempt.client)?;
            let (from, to, outcome, label) = match (status, next) {
                (Some(status), Next::Delivered) => (app, op(), Done, format!("{status}")),
                (Some(status), _) => (app, op(), Refused, format!("{status}")),
                (None, Next::Delivered) => (app, op(), Done, "accepted".to_owned()),
                (None, _) => (op(), app, Unreachable, "no answer".to_owned()),
            };
            let follows = match next {
                Next::Delivered => None,
                Next::TryAgain { after } => Some(format!("another attempt in {} ms", after.as_millis())),
                Next::GiveUp => Some("no other attempt".to_owned()),
            };
            about(&attempt, sketch(from, to, Kind::BackChannel, outcome, label))
                .carries_some("error", error)
                .carries_some("next", follows)
                .carries("took", format!("{:.1} ms", took.as_secs_f64() * 1_000.0))
                .follows(sections::BACK_CHANNEL_RESPONSE)
        }
        Observation::GivenUp { client, sid, attempts, reason, .. } => {
            sketch(op(), names.place(client)?, Kind::BackChannel, Unreachable, "given up")
                .carries("session", sid)
                .carries("attempts", attempts)
                .carries("reason", reason)
                .follows(sections::BACK_CHANNEL_RESPONSE)
        }
        Observation::SignOutAnswered { answer, apps, .. } => {
            let (label, section) = match answer {
                SignOutAnswer::Back => ("back to the app", sections::RP_LOGOUT_BACK),
                SignOutAnswer::Frames => ("page with frames", sections::FRONT_CHANNEL_OP),
                SignOutAnswer::Result => ("page with the result", sections::RP_LOGOUT),
            };
            let answered = answered(Kind::Redirect, Done, label.to_owned()).follows(section);
            apps.iter().fold(answered, |answered, app| {
                let framed = if app.framed { ", in a frame" } else { "" };
                let answered =
                    answered.carries("knows", format!("{}: {}{framed}", names.title(app.client), word(app.outcome)));
                answered.carries_some("frame of", app.framed.then(|| names.title(app.client)))
            })
        }
        Observation::FrameReported { client, outcome, acknowledged, .. } => {
            let (reported, label) = match outcome {
                _ if acknowledged => (Done, "has ended"),
                AppIs::Ended => (Unreachable, "did not load in time; the app had ended by then"),
                AppIs::Pending => (Unreachable, "did not load in time; the back channel is still to tell it"),
                AppIs::Unconfirmed | AppIs::Unreachable => (Unreachable, "did not load in time"),
            };
            asked(Kind::FrontChannel, reported, &format!("frame of {} {label}", names.title(client)))
                .carries("client_id", client)
                .carries("outcome", word(outcome))
                .follows(sections::FRONT_CHANNEL_OP)
        }
        Observation::UserinfoRefused { reason } => asked(Kind::Request, Refused, "userinfo refused")
            .carries("reason", reason)
            .follows(sections::USERINFO_ERROR),
        Observation::EverythingRevoked { administrator, sessions } => {
            inside(Kind::Revocation, Done, "everything of a user revoked")
                .carries("administrator", administrator)
                .carries("sessions", sessions)
                .follows(sections::GLOBAL_TOKEN_REVOCATION)
        }
        Observation::OfflineAccessWithdrawn { client, .. } => {
            inside(Kind::Tokens, Refused, "access while away taken back")
                .carries("client_id", client)
                .follows(sections::OFFLINE_ACCESS)
        }
        _ => return None,
    })
}

/// Who asks for tokens: App A's server, or App B's tab.
fn asker(names: &Names, client: Option<&str>) -> Place {
    match client.and_then(|client| names.place(client)) {
        Some(Place::AppA) => Place::AppA,
        _ => Place::Browser,
    }
}

fn about(attempt: &Attempt<'_>, sketch: Sketch) -> Sketch {
    sketch
        .carries("session", attempt.sid)
        .carries("sub", attempt.sub)
        .carries("jti", attempt.jti)
        .carries("toe", attempt.toe)
}

fn told_by(names: &Names, app: &App<'_>) -> String {
    let how = match (app.back_channel, app.front_channel) {
        (true, true) => "by the back-channel, or in a frame",
        (true, false) => "by the back-channel",
        (false, true) => "in a frame",
        (false, false) => "by nothing",
    };
    format!("{} {how}", names.title(app.client))
}

const fn word(outcome: AppIs) -> &'static str {
    match outcome {
        AppIs::Ended => "ended",
        AppIs::Pending => "pending",
        AppIs::Unconfirmed => "unconfirmed",
        AppIs::Unreachable => "unreachable",
    }
}
