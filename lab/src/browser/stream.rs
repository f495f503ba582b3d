use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{EventSource, MessageEvent};

/// What the stream tells.
pub(crate) enum StreamEvent {
    /// It is open, for the first time or again.
    Open,
    /// It has broken. `is_final` says that the browser will not try again by itself.
    Lost { is_final: bool },
    /// The data of an event.
    Data(String),
}

/// The lab's stream. It ends when it is dropped.
pub(crate) struct Stream {
    source: EventSource,
    _handlers: [Closure<dyn FnMut(MessageEvent)>; 3],
}

impl Stream {
    /// Opens it; none if the browser has no `EventSource`.
    pub(crate) fn open(path: &str, tell: impl Fn(StreamEvent) + 'static) -> Option<Self> {
        let source = EventSource::new(path).ok()?;
        let tell = Rc::new(tell);
        let on = |act: Box<dyn Fn(MessageEvent)>| Closure::<dyn FnMut(MessageEvent)>::new(act);
        let open = {
            let tell = Rc::clone(&tell);
            on(Box::new(move |_| tell(StreamEvent::Open)))
        };
        let lost = {
            let (tell, source) = (Rc::clone(&tell), source.clone());
            on(Box::new(move |_| tell(StreamEvent::Lost { is_final: source.ready_state() == EventSource::CLOSED })))
        };
        let data = on(Box::new(move |event| {
            if let Some(data) = event.data().as_string() {
                tell(StreamEvent::Data(data));
            }
        }));
        source.set_onopen(Some(open.as_ref().unchecked_ref()));
        source.set_onerror(Some(lost.as_ref().unchecked_ref()));
        source.set_onmessage(Some(data.as_ref().unchecked_ref()));
        Some(Self { source, _handlers: [open, lost, data] })
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.source.set_onopen(None);
        self.source.set_onerror(None);
        self.source.set_onmessage(None);
        self.source.close();
    }
}
