use leptos::prelude::*;

use super::page::{Account, Frame, render};
use crate::shared::Facts;

/// What the protected page shows.
pub struct Home {
    /// The user's name.
    pub user: String,
    /// When the user signed in, for people.
    pub since: String,
    /// The session's claims, by their names.
    pub claims: Vec<(&'static str, String)>,
    /// The token of the sign-out form.
    pub csrf: String,
    /// Where App B is.
    pub app_b: Option<String>,
    /// What the page's script needs to know, as JSON.
    pub tab: String,
}

/// The protected page.
#[must_use]
pub fn home(home: Home) -> String {
    let frame = Frame {
        title: "Signed in".to_owned(),
        account: Some(Account { user: home.user.clone(), csrf: home.csrf, tab: home.tab }),
        ..Frame::default()
    };
    let main = view! {
        <section class="card stack" aria-labelledby="welcome">
            <h1 id="welcome">{format!("Hello, {}", home.user)}</h1>
            <p>{format!("You are signed in since {}.", home.since)}</p>
            {home
                .app_b
                .map(|app_b| {
                    view! {
                        <p>
                            "Open " <a href=app_b target="_blank" rel="noopener">
                                "App B"
                            </a> " in another tab: it signs you in without a click. Then sign out here and watch it lock."
                        </p>
                    }
                })}
        </section>
        <section class="card stack" aria-labelledby="claims">
            <h2 id="claims">"This session"</h2>
            <p class="muted">"What the sign-in service said about you and this session."</p>
            <Facts facts=home.claims.into_iter().map(|(name, value)| (name.to_owned(), value)).collect() />
        </section>
    };
    let locked = view! {
        <section class="card stack" role="alert" aria-labelledby="ended">
            <h1 id="ended" tabindex="-1">
                "You have been signed out"
            </h1>
            <p>"Your session has ended, here or in another app. What this page showed is gone from it."</p>
            <p>
                <a class="button" href="/login" data-testid="sign-in">
                    "Sign in again"
                </a>
            </p>
        </section>
    };
    render(frame, main, Some(locked))
}
