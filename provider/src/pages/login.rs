use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::app_links::{app_links, logo_origins};
use super::{Page, html};
use crate::config::ClientLinks;

/// The login form.
#[derive(Debug)]
pub(crate) struct LoginPage<'a> {
    pub(crate) status: StatusCode,
    /// Where the form is sent.
    pub(crate) action: &'static str,
    /// What the user goes on to: the app that asked, or a page of the provider.
    pub(crate) going_to: &'a str,
    /// The handle of the pending authorization, if an app asked.
    pub(crate) request: Option<&'a str>,
    pub(crate) csrf_token: &'a str,
    /// What to put into the form.
    pub(crate) username: &'a str,
    /// What was wrong with the last attempt.
    pub(crate) error: Option<&'a str>,
    /// The origin that the user goes to after signing in, if it is another.
    pub(crate) redirect_origin: Option<String>,
    /// What the app says of itself, if an app asked.
    pub(crate) links: Option<&'a ClientLinks>,
}

impl IntoResponse for LoginPage<'_> {
    fn into_response(self) -> Response {
        let error = self.error.map(|error| {
            html!("<p class=\"notice error\" role=\"alert\" id=\"login-error\">{error}</p>\n", error = error)
        });
        let described_by = self.error.map(|_| html!(" aria-describedby=\"login-error\" aria-invalid=\"true\""));
        let request = self
            .request
            .map(|request| html!("<input type=\"hidden\" name=\"request\" value=\"{request}\">\n", request = request));
        // Whoever is known by name only has the password to type.
        let (focus_username, focus_password) = match self.username {
            "" => (Some(html!(" autofocus")), None),
            _ => (None, Some(html!(" autofocus"))),
        };
        let content = html!(
            "<h1>Sign in</h1>\n<p>to go on to <strong>{going_to}</strong></p>\n{error}\
             <form method=\"post\" action=\"{action}\" class=\"stack\">\n{request}\
             <input type=\"hidden\" name=\"csrf\" value=\"{csrf}\">\n\
             <div class=\"field\"><label for=\"username\">User name</label>\
             <input id=\"username\" name=\"username\" type=\"text\" autocomplete=\"username\" autocapitalize=\"none\" \
             spellcheck=\"false\" required maxlength=\"255\" value=\"{username}\"{described_by}{focus_username}></div>\n\
             <div class=\"field\"><label for=\"password\">Password</label>\
             <input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"current-password\" required \
             maxlength=\"1024\"{described_by}{focus_password}></div>\n\
             <button type=\"submit\" class=\"button\">Sign in</button>\n</form>\n{links}",
            going_to = self.going_to,
            error = error,
            action = self.action,
            request = request,
            csrf = self.csrf_token,
            username = self.username,
            described_by = described_by,
            focus_username = focus_username,
            focus_password = focus_password,
            links = self.links.and_then(app_links),
        );
        let form_action = self.redirect_origin.into_iter().collect();
        let img_src = self.links.map(logo_origins).unwrap_or_default();
        Page { status: self.status, form_action, img_src, ..Page::new("Sign in", content) }.into_response()
    }
}
