use std::sync::Arc;

use leptos::prelude::*;

use super::api_call::ApiCall;
use super::bar::Bar;
use super::notes::NotesCard;
use super::session_panel::SessionPanel;
use super::{ApiResult, Handler, Listening, Notes, Renewing, SessionFacts};

/// What the signed-in screen follows.
#[derive(Clone)]
pub struct SignedInSignals {
    /// The user's notes.
    pub notes: ArcReadSignal<Notes>,
    /// The note that the user is writing.
    pub draft: ArcRwSignal<String>,
    /// What went wrong with the last change, and what to do.
    pub problem: ArcReadSignal<Option<String>>,
    /// The answer to the request that the user asked for.
    pub api_result: ArcReadSignal<Option<ApiResult>>,
    /// The session.
    pub facts: ArcReadSignal<SessionFacts>,
    /// How this tab listens for a sign-out.
    pub listening: ArcReadSignal<Listening>,
    /// What is the matter with the renewal of the tokens.
    pub renewing: ArcReadSignal<Renewing>,
}

/// What the signed-in screen lets the user do.
#[derive(Clone)]
pub struct SignedInHandlers {
    /// Signs out, here and at the provider.
    pub sign_out: Handler,
    /// Adds the draft to the notes.
    pub add_note: Handler,
    /// Deletes the note with this id.
    pub delete_note: Handler<i64>,
    /// Sends one request to the API.
    pub call_api: Handler,
    /// Gives the command that repeats that request outside of the browser; it contains the access token.
    pub curl_command: Arc<dyn Fn() -> String + Send + Sync>,
    /// Copies that command.
    pub copy_curl: Handler,
}

/// The screen of a session.
#[component]
pub fn SignedIn(
    /// App A's address, if there is one to link to.
    app_a: Option<String>,
    /// What changes.
    signals: SignedInSignals,
    /// What the user can do.
    handlers: SignedInHandlers,
) -> impl IntoView {
    let SignedInSignals { notes, draft, problem, api_result, facts, listening, renewing } = signals;
    let SignedInHandlers { sign_out, add_note, delete_note, call_api, curl_command, copy_curl } = handlers;
    let facts_now = facts.get_untracked();
    view! {
        <Bar app_a>
            <span class="muted" data-testid="user">
                {facts_now.user}
            </span>
            <button type="button" class="button secondary" data-testid="sign-out" on:click=move |_| sign_out.run(())>
                "Sign out"
            </button>
        </Bar>
        <main class="stack">
            <NotesCard notes draft problem add=add_note delete=delete_note />
            <SessionPanel facts listening renewing />
            <ApiCall result=api_result is_bound=facts_now.is_bound call_api curl_command copy_curl />
        </main>
    }
}
