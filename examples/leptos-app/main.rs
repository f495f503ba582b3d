//! A Leptos single-page app that has learnt to lock as soon as its session ends. It is the browser's side only; the API is
//! `relying-party/examples/api.rs`, `examples/api-node`, or yours. Build it with
//!
//! ```text
//! cargo build -p leptos-app --target wasm32-unknown-unknown --release
//! wasm-bindgen --target web --out-dir dist target/wasm32-unknown-unknown/release/leptos-app.wasm
//! ```
//!
//! and let a page of yours `import init from "/leptos-app.js"` and call it.
//!
//! What the app had before: a way to sign in, which ends with an access token and with whose session it is, and pages. Here
//! both are handed in by the page (`window.curfewExample`). What it takes to lock is [`Guarded`] and what it calls. Left out is
//! what App B (`frontend/`) has besides: it hides and asks after a sleep and when it comes back from the back-forward cache, and
//! its tabs share one stream (over HTTP/1.1 a browser has six connections to an origin, and each of these tabs takes one).

use js_sys::{Reflect, Uint8Array};
use leptos::prelude::*;
use logout_event::{LogoutEvent, SessionRef, wire};
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{BroadcastChannel, Headers, MessageEvent, ReadableStreamDefaultReader, RequestInit, Response, window};

const EVENTS: &str = "/api/events";
/// Where the tabs of this app tell each other which session has ended.
const TABS: &str = "leptos-app-sign-out";
/// How long until a stream that broke off is opened anew, in milliseconds.
const FIRST_WAIT_MS: i32 = 500;
const LAST_WAIT_MS: i32 = 15_000;
/// A message of a stream that is longer is not a sign-out, in bytes.
const LONGEST_MESSAGE: usize = 16 * 1024;

fn main() {
    leptos::mount::mount_to_body(|| {
        view! {
            <Guarded>
                <h1>"Your notes"</h1>
                <p>"What only you may see."</p>
            </Guarded>
        }
    });
}

/// Shows its children until the session ends, whichever way this tab hears of it first; then they are gone, in place.
#[component]
fn Guarded(children: ChildrenFn) -> impl IntoView {
    let live = RwSignal::new(true);
    let lock = move || {
        if live.try_get_untracked() == Some(true) {
            // First nothing is shown any more, then the rest.
            live.set(false);
            forget_tokens();
        }
    };
    match signed_in() {
        Some((session, access_token)) => {
            hear_other_tabs(session.clone(), lock);
            spawn_local(hear_server(session, access_token, lock));
        }
        None => live.set(false),
    }
    view! {
        <Show when=move || live.get() fallback=|| view! { <h1>"You have been signed out"</h1> }>
            {children()}
        </Show>
    }
}

/// A stream by `fetch`, because an `EventSource` sends no Authorization header. It is opened anew when it breaks off, and the
/// server says then what was missed: it refuses an access token whose session has ended.
async fn hear_server(session: SessionRef, access_token: String, lock: impl Fn()) {
    let mut wait = FIRST_WAIT_MS;
    loop {
        match read_stream(&session, &access_token).await {
            Ok(Heard::End) => {
                tell_other_tabs(&session);
                return lock();
            }
            Ok(Heard::Break) => wait = FIRST_WAIT_MS,
            // An app that renews its tokens would do it here, and go on. Without, a tab that stayed open would hear of no
            // sign-out any more.
            Ok(Heard::Refusal) => return lock(),
            // A network error says nothing of the session.
            Err(_) => wait = (2 * wait).min(LAST_WAIT_MS),
        }
        pause(wait).await;
    }
}

/// How a stream came to its end.
enum Heard {
    /// The session has ended.
    End,
    /// The connection was cut, or the server stopped.
    Break,
    /// The token is not taken, for another reason than a sign-out.
    Refusal,
}

async fn pause(milliseconds: i32) {
    let timer = js_sys::Promise::new(&mut |resolve, _| {
        if let Some(window) = window() {
            let _ = window.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, milliseconds);
        }
    });
    let _ = JsFuture::from(timer).await;
}

