use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use url::Url;

use super::{Html, Page, html};
use crate::http::origin;

/// The form that carries an authorization response to the app
/// ([OAuth 2.0 Form Post Response Mode](https://openid.net/specs/oauth-v2-form-post-response-mode-1_0.html)).
pub(crate) struct FormPostPage<'a> {
    pub(crate) client_name: &'a str,
    /// The redirect URI, with the query that was registered.
    pub(crate) action: &'a Url,
    pub(crate) parameters: &'a [(&'static str, String)],
}

impl IntoResponse for FormPostPage<'_> {
    fn into_response(self) -> Response {
        let input = |(name, value): &(&'static str, String)| {
            html!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">\n", name = *name, value = value)
        };
        let inputs: Html = self.parameters.iter().map(input).collect();
        let content = html!(
            "<h1>Going on to {client}</h1>\n<p role=\"status\">This takes a moment. If nothing happens, use the button.</p>\n\
             <form method=\"post\" action=\"{action}\" class=\"stack\" id=\"form-post\">\n{inputs}\
             <button type=\"submit\" class=\"button\" autofocus data-testid=\"continue\">Continue to {client}</button>\n</form>\n",
            client = self.client_name,
            action = self.action,
            inputs = inputs,
        );
        let page = Page {
            script: Some("/assets/form-post.js"),
            // What the form holds is for the app alone.
            form_to_self: false,
            // Chromium applies it to where the app's callback redirects to as well: see `docs/operating.md`.
            form_action: [origin(self.action)].into(),
            ..Page::new("Going on", content)
        };
        // Under `same-origin` the browser would call the form's origin `null`, and the app could not tell it from a forged one.
        ([(header::REFERRER_POLICY, HeaderValue::from_static("strict-origin"))], page).into_response()
    }
}
