use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::{Page, html};

/// Something went wrong that the app must not be told by a redirect, or that only the user can mend.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ErrorPage<'a> {
    pub(crate) status: StatusCode,
    /// What happened.
    pub(crate) title: &'static str,
    /// What is lost, and what to do next.
    pub(crate) advice: &'a str,
    /// What the app's makers need to know.
    pub(crate) detail: Option<&'a str>,
    /// A way on: its text and its path.
    pub(crate) link: Option<(&'static str, &'static str)>,
}

impl ErrorPage<'_> {
    /// The provider failed.
    pub(crate) fn internal(status: StatusCode) -> Self {
        Self {
            status,
            title: "Something went wrong here",
            advice: "The provider could not do this just now, and nothing was changed. Try again in a moment.",
            detail: None,
            link: None,
        }
    }
}

impl IntoResponse for ErrorPage<'_> {
    fn into_response(self) -> Response {
        let detail = self.detail.map(|detail| {
            html!("<p class=\"muted\">For the makers of the app: <span data-testid=\"error-detail\">{detail}</span></p>\n",
                detail = detail)
        });
        let link = self.link.map(|(text, href)| {
            html!("<p><a class=\"button\" href=\"{href}\">{text}</a></p>\n", href = href, text = text)
        });
        let content = html!(
            "<h1>{title}</h1>\n<p class=\"notice error\" role=\"alert\">{advice}</p>\n{detail}{link}",
            title = self.title,
            advice = self.advice,
            detail = detail,
            link = link,
        );
        Page { status: self.status, ..Page::new(self.title, content) }.into_response()
    }
}

/// There is no such page.
pub(crate) async fn not_found() -> Response {
    ErrorPage {
        status: StatusCode::NOT_FOUND,
        title: "There is no such page",
        advice: "Check the address, or go back to the app that sent you here.",
        detail: None,
        link: None,
    }
    .into_response()
}
