use std::time::{Duration, UNIX_EPOCH};

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::offline::{has_none, to_withdraw};
use super::{Html, Page, html};
use crate::account::{PATH, SHORTEST_PASSWORD};
use crate::config::Registry;
use crate::offline_access::OfflineApp;
use crate::store::session_list::ListedSession;

/// Where its user is signed in, what apps may do while they are away, and their password.
pub(crate) struct AccountPage<'a> {
    pub(crate) status: StatusCode,
    pub(crate) username: &'a str,
    /// The session of this browser.
    pub(crate) here: i64,
    pub(crate) sessions: &'a [ListedSession],
    /// Whether these are not all.
    pub(crate) there_are_more: bool,
    /// Where the apps' names are.
    pub(crate) registry: &'a Registry,
    pub(crate) offline: &'a [OfflineApp],
    pub(crate) csrf_token: &'a str,
    pub(crate) notice: Option<Notice>,
    /// Why the new password was not taken.
    pub(crate) password_error: Option<&'a str>,
    pub(crate) now: i64,
}

/// What the user has just done.
#[derive(Clone, Debug)]
pub(crate) enum Notice {
    PasswordChanged,
    /// The app lost what it could do while they are away.
    Withdrawn {
        name: String,
        access_token_seconds: i64,
    },
}

impl IntoResponse for AccountPage<'_> {
    fn into_response(self) -> Response {
        let content = html!(
            "<h1>Your account</h1>\n<p>You are signed in as <strong>{username}</strong>.</p>\n{notice}{sessions}{offline}\
             {password}",
            username = self.username,
            notice = self.notice.as_ref().map(notice),
            sessions = self.sessions(),
            offline = to_withdraw(self.offline, PATH, self.csrf_token),
            password = self.password(),
        );
        Page { status: self.status, ..Page::new("Your account", content) }.into_response()
    }
}

