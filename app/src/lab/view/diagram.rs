use leptos::ev::KeyboardEvent;
use leptos::html::Div;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Element, EventTarget, HtmlElement, SvgElement};

use super::Lab;
use super::model::same_message;
use super::paint::paint;
use crate::lab::diagram::{Arrow, GUTTER, LANE, lay_out_part};
use crate::lab::scenario::Scenario;
use crate::lab::shapes::picture_of_part;
use crate::lab::wire::Run;
use crate::lab::words;

/// At the end is also who is so many pixels away from it.
const NEARLY: i32 = 8;

/// The sequence diagram, in a box of its own that scrolls.
#[component]
pub(super) fn DiagramBox(
    /// What it follows.
    lab: Lab,
) -> impl IntoView {
    let frame = NodeRef::<Div>::new();
    Effect::new(move |before: Option<Option<(Run, bool)>>| {
        let (Some(frame), Some(run)) = (frame.get(), lab.shown()) else { return None };
        let (before, did_grow) = before.flatten().unzip();
        let grows = lab.is_live.get_untracked() || lab.replay.with_untracked(Option::is_some);
        // While a run grows, the keyboard stays where it is, and who looks at its end sees what comes.
        let focused = focused_index().and_then(|index| same_message(&before?, index, &run));
        let is_at_end = frame.scroll_top() + frame.client_height() >= frame.scroll_height() - NEARLY;
        let whole = lab.run.get_untracked().unwrap_or_else(|| run.clone());
        if let Ok(picture) = paint(&picture_of_part(&run, &whole)) {
            frame.replace_children_with_node_1(&picture);
            if is_at_end && grows {
                frame.set_scroll_top(frame.scroll_height());
                show_lanes(&frame, lay_out_part(&run, &whole).arrows.last());
            } else if is_at_end && did_grow == Some(true) && focused.is_none() {
                // It is over: it is read from the click on.
                frame.set_scroll_top(0);
                frame.set_scroll_left(0);
            }
            keep_edges(&frame);
            reach(&frame, &rows(&run), focused.or(lab.selected.get_untracked()), focused.is_some());
        }
        Some((run, grows))
    });
    Effect::new(move || {
        let selected = lab.selected.get();
        if let (Some(frame), Some(run)) = (frame.get(), untrack(move || lab.shown())) {
            reach(&frame, &rows(&run), selected, false);
        }
    });
    let look = move |target: Option<EventTarget>| {
        if let Some(index) = arrow_at(target) {
            lab.selected.set(Some(index));
        }
    };
    let step = move |event: KeyboardEvent| {
        let (Some(frame), Some(run)) = (frame.get_untracked(), untrack(move || lab.shown())) else { return };
        let known = rows(&run);
        let Some(next) = next(&event.key(), arrow_at(event.target()), &known) else { return };
        event.prevent_default();
        lab.selected.set(Some(next));
        reach(&frame, &known, Some(next), true);
    };
    view! {
        <div
            class="diagram-box"
            data-testid="diagram"
            role="region"
            aria-label="Sequence diagram"
            tabindex="0"
            node_ref=frame
            on:pointerover=move |event| look(event.target())
            on:focusin=move |event| look(event.target())
            on:keydown=step
            on:scroll=move |_| frame.get_untracked().iter().for_each(|frame| keep_edges(frame))
        ></div>
    }
}

/// The same in words.
#[component]
pub(super) fn InWords(
    /// What it follows.
    lab: Lab,
) -> impl IntoView {
    view! {
        <details class="in-words">
            <summary>"The same in words"</summary>
            <ol data-testid="diagram-words">
                {move || {
                    lab.shown()
                        .map(|run| {
                            run.reports
                                .iter()
                                .filter(|report| report.at >= run.started)
                                .map(|report| {
                                    let section = report
                                        .section
                                        .as_ref()
                                        .map(|section| format!(" [{}]", section.name))
                                        .unwrap_or_default();
                                    view! { <li>{words::sentence(report, &run)} <span class="muted">{section}</span></li> }
                                })
                                .collect_view()
                        })
                }}
            </ol>
        </details>
    }
}

