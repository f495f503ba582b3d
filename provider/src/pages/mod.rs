//! The provider's pages. Plain HTML: they work without script.

mod account;
mod app_links;
mod check_session;
mod consent;
mod error;
mod form_post;
mod front_channel;
mod home;
mod html;
mod login;
mod offline;
mod outcome;
mod question;
mod result;
mod select_account;
mod signed_out;

use std::collections::BTreeSet;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

pub(crate) use account::{AccountPage, Notice};
pub(crate) use check_session::CheckSessionPage;
pub(crate) use consent::ConsentPage;
pub(crate) use error::{ErrorPage, not_found};
pub(crate) use form_post::FormPostPage;
pub(crate) use front_channel::{Frame, FrontChannelPage};
pub(crate) use home::home;
use html::{Html, html};
pub(crate) use login::LoginPage;
pub(crate) use question::QuestionPage;
pub(crate) use result::{NextStop, ResultPage};
pub(crate) use select_account::SelectAccountPage;
pub(crate) use signed_out::{SignedOutPage, still_signed_in};

use crate::http::NO_STORE;

/// A page, with what its Content-Security-Policy must let it do.
#[derive(Debug)]
pub(crate) struct Page {
    status: StatusCode,
    title: &'static str,
    content: Html,
    /// A script of ours that the page loads.
    script: Option<&'static str>,
    /// Whether the page's form is for us.
    form_to_self: bool,
    /// Origins that sending the page's form may lead to besides: Chromium applies `form-action` to redirects.
    form_action: BTreeSet<String>,
    /// Origins of the frames that the page loads.
    frame_src: BTreeSet<String>,
    /// Origins of images that it loads besides our own.
    img_src: BTreeSet<String>,
}

impl Page {
    fn new(title: &'static str, content: Html) -> Self {
        Self {
            status: StatusCode::OK,
            title,
            content,
            script: None,
            form_to_self: true,
            form_action: BTreeSet::new(),
            frame_src: BTreeSet::new(),
            img_src: BTreeSet::new(),
        }
    }

    fn policy(&self) -> String {
        let list = |origins: &BTreeSet<String>| origins.iter().map(|origin| format!(" {origin}")).collect::<String>();
        let frame_src = match list(&self.frame_src) {
            none if none.is_empty() => String::new(),
            origins => format!("frame-src{origins}; "),
        };
        format!(
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'{}; connect-src 'self'; {frame_src}\
             base-uri 'none'; form-action{}{}; frame-ancestors 'none'",
            list(&self.img_src),
            if self.form_to_self { " 'self'" } else { "" },
            list(&self.form_action)
        )
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let Ok(policy) = HeaderValue::from_str(&self.policy()) else {
            // Origins are ASCII; a page without a policy is not sent.
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        };
        let script = self.script.map(|src| html!("<script src=\"{src}\"></script>", src = src));
        let document = html!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title} · Curfew</title>\n\
             <link rel=\"stylesheet\" href=\"/assets/main.css\">\n{script}</head>\n<body class=\"page provider\">\n\
             <header class=\"bar\"><a class=\"brand\" href=\"/\">Curfew</a></header>\n\
             <main class=\"card stack\">\n{content}</main>\n</body>\n</html>\n",
            title = self.title,
            script = script,
            content = self.content,
        );
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
            (header::CONTENT_SECURITY_POLICY, policy),
            NO_STORE,
        ];
        (self.status, headers, document.into_string()).into_response()
    }
}
