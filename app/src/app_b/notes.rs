use leptos::prelude::*;

use super::{Handler, Note, Notes};

/// The longest note that the API takes, in characters.
const MAX_LENGTH: &str = "500";

/// The user's notes: read, add, delete.
#[component]
pub(super) fn NotesCard(
    /// The notes.
    #[prop(into)]
    notes: Signal<Notes>,
    /// What the user is writing.
    draft: RwSignal<String>,
    /// Whether a change is under way.
    #[prop(into)]
    busy: Signal<bool>,
    /// Adds the draft.
    add: Handler,
    /// Deletes the note with this id.
    delete: Handler<i64>,
) -> impl IntoView {
    let loaded = move || {
        notes.with(|notes| match notes {
            Notes::Loaded(notes) => notes.clone(),
            Notes::Loading | Notes::Unavailable => Vec::new(),
        })
    };
    let status = move || {
        notes.with(|notes| match notes {
            Notes::Loading => "Loading your notes…",
            Notes::Unavailable => "The server does not answer now. Your notes are safe; asking again…",
            Notes::Loaded(notes) if notes.is_empty() => "No notes yet.",
            Notes::Loaded(_) => "",
        })
    };
    view! {
        <section class="card stack" aria-labelledby="notes-heading">
            <h2 id="notes-heading">"Your notes"</h2>
            <p class="muted" role="status">{status}</p>
            <ul class="list" data-testid="notes">
                <For each=loaded key=|note| note.id children=move |note| view! { <NoteItem note busy delete=delete.clone() /> } />
            </ul>
            <form on:submit=move |event| {
                event.prevent_default();
                add.run(());
            }>
                <div class="field">
                    <label for="note">"New note"</label>
                    <input
                        id="note"
                        name="note"
                        type="text"
                        required
                        maxlength=MAX_LENGTH
                        autocomplete="off"
                        prop:value=draft
                        on:input=move |event| draft.set(event_target_value(&event))
                    />
                </div>
                <button type="submit" class="button" prop:disabled=busy>
                    "Add note"
                </button>
            </form>
        </section>
    }
}

#[component]
fn NoteItem(note: Note, busy: Signal<bool>, delete: Handler<i64>) -> impl IntoView {
    let Note { id, text, created } = note;
    let label = format!("Delete note: {text}");
    view! {
        <li data-testid="note">
            <span>{text}</span>
            <time class="muted" datetime=created.iso>
                {created.shown}
            </time>
            <button
                type="button"
                class="button secondary"
                aria-label=label
                prop:disabled=busy
                on:click=move |_| delete.run(id)
            >
                "Delete"
            </button>
        </li>
    }
}
