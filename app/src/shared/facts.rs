use leptos::prelude::*;

/// A list of names and values.
#[component]
pub fn Facts(
    /// The names and their values, in order.
    facts: Vec<(String, String)>,
) -> impl IntoView {
    let rows = facts
        .into_iter()
        .map(|(name, value)| {
            view! {
                <div>
                    <dt>{name}</dt>
                    <dd>{value}</dd>
                </div>
            }
        })
        .collect_view();
    view! { <dl class="facts">{rows}</dl> }
}
