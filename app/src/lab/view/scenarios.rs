use leptos::prelude::*;

use super::verdicts::Verdicts;
use super::{Action, Lab, Prompt, StepState, StepStatus};
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
                        on:click=move |_| lab.chosen.set(scenario.id)
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
    let is_this_running = move || {
        lab.progress
            .with(|progress| progress.as_ref().is_some_and(|it| it.is_running && it.scenario == lab.chosen.get()))
    };
    let is_any_running = move || lab.progress.with(|progress| progress.as_ref().is_some_and(|it| it.is_running));
    let is_off = move || is_any_running() || lab.state.with(Option::is_none);
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
                <p class="actions">
                    <button
                        type="button"
                        class="button small"
                        data-testid="run-scenario"
                        hidden=is_this_running
                        disabled=is_off
                        on:click=move |_| lab.act.run(Action::Start(lab.chosen.get_untracked()))
                    >
                        {move || if lab.progress.with(|it| it.as_ref().is_some_and(|it| it.scenario == lab.chosen.get())) { "Run again" } else { "Run" }}
                    </button>
                    <button
                        type="button"
                        class="button secondary small"
                        data-testid="stop-scenario"
                        hidden=move || !is_this_running()
                        on:click=move |_| lab.act.run(Action::Stop)
                    >
                        "Stop"
                    </button>
                </p>
            </div>
            <p class="about">{move || lab.scenario().about}</p>
            <div class="scenario-columns">
                <div>
                    <h3>"What should happen"</h3>
                    <Verdicts verdicts />
                </div>
                <div>
                    <h3>"Steps"</h3>
                    <ol class="steps">{move || steps(lab)}</ol>
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

fn steps(lab: Lab) -> impl IntoView {
    let scenario: &'static Scenario = lab.scenario();
    let progress = lab.progress.get().filter(|progress| progress.scenario == scenario.id);
    scenario
        .steps
        .iter()
        .enumerate()
        .map(|(number, step)| {
            let StepState { status, note } =
                progress.as_ref().and_then(|progress| progress.steps.get(number).cloned()).unwrap_or_default();
            let is_now = status == StepStatus::Doing;
            let prompt = progress.as_ref().and_then(|progress| progress.prompt.clone()).filter(|_| is_now);
            view! {
                <li class="step" data-testid="step" data-status=status.as_str() aria-current=is_now.then_some("step")>
                    <span>{step.sentence(scenario)}</span>
                    {(!note.is_empty()).then(|| view! { <span class="note">{note}</span> })}
                    {prompt.map(|prompt| prompt_view(lab, prompt))}
                </li>
            }
        })
        .collect_view()
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
