use leptos::prelude::*;

use super::{Action, Lab};
use crate::lab::wire::{RenewSwitch, Switches};
use crate::lab::words;

/// Name, title, what it is where it is on or off, how to read it, how to set it.
type Toggle = (&'static str, &'static str, fn(bool) -> &'static str, fn(&Switches) -> bool, fn(&mut Switches, bool));

const TOGGLES: [Toggle; 6] = [
    (
        "front-channel",
        "Front channel",
        |_| "frames in the provider’s page",
        |it| it.front_channel,
        |it, on| it.front_channel = on,
    ),
    (
        "back-channel",
        "Back channel",
        |_| "logout tokens, server to server",
        |it| it.back_channel,
        |it, on| it.back_channel = on,
    ),
    ("push", "Push", |_| "servers tell their tabs", |it| it.push, |it, on| it.push = on),
    ("broadcast", "Tab broadcast", |_| "tabs tell each other", |it| it.broadcast, |it, on| it.broadcast = on),
    ("app-a", "App A", is_running, |it| it.app_a, |it, on| it.app_a = on),
    ("app-b", "App B", is_running, |it| it.app_b, |it, on| it.app_b = on),
];

const fn is_running(is_on: bool) -> &'static str {
    if is_on { "is running" } else { "is stopped" }
}

/// Something with more values than on and off.
struct Choice {
    name: &'static str,
    title: &'static str,
    /// The values that are offered.
    usual: &'static [&'static str],
    /// A value in words, also one that is not offered.
    words: fn(&str) -> String,
    read: fn(&Switches) -> String,
    set: fn(&mut Switches, &str),
}

const CHOICES: [Choice; 3] = [
    Choice {
        name: "renew",
        title: "App B renews",
        usual: &["auto", "iframe", "refresh-token", "off"],
        words: |value| {
            match value {
                "iframe" => "in a hidden frame",
                "refresh-token" => "refresh token with a key",
                "off" => "not at all",
                _ => "as it fits",
            }
            .to_owned()
        },
        read: |switches| {
            match switches.renew {
                RenewSwitch::Auto => "auto",
                RenewSwitch::Iframe => "iframe",
                RenewSwitch::RefreshToken => "refresh-token",
                RenewSwitch::Off => "off",
            }
            .to_owned()
        },
        set: |switches, value| {
            switches.renew = match value {
                "iframe" => RenewSwitch::Iframe,
                "refresh-token" => RenewSwitch::RefreshToken,
                "off" => RenewSwitch::Off,
                _ => RenewSwitch::Auto,
            }
        },
    },
    Choice {
        name: "access-token-lifetime",
        // Those that are there live as long as they were issued for.
        title: "New access tokens live",
        usual: &["10", "30", "60", "300", "3600"],
        words: |seconds| words::lifetime(seconds.parse().unwrap_or_default()),
        read: |switches| switches.access_token_lifetime.to_string(),
        set: |switches, seconds| {
            if let Ok(seconds) = seconds.parse() {
                switches.access_token_lifetime = seconds;
            }
        },
    },
    Choice {
        name: "slow-app-b",
        title: "App B answers the provider",
        usual: &["0", "500", "1000", "5000"],
        words: |milliseconds| words::delay(milliseconds.parse().unwrap_or_default()),
        read: |switches| switches.slow_app_b.to_string(),
        set: |switches, millis| {
            if let Ok(millis) = millis.parse() {
                switches.slow_app_b = millis;
            }
        },
    },
];

impl Choice {
    /// What stands, if it is none of what is offered: the demo may have been started with it.
    fn unusual(&self, switches: &Switches) -> Option<String> {
        Some((self.read)(switches)).filter(|value| !self.usual.contains(&value.as_str()))
    }
}

/// What can be changed while the demo runs.
#[component]
pub(super) fn SwitchesPanel(
    /// What it follows.
    lab: Lab,
) -> impl IntoView {
    view! {
        <section class="panel area-switches" aria-labelledby="switches-heading">
            <div class="panel-head">
                <h2 id="switches-heading">"Switches"</h2>
                <p class="muted" role="status">{move || if lab.is_switching.get() { "changing the demo…" } else { "" }}</p>
            </div>
            <div class="switches">
                {TOGGLES.map(|toggle| toggle_view(lab, toggle)).collect_view()}
                {CHOICES.iter().map(|choice| choice_view(lab, choice)).collect_view()}
                <Cookies lab />
            </div>
        </section>
    }
}

