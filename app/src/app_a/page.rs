//! The frame around every page of App A.

use leptos::prelude::*;

/// What the frame shows beside the page itself.
#[derive(Default)]
pub(super) struct Frame {
    /// The document's title, without the app's name.
    pub(super) title: String,
    /// Who is signed in, and what the open page needs to know to lock itself; `None` on every other page.
    pub(super) account: Option<Account>,
    /// Whether the page tells nothing of the session: it is of something that went wrong, whoever is signed in.
    pub(super) is_stateless: bool,
}

/// The signed-in part of the frame.
pub(super) struct Account {
    /// The name to show.
    pub(super) user: String,
    /// The token of the sign-out form.
    pub(super) csrf: String,
    /// JSON for the script.
    pub(super) tab: String,
}

/// Renders a whole document. The `locked` view is what the script shows once the session has ended.
pub(super) fn render<Main, Locked>(frame: Frame, main: Main, locked: Option<Locked>) -> String
where
    Main: IntoView,
    Locked: IntoView,
{
    let Frame { title, account, is_stateless } = frame;
    let state = if account.is_some() { "signed-in" } else { "signed-out" };
    let (user, tab) = account.as_ref().map(|account| (account.user.clone(), account.tab.clone())).unzip();
    let scripted = account.is_some();
    let bar = if is_stateless { "bar" } else { "bar state" };
    let owner = Owner::new();
    owner.with(|| {
        view! {
            <!DOCTYPE html>
            <html lang="en">
                <head>
                    <meta charset="utf-8" />
                    <meta name="viewport" content="width=device-width, initial-scale=1" />
                    <meta name="color-scheme" content="light dark" />
                    <title>{format!("{title} · App A")}</title>
                    <link rel="icon" href="/assets/icon.svg" type="image/svg+xml" />
                    <link rel="stylesheet" href="/assets/main.css" />
                    {scripted.then(|| view! { <script type="module" src="/assets/app-a/main.js"></script> })}
                </head>
                <body class="page app-a" data-session=state data-user=user data-tab=tab>
                    <header class=bar>
                        <a class="brand" href="/">"App A"</a>
                        {account.map(account_view)}
                    </header>
                    {scripted.then(unsure_view)}
                    <main class="stack">{main}</main>
                    {locked.map(|locked| view! { <template id="locked">{locked}</template> })}
                </body>
            </html>
        }
        .to_html()
    })
}

/// What the script shows above a page that it has hidden while nobody can say whether the session still lives; and what it
/// says to those who cannot see the state in the bar, which says the same.
fn unsure_view() -> impl IntoView {
    view! {
        <p id="reconnecting" class="visually-hidden" role="status" hidden>
            "App A is reconnecting: its server does not answer. A sign-out elsewhere shows here when it does, or with your next click."
        </p>
        <div id="unsure" class="card stack notice warning" role="status" hidden>
            <h1>"Checking your session…"</h1>
            <p>"App A cannot check now whether you are still signed in, so it shows nothing. It keeps asking…"</p>
        </div>
    }
}

fn account_view(account: Account) -> impl IntoView {
    view! {
        <form id="account" class="account" method="post" action="/logout">
            <span class="muted">{account.user}</span>
            <input type="hidden" name="csrf" value=account.csrf />
            <button class="button secondary" type="submit" data-testid="sign-out">"Sign out"</button>
        </form>
    }
}
