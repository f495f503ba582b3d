use leptos::prelude::*;

use super::page::{Frame, render};

/// Why nobody is signed in, as far as App A knows.
pub enum SignedOut {
    /// Nothing has happened: the start page.
    Welcome,
    /// The provider has ended the session everywhere and sent the user back.
    Everywhere,
    /// The user is signed out here; nothing else is known.
    Here,
    /// The user came back from the provider, or by a link, without the word that App A had sent along.
    Unconfirmed,
    /// The provider offers no sign-out, so only App A's session has ended.
    OnlyHere,
    /// The provider did not answer, so other apps may still be signed in.
    ProviderDown {
        /// Where to ask it again.
        retry: Option<String>,
    },
}

/// The page of somebody who is not signed in.
#[must_use]
pub fn signed_out(why: SignedOut) -> String {
    let (title, text) = match &why {
        SignedOut::Welcome => ("Welcome to App A", "A page for signed-in users. Sign in to see it."),
        SignedOut::Everywhere => (
            "You are signed out",
            "The sign-in service has ended your session and tells the other apps that it can reach.",
        ),
        SignedOut::Here => ("You are signed out", "App A has no session of yours."),
        SignedOut::Unconfirmed => (
            "You are signed out of App A",
            "Whether the sign-in service has ended your session as well is not certain: no answer to App A's request \
             has come back. Other apps may still be signed in.",
        ),
        SignedOut::OnlyHere => (
            "You are signed out of App A",
            "The sign-in service offers no way to sign out everywhere. You may still be signed in there and in other apps.",
        ),
        SignedOut::ProviderDown { .. } => (
            "You are signed out of App A only",
            "The sign-in service did not answer, so other apps may still be signed in. Try again in a moment.",
        ),
    };
    let warning = matches!(why, SignedOut::Unconfirmed | SignedOut::OnlyHere | SignedOut::ProviderDown { .. });
    let retry = match why {
        SignedOut::ProviderDown { retry } => retry,
        _ => None,
    };
    let main = view! {
        <section class="card stack" aria-labelledby="title">
            <h1 id="title">{title}</h1>
            <p class=if warning { "notice warning" } else { "" }>{text}</p>
            <p class="actions">
                {retry
                    .map(|retry| {
                        view! {
                            <a class="button" href=retry data-testid="try-again">
                                "Sign out everywhere"
                            </a>
                        }
                    })}
                <a class=if warning { "button secondary" } else { "button" } href="/login" data-testid="sign-in">
                    "Sign in"
                </a>
            </p>
        </section>
    };
    render(Frame { title: title.to_owned(), ..Frame::default() }, main, None::<()>)
}