/// One change at a time. What was pressed is not disabled meanwhile: it would lose the focus.
fn change(lab: Lab, make: impl FnOnce(&mut Switches)) {
    let state = lab.state.get_untracked().filter(|_| !lab.is_switching.get_untracked());
    if let Some(mut switches) = state.map(|state| state.switches) {
        make(&mut switches);
        lab.act.run(Action::Switch(switches));
    }
}

fn toggle_view(lab: Lab, (name, title, about, read, set): Toggle) -> impl IntoView {
    // Until it is known how the demo stands, as it stands by itself.
    let is_on = move || lab.state.with(|state| state.as_ref().is_none_or(|state| read(&state.switches)));
    view! {
        <label class="switch">
            <input
                type="checkbox"
                role="switch"
                data-testid=format!("switch-{name}")
                prop:checked=move || lab.state.with(|state| state.as_ref().is_some_and(|state| read(&state.switches)))
                disabled=move || lab.state.with(Option::is_none)
                aria-disabled=move || lab.is_switching.get().then_some("true")
                // The demo has the word: the box follows it.
                on:click=move |event| {
                    event.prevent_default();
                    change(lab, |switches| set(switches, !read(switches)));
                }
            />
            <span>{title}</span>
            <span class="muted">{move || about(is_on())}</span>
        </label>
    }
}

fn choice_view(lab: Lab, choice: &'static Choice) -> impl IntoView {
    let now = Memo::new(move |_| {
        lab.state.with(|state| (choice.read)(&state.as_ref().map(|state| state.switches.clone()).unwrap_or_default()))
    });
    let unusual = Memo::new(move |_| lab.state.with(|state| choice.unusual(&state.as_ref()?.switches)));
    let option = move |value: String| {
        let words = (choice.words)(&value);
        let its = value.clone();
        view! { <option value=value prop:selected=move || now.get() == its>{words}</option> }
    };
    view! {
        <label class="choice">
            <span>{choice.title}</span>
            <select
                data-testid=format!("switch-{}", choice.name)
                disabled=move || lab.state.with(Option::is_none)
                aria-disabled=move || lab.is_switching.get().then_some("true")
                on:change:target=move |event| {
                    let select = event.target();
                    let wanted = select.value();
                    // The demo has the word: the box follows it.
                    select.set_value(&now.get_untracked());
                    change(lab, |switches| (choice.set)(switches, &wanted));
                }
            >
                {choice.usual.iter().map(|value| option((*value).to_owned())).collect_view()}
                {move || unusual.get().map(option)}
            </select>
        </label>
    }
}

/// Cookies are the browser's own switch.
#[component]
fn Cookies(
    /// What it follows.
    lab: Lab,
) -> impl IntoView {
    let found = move || match lab.cookies.get() {
        None => "No frame has been loaded yet: switch the back channel off and sign out to see what your browser does."
            .to_owned(),
        Some(found) => format!("Found: {found}"),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(name: &str) -> &'static Choice {
        CHOICES.iter().find(|choice| choice.name == name).expect("it is in the list")
    }

    #[test]
    fn what_is_offered_is_set_and_read_again_and_is_said_in_words() {
        let words = |name: &str| -> Vec<String> {
            let choice = choice(name);
            let offered = choice.usual.iter().map(|value| {
                let mut switches = Switches::default();
                (choice.set)(&mut switches, value);
                assert_eq!((choice.read)(&switches), *value, "{name}");
                assert_eq!(choice.unusual(&switches), None);
                (choice.words)(value)
            });
            offered.collect()
        };
        assert_eq!(words("access-token-lifetime"), ["10 s", "30 s", "1 min", "5 min", "1 h"]);
        assert_eq!(words("slow-app-b"), ["at once", "after 0.5 s", "after 1 s", "after 5 s"]);
        let renewals = ["as it fits", "in a hidden frame", "refresh token with a key", "not at all"];
        assert_eq!(words("renew"), renewals);
    }

    #[test]
    fn what_the_demo_was_started_with_is_shown_as_well() {
        let switches = Switches { access_token_lifetime: 120, slow_app_b: 1500, ..Switches::default() };
        let said = |name: &str| choice(name).unusual(&switches).map(|value| (choice(name).words)(&value));
        assert_eq!(said("access-token-lifetime").as_deref(), Some("2 min"));
        assert_eq!(said("slow-app-b").as_deref(), Some("after 1.5 s"));
        assert_eq!(said("renew"), None);
    }
}
