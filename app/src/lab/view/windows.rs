use leptos::prelude::*;

use super::{Action, Connection, Lab};
use crate::lab::stage::{Party, Window};

/// The windows of the demo, and buttons that open them.
#[component]
pub(super) fn Windows(
    /// What it follows.
    lab: Lab,
) -> impl IntoView {
    let buttons = Party::ALL
        .into_iter()
        .map(|party| {
            let label = move || {
                let has_one = lab.windows.with(|windows| windows.iter().any(|window| window.party == party));
                match (party, has_one) {
                    (Party::AppB, true) => "Another tab of App B".to_owned(),
                    (party, true) => format!("Show {}", name(party)),
                    (party, false) => format!("Open {}", name(party)),
                }
            };
            view! {
                <button
                    type="button"
                    class=format!("button secondary small {}", party.id())
                    data-testid=format!("open-{}", party.id())
                    disabled=move || lab.state.with(Option::is_none) || lab.connection.get() == Connection::Lost
                    on:click=move |_| lab.act.run(Action::Open(party))
                >
                    {label}
                </button>
            }
        })
        .collect_view();
    view! {
        <section class="panel area-windows" aria-labelledby="windows-heading">
            <div class="panel-head">
                <h2 id="windows-heading">"Windows"</h2>
                <p class="actions">{buttons}</p>
            </div>
            <ul class="windows">
                // A card stays where it is, and keeps the focus, whatever its window tells.
                <For each=move || lab.windows.get() key=|window| window.name.clone() children=move |window| card(lab, window) />
            </ul>
            <p class="muted" hidden=move || !lab.windows.with(Vec::is_empty)>
                "None is open. They are real windows of your browser, and tell the lab what they show. The demo’s users are alice and \
                bob; their passwords are their names."
            </p>
        </section>
    }
}

const fn name(party: Party) -> &'static str {
    match party {
        Party::AppA => "App A",
        Party::AppB => "App B",
        Party::Provider => "the provider",
    }
}

fn card(lab: Lab, window: Window) -> impl IntoView {
    let Window { name, title, party, .. } = window.clone();
    let now = Memo::new(move |_| {
        lab.windows
            .with(|windows| windows.iter().find(|known| known.name == window.name).cloned())
            // It is closed, and about to go.
            .unwrap_or_else(|| window.clone())
    });
    let to_show = name.clone();
    view! {
        <li
            class=format!("window {}", party.id())
            data-testid="window"
            data-name=name
            data-session=move || now.with(|window| window.session().to_owned())
        >
            <button type="button" on:click=move |_| lab.act.run(Action::Show(to_show.clone()))>
                <span class="dot" aria-hidden="true"></span>
                <strong><span class="visually-hidden">"Show "</span> {title}</strong>
                <span class="window-state">{move || now.with(Window::sentence)}</span>
            </button>
        </li>
    }
}
