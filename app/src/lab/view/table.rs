use leptos::prelude::*;

use super::Lab;
use crate::lab::learned::{Learned, last_refused_sentence, learned, refusals_sentence};
use crate::lab::wire::{Place, Run};
use crate::lab::words;

/// Who learned when, and through which channel; and when the last credential was good for nothing.
#[component]
pub(super) fn LearnedTable(
    /// What it follows.
    lab: Lab,
) -> impl IntoView {
    move || {
        let run = lab.shown()?;
        let rows = learned(&run);
        (!rows.is_empty()).then(|| table(&rows, &run))
    }
}

fn table(rows: &[Learned], run: &Run) -> impl IntoView + use<> {
    let longest = rows.iter().filter_map(|row| row.after).fold(1.0_f64, f64::max);
    let lines = rows
        .iter()
        .map(|row| {
            let who = words::place(&row.who, &run.windows);
            let id = match &row.who {
                Place::Window(name) => name.clone(),
                Place::AppA => "app-a-server".to_owned(),
                Place::AppB => "app-b-api".to_owned(),
                Place::Provider => "provider-server".to_owned(),
                Place::Browser => "browser".to_owned(),
                Place::Lab => "outside".to_owned(),
            };
            let after = row.after.map_or_else(|| "—".to_owned(), words::duration);
            // By the root, so that what takes milliseconds is still seen beside what takes seconds.
            let width = row.after.map_or(0.0, |after| 100.0 * (after.max(0.0) / longest).sqrt());
            view! {
                <tr data-testid="learned" data-who=id data-channel=row.channel.clone()>
                    <th scope="row">{who}</th>
                    <td class="figure">{after}</td>
                    <td class="spark">
                        <svg width="100%" height="8" aria-hidden="true">
                            <rect width=format!("{width:.1}%") height="8" rx="2"></rect>
                        </svg>
                    </td>
                    <td>{row.how.clone()}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <div class="scroll">
            <table class="learned">
                <caption>"Who learned when, and through which channel"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Who"</th>
                        <th scope="col" class="figure">"After"</th>
                        <th scope="col" class="spark"><span class="visually-hidden">"As a bar"</span></th>
                        <th scope="col">"How"</th>
                    </tr>
                </thead>
                <tbody>{lines}</tbody>
            </table>
        </div>
        <p class="last-refused" data-testid="last-refused">{last_refused_sentence(run)}</p>
        {refusals_sentence(run).map(|tried| view! { <p class="muted" data-testid="refusals">{tried}</p> })}
    }
}
