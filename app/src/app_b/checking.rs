use leptos::prelude::*;

use super::bar::Bar;
use super::live::live;

/// Shown while it is not known whether the session still lives: nothing of it may be seen.
#[component]
pub fn Checking(
    /// App A's address, if there is one to link to.
    app_a: Option<String>,
    /// Whether the server has not answered so far and is asked again.
    waiting: ArcReadSignal<bool>,
) -> impl IntoView {
    let says = live(move || {
        let says = if waiting.get() {
            "The server cannot say now whether you are still signed in. Asking again…"
        } else {
            "One moment."
        };
        says.to_owned()
    });
    view! {
        <Bar app_a>""</Bar>
        <main class="stack">
            <section class="card stack" role="status">
                <h1>"Checking your session…"</h1>
                <p class="muted">{says}</p>
            </section>
        </main>
    }
}