async fn read_stream(session: &SessionRef, access_token: &str) -> Result<Heard, JsValue> {
    let headers = Headers::new()?;
    headers.set("Authorization", &format!("Bearer {access_token}"))?;
    let init = RequestInit::new();
    init.set_headers(&headers);
    let window = window().ok_or("no window")?;
    let response: Response = JsFuture::from(window.fetch_with_str_and_init(EVENTS, &init)).await?.dyn_into()?;
    if response.status() == 401 {
        // Only this is a sign-out: a token can also have expired.
        let body = JsFuture::from(response.json()?).await?;
        let reason = Reflect::get(&body, &"reason".into())?.as_string();
        return Ok(if reason.as_deref() == Some("session_ended") { Heard::End } else { Heard::Refusal });
    }
    if !response.ok() {
        return Err("the server cannot tell now".into());
    }
    let body = response.body().ok_or("no body")?;
    let reader: ReadableStreamDefaultReader = body.get_reader().dyn_into()?;
    let mut received = Vec::new();
    loop {
        let chunk = JsFuture::from(reader.read()).await?;
        if Reflect::get(&chunk, &"done".into())?.is_truthy() {
            return Ok(Heard::Break);
        }
        let bytes: Uint8Array = Reflect::get(&chunk, &"value".into())?.dyn_into()?;
        received.extend(bytes.to_vec());
        // Chunks end anywhere, also within a character: only whole messages are text.
        while let Some(end) = received.windows(2).position(|pair| pair == b"\n\n") {
            if is_end_of(&String::from_utf8_lossy(&received[..end]), session) {
                return Ok(Heard::End);
            }
            received.drain(..end + 2);
        }
        if received.len() > LONGEST_MESSAGE {
            return Err("the stream says something that nobody understands".into());
        }
    }
}

/// Whether a message of the stream tells of the end of this session: by the rule that the server goes by as well.
fn is_end_of(message: &str, session: &SessionRef) -> bool {
    let field = |name: &str| message.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    field("event:") == Some(wire::SSE_EVENT) && field("data:").and_then(event).is_none_or(|event| event.ends(session))
}

/// A `LogoutEvent` of JSON, by the browser's parser: serde_json costs more than the rest of this file.
fn event(json: &str) -> Option<LogoutEvent> {
    let object = js_sys::JSON::parse(json).ok()?;
    let text = |name: &str| Reflect::get(&object, &name.into()).ok()?.as_string();
    Some(LogoutEvent {
        iss: text("iss")?,
        sid: text("sid"),
        sub: text("sub"),
        channel: logout_event::Channel::Provider,
        // Seconds: exact in a double for the next 285 million years.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        not_before: Reflect::get(&object, &"not_before".into()).ok()?.as_f64()? as u64,
    })
}

/// Tabs of one origin tell each other: a tab whose stream is cut at that moment locks with the rest.
fn hear_other_tabs(session: SessionRef, lock: impl Fn() + 'static) {
    let Ok(channel) = BroadcastChannel::new(TABS) else { return };
    let hear = Closure::<dyn Fn(MessageEvent)>::new(move |message: MessageEvent| {
        let told = message.data().as_string();
        if told.is_some() && told == session.sid {
            lock();
        }
    });
    channel.set_onmessage(Some(hear.as_ref().unchecked_ref()));
    // As long as the page.
    hear.forget();
    std::mem::forget(channel);
}

fn tell_other_tabs(session: &SessionRef) {
    if let (Ok(channel), Some(sid)) = (BroadcastChannel::new(TABS), &session.sid) {
        // Nobody may be listening, and that is well.
        let _ = channel.post_message(&sid.into());
    }
}

/// What the app's own sign-in has left behind.
fn signed_in() -> Option<(SessionRef, String)> {
    let left = Reflect::get(window()?.as_ref(), &"curfewExample".into()).ok()?;
    let text = |name: &str| Reflect::get(&left, &name.into()).ok()?.as_string();
    // An app that knows when its user signed in says so: then an older sign-out of all the user's sessions is not its own.
    let session = SessionRef { iss: text("iss")?, sid: text("sid"), sub: text("sub")?, auth_time: 0 };
    Some((session, text("access_token")?))
}

fn forget_tokens() {
    if let Some(window) = window() {
        let _ = Reflect::delete_property(window.as_ref(), &"curfewExample".into());
    }
}
