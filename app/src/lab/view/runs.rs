use leptos::prelude::*;

use super::{Action, Lab};
use crate::lab::wire::RunHead;

/// The runs that are kept.
#[component]
pub(super) fn Runs(
    /// What it follows.
    lab: Lab,
) -> impl IntoView {
    view! {
        <section class="panel area-runs" aria-labelledby="runs-heading">
            <h2 id="runs-heading">"Past runs"</h2>
            <ul class="runs" data-testid="runs">
                {move || lab.runs.get().into_iter().map(|head| line(lab, head)).collect_view()}
            </ul>
            <p class="muted" hidden=move || !lab.runs.with(Vec::is_empty)>"Each run is kept here, with a link of its own."</p>
        </section>
    }
}

fn line(lab: Lab, head: RunHead) -> impl IntoView {
    let RunHead { id, title, started, met } = head;
    let (mark, word) = match met {
        Some(true) => ("✓", "as it should be"),
        Some(false) => ("✗", "not as it should be"),
        None => ("·", ""),
    };
    let (shown, link, to_show, to_forget) = (id.clone(), format!("/?run={id}"), id.clone(), id.clone());
    let is_shown = move || lab.run.with(|run| run.as_ref().is_some_and(|run| run.id == shown));
    view! {
        <li data-testid="run" data-run=id data-met=met.map(|met| met.to_string())>
            <span class="verdict-mark" aria-hidden="true">{mark}</span>
            <a
                href=link
                aria-current=move || is_shown().then_some("true")
                on:click=move |event| {
                    if event.button() == 0 && !event.ctrl_key() && !event.meta_key() && !event.shift_key() {
                        event.prevent_default();
                        lab.act.run(Action::ShowRun(to_show.clone()));
                    }
                }
            >
                {title.clone()}
                <span class="visually-hidden">{word}</span>
            </a>
            <time class="muted">{clock(started)}</time>
            <button
                type="button"
                class="forget"
                aria-label=format!("Forget this run of “{title}”")
                on:click=move |_| lab.act.run(Action::Forget(to_forget.clone()))
            >
                "×"
            </button>
        </li>
    }
}

/// The time of day, by the user's locale.
fn clock(at: f64) -> String {
    use leptos::web_sys::js_sys::Date;
    Date::new(&at.into()).to_locale_time_string("default").into()
}
