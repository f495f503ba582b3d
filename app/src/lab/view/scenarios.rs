use leptos::ev::MouseEvent;
use leptos::html::Li;
use leptos::prelude::*;

use super::verdicts::Verdicts;
use super::{Action, Connection, Lab, Progress, Prompt, StepStatus};
use crate::lab::scenario::{SCENARIOS, Scenario};
use crate::lab::wire::Verdict;

/// The list of scenarios.
#[component]
pub(super) fn Scenarios(
    /// What it follows.
    lab: Lab,
) -> impl IntoView {
    let items = SCENARIOS
        .iter()
        .map(|scenario| {
            let is_chosen = move || lab.chosen.get() == scenario.id;
            view! {
                <li>
                    <button
                        type="button"
                        class="scenario-name"
                        data-testid="choose-scenario"
                        data-scenario=scenario.id
                        aria-pressed=move || is_chosen().to_string()
                        on:click=move |_| {
                            lab.chosen.set(scenario.id);
                            lab.is_run_first.set(false);
                        }
                    >
                        <span>{scenario.title}</span>
                        {scenario.steps.iter().any(|step| step.is_users()).then(|| view! { <span class="muted">"with you"</span> })}
                    </button>
                </li>
            }
        })
        .collect_view();
    view! {
        <nav class="panel area-scenarios" aria-labelledby="scenarios-heading">
            <h2 id="scenarios-heading">"Scenarios"</h2>
            <ul class="scenario-list">{items}</ul>
        </nav>
    }
}

/// The scenario that is chosen: what should happen, the steps, and whether it did.
#[component]
pub(super) fn ScenarioPanel(
    /// What it follows.
    lab: Lab,
) -> impl IntoView {
    let verdicts = Signal::derive(move || lab.verdicts());
    let chosen = Memo::new(move |_| lab.chosen.get());
    let is_this_running = move || {
        lab.progress
            .with(|progress| progress.as_ref().is_some_and(|it| it.is_running && it.scenario == lab.chosen.get()))
    };
    let has_run =
        move || lab.progress.with(|progress| progress.as_ref().is_some_and(|it| it.scenario == lab.chosen.get()));
    let is_off = move || {
        !is_this_running()
            && (lab.is_scenario_running()
                || lab.state.with(Option::is_none)
                || lab.is_switching.get()
                || lab.connection.get() == Connection::Lost)
    };
    let press = move |event: MouseEvent| {
        // Of two quick clicks the second was not meant for what the button has become.
        if event.detail() > 1 || untrack(is_off) {
            return;
        }
        if untrack(is_this_running) {
            lab.act.run(Action::Stop);
        } else {
            // Its picture is what it is started for.
            lab.is_run_first.set(true);
            lab.act.run(Action::Start(lab.chosen.get_untracked()));
        }
    };
    let spoken = Memo::new(move |_| lab.progress.with(|progress| progress.as_ref().map(spoken)));
    view! {
        <section
            class="panel area-scenario"
            data-testid="scenario"
            data-scenario=move || lab.chosen.get()
            data-outcome=move || outcome(&verdicts.get(), is_this_running())
            aria-labelledby="scenario-heading"
        >
            <div class="panel-head">
                <h2 id="scenario-heading">{move || lab.scenario().title}</h2>
                <p class="visually-hidden" role="status">{spoken}</p>
                <p class="actions">
                    // One button: what it starts it stops, and the focus stays on it.
                    <button
                        type="button"
                        class=move || if is_this_running() { "button secondary small" } else { "button small" }
                        data-testid="run-scenario"
                        aria-disabled=move || is_off().then_some("true")
                        on:click=press
                    >
                        {move || match (is_this_running(), has_run()) {
                            (true, _) => "Stop",
                            (false, true) => "Run again",
                            (false, false) => "Run",
                        }}
                    </button>
                </p>
            </div>
            <p class="about">{move || lab.scenario().about}</p>
            <div class="scenario-columns">
                <div class="expectations">
                    <h3>"What should happen"</h3>
                    <Verdicts verdicts />
                </div>
                <div>
                    <h3>"Steps"</h3>
                    <ol class="steps">{move || steps(lab, chosen.get())}</ol>
                </div>
            </div>
        </section>
    }
}

/// `open`, `running`, `met`, `missed`.
fn outcome(verdicts: &[Verdict], is_running: bool) -> &'static str {
    if is_running {
        "running"
    } else if verdicts.iter().any(|verdict| verdict.met == Some(false)) {
        "missed"
    } else if !verdicts.is_empty() && verdicts.iter().all(|verdict| verdict.met == Some(true)) {
        "met"
    } else {
        "open"
    }
}

/// How it stands with a scenario, for those who hear it.
fn spoken(progress: &Progress) -> String {
    let Some(scenario) = Scenario::find(progress.scenario) else { return String::new() };
    let title = scenario.title;
    let step = |wanted: StepStatus| {
        let mut steps = scenario.steps.iter().zip(&progress.steps);
        steps.find(|(_, state)| state.status == wanted).map(|(step, state)| (step.sentence(scenario), &state.note))
    };
    match (progress.is_running, step(StepStatus::Doing), step(StepStatus::Failed)) {
        (true, Some((sentence, _)), _) if progress.prompt.is_some() => format!("“{title}” waits for you. {sentence}"),
        (true, ..) => format!("“{title}” runs."),
        (false, _, Some((sentence, note))) => format!("“{title}” is over. {sentence} {note}"),
        (false, ..) => match outcome(&progress.verdicts, false) {
            "met" => format!("“{title}” is over. Everything was as it should be."),
            "open" => format!("“{title}” is over. Not everything is decided."),
            _ => format!("“{title}” is over. Not everything was as it should be."),
        },
    }
}

