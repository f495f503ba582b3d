use leptos::prelude::*;

use super::{Action, Lab};
use crate::lab::wire::{RenewSwitch, Switches};

/// Name, title, what it is, how to read it, how to set it.
type Toggle = (&'static str, &'static str, &'static str, fn(&Switches) -> bool, fn(&mut Switches, bool));

const TOGGLES: [Toggle; 6] = [
    (
        "front-channel",
        "Front channel",
        "frames in the provider’s page",
        |it| it.front_channel,
        |it, on| it.front_channel = on,
    ),
    (
        "back-channel",
        "Back channel",
        "logout tokens, server to server",
        |it| it.back_channel,
        |it, on| it.back_channel = on,
    ),
    ("push", "Push", "servers tell their tabs", |it| it.push, |it, on| it.push = on),
    ("broadcast", "Tab broadcast", "tabs tell each other", |it| it.broadcast, |it, on| it.broadcast = on),
    ("app-a", "App A", "is running", |it| it.app_a, |it, on| it.app_a = on),
    ("app-b", "App B", "is running", |it| it.app_b, |it, on| it.app_b = on),
];

const RENEWALS: [(&str, &str, RenewSwitch); 4] = [
    ("auto", "as it fits", RenewSwitch::Auto),
    ("iframe", "in a hidden frame", RenewSwitch::Iframe),
    ("refresh-token", "refresh token with a key", RenewSwitch::RefreshToken),
    ("off", "not at all", RenewSwitch::Off),
];

const LIFETIMES: [(u32, &str); 5] = [(10, "10 s"), (30, "30 s"), (60, "1 min"), (300, "5 min"), (3600, "1 h")];
const DELAYS: [(u32, &str); 4] = [(0, "at once"), (500, "after 0.5 s"), (2000, "after 2 s"), (5000, "after 5 s")];

/// What can be changed while the demo runs.
#[component]
pub(super) fn SwitchesPanel(
    /// What it follows.
    lab: Lab,
) -> impl IntoView {
    let is_off = move || lab.state.with(Option::is_none) || lab.is_switching.get();
    let change = move |change: &dyn Fn(&mut Switches)| {
        let Some(mut switches) = lab.state.get_untracked().map(|state| state.switches) else { return };
        change(&mut switches);
        lab.act.run(Action::Switch(switches));
    };
    let now = move |read: &dyn Fn(&Switches) -> String| {
        lab.state.with(|state| read(&state.as_ref().map(|state| state.switches.clone()).unwrap_or_default()))
    };
    let toggles = TOGGLES
        .into_iter()
        .map(|(name, title, about, read, set)| {
            let is_on = move || lab.state.with(|state| state.as_ref().is_some_and(|state| read(&state.switches)));
            view! {
                <label class="switch">
                    <input
                        type="checkbox"
                        role="switch"
                        data-testid=format!("switch-{name}")
                        prop:checked=is_on
                        disabled=is_off
                        // The demo has the word: the box follows it.
                        on:click=move |event| {
                            event.prevent_default();
                            change(&|switches| set(switches, !read(switches)));
                        }
                    />
                    <span>{title}</span>
                    <span class="muted">{about}</span>
                </label>
            }
        })
        .collect_view();
    let renewals = RENEWALS.map(|(id, title, _)| view! { <option value=id>{title}</option> }).collect_view();
    let lifetimes =
        LIFETIMES.map(|(seconds, title)| view! { <option value=seconds.to_string()>{title}</option> }).collect_view();
    let delays =
        DELAYS.map(|(millis, title)| view! { <option value=millis.to_string()>{title}</option> }).collect_view();
    view! {
        <section class="panel area-switches" aria-labelledby="switches-heading">
            <div class="panel-head">
                <h2 id="switches-heading">"Switches"</h2>
                <p class="muted" role="status">{move || if lab.is_switching.get() { "changing the demo…" } else { "" }}</p>
            </div>
            <div class="switches">
                {toggles}
                <label class="choice">
                    <span>"App B renews"</span>
                    <select
                        data-testid="switch-renew"
                        disabled=is_off
                        prop:value=move || {
                            now(&|switches| {
                                let known = RENEWALS.iter().find(|(_, _, kind)| *kind == switches.renew);
                                known.map_or("auto", |(id, _, _)| id).to_owned()
                            })
                        }
                        on:change=move |event| {
                            let id = event_target_value(&event);
                            if let Some((_, _, kind)) = RENEWALS.into_iter().find(|(known, _, _)| *known == id) {
                                change(&|switches| switches.renew = kind);
                            }
                        }
                    >
                        {renewals}
                    </select>
                </label>
                <label class="choice">
                    <span>"Access tokens live"</span>
                    <select
                        data-testid="switch-access-token-lifetime"
                        disabled=is_off
                        prop:value=move || now(&|switches| switches.access_token_lifetime.to_string())
                        on:change=move |event| {
                            if let Ok(seconds) = event_target_value(&event).parse() {
                                change(&|switches| switches.access_token_lifetime = seconds);
                            }
                        }
                    >
                        {lifetimes}
                    </select>
                </label>
                <label class="choice">
                    <span>"App B answers the provider"</span>
                    <select
                        data-testid="switch-slow-app-b"
                        disabled=is_off
                        prop:value=move || now(&|switches| switches.slow_app_b.to_string())
                        on:change=move |event| {
                            if let Ok(millis) = event_target_value(&event).parse() {
                                change(&|switches| switches.slow_app_b = millis);
                            }
                        }
                    >
                        {delays}
                    </select>
                </label>
                <Cookies lab />
            </div>
        </section>
    }
}

/// Cookies are the browser's own switch.
#[component]
fn Cookies(
    /// What it follows.
    lab: Lab,
) -> impl IntoView {
    let found = move || match lab.cookies.get().as_deref() {
        None => "No frame has been loaded yet: switch the back channel off and sign out to see what your browser does.",
        Some("none") => "Found: the last frame got no cookies.",
        Some("inactive") => "Found: the last frame got no cookies, and could ask for them.",
        Some(_) => "Found: the last frame got its cookies.",
    };
    view! {
        <details class="cookies">
            <summary>"Third-party cookies"</summary>
            <p>
                "Your browser decides. Chromium: chrome://settings/cookies. Firefox: about:preferences#privacy, “Strict” or “Custom”. \
                Safari blocks them always. Set it, then reload the windows."
            </p>
            <p data-testid="cookies-found">{found}</p>
        </details>
    }
}
