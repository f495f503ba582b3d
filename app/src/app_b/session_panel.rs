use leptos::prelude::*;

use super::live::live;
use super::{Listening, SessionFacts};

/// What this tab knows of the session.
#[component]
pub(super) fn SessionPanel(
    /// The session.
    facts: SessionFacts,
    /// How this tab listens for its end.
    listening: ArcReadSignal<Listening>,
) -> impl IntoView {
    let SessionFacts { user, since, expires, issuer } = facts;
    view! {
        <section class="card stack" aria-labelledby="session-heading">
            <h2 id="session-heading">"Your session"</h2>
            <dl class="facts">
                <dt>"Signed in as"</dt>
                <dd>{user}</dd>
                <dt>"Since"</dt>
                <dd>
                    <time datetime=since.iso>{since.shown}</time>
                </dd>
                <dt>"Access token expires"</dt>
                <dd>
                    <time datetime=expires.iso>{expires.shown}</time>
                </dd>
                <dt>"Provider"</dt>
                <dd>{issuer}</dd>
                <dt>"Hears of a sign-out"</dt>
                <dd data-testid="listening">{live(move || listening.get().sentence().to_owned())}</dd>
            </dl>
        </section>
    }
}
