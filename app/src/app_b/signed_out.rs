use std::sync::Arc;

use leptos::prelude::*;
use logout_event::Channel;

use super::api_call::ApiAnswer;
use super::bar::Bar;
use super::live::{ArcMessage, Notice, live, message};
use super::{ApiResult, Explanation, Handler, ProviderSignOut, Reason, explain};

/// What the signed-out screen follows.
#[derive(Clone)]
pub struct SignedOutSignals {
    /// The answer to the last request that the user asked for.
    pub api_result: ArcReadSignal<Option<ApiResult>>,
    /// How far the sign-out at the provider has come.
    pub provider: ArcReadSignal<ProviderSignOut>,
    /// Whether a sign-in is being started.
    pub busy: ArcReadSignal<bool>,
    /// Why the last try to sign in failed, and what to do.
    pub problem: ArcReadSignal<Option<String>>,
}

/// What the signed-out screen lets the user do.
#[derive(Clone)]
pub struct SignedOutHandlers {
    /// Goes to the provider to sign in.
    pub sign_in: Handler,
    /// Tries the sign-out at the provider again.
    pub retry_sign_out: Handler,
}

/// The screen without a session.
#[component]
pub fn SignedOut(
    /// App A's address, if there is one to link to.
    app_a: Option<String>,
    /// Who was signed in.
    who: Option<String>,
    /// How this tab heard that the session has ended.
    reason: Option<Reason>,
    /// How its server heard, where known.
    channel: Option<Channel>,
    /// What changes.
    signals: SignedOutSignals,
    /// What the user can do.
    handlers: SignedOutHandlers,
) -> impl IntoView {
    let SignedOutSignals { api_result, provider, busy, problem } = signals;
    let SignedOutHandlers { sign_in, retry_sign_out } = handlers;
    let Explanation { headline, happened, channel } = explain(reason, channel);
    let provider_says: ArcMessage = {
        let provider = provider.clone();
        Arc::new(move || provider.get().sentence().map(str::to_owned))
    };
    view! {
        <Bar app_a>""</Bar>
        <main class="stack">
            <section class="card stack">
                <h1 tabindex="-1">{headline}</h1>
                <p role="status">{happened} " " {channel}</p>
                {who.map(|who| view! { <p class="muted">"Signed in before: " <strong>{who}</strong></p> })}
                <Notice class="notice info" role="status" says=provider_says />
                <Notice class="notice error" role="alert" says=message(problem) />
                <p class="actions">
                    <button
                        type="button"
                        class="button"
                        data-testid="sign-in"
                        disabled=live(move || busy.get())
                        on:click=move |_| sign_in.run(())
                    >
                        "Sign in"
                    </button>
                    <button
                        type="button"
                        class="button secondary"
                        data-testid="retry-sign-out"
                        hidden=live(move || !provider.get().can_be_retried())
                        on:click=move |_| retry_sign_out.run(())
                    >
                        "Try to sign out there again"
                    </button>
                </p>
                <ApiAnswer result=api_result />
            </section>
        </main>
    }
}