fn steps(lab: Lab, chosen: &'static str) -> impl IntoView {
    let scenario = Scenario::find(chosen).unwrap_or(&SCENARIOS[0]);
    (0..scenario.steps.len()).map(|number| step(lab, scenario, number)).collect_view()
}

/// What is in a step changes as the scenario goes on; the step stays, and with it the place of who is in it.
fn step(lab: Lab, scenario: &'static Scenario, number: usize) -> impl IntoView {
    let line = NodeRef::<Li>::new();
    let now = Memo::new(move |_| {
        lab.progress.with(|progress| {
            let progress = progress.as_ref().filter(|progress| progress.scenario == scenario.id)?;
            let state = progress.steps.get(number)?.clone();
            let prompt = progress.prompt.clone().filter(|_| state.status == StepStatus::Doing);
            Some((state, prompt))
        })
    });
    let status = move || now.with(|now| now.as_ref().map_or_else(StepStatus::default, |(state, _)| state.status));
    let note = Memo::new(move |_| {
        now.with(|now| now.as_ref().map(|(state, _)| state.note.clone()).filter(|note| !note.is_empty()))
    });
    let prompt = Memo::new(move |_| now.with(|now| now.as_ref().and_then(|(_, prompt)| prompt.clone())));
    view! {
        <li
            class="step"
            tabindex="-1"
            data-testid="step"
            data-status=move || status().as_str()
            aria-current=move || (status() == StepStatus::Doing).then_some("step")
            node_ref=line
        >
            <span>{scenario.steps[number].sentence(scenario)}</span>
            {move || note.get().map(|note| view! { <span class="note">{note}</span> })}
            {move || prompt.get().map(|prompt| {
                on_cleanup(move || keep_place(line));
                prompt_view(lab, prompt)
            })}
        </li>
    }
}

/// What was asked of the user goes, and the focus with it, if it is there: it goes to the step.
fn keep_place(line: NodeRef<Li>) {
    let Some(line) = line.try_get_untracked().flatten() else { return };
    let active = document().active_element();
    if active.is_some_and(|active| line.contains(Some(&active)) && !line.is_same_node(Some(&active))) {
        // An element of this page takes the focus.
        _ = line.focus();
    }
}

fn prompt_view(lab: Lab, prompt: Prompt) -> AnyView {
    match prompt {
        Prompt::Done => view! {
            <button type="button" class="button small" data-testid="step-done" on:click=move |_| lab.act.run(Action::Done)>
                "Done"
            </button>
        }
        .into_any(),
        Prompt::Token => {
            let pasted = RwSignal::new(String::new());
            view! {
                <span class="paste">
                    <label for="token" class="visually-hidden">"The copied command, or the token"</label>
                    <textarea
                        id="token"
                        rows="2"
                        autocomplete="off"
                        spellcheck="false"
                        data-testid="token"
                        placeholder="Paste here. It is used for two requests, and not kept."
                        prop:value=pasted
                        on:input=move |event| pasted.set(event_target_value(&event))
                    ></textarea>
                    <button
                        type="button"
                        class="button small"
                        data-testid="step-done"
                        on:click=move |_| lab.act.run(Action::Token(pasted.get_untracked()))
                    >
                        "Use it"
                    </button>
                </span>
            }
            .into_any()
        }
        Prompt::Windows(windows) => {
            let buttons = windows
                .into_iter()
                .map(|(name, title)| {
                    view! {
                        <button
                            type="button"
                            class="button small"
                            data-testid="step-open"
                            data-name=name.clone()
                            on:click=move |_| lab.act.run(Action::Show(name.clone()))
                        >
                            "Open " {title}
                        </button>
                    }
                })
                .collect_view();
            view! {
                <span class="note">
                    "Your browser opens one window for a click. Press each button, or allow pop-ups for this page and run again."
                </span>
                <span class="actions">{buttons}</span>
            }
            .into_any()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::scenario::{Conditions, expect};
    use crate::lab::view::StepState;
    use crate::lab::wire::Switches;

    #[test]
    fn who_hears_the_lab_hears_that_it_is_their_turn_and_how_it_ended() {
        let scenario = Scenario::find("laptop-asleep").expect("it is in the list");
        let expected = expect(scenario, &Conditions { same_site: false, switches: Switches::default() });
        let mut progress = Progress::new(scenario, &expected);
        let says = |progress: &Progress, text: &str| assert_eq!(spoken(progress), format!("“Laptop asleep” {text}"));
        says(&progress, "runs.");
        let state = |status, note: &str| StepState { status, note: note.to_owned() };
        progress.steps[4] = state(StepStatus::Doing, "");
        says(&progress, "runs.");
        progress.prompt = Some(Prompt::Done);
        let asked = "App B’s tab has heard nothing. Wake it, as when the lid opens: click into its window.";
        says(&progress, &format!("waits for you. {asked}"));

        progress.prompt = None;
        progress.is_running = false;
        progress.steps[4] = state(StepStatus::Failed, "Stopped.");
        says(&progress, &format!("is over. {asked} Stopped."));
        progress.steps[4] = state(StepStatus::Done, "");
        says(&progress, "is over. Not everything is decided.");
        progress.verdicts[0].met = Some(false);
        says(&progress, "is over. Not everything was as it should be.");
        progress.verdicts.iter_mut().for_each(|verdict| verdict.met = Some(true));
        says(&progress, "is over. Everything was as it should be.");
    }
}
