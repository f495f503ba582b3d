use std::collections::BTreeSet;

use axum::response::{IntoResponse, Response};

use super::offline::outlives_sign_out;
use super::{Html, Page, html};
use crate::offline_access::OfflineApp;

/// The question whether the user wants to sign out (OpenID Connect RP-Initiated Logout 1.0 section 2).
#[derive(Debug)]
pub(crate) struct QuestionPage<'a> {
    /// Who is signed in.
    pub(crate) username: &'a str,
    /// The app that asked, if it said who it is.
    pub(crate) client_name: Option<&'a str>,
    /// The apps that the session reached.
    pub(crate) apps: &'a [&'a str],
    /// The apps that keep access while the user is away.
    pub(crate) offline: &'a [OfflineApp],
    /// The handle of the pending sign-out.
    pub(crate) request: &'a str,
    pub(crate) csrf_token: &'a str,
    /// The origin that the user goes to after signing out.
    pub(crate) return_origin: Option<String>,
}

impl IntoResponse for QuestionPage<'_> {
    fn into_response(self) -> Response {
        let asked = self.client_name.map(|name| {
            html!("<p>A page that says it belongs to <strong>{name}</strong> asks for this.</p>\n", name = name)
        });
        let apps: Html = self.apps.iter().map(|name| html!("<li>{name}</li>\n", name = name)).collect();
        let apps = (!self.apps.is_empty())
            .then(|| html!("<p>This signs you out of:</p>\n<ul class=\"list\">\n{apps}</ul>\n", apps = apps));
        let content = html!(
            "<h1>Do you want to sign out?</h1>\n<p>You are signed in as <strong>{username}</strong>.</p>\n{asked}{apps}{offline}\
             <form method=\"post\" action=\"/end_session/confirm\" class=\"stack\">\n\
             <input type=\"hidden\" name=\"request\" value=\"{request}\">\n\
             <input type=\"hidden\" name=\"csrf\" value=\"{csrf}\">\n\
             <button type=\"submit\" class=\"button danger\" name=\"answer\" value=\"sign-out\" \
             data-testid=\"confirm-sign-out\">Sign out everywhere</button>\n\
             <button type=\"submit\" class=\"button secondary\" name=\"answer\" value=\"stay\" \
             data-testid=\"stay-signed-in\">Stay signed in</button>\n</form>\n",
            username = self.username,
            asked = asked,
            apps = apps,
            offline = outlives_sign_out(self.offline),
            request = self.request,
            csrf = self.csrf_token,
        );
        let form_action: BTreeSet<String> = self.return_origin.into_iter().collect();
        Page { form_action, ..Page::new("Sign out?", content) }.into_response()
    }
}
