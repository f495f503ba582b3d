use leptos::prelude::*;

use super::{Connection, Lab};

/// What this is, how the demo is set up, and whether it is heard.
#[component]
pub(super) fn Header(
    /// What it follows.
    lab: Lab,
) -> impl IntoView {
    let topology = move || {
        lab.state.get().map(|state| match state.topology.as_str() {
            "same-site" => "Provider and apps are one site",
            _ => "The apps are on another site than the provider",
        })
    };
    let (connection, words) = (
        move || match lab.connection.get() {
            Connection::Connecting => "connecting",
            Connection::Open => "open",
            Connection::Lost => "lost",
        },
        move || match lab.connection.get() {
            Connection::Connecting => "connecting…",
            Connection::Open => "listening",
            Connection::Lost => "the demo does not answer; trying again…",
        },
    );
    view! {
        <header class="bar lab-bar">
            <a class="skip" href="#scenario-heading">"To the scenario"</a>
            <a class="skip" href="#run-heading">"To the run"</a>
            <span class="brand">"Curfew, the lab"</span>
            <span class="muted">{topology}</span>
            <span class="connection" data-testid="connection" data-state=connection role="status">{words}</span>
        </header>
    }
}
