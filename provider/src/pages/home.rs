use super::{Page, html};

/// What somebody sees who comes here without being sent by an app.
pub(crate) async fn home() -> Page {
    Page::new(
        "OpenID Provider",
        html!(
            "<h1>This is the OpenID Provider</h1>\n\
             <p>Apps send you here to sign in, once for all of them, and to sign out of all of them at once.</p>\n\
             <p>To begin, open one of the apps. Or see <a href=\"/account\">where you are signed in</a>, or \
             <a href=\"/end_session\">sign out everywhere in this browser</a>.</p>\n"
        ),
    )
}
