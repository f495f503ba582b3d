use leptos::html::{H2, Ul};
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Element, HtmlElement};

use super::{Action, Lab};
use crate::lab::wire::RunHead;
use crate::lab::words;

/// The runs that are kept.
#[component]
pub(super) fn Runs(
    /// What it follows.
    lab: Lab,
) -> impl IntoView {
    let (heading, list) = (NodeRef::<H2>::new(), NodeRef::<Ul>::new());
    // Where in the list a run is being forgotten.
    let leaves = RwSignal::new(None::<usize>);
    Effect::new(move || {
        lab.runs.track();
        let Some(place) = leaves.write_untracked().take() else { return };
        // When the list is as it is now.
        request_animation_frame(move || {
            if let (Some(heading), Some(list)) = (heading.get_untracked(), list.get_untracked()) {
                keep_place(&heading, &list, place);
            }
        });
    });
    let forget = move |id: String| {
        leaves.set(lab.runs.with_untracked(|runs| runs.iter().position(|head| head.id == id)));
        lab.act.run(Action::Forget(id));
    };
    view! {
        <section class="panel area-runs" aria-labelledby="runs-heading">
            <h2 id="runs-heading" tabindex="-1" node_ref=heading>"Past runs"</h2>
            <ul class="runs" data-testid="runs" node_ref=list>
                <For
                    each=move || lab.runs.get()
                    key=|head| (head.id.clone(), head.met)
                    children=move |head| line(lab, head, forget)
                />
            </ul>
            <p class="muted" hidden=move || !lab.runs.with(Vec::is_empty)>"Each run is kept here, with a link of its own."</p>
        </section>
    }
}

/// Who has forgotten a run by the keyboard goes on at the next, or at the last, or over the list. At its link: a key that is
/// still held down forgets nothing more.
fn keep_place(heading: &HtmlElement, list: &Element, place: usize) {
    let is_lost = document().active_element().is_none_or(|active| active.tag_name() == "BODY");
    if !is_lost {
        return;
    }
    let link = |which: &str| list.query_selector(&format!("li:{which} a")).ok().flatten();
    let next = link(&format!("nth-child({})", place + 1)).or_else(|| link("last-child"));
    let next = next.and_then(|link| link.dyn_into::<HtmlElement>().ok());
    // An element of this page takes the focus.
    _ = next.as_ref().unwrap_or(heading).focus();
}

fn line(lab: Lab, head: RunHead, forget: impl Fn(String) + 'static) -> impl IntoView {
    let RunHead { id, title, started, met } = head;
    let (mark, word) = match met {
        Some(true) => ("✓", "as it should be"),
        Some(false) => ("✗", "not as it should be"),
        None => ("·", ""),
    };
    let (shown, link, to_show, to_forget) = (id.clone(), format!("/?run={id}"), id.clone(), id.clone());
    let is_shown = move || lab.run.with(|run| run.as_ref().is_some_and(|run| run.id == shown));
    view! {
        <li data-testid="run" data-run=id data-met=met.map(|met| met.to_string())>
            <span class="verdict-mark" aria-hidden="true">{mark}</span>
            <a
                href=link
                aria-current=move || is_shown().then_some("true")
                on:click=move |event| {
                    if event.button() == 0 && !event.ctrl_key() && !event.meta_key() && !event.shift_key() {
                        event.prevent_default();
                        lab.act.run(Action::ShowRun(to_show.clone()));
                    }
                }
            >
                {title.clone()}
                <span class="visually-hidden">{word}</span>
            </a>
            <time class="muted" datetime=words::date(started).replace(" UTC", "Z")>{clock(started)}</time>
            <button
                type="button"
                class="forget"
                aria-label=format!("Forget this run of “{title}”")
                // Of two quick clicks the second was not meant for the run that has moved up.
                on:click=move |event| if event.detail() < 2 { forget(to_forget.clone()) }
            >
                "×"
            </button>
        </li>
    }
}

/// The date and the time of day, by the user's locale.
fn clock(at: f64) -> String {
    use leptos::web_sys::js_sys::Date;
    Date::new(&at.into()).to_locale_string("default", &leptos::wasm_bindgen::JsValue::UNDEFINED).into()
}
