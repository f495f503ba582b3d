use leptos::prelude::*;

use super::{ApiResult, Handler};

/// One request to the API, by hand, to see what it answers.
#[component]
pub(super) fn ApiCall(
    /// The last answer.
    #[prop(into)]
    result: Signal<Option<ApiResult>>,
    /// Sends one request.
    call_api: Handler,
    /// Gives the command that repeats the request outside of the browser; it contains the access token.
    curl_command: std::sync::Arc<dyn Fn() -> String + Send + Sync>,
    /// Copies that command.
    copy_curl: Handler,
) -> impl IntoView {
    // The access token is put into the page only while the user looks at it.
    let (shown, set_shown) = signal(false);
    let command = move || shown.get().then(|| curl_command());
    view! {
        <section class="card stack" aria-labelledby="api-heading">
            <h2 id="api-heading">"Ask the API"</h2>
            <p>
                <button type="button" class="button secondary" data-testid="call-api" on:click=move |_| call_api.run(())>
                    "Send one request"
                </button>
            </p>
            <ApiAnswer result />
            <details on:toggle=move |_| set_shown.update(|shown| *shown = !*shown)>
                <summary>"Try it with a copy of your access token"</summary>
                <p class="muted">
                    "Anyone who has it can use it until it expires or you sign out. Run this before and after you sign out, \
                     in whichever app."
                </p>
                <pre tabindex="0"><code data-testid="curl">{command}</code></pre>
                <button type="button" class="button secondary" on:click=move |_| copy_curl.run(())>
                    "Copy the command"
                </button>
            </details>
        </section>
    }
}

/// What the API answered to that request; there is one on the signed-out screen as well, for the answer that signed the
/// tab out.
#[component]
pub(super) fn ApiAnswer(
    /// The answer.
    #[prop(into)]
    result: Signal<Option<ApiResult>>,
) -> impl IntoView {
    let status = move || result.with(|result| result.as_ref().and_then(|result| result.status));
    let text = move || result.with(|result| result.as_ref().map(|result| result.text.clone()).unwrap_or_default());
    view! {
        <p role="status" data-testid="api-result" data-status=move || status().map(|status| status.to_string())>
            {text}
        </p>
    }
}
