use leptos::prelude::*;

use super::Lab;
use crate::lab::shapes::{OUTCOMES, tip};
use crate::lab::wire::{Kind, Outcome, Report, Run};
use crate::lab::words;
use crate::shared::Facts;

/// What the message that is looked at carried, and what it follows.
#[component]
pub(super) fn Inspector(
    /// What it follows.
    lab: Lab,
) -> impl IntoView {
    let chosen = move || {
        let run = lab.shown()?;
        let report = run.reports.get(lab.selected.get()?)?.clone();
        Some((report, run))
    };
    view! {
        <aside class="inspector" data-testid="inspector" aria-live="polite" aria-label="The message that is looked at">
            {move || match chosen() {
                Some((report, run)) => details(&report, &run).into_any(),
                None => {
                    view! {
                        <p class="muted">
                            "Point at a message, or reach it by Tab and the arrow keys, to see what it carried and which specification \
                            it follows. Tokens and cookies are never shown, and of session identifiers only fingerprints."
                        </p>
                    }
                        .into_any()
                }
            }}
        </aside>
    }
}

fn details(report: &Report, run: &Run) -> impl IntoView + use<> {
    let from = words::place(&report.from, &run.windows);
    let route =
        if report.from == report.to { from } else { format!("{from} → {}", words::place(&report.to, &run.windows)) };
    let (kind, outcome) = (words::kind_id(report.kind), words::outcome(report.outcome));
    let facts: Vec<_> = report.carries.iter().map(words::carried_words).collect();
    let section = report.section.clone().map(|section| {
        // Only addresses of specifications are links.
        let is_web = section.url.starts_with("https://");
        if is_web {
            view! { <a href=section.url target="_blank" rel="noreferrer">{section.name}</a> }.into_any()
        } else {
            view! { <span>{section.name}</span> }.into_any()
        }
    });
    view! {
        <p class="inspector-head">
            <span class=format!("key kind-{kind}")>{words::kind(report.kind)}</span>
            <span class="figure">{words::duration(report.at - run.started)}</span>
            <span class=format!("how outcome-{outcome}")>{outcome}</span>
        </p>
        <p><strong>{report.label.clone()}</strong></p>
        <p class="muted">{route}</p>
        {(!facts.is_empty()).then(|| view! { <Facts facts /> })}
        {section.map(|section| view! { <p class="section">"Follows " {section}</p> })}
    }
}

/// Which look is which channel, and which is which outcome.
#[component]
pub(super) fn Legend() -> impl IntoView {
    const KINDS: [Kind; 10] = [
        Kind::Redirect,
        Kind::FrontChannel,
        Kind::BackChannel,
        Kind::Push,
        Kind::Broadcast,
        Kind::Check,
        Kind::Request,
        Kind::Tokens,
        Kind::Revocation,
        Kind::Switched,
    ];
    let keys = KINDS
        .into_iter()
        .map(|kind| {
            view! {
                <li class=format!("arrow kind-{}", words::kind_id(kind))>
                    <svg class="diagram sample" width="34" height="10" viewBox="0 0 34 10" aria-hidden="true">
                        <line class="wire" x1="1" y1="5" x2="33" y2="5"></line>
                    </svg>
                    {words::kind(kind)}
                </li>
            }
        })
        .collect_view();
    let outcomes = OUTCOMES
        .into_iter()
        .map(|outcome| {
            // What nobody answers does not reach the lane.
            let end = if outcome == Outcome::Unreachable { 22.0 } else { 27.0 };
            let tip = tip(outcome, end, 7.0, 1.0);
            let [class, path] = ["class", "d"].map(|name| tip.value(name).to_owned());
            view! {
                <li class=format!("arrow kind-redirect outcome-{}", words::outcome(outcome))>
                    <svg class="diagram sample" width="34" height="14" viewBox="0 0 34 14" aria-hidden="true">
                        <line class="wire" x1="1" y1="7" x2=end.to_string() y2="7"></line>
                        <path class=class d=path></path>
                    </svg>
                    {words::outcome_explained(outcome)}
                </li>
            }
        })
        .collect_view();
    view! {
        <ul class="legend" aria-label="Channels">{keys}</ul>
        <ul class="legend outcomes" aria-label="Outcomes">
            {outcomes}
            <li>
                <svg class="diagram sample" width="10" height="14" viewBox="0 0 10 14" aria-hidden="true">
                    <rect class="life" x="1" width="8" height="14"></rect>
                </svg>
                "a session lives there"
            </li>
        </ul>
    }
}
