use leptos::prelude::*;

/// The bar on top of every screen.
#[component]
pub(super) fn Bar(
    /// App A's address, if there is one to link to.
    app_a: Option<String>,
    /// What stands at the right end.
    children: Children,
) -> impl IntoView {
    view! {
        <header class="bar state">
            <span class="brand">"App B"</span>
            {app_a.map(|href| view! { <a href=href>"App A"</a> })}
            <div class="account">{children()}</div>
        </header>
    }
}