impl AccountPage<'_> {
    fn sessions(&self) -> Html {
        let items: Html = self.sessions.iter().map(|session| self.session(session)).collect();
        let more = self.there_are_more.then(|| html!("<p class=\"muted\">There are more, used longer ago.</p>\n"));
        let others = (self.sessions.len() > 1 || self.there_are_more).then(|| {
            html!(
                "<button type=\"submit\" class=\"button danger\" name=\"which\" value=\"others\" \
                 data-testid=\"end-others\">Sign out everywhere else</button>\n"
            )
        });
        html!(
            "<h2>Where you are signed in</h2>\n<form method=\"post\" action=\"{path}/end\" class=\"stack\">\n\
             <input type=\"hidden\" name=\"csrf\" value=\"{csrf}\">\n<ul class=\"list\">\n{items}</ul>\n{more}\
             <div class=\"actions\">\n{others}<button type=\"submit\" class=\"button danger\" name=\"which\" value=\"all\" \
             data-testid=\"end-all\">Sign out everywhere</button>\n</div>\n</form>\n",
            path = PATH,
            csrf = self.csrf_token,
            items = items,
            more = more,
            others = others,
        )
    }

    fn session(&self, session: &ListedSession) -> Html {
        let browser = session.browser.as_deref().unwrap_or("A browser");
        let is_here = session.id == self.here;
        let here = is_here.then(|| html!(" <span class=\"badge\">this browser</span>"));
        let name = |client_id: &String| {
            self.registry.client(client_id).map_or_else(|| client_id.clone(), |client| client.name.clone())
        };
        let apps: Vec<String> = session.client_ids.0.iter().map(name).collect();
        let apps = match apps.as_slice() {
            [] => "No app yet".to_owned(),
            apps => apps.join(", "),
        };
        html!(
            "<li data-testid=\"session\" data-session=\"{id}\" data-here=\"{is_here}\"><div class=\"session\">\
             <p><strong>{browser}</strong>{here}</p>\n<p>{apps}</p>\n\
             <p class=\"muted\">Signed in {since}, last used {last_used}</p></div>\n\
             <button type=\"submit\" class=\"button secondary\" name=\"session\" value=\"{id}\" \
             aria-label=\"Sign out of {browser}{place}, signed in {ago}\" data-testid=\"end-session\">Sign out</button></li>\n",
            id = session.public_id,
            is_here = if is_here { "true" } else { "false" },
            browser = browser,
            here = here,
            apps = apps,
            since = when(session.since, self.now),
            last_used = when(session.last_used, self.now),
            place = if is_here { ", this browser" } else { "" },
            ago = ago(self.now - session.since),
        )
    }

    fn password(&self) -> Html {
        let error = self.password_error.map(|error| {
            html!("<p class=\"notice error\" role=\"alert\" id=\"password-error\">{error}</p>\n", error = error)
        });
        let described_by =
            self.password_error.map(|_| html!(" aria-describedby=\"password-error\" aria-invalid=\"true\""));
        let autofocus = self.password_error.map(|_| html!(" autofocus"));
        let offline = (!self.offline.is_empty())
            .then(|| html!(" It ends the access while you are away as well: what you want to keep asks you again."));
        let field = |id: &str, label: &str, autocomplete: &str, more: Option<Html>| {
            html!(
                "<div class=\"field\"><label for=\"{id}\">{label}</label><input id=\"{id}\" name=\"{id}\" type=\"password\" \
                 autocomplete=\"{autocomplete}\" required maxlength=\"1024\"{described_by}{more}></div>\n",
                id = id,
                label = label,
                autocomplete = autocomplete,
                described_by = described_by,
                more = more,
            )
        };
        let shortest = || Some(html!(" minlength=\"{shortest}\"", shortest = SHORTEST_PASSWORD.to_string()));
        html!(
            "<h2>Change your password</h2>\n{error}<p class=\"muted\">At least {shortest} characters. A new password signs you \
             out everywhere else.{offline}</p>\n<form method=\"post\" action=\"{path}/password\" class=\"stack\">\n\
             <input type=\"hidden\" name=\"csrf\" value=\"{csrf}\">\n\
             <input type=\"text\" name=\"username\" autocomplete=\"username\" value=\"{username}\" readonly hidden>\n\
             {current}{new}{again}<button type=\"submit\" class=\"button\" data-testid=\"change-password\">Change password\
             </button>\n</form>\n",
            error = error,
            shortest = SHORTEST_PASSWORD.to_string(),
            offline = offline,
            path = PATH,
            csrf = self.csrf_token,
            username = self.username,
            current = field("current", "Current password", "current-password", autofocus),
            new = field("new", "New password", "new-password", shortest()),
            again = field("again", "New password, once more", "new-password", shortest()),
        )
    }
}

fn notice(notice: &Notice) -> Html {
    match notice {
        Notice::PasswordChanged => html!(
            "<p class=\"notice success\" role=\"status\" data-testid=\"password-changed\">Your password is changed.</p>\n"
        ),
        Notice::Withdrawn { name, access_token_seconds } => has_none(name, *access_token_seconds),
    }
}

/// How long ago, with the time itself for whoever points there: the page does not know the user's time zone.
fn when(instant: i64, now: i64) -> Html {
    let exact = UNIX_EPOCH + Duration::from_secs(instant.unsigned_abs());
    html!("<span title=\"{exact}\">{ago}</span>", exact = httpdate::fmt_http_date(exact), ago = ago(now - instant))
}

fn ago(seconds: i64) -> String {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    let (count, unit) = match seconds {
        ..MINUTE => return "just now".to_owned(),
        MINUTE..HOUR => (seconds / MINUTE, "minute"),
        HOUR..DAY => (seconds / HOUR, "hour"),
        DAY.. => (seconds / DAY, "day"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural} ago")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_ago() {
        let table = [
            (-5, "just now"),
            (59, "just now"),
            (60, "1 minute ago"),
            (3599, "59 minutes ago"),
            (3600, "1 hour ago"),
            (86_399, "23 hours ago"),
            (86_400, "1 day ago"),
            (864_000, "10 days ago"),
        ];
        for (seconds, expected) in table {
            assert_eq!(ago(seconds), expected, "{seconds}");
        }
    }
}
