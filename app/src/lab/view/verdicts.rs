use leptos::prelude::*;

use crate::lab::wire::Verdict;

/// What should happen, and whether it did.
#[component]
pub(super) fn Verdicts(
    /// They change while a scenario runs.
    #[prop(into)]
    verdicts: Signal<Vec<Verdict>>,
) -> impl IntoView {
    view! {
        <ul class="verdicts" aria-live="polite">
            {move || verdicts.get().into_iter().map(line).collect_view()}
        </ul>
    }
}

fn line(verdict: Verdict) -> impl IntoView {
    let (met, mark, word) = match verdict.met {
        Some(true) => ("true", "✓", "Yes"),
        Some(false) => ("false", "✗", "No"),
        None => ("open", "·", ""),
    };
    view! {
        // What was found is read together with what was expected.
        <li data-testid="verdict" data-met=met aria-atomic="true">
            <span class="verdict-mark" aria-hidden="true">{mark}</span>
            <span class="expected">{verdict.expected}</span>
            <span class="found">
                {(!word.is_empty()).then(|| view! { <strong>{word} ". "</strong> })} {verdict.found}
            </span>
        </li>
    }
}
