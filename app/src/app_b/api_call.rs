use std::sync::Arc;

use leptos::prelude::*;

use super::live::live;
use super::{ApiResult, Handler};

const COPY_OF_BOUND: &str = "A copy is good for nothing: the API asks for a proof by a key that this browser does not \
                             give away. Run this, and it is refused for its missing proof; after you sign out, in \
                             whichever app, because the session has ended.";
const COPY_OF_BEARER: &str = "Whoever has it can use it until it expires or you sign out. Run this before and after you \
                              sign out, in whichever app.";

/// One request to the API, by hand, to see what it answers.
#[component]
pub(super) fn ApiCall(
    /// The last answer.
    result: ArcReadSignal<Option<ApiResult>>,
    /// Whether the access token is good only with a key that this browser keeps.
    is_bound: bool,
    /// Sends one request.
    call_api: Handler,
    /// Gives the command that repeats the request outside of the browser; it contains the access token.
    curl_command: Arc<dyn Fn() -> String + Send + Sync>,
    /// Copies that command.
    copy_curl: Handler,
) -> impl IntoView {
    // The access token is put into the page only while the user looks at it.
    let is_shown = ArcRwSignal::new(false);
    let command = {
        let is_shown = is_shown.clone();
        live(move || if is_shown.get() { curl_command() } else { String::new() })
    };
    view! {
        <section class="card stack" aria-labelledby="api-heading">
            <h2 id="api-heading">"Ask the API"</h2>
            <p>
                <button type="button" class="button secondary" data-testid="call-api" on:click=move |_| call_api.run(())>
                    "Send one request"
                </button>
            </p>
            <ApiAnswer result />
            <details class="stack" on:toggle=move |_| is_shown.update(|is_shown| *is_shown = !*is_shown)>
                <summary>"Try it with a copy of your access token"</summary>
                <p class="muted">{if is_bound { COPY_OF_BOUND } else { COPY_OF_BEARER }}</p>
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
    result: ArcReadSignal<Option<ApiResult>>,
) -> impl IntoView {
    let status = {
        let result = result.clone();
        live(move || result.with(|result| result.as_ref()?.status.map(|status| status.to_string())))
    };
    let text =
        live(move || result.with(|result| result.as_ref().map(|result| result.text.clone()).unwrap_or_default()));
    view! {
        <p role="status" data-testid="api-result" data-status=status>
            {text}
        </p>
    }
}
