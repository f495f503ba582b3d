use axum::response::{IntoResponse, Response};
use url::Url;

use super::outcome::outcomes;
use super::{Html, NextStop, Page, html};
use crate::http::origin;
use crate::store::logout::LogoutApp;

/// A frame that tells an app of the sign-out (OpenID Connect Front-Channel Logout 1.0 section 3).
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) client_id: String,
    pub(crate) name: String,
    /// With `iss` and `sid`.
    pub(crate) url: Url,
    /// For how long, in milliseconds, the page waits for it.
    pub(crate) patience_ms: u32,
}

/// The page that loads the frames, shows what is known, and goes on by itself.
#[derive(Debug)]
pub(crate) struct FrontChannelPage<'a> {
    pub(crate) apps: &'a [LogoutApp],
    pub(crate) frames: &'a [Frame],
    /// The path of the page that shows the result later.
    pub(crate) result_path: &'a str,
    pub(crate) next: Option<&'a NextStop>,
}

impl IntoResponse for FrontChannelPage<'_> {
    fn into_response(self) -> Response {
        let frames: Html = self.frames.iter().map(frame).collect();
        let next = match self.next {
            Some(next) => next.url.as_str(),
            None => self.result_path,
        };
        let link = match self.next {
            Some(next) => next.link(),
            None => html!(
                "<p><a class=\"button\" href=\"{path}\" data-testid=\"continue\">Continue</a></p>\n",
                path = self.result_path
            ),
        };
        let content = html!(
            "<h1>Signing you out</h1>\n<p class=\"notice info\" role=\"status\">You are signed out here. The apps are being \
             told.</p>\n<div class=\"stack\" id=\"front-channel\" data-next=\"{next}\" data-report=\"{result}/report\">\n\
             {outcomes}{frames}</div>\n{link}<p class=\"muted\"><a href=\"{result}\" data-testid=\"result\">How each app \
             answered</a> stays readable for an hour.</p>\n",
            next = next,
            result = self.result_path,
            outcomes = outcomes(self.apps),
            frames = frames,
            link = link,
        );
        Page {
            // Not deferred: a frame may answer before the page is parsed to its end.
            script: Some("/assets/front-channel.js"),
            frame_src: self.frames.iter().map(|frame| origin(&frame.url)).collect(),
            ..Page::new("Signing out", content)
        }
        .into_response()
    }
}

fn frame(frame: &Frame) -> Html {
    html!(
        // The sandbox keeps an app from taking the page elsewhere; it still has its own origin, cookies and storage.
        "<iframe hidden title=\"{name}: signing out\" src=\"{url}\" sandbox=\"allow-scripts allow-same-origin\" \
         data-client=\"{client_id}\" data-origin=\"{origin}\" data-patience=\"{patience}\"></iframe>\n",
        name = frame.name,
        url = frame.url,
        client_id = frame.client_id,
        origin = origin(&frame.url),
        patience = frame.patience_ms.to_string(),
    )
}
