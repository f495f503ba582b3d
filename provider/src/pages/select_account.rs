use axum::response::{IntoResponse, Response};

use super::{Page, html};

/// The question which account to go on with (OpenID Connect Core 1.0 section 3.1.2.1, `prompt=select_account`).
#[derive(Debug)]
pub(crate) struct SelectAccountPage<'a> {
    /// The app that asked.
    pub(crate) client_name: &'a str,
    /// Who is signed in.
    pub(crate) username: &'a str,
    /// The handle of the pending authorization.
    pub(crate) request: &'a str,
    pub(crate) csrf_token: &'a str,
    /// The origin that the user goes to after choosing.
    pub(crate) redirect_origin: String,
}

impl IntoResponse for SelectAccountPage<'_> {
    fn into_response(self) -> Response {
        let content = html!(
            "<h1>Choose an account</h1>\n<p>to go on to <strong>{client}</strong></p>\n\
             <form method=\"post\" action=\"/select_account\" class=\"stack\">\n\
             <input type=\"hidden\" name=\"request\" value=\"{request}\">\n\
             <input type=\"hidden\" name=\"csrf\" value=\"{csrf}\">\n\
             <button type=\"submit\" class=\"button\" name=\"answer\" value=\"this\" \
             data-testid=\"use-this-account\">Go on as {username}</button>\n\
             <button type=\"submit\" class=\"button secondary\" name=\"answer\" value=\"another\" \
             data-testid=\"use-another-account\">Use another account</button>\n</form>\n\
             <p class=\"muted\">When you sign in to another account, {username} is signed out of every app in this browser.</p>\n",
            client = self.client_name,
            request = self.request,
            csrf = self.csrf_token,
            username = self.username,
        );
        Page { form_action: [self.redirect_origin].into(), ..Page::new("Choose an account", content) }.into_response()
    }
}
