use leptos::prelude::*;

/// Something on the page that follows signals. Boxed, so that all places which show such a thing share their code: in
/// wasm, each closure type would bring a copy of its own.
pub(super) type Live<T> = Box<dyn Fn() -> T + Send + Sync>;

/// Boxes what reads the signals.
pub(super) fn live<T>(read: impl Fn() -> T + Send + Sync + 'static) -> Live<T> {
    Box::new(read)
}

/// A message that is there or not. The element always is, because screen readers speak out what changes in it.
#[component]
pub(super) fn Notice(
    /// Its look.
    class: &'static str,
    /// `status`, or `alert` for what went wrong.
    role: &'static str,
    /// What it says; nothing hides it.
    says: ArcMessage,
) -> impl IntoView {
    let is_hidden = {
        let says = says.clone();
        live(move || says().is_none())
    };
    view! {
        <p class=class role=role hidden=is_hidden>
            {live(move || says().unwrap_or_default())}
        </p>
    }
}

/// Reads a message, as often as needed.
pub(super) type ArcMessage = std::sync::Arc<dyn Fn() -> Option<String> + Send + Sync>;

/// The message in a signal.
pub(super) fn message(signal: ArcReadSignal<Option<String>>) -> ArcMessage {
    std::sync::Arc::new(move || signal.get())
}
