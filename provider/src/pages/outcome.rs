use super::{Html, html};
use crate::end_session::Outcome;
use crate::store::logout::LogoutApp;

/// What became of the session at each app.
pub(super) fn outcomes(apps: &[LogoutApp]) -> Html {
    if apps.is_empty() {
        return html!("<p>You were not signed in to any app.</p>\n");
    }
    let items: Html = apps.iter().map(item).collect();
    html!("<ul class=\"list\">\n{items}</ul>\n", items = items)
}

fn item(app: &LogoutApp) -> Html {
    html!(
        // Atomic: whoever is told that the outcome has changed is told of which app.
        "<li aria-atomic=\"true\" data-testid=\"app-result\" data-client=\"{client_id}\" data-outcome=\"{outcome}\">\
         <strong>{name}</strong> <span class=\"badge\">{text}</span></li>\n",
        client_id = app.client_id,
        outcome = app.outcome.as_str(),
        name = app.name,
        text = text(app.outcome),
    )
}

/// What a user needs to know, and do.
fn text(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ended => "signed out",
        Outcome::Pending => "has not confirmed yet",
        Outcome::Unconfirmed => "did not confirm: check there",
        Outcome::Unreachable => "could not be signed out from here: sign out there yourself",
    }
}
