use axum::response::{IntoResponse, Response};
use url::Url;

use super::outcome::outcomes;
use super::{Html, Page, html};
use crate::end_session::Outcome;
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
    pub(crate) apps: &'a [LogoutApp],
    pub(crate) next: Option<&'a NextStop>,
}

impl IntoResponse for ResultPage<'_> {
    fn into_response(self) -> Response {
        let all_ended = self.apps.iter().all(|app| app.outcome == Outcome::Ended);
        let summary = if all_ended {
            html!("<p class=\"notice success\">You are signed out everywhere.</p>\n")
        } else {
            html!(
                "<p class=\"notice warning\">You are signed out here. Not every app has confirmed it yet; reload this page \
                 to see where it stands.</p>\n"
            )
        };
        let content = html!(
            "<h1>Signed out</h1>\n{summary}{outcomes}{next}",
            summary = summary,
            outcomes = outcomes(self.apps),
            next = self.next.map(NextStop::link),
        );
        Page::new("Signed out", content).into_response()
    }
}
