//! What has begun and not ended yet.

use reqwest::StatusCode;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tower_sessions::Session;

use super::op::{App, When};
use crate::browser::Page;

/// Something that [`Op::Continue`](super::op::Op::Continue) goes on with.
pub(super) enum UnderWay {
    Form(LoginForm),
    Callback(Callback),
    Paused(Box<Paused>),
    Code(CodeForB),
    EndSession(EndSession),
    Question(Question),
    Request(Request),
}

/// The provider's login form is open in a tab.
pub(super) struct LoginForm {
    pub(super) app: App,
    pub(super) browser: usize,
    pub(super) page: Page,
    /// The session that the browser had then, and that should sign in again.
    pub(super) opened_in: Option<usize>,
    /// Until when it can be sent.
    pub(super) until: u64,
}

/// A tab is on its way back to App A.
pub(super) struct Callback {
    pub(super) browser: usize,
    pub(super) session: usize,
    pub(super) url: String,
    /// Until when the code is good.
    pub(super) code_until: u64,
    /// Until when App A waits for it.
    pub(super) login_until: u64,
}

/// App A is asking for tokens, and the wire holds the request or its answer.
pub(super) struct Paused {
    pub(super) callback: Callback,
    pub(super) when: When,
    pub(super) since: std::time::Instant,
    /// The `sid` in the tokens that App A is waiting for, if the provider has made them, and until when they are good.
    pub(super) made: Option<(String, u64)>,
    pub(super) starts_of_a: usize,
    /// The cookie of App A that the browser sent with it.
    pub(super) old_cookie: Option<String>,
    pub(super) release: oneshot::Sender<()>,
    pub(super) answer: JoinHandle<Page>,
}

/// A tab of App B has a code.
pub(super) struct CodeForB {
    pub(super) session: usize,
    pub(super) code: String,
    pub(super) until: u64,
}

/// A tab is on its way to the provider's end-session endpoint.
pub(super) struct EndSession {
    pub(super) browser: usize,
    pub(super) url: String,
    /// The session that the hint names.
    pub(super) hint: Option<usize>,
}

/// The provider asks whether to sign out.
pub(super) struct Question {
    pub(super) browser: usize,
    pub(super) page: Page,
    pub(super) asked_about: usize,
    pub(super) hint: Option<usize>,
    pub(super) until: u64,
}

/// A request at App A that has loaded its session.
pub(super) struct Request {
    pub(super) session: Session,
}

/// Whether App A's callback has signed the browser in.
pub(super) fn is_signed_in(page: &Page) -> bool {
    page.status == StatusCode::SEE_OTHER && page.location().is_some_and(|to| to.path() == "/")
}
