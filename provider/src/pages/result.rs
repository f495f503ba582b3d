use axum::response::{IntoResponse, Response};
use url::Url;

use super::offline::{to_withdraw, withdrawn};
use super::outcome::outcomes;
use super::{Html, Page, html};
use crate::end_session::{Outcome, ResultKind};
use crate::offline_access::OfflineApp;
use crate::store::logout::LogoutApp;

/// Where the user goes on to after a sign-out.
#[derive(Clone, Debug)]
pub(crate) struct NextStop {
    pub(crate) url: Url,
    /// The app's name.
    pub(crate) name: String,
}

impl NextStop {
    pub(super) fn link(&self) -> Html {
        html!(
            "<p><a class=\"button\" href=\"{url}\" data-testid=\"continue\">Continue to {name}</a></p>\n",
            url = self.url,
            name = self.name
        )
    }
}

/// What became of a sign-out, per app.
#[derive(Debug)]
pub(crate) struct ResultPage<'a> {
    pub(crate) kind: ResultKind,
    pub(crate) apps: &'a [LogoutApp],
    /// The apps that keep access while the user is away.
    pub(crate) offline: &'a [OfflineApp],
    /// The name of an app whose access the user has just withdrawn.
    pub(crate) withdrawn: Option<&'a str>,
    /// For how long an access token is good, in seconds.
    pub(crate) access_token_seconds: i64,
    /// The path of this page.
    pub(crate) result_path: &'a str,
    pub(crate) csrf_token: &'a str,
    pub(crate) next: Option<&'a NextStop>,
}

impl IntoResponse for ResultPage<'_> {
    fn into_response(self) -> Response {
        let is_pending = self.apps.iter().any(|app| app.outcome == Outcome::Pending);
        let all_ended = self.apps.iter().all(|app| app.outcome == Outcome::Ended);
        let (class, summary) = match self.kind {
            ResultKind::Here => summary(all_ended, is_pending, !self.offline.is_empty()),
            ResultKind::Elsewhere | ResultKind::Password => summary_elsewhere(all_ended, is_pending),
        };
        let changed = (self.kind == ResultKind::Password).then(|| {
            html!("<p class=\"notice success\" data-testid=\"password-changed\">Your password is changed.</p>\n")
        });
        let content = html!(
            "<h1>Signed out</h1>\n{changed}<div class=\"stack\" aria-live=\"polite\">\n\
             <p class=\"notice {class}\" id=\"summary\">{summary}</p>\n{outcomes}</div>\n{withdrawn}{offline}{next}",
            changed = changed,
            class = class,
            summary = summary,
            outcomes = outcomes(self.apps),
            withdrawn = self.withdrawn.map(|name| withdrawn(name, self.access_token_seconds)),
            offline = to_withdraw(self.offline, self.result_path, self.csrf_token),
            next = self.next.map(NextStop::link),
        );
        Page { script: is_pending.then_some("/assets/result.js"), ..Page::new("Signed out", content) }.into_response()
    }
}

fn summary(all_ended: bool, is_pending: bool, some_keep_access: bool) -> (&'static str, &'static str) {
    if all_ended && some_keep_access {
        ("warning", "You are signed out everywhere. What you allowed for while you are away goes on.")
    } else if all_ended {
        ("success", "You are signed out everywhere.")
    } else if is_pending {
        (
            "warning",
            "You are signed out here. Not every app has confirmed it yet, and those are still being told. This page shows \
             where it stands; if nothing changes, reload it.",
        )
    } else {
        ("warning", "You are signed out here. Not every app has confirmed that you are signed out there.")
    }
}

/// The browser that looks at it is still signed in.
fn summary_elsewhere(all_ended: bool, is_pending: bool) -> (&'static str, &'static str) {
    if all_ended {
        ("success", "You are signed out there. Here you are still signed in.")
    } else if is_pending {
        (
            "warning",
            "Those sessions have ended; here you are still signed in. Not every app has confirmed it yet, and those are still \
             being told. This page shows where it stands; if nothing changes, reload it.",
        )
    } else {
        (
            "warning",
            "Those sessions have ended; here you are still signed in. Not every app has confirmed that you are signed out \
             there.",
        )
    }
}
