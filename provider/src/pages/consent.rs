use axum::response::{IntoResponse, Response};

use super::app_links::{app_links, logo_origins};
use super::{Html, Page, html};
use crate::config::ClientLinks;
use crate::offline_access;

/// The question whether an app may have what it asks for (OpenID Connect Core 1.0 section 3.1.2.4).
#[derive(Debug)]
pub(crate) struct ConsentPage<'a> {
    pub(crate) client_name: &'a str,
    /// Whether nobody has looked at the app.
    pub(crate) is_third_party: bool,
    /// Who is asked.
    pub(crate) username: &'a str,
    /// What the app would be given: scopes, separated by spaces.
    pub(crate) scope: &'a str,
    /// For how many days, at most, it would keep access while the user is away.
    pub(crate) offline_days: i64,
    /// The handle of the pending consent.
    pub(crate) request: &'a str,
    pub(crate) csrf_token: &'a str,
    /// The origin that the user goes to after answering.
    pub(crate) redirect_origin: String,
    /// What the app says of itself.
    pub(crate) links: &'a ClientLinks,
}

impl IntoResponse for ConsentPage<'_> {
    fn into_response(self) -> Response {
        let scopes: Html = self.scope.split(' ').map(item).collect();
        let offline = offline_access::is_in(self.scope).then(|| {
            html!(
                "<p class=\"notice info\">Signing out does not end access while you are away. It ends {limit}, or when you \
                 withdraw it, which you can do at any time on your account page. A new password or an administrator ends it \
                 too.</p>\n",
                limit = limit(self.offline_days),
            )
        });
        let stranger = self.is_third_party.then(|| {
            html!(
                "<p class=\"notice info\" data-testid=\"third-party\">This app has registered itself here, and has chosen \
                 its name itself. What you allow goes to <strong>{origin}</strong>.</p>\n",
                origin = &*self.redirect_origin,
            )
        });
        let content = html!(
            "<h1>Do you allow this?</h1>\n<p>You are signed in as <strong>{username}</strong>. \
             <strong>{client}</strong> asks to:</p>\n<ul class=\"list\">\n{scopes}</ul>\n{stranger}{links}{offline}\
             <form method=\"post\" action=\"/consent\" class=\"stack\">\n\
             <input type=\"hidden\" name=\"request\" value=\"{request}\">\n\
             <input type=\"hidden\" name=\"csrf\" value=\"{csrf}\">\n\
             <button type=\"submit\" class=\"button\" name=\"answer\" value=\"allow\" data-testid=\"allow\">Allow</button>\n\
             <button type=\"submit\" class=\"button secondary\" name=\"answer\" value=\"deny\" \
             data-testid=\"do-not-allow\">Do not allow</button>\n</form>\n\
             <p class=\"muted\">If you do not allow it, {client} gets nothing, and you stay signed in here.</p>\n",
            username = self.username,
            client = self.client_name,
            scopes = scopes,
            stranger = stranger,
            links = app_links(self.links),
            offline = offline,
            request = self.request,
            csrf = self.csrf_token,
        );
        let img_src = logo_origins(self.links);
        Page { form_action: [self.redirect_origin].into(), img_src, ..Page::new("Do you allow this?", content) }
            .into_response()
    }
}

fn limit(days: i64) -> String {
    match days {
        1 => "after a day at the latest".to_owned(),
        days => format!("after {days} days at the latest"),
    }
}

/// What a scope means to the user (OpenID Connect Core 1.0 section 5.4); of an API's scope only its name is known here.
fn item(scope: &str) -> Html {
    let text = match scope {
        "openid" => "know that it is you",
        "profile" => "see your profile: your names, birthday, language and the like",
        "email" => "see your e-mail address",
        "address" => "see your postal address",
        "phone" => "see your phone number",
        offline_access::SCOPE => "do all this while you are away as well, also after you have signed out",
        other => {
            return html!("<li data-scope=\"{scope}\">do what it calls “{scope}” for you</li>\n", scope = other);
        }
    };
    html!("<li data-scope=\"{scope}\">{text}</li>\n", scope = scope, text = text)
}
