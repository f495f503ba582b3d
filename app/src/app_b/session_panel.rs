use std::sync::Arc;

use leptos::prelude::*;

use super::live::{ArcMessage, Notice, live};
use super::{Listening, Renewing, SessionFacts};
use crate::shared::Facts;

const RECONNECTING: &str =
    "The server does not answer. You are still signed in; a sign-out elsewhere shows here with your next request.";
const BOUND: &str = "bound to a key that stays in this browser (DPoP)";
const NOT_BOUND: &str = "a bearer token, good for whoever has it";

/// What this tab knows of the session.
#[component]
pub(super) fn SessionPanel(
    /// The session.
    facts: ArcReadSignal<SessionFacts>,
    /// How this tab listens for its end.
    listening: ArcReadSignal<Listening>,
    /// What is the matter with the renewal of its tokens.
    renewing: ArcReadSignal<Renewing>,
) -> impl IntoView {
    let reconnecting: ArcMessage = {
        let listening = listening.clone();
        Arc::new(move || (listening.get() == Listening::Reconnecting).then(|| RECONNECTING.to_owned()))
    };
    let not_renewed: ArcMessage = Arc::new(move || renewing.get().sentence().map(str::to_owned));
    let rows = live(move || {
        let SessionFacts { user, since, expires, issuer, renewal, is_bound } = facts.get();
        let possession = if is_bound { BOUND } else { NOT_BOUND }.to_owned();
        let facts = [
            ("Signed in as", user),
            ("Since", since),
            ("Access token expires", expires),
            ("Renewal", renewal.to_owned()),
            ("Access token", possession),
            ("Provider", issuer),
        ];
        facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Vec<_>>()
    });
    view! {
        <section class="card stack" aria-labelledby="session-heading">
            <h2 id="session-heading">"Your session"</h2>
            {live(move || view! { <Facts facts=rows() /> })}
            <p data-testid="listening">{live(move || listening.get().sentence().to_owned())}</p>
            <Notice class="notice warning" role="status" says=reconnecting />
            <Notice class="notice warning" role="status" says=not_renewed />
        </section>
    }
}
