use std::sync::Arc;

use leptos::prelude::*;

use super::live::{ArcMessage, Notice, live};
use super::{Listening, SessionFacts};
use crate::shared::Facts;

const RECONNECTING: &str =
    "The server does not answer. You are still signed in; a sign-out elsewhere shows here with your next request.";

/// What this tab knows of the session.
#[component]
pub(super) fn SessionPanel(
    /// The session.
    facts: SessionFacts,
    /// How this tab listens for its end.
    listening: ArcReadSignal<Listening>,
) -> impl IntoView {
    let reconnecting: ArcMessage = {
        let listening = listening.clone();
        Arc::new(move || (listening.get() == Listening::Reconnecting).then(|| RECONNECTING.to_owned()))
    };
    let SessionFacts { user, since, expires, issuer } = facts;
    let facts = [("Signed in as", user), ("Since", since), ("Access token expires", expires), ("Provider", issuer)];
    let facts = facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    view! {
        <section class="card stack" aria-labelledby="session-heading">
            <h2 id="session-heading">"Your session"</h2>
            <Facts facts />
            <p data-testid="listening">{live(move || listening.get().sentence().to_owned())}</p>
            <Notice class="notice warning" role="status" says=reconnecting />
        </section>
    }
}