/// What the diagram will show, before there is a run.
#[component]
pub(super) fn Nothing(
    /// What it follows.
    lab: Lab,
) -> impl IntoView {
    let title = move || Scenario::find(lab.chosen.get()).map_or("", |scenario| scenario.title);
    view! {
        <div class="nothing">
            <p>"Nothing recorded yet."</p>
            <p class="muted">
                "Run “" {title} "”, or open the windows and sign in and out by hand: every message is drawn here as it happens."
            </p>
        </div>
    }
}

/// Scrolls sideways, no further than needed, to the lanes of this message.
fn show_lanes(frame: &HtmlElement, message: Option<&Arrow>) {
    let Some(Arrow { from, to, .. }) = message else { return };
    let (left, right) = (from.min(*to) - LANE / 2.0, from.max(*to) + LANE / 2.0);
    let (shown, width) = (f64::from(frame.scroll_left()), f64::from(frame.client_width()));
    let wanted = shown.max(right - width).min((left - GUTTER).max(0.0));
    frame.set_scroll_left(wanted as i32);
}

/// The heads of the lanes stay at the upper edge of the box, and the times at the left one.
fn keep_edges(frame: &HtmlElement) {
    let (left, top) = (frame.scroll_left(), frame.scroll_top());
    for (group, x, y) in [(".heads", 0, top), (".times", left, 0)] {
        if let Ok(Some(group)) = frame.query_selector(group) {
            // An element of this page takes this attribute.
            _ = group.set_attribute("transform", &format!("translate({x} {y})"));
        }
    }
    _ = frame.class_list().toggle_with_force("is-aside", left > 0);
}

fn arrow_at(target: Option<EventTarget>) -> Option<usize> {
    let element: Element = target?.dyn_into().ok()?;
    element.closest("[data-index]").ok()??.get_attribute("data-index")?.parse().ok()
}

fn focused_index() -> Option<usize> {
    arrow_at(document().active_element().map(EventTarget::from))
}

/// The reports that are drawn, as indices.
fn rows(run: &Run) -> Vec<usize> {
    let drawn = run.reports.iter().enumerate().filter(|(_, report)| report.at >= run.started);
    drawn.map(|(index, _)| index).collect()
}

/// One arrow can be reached by the Tab key: the one that is looked at, or else the first.
fn reach(frame: &HtmlElement, known: &[usize], index: Option<usize>, focus: bool) {
    let index = index.filter(|index| known.contains(index));
    let reachable = index.or(known.first().copied());
    for number in known.iter().copied() {
        let Ok(Some(arrow)) = frame.query_selector(&format!("[data-index=\"{number}\"]")) else { continue };
        // An element of this page takes these attributes.
        _ = arrow.set_attribute("tabindex", if reachable == Some(number) { "0" } else { "-1" });
        _ = arrow.class_list().toggle_with_force("is-selected", index == Some(number));
        if focus
            && index == Some(number)
            && let Ok(arrow) = arrow.dyn_into::<SvgElement>()
        {
            _ = arrow.focus();
        }
    }
}

fn next(key: &str, now: Option<usize>, known: &[usize]) -> Option<usize> {
    let position = now.and_then(|now| known.iter().position(|index| *index == now));
    let next = match (key, position) {
        ("ArrowDown", Some(position)) => position + 1,
        ("ArrowUp", Some(position)) => position.checked_sub(1)?,
        ("ArrowDown", None) | ("Home", _) => 0,
        ("End", _) => known.len().checked_sub(1)?,
        _ => return None,
    };
    known.get(next).copied()
}

#[cfg(test)]
mod tests {
    use super::next;

    #[test]
    fn the_arrow_keys_go_from_message_to_message() {
        let known = [2, 3, 5];
        assert_eq!(next("ArrowDown", None, &known), Some(2));
        assert_eq!(next("ArrowDown", Some(3), &known), Some(5));
        assert_eq!(next("ArrowDown", Some(5), &known), None);
        assert_eq!(next("ArrowUp", Some(2), &known), None);
        assert_eq!(next("End", Some(2), &known), Some(5));
        assert_eq!(next("Home", Some(5), &known), Some(2));
        assert_eq!(next("Enter", Some(5), &known), None);
    }
}
