use std::cell::RefCell;
use std::rc::Rc;

use app::app_b::Listening;
use js_sys::{Reflect, Uint8Array};
use logout_event::{LogoutEvent, wire};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{AbortController, ReadableStreamDefaultReader, Response};

use super::backoff::Backoff;
use super::parser::{Event, Parser};
use crate::api::{self, Refusal, RefusalReason};
use crate::browser::{Method, Request, Timer, jitter, now_millis, sleep};
use crate::json;
use crate::possession::{Credentials, Possession};

/// How long the head of the answer may take, in milliseconds.
const OPEN_TIMEOUT: u64 = 10_000;

/// After so many milliseconds without a byte the connection counts as dead; the server sends a comment more often.
const IDLE_TIMEOUT: u64 = 60_000;

/// A stream that lasted so many milliseconds was a good one: the next try comes soon.
const STEADY: f64 = 10_000.0;

/// What the stream tells.
pub(crate) enum Happening {
    /// How it stands with the stream.
    Listening(Listening),
    /// A session has ended; not necessarily this tab's.
    SignOut(LogoutEvent),
    /// The server refuses the access token.
    Refused(Refusal),
}

/// The stream of one session. It reconnects by itself and ends when it is dropped.
pub(crate) struct Stream {
    shared: Rc<Shared>,
}

struct Shared {
    possession: Rc<Possession>,
    credentials: Box<dyn Fn() -> Option<Credentials>>,
    report: Box<dyn Fn(Happening)>,
    /// None once the stream is dropped.
    connection: RefCell<Option<AbortController>>,
}

impl Stream {
    /// Opens it; each connection shows the credentials of its time. None if the browser cannot abort requests.
    pub(crate) fn open(
        possession: Rc<Possession>,
        credentials: impl Fn() -> Option<Credentials> + 'static,
        report: impl Fn(Happening) + 'static,
    ) -> Option<Self> {
        let connection = RefCell::new(Some(AbortController::new().ok()?));
        let (credentials, report) = (Box::new(credentials), Box::new(report));
        let shared = Rc::new(Shared { possession, credentials, report, connection });
        spawn_local(run(Rc::clone(&shared)));
        Some(Self { shared })
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if let Some(connection) = self.shared.connection.take() {
            connection.abort();
        }
    }
}

/// How a connection ended.
enum End {
    /// The server offers no stream.
    Off,
    Refused(Refusal),
    /// It broke, or could not be opened.
    Lost,
}

async fn run(shared: Rc<Shared>) {
    let mut parser = Parser::default();
    let mut backoff = Backoff::default();
    shared.report(Happening::Listening(Listening::Connecting));
    loop {
        // A controller aborts once; each connection has its own.
        let Ok(controller) = AbortController::new() else { return };
        match &mut *shared.connection.borrow_mut() {
            Some(connection) => connection.clone_from(&controller),
            None => return,
        }
        let opened = now_millis();
        let end = connect(&shared, &controller, &mut parser).await;
        if shared.is_dropped() {
            return;
        }
        match end {
            End::Off => return shared.report(Happening::Listening(Listening::Off)),
            End::Refused(refusal) => return shared.report(Happening::Refused(refusal)),
            End::Lost => shared.report(Happening::Listening(Listening::Reconnecting)),
        }
        if now_millis() - opened > STEADY {
            backoff.reset();
        }
        sleep(backoff.next(jitter)).await;
    }
}

async fn connect(shared: &Shared, controller: &AbortController, parser: &mut Parser) -> End {
    let last_event_id = parser.last_event_id().map(str::to_owned);
    *parser = Parser::resume(last_event_id.clone());
    let overdue = abort_after(OPEN_TIMEOUT, controller);
    let Some(credentials) = (shared.credentials)() else { return End::Lost };
    let mut headers = vec![("Accept", "text/event-stream")];
    headers.extend(last_event_id.as_deref().map(|id| ("Last-Event-ID", id)));
    let request = Request { method: Method::Get, url: api::EVENTS, headers: &headers, body: None, keepalive: false };
    let response = shared.possession.open(&request, &credentials, || controller.signal()).await;
    let Ok(response) = response else { return End::Lost };
    match response.status() {
        200 => {}
        204 => return End::Off,
        401 => return refused(refusal(&response).await),
        _ => return End::Lost,
    }
    drop(overdue);
    shared.report(Happening::Listening(Listening::Open));
    read(shared, controller, parser, &response).await;
    End::Lost
}

/// A proof that is not taken is one to be made again; everything else is a refusal of the token.
fn refused(refusal: Refusal) -> End {
    if refusal.reason == RefusalReason::Proof { End::Lost } else { End::Refused(refusal) }
}

async fn refusal(response: &Response) -> Refusal {
    let text = match response.text() {
        Ok(text) => JsFuture::from(text).await.ok().and_then(|text| text.as_string()),
        Err(_) => None,
    };
    Refusal::parse(&text.unwrap_or_default())
}

/// Reads until the stream ends or breaks.
async fn read(shared: &Shared, controller: &AbortController, parser: &mut Parser, response: &Response) {
    let Some(body) = response.body() else { return };
    let Ok(reader) = body.get_reader().dyn_into::<ReadableStreamDefaultReader>() else { return };
    loop {
        let idle = abort_after(IDLE_TIMEOUT, controller);
        let Ok(chunk) = JsFuture::from(reader.read()).await else { return };
        drop(idle);
        let Some(bytes) = bytes_of(&chunk) else { return };
        let Ok(events) = parser.push(&bytes) else { return controller.abort() };
        for event in events {
            // What an event brings about may drop the stream.
            if shared.is_dropped() {
                return;
            }
            if let Some(event) = sign_out(&event) {
                shared.report(Happening::SignOut(event));
            }
        }
    }
}

/// The bytes of a chunk; None at the end of the stream.
fn bytes_of(chunk: &JsValue) -> Option<Vec<u8>> {
    let value = Reflect::get(chunk, &JsValue::from_str("value")).ok()?;
    value.dyn_into::<Uint8Array>().ok().map(|bytes| bytes.to_vec())
}

fn sign_out(event: &Event) -> Option<LogoutEvent> {
    (event.name == wire::SSE_EVENT).then(|| json::parse(&event.data, json::event))?
}

fn abort_after(millis: u64, controller: &AbortController) -> Option<Timer> {
    let controller = controller.clone();
    Timer::after(millis, move || controller.abort())
}

impl Shared {
    fn report(&self, happening: Happening) {
        (self.report)(happening);
    }

    fn is_dropped(&self) -> bool {
        self.connection.borrow().is_none()
    }
}
