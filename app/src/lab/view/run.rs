use std::time::Duration;

use leptos::ev::MouseEvent;
use leptos::html::Section;
use leptos::prelude::*;

use super::diagram::{DiagramBox, InWords, Nothing};
use super::inspector::{Inspector, Legend};
use super::table::LearnedTable;
use super::verdicts::Verdicts;
use super::{Action, Lab};
use crate::lab::words;

/// The run that is shown: diagram, details, table, and what can be done with it.
#[component]
pub(super) fn RunPanel(
    /// What it follows.
    lab: Lab,
) -> impl IntoView {
    let has_run = Memo::new(move |_| lab.run.with(Option::is_some));
    // Its place is made at the click that starts a scenario, so that nothing moves when it begins.
    let is_awaited = Memo::new(move |_| lab.is_scenario_running());
    let title =
        move || lab.run.with(|run| run.as_ref().map_or_else(|| "What happens".to_owned(), |run| run.title.clone()));
    let status = Memo::new(move |_| {
        match (lab.run.with(Option::is_some), lab.is_live.get(), lab.replay.with(Option::is_some)) {
            (false, ..) => String::new(),
            (_, true, _) => "recording".to_owned(),
            (_, _, true) => "replay".to_owned(),
            (true, ..) => lab.run.with(|run| run.as_ref().map(words::setting).unwrap_or_default()),
        }
    });
    // Beside what is read out: it changes with each message.
    let replayed = move || lab.replay.get().map(words::duration);
    let past = Memo::new(move |_| Some(lab.past_verdicts()).filter(|verdicts| !verdicts.is_empty()));
    let section = NodeRef::<Section>::new();
    keep_in_sight(lab, section);
    // Of two quick clicks on “Run” the second meets what has come to its place.
    let press = move |event: MouseEvent, action: Action| {
        if event.detail() < 2 {
            lab.act.run(action);
        }
    };
    view! {
        <section class="panel area-run" node_ref=section data-testid="shown-run" data-live=move || lab.is_live.get().to_string() data-run=move || lab.run.with(|run| run.as_ref().map(|run| run.id.clone())) aria-label="The run that is shown">
            <div class="panel-head">
                <h2 id="run-heading">{title}</h2>
                <p class="run-status muted">
                    <span role="status">{status}</span> " " <span class="figure">{replayed}</span>
                </p>
                <p class="actions" hidden=move || !has_run.get()>
                    <button type="button" class="button secondary small" data-testid="replay" disabled=move || lab.is_live.get() on:click=move |event| press(event, Action::Replay)>
                        {move || if lab.replay.get().is_some() { "Show all" } else { "Replay slowly" }}
                    </button>
                    <button type="button" class="button secondary small" data-testid="export-json" on:click=move |event| press(event, Action::ExportJson)>
                        "JSON"
                    </button>
                    <button type="button" class="button secondary small" data-testid="export-svg" on:click=move |event| press(event, Action::ExportSvg)>
                        "SVG"
                    </button>
                </p>
            </div>
            <Show when=move || has_run.get() || is_awaited.get() fallback=move || view! { <Nothing lab /> }>
                <div class="picture">
                    <DiagramBox lab />
                    <Inspector lab />
                    <InWords lab />
                </div>
                <Legend />
                <LearnedTable lab />
                {move || past.get().map(|verdicts| view! {
                    <div class="past-verdicts">
                        <h3>"What should have happened"</h3>
                        <Verdicts verdicts=Signal::stored(verdicts) />
                    </div>
                })}
            </Show>
        </section>
    }
}

/// The run is scrolled into sight when it begins, once, unless it is there, or the user has scrolled since the page was loaded
/// or a scenario was started. A scenario that asks its user for something stays in sight instead.
fn keep_in_sight(lab: Lab, section: NodeRef<Section>) {
    let stood = StoredValue::new(0.0);
    let here = || window().scroll_y().unwrap_or_default();
    let is_running = Memo::new(move |_| lab.is_scenario_running());
    Effect::new(move || {
        if is_running.get() {
            stood.set_value(here());
        }
    });
    let is_live = Memo::new(move |_| lab.is_live.get());
    let bring = move || {
        let Some(section) = section.get_untracked() else { return };
        let asks = is_running.get_untracked() && untrack(|| lab.scenario()).steps.iter().any(|step| step.is_users());
        let has_scrolled = (here() - stood.get_value()).abs() > 1.0;
        let top = f64::from(section.offset_top()) - here();
        let height = window().inner_height().ok().and_then(|height| height.as_f64()).unwrap_or_default();
        if !asks && !has_scrolled && !(0.0..height / 4.0).contains(&top) {
            // At once: nothing moves for those who asked for that, either.
            section.scroll_into_view_with_bool(true);
            stood.set_value(here());
        }
    };
    Effect::new(move || {
        if is_live.get() {
            // When its place is made. Frames do not come to a page that is behind another.
            set_timeout(bring, Duration::ZERO);
        }
    });
}
