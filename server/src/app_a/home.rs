//! `GET /`: the protected page, or the invitation to sign in.

use app::app_a::{Home, SignedOut};
use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use logout_event::{SessionRef, wire};
use serde_json::json;

use super::AppA;
use super::session::tag;
use super::signed_in::{SignedIn, Visitor};

pub(super) async fn get(State(app): State<AppA>, visitor: Visitor) -> Response {
    match visitor.signed_in() {
        Some(signed_in) => Html(app::app_a::home(page(&app, signed_in))).into_response(),
        None => Html(app::app_a::signed_out(SignedOut::Welcome)).into_response(),
    }
}

fn page(app: &AppA, signed_in: &SignedIn) -> Home {
    let session = &signed_in.session;
    let claims = [
        ("iss", Some(session.iss.clone())),
        ("sub", Some(session.sub.clone())),
        ("sid", session.sid.clone()),
        ("auth_time", Some(session.auth_time.to_string())),
        ("preferred_username", signed_in.username.clone()),
        ("name", signed_in.name.clone()),
    ];
    Home {
        user: signed_in.display_name().to_owned(),
        since: utc(session.auth_time),
        claims: claims.into_iter().filter_map(|(name, value)| value.map(|value| (name, value))).collect(),
        csrf: signed_in.csrf.as_str().to_owned(),
        app_b: app.config().app_b.as_ref().map(ToString::to_string),
        tab: tab(app, session),
    }
}

/// What the page's script needs to know.
fn tab(app: &AppA, session: &SessionRef) -> String {
    let tag = tag(session);
    json!({
        "session": session,
        "events": format!("/events?{tag}"),
        "check": format!("/session?{tag}"),
        "line": format!("{}-{}-{tag}", wire::STREAM_NAME, app.config().client_id),
        "push": app.config().push,
        "broadcast": app.config().broadcast,
    })
    .to_string()
}

/// `2026-11-22 18:50 UTC`, for a time in seconds since the Unix epoch.
fn utc(seconds: u64) -> String {
    let Some(time) = i64::try_from(seconds).ok().and_then(|s| time::OffsetDateTime::from_unix_timestamp(s).ok()) else {
        return format!("{seconds} s after the Unix epoch");
    };
    let (date, hour, minute) = (time.date(), time.hour(), time.minute());
    format!("{date} {hour:02}:{minute:02} UTC")
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_time_is_written_for_people() {
        assert_eq!(super::utc(0), "1970-01-01 00:00 UTC");
        assert_eq!(super::utc(1_790_000_000), "2026-09-21 14:13 UTC");
        assert!(super::utc(u64::MAX).contains("epoch"));
    }
}
