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
    let is_awaited =
        Memo::new(move |_| lab.progress.with(|progress| progress.as_ref().is_some_and(|it| it.is_running)));
    let title =
        move || lab.run.with(|run| run.as_ref().map_or_else(|| "What happens".to_owned(), |run| run.title.clone()));
    let status = Memo::new(move |_| {
        match (lab.run.with(Option::is_some), lab.is_live.get(), lab.replay.with(Option::is_some)) {
            (false, ..) => String::new(),
            (_, true, _) => "recording".to_owned(),
            (_, _, true) => "replay".to_owned(),
            (true, ..) => setting(lab),
        }
    });
    // Beside what is read out: it changes with each message.
    let replayed = move || lab.replay.get().map(words::duration);
    let past = Memo::new(move |_| Some(lab.past_verdicts()).filter(|verdicts| !verdicts.is_empty()));
    view! {
        <section class="panel area-run" data-testid="shown-run" data-live=move || lab.is_live.get().to_string() data-run=move || lab.run.with(|run| run.as_ref().map(|run| run.id.clone())) aria-label="The run that is shown">
            <div class="panel-head">
                <h2>{title}</h2>
                <p class="run-status muted">
                    <span role="status">{status}</span> <span class="figure">{replayed}</span>
                </p>
                <p class="actions" hidden=move || !has_run.get()>
                    <button type="button" class="button secondary small" data-testid="replay" disabled=move || lab.is_live.get() on:click=move |_| lab.act.run(Action::Replay)>
                        {move || if lab.replay.get().is_some() { "Show all" } else { "Replay slowly" }}
                    </button>
                    <button type="button" class="button secondary small" data-testid="export-json" on:click=move |_| lab.act.run(Action::ExportJson)>
                        "JSON"
                    </button>
                    <button type="button" class="button secondary small" data-testid="export-svg" on:click=move |_| lab.act.run(Action::ExportSvg)>
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

/// How the demo stood, where it was not as it is by default.
fn setting(lab: Lab) -> String {
    let Some(run) = lab.run.get() else { return String::new() };
    let switches = &run.switches;
    let off = [
        (switches.front_channel, "front channel"),
        (switches.back_channel, "back channel"),
        (switches.push, "push"),
        (switches.broadcast, "tab broadcast"),
        (switches.app_a, "App A"),
        (switches.app_b, "App B"),
    ];
    let off: Vec<&str> = off.into_iter().filter_map(|(is_on, name)| (!is_on).then_some(name)).collect();
    let topology = if run.topology == "same-site" { "one site" } else { "across sites" };
    if off.is_empty() { topology.to_owned() } else { format!("{topology}, without {}", off.join(", ")) }
}
