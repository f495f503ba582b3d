use axum::response::{IntoResponse, Response};

use super::{NextStop, Page, html};

/// There was no session to end, which is as good as having ended it.
#[derive(Debug)]
pub(crate) struct SignedOutPage<'a> {
    pub(crate) next: Option<&'a NextStop>,
}

impl IntoResponse for SignedOutPage<'_> {
    fn into_response(self) -> Response {
        let content = html!(
            "<h1>You are signed out</h1>\n<p class=\"notice success\">Nobody is signed in here in this browser.</p>\n{next}",
            next = self.next.map(NextStop::link),
        );
        Page::new("Signed out", content).into_response()
    }
}

/// The user chose not to sign out.
pub(crate) fn still_signed_in(username: &str, back: Option<&NextStop>) -> Page {
    let content = html!(
        "<h1>You are still signed in</h1>\n<p class=\"notice info\">Nothing was changed: you are signed in as \
         <strong>{username}</strong>.</p>\n{back}",
        username = username,
        back = back.map(NextStop::link),
    );
    Page::new("Still signed in", content)
}
