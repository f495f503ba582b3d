use leptos::prelude::*;

use super::Lab;
use super::header::Header;
use super::run::RunPanel;
use super::runs::Runs;
use super::scenarios::{ScenarioPanel, Scenarios};
use super::switches::SwitchesPanel;
use super::windows::Windows;

/// Everything.
#[component]
pub fn LabPage(
    /// What it follows.
    lab: Lab,
) -> impl IntoView {
    view! {
        <Header lab />
        <main class="lab-page">
            <h1 class="visually-hidden">"The lab: every sign-out as it happens"</h1>
            <p class="notice error area-problem" role="alert" hidden=move || lab.problem.with(Option::is_none)>
                {move || lab.problem.get()}
            </p>
            // In the order in which they are needed: what is seldom changed, and lists that grow, come last.
            <div class="lab-grid" data-first=move || if lab.is_run_first.get() { "run" } else { "scenario" }>
                <Scenarios lab />
                <div class="lab-main">
                    <ScenarioPanel lab />
                    <RunPanel lab />
                </div>
                <Windows lab />
                <SwitchesPanel lab />
                <Runs lab />
            </div>
        </main>
    }
}
