//! What the user is told of apps that keep access while they are away.

use super::{Html, html};
use crate::offline_access::OfflineApp;

/// On the question: signing out does not end it.
pub(super) fn outlives_sign_out(apps: &[OfflineApp]) -> Option<Html> {
    let items: Html = apps.iter().map(|app| html!("<li>{name}</li>\n", name = app.name)).collect();
    (!apps.is_empty()).then(|| {
        html!(
            "<p>These keep access while you are away, as you allowed. You can withdraw that when you have signed out, or at \
             any time on your account page:</p>\n\
             <ul class=\"list\">\n{items}</ul>\n",
            items = items
        )
    })
}

/// On the result and on the account page: who has it, with a way to withdraw it.
pub(super) fn to_withdraw(apps: &[OfflineApp], result_path: &str, csrf_token: &str) -> Option<Html> {
    let item = |app: &OfflineApp| {
        html!(
            "<li data-testid=\"offline-app\" data-client=\"{client_id}\"><span><strong>{name}</strong> keeps access while you \
             are away</span>\n<form method=\"post\" action=\"{result}/withdraw\">\
             <input type=\"hidden\" name=\"csrf\" value=\"{csrf}\">\
             <button type=\"submit\" class=\"button secondary\" name=\"client_id\" value=\"{client_id}\" \
             aria-label=\"Withdraw the access of {name}\" data-testid=\"withdraw\">Withdraw</button></form></li>\n",
            client_id = app.client_id,
            name = app.name,
            result = result_path,
            csrf = csrf_token,
        )
    };
    let items: Html = apps.iter().map(item).collect();
    (!apps.is_empty()).then(|| {
        html!(
            "<h2>Access while you are away</h2>\n<p>You allowed this, and signing out does not end it.</p>\n\
             <ul class=\"list\">\n{items}</ul>\n",
            items = items
        )
    })
}

/// On the account page, whose address alone does not tell whether it was ever there.
pub(super) fn has_none(name: &str, access_token_seconds: i64) -> Html {
    html!(
        "<p class=\"notice success\" role=\"status\" data-testid=\"withdrawn\"><strong>{name}</strong> has no access while you are \
         away. What it may have been given before can still work for up to {time}.</p>\n",
        name = name,
        time = minutes(access_token_seconds),
    )
}

/// On the result: what the user has just done. APIs that verify tokens by themselves take those they know until they expire.
pub(super) fn withdrawn(name: &str, access_token_seconds: i64) -> Html {
    html!(
        "<p class=\"notice success\" role=\"status\" data-testid=\"withdrawn\"><strong>{name}</strong> has lost its access. What it \
         was given before may still work for up to {time}.</p>\n",
        name = name,
        time = minutes(access_token_seconds),
    )
}

fn minutes(seconds: i64) -> String {
    match (seconds + 59) / 60 {
        1 => "a minute".to_owned(),
        minutes => format!("{minutes} minutes"),
    }
}
