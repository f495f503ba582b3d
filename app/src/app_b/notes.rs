use leptos::prelude::*;

use super::live::{Notice, live, message};
use super::{Handler, Note, Notes};

/// The longest note that the API takes, in characters.
const MAX_LENGTH: &str = "500";

/// The user's notes: read, add, delete.
#[component]
pub(super) fn NotesCard(
    /// The notes.
    notes: ArcReadSignal<Notes>,
    /// What the user is writing.
    draft: ArcRwSignal<String>,
    /// What went wrong with the last one, and what to do.
    problem: ArcReadSignal<Option<String>>,
    /// Adds the draft.
    add: Handler,
    /// Deletes the note with this id.
    delete: Handler<i64>,
) -> impl IntoView {
    let status = {
        let notes = notes.clone();
        live(move || {
            let says = notes.with(|notes| match notes {
                Notes::Loading => "Loading your notes…",
                Notes::Unavailable => "The server does not answer now. Your notes are safe; asking again…",
                Notes::Loaded(notes) if notes.is_empty() => "No notes yet.",
                Notes::Loaded(_) => "",
            });
            says.to_owned()
        })
    };
    let items = move || {
        notes.with(|notes| {
            let Notes::Loaded(notes) = notes else { return Vec::new() };
            notes.iter().map(|note| note_item(note.clone(), delete.clone())).collect::<Vec<_>>()
        })
    };
    let text = {
        let draft = draft.clone();
        live(move || draft.get())
    };
    view! {
        <section class="card stack" aria-labelledby="notes-heading">
            <h1 id="notes-heading" tabindex="-1">"Your notes"</h1>
            <p class="muted" role="status">
                {status}
            </p>
            <ul class="list">{items}</ul>
            <form
                class="stack"
                on:submit=move |event| {
                    event.prevent_default();
                    add.run(());
                }
            >
                <div class="field">
                    <label for="note">"New note"</label>
                    <input
                        id="note"
                        name="note"
                        type="text"
                        required
                        maxlength=MAX_LENGTH
                        autocomplete="off"
                        prop:value=text
                        on:input=move |event| draft.set(event_target_value(&event))
                    />
                </div>
                <button type="submit" class="button" >
                    "Add note"
                </button>
            </form>
            <Notice class="notice error" role="alert" says=message(problem) />
        </section>
    }
}

fn note_item(note: Note, delete: Handler<i64>) -> impl IntoView {
    let Note { id, text, created } = note;
    let label = format!("Delete note: {text}");
    view! {
        <li data-testid="note">
            <span>{text}</span>
            <span class="muted">{created}</span>
            <button type="button" class="button secondary" aria-label=label on:click=move |_| delete.run(id)>
                "Delete"
            </button>
        </li>
    }
}
