use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Document, Element, HtmlElement, Window};

/// The parts of the page that App B works on.
#[derive(Clone)]
pub(crate) struct Browser {
    pub(crate) window: Window,
    pub(crate) document: Document,
    /// Where the views are mounted.
    pub(crate) body: HtmlElement,
    /// What the server put there for the time until then.
    placeholder: Element,
}

impl Browser {
    /// None if this is not the page that App B's server serves.
    pub(crate) fn find() -> Option<Self> {
        let window = web_sys::window()?;
        let document = window.document()?;
        let body = document.body()?;
        let placeholder = document.get_element_by_id("app")?;
        Some(Self { window, document, body, placeholder })
    }

    /// The `content` of the `<meta>` element with this name.
    pub(crate) fn meta(&self, name: &str) -> Option<String> {
        let selector = format!("meta[name=\"{name}\"]");
        self.document.query_selector(&selector).ok()??.get_attribute("content")
    }

    /// Makes room for the first view.
    pub(crate) fn remove_placeholder(&self) {
        self.placeholder.remove();
    }

    /// Sets or removes an attribute of `<body>`.
    pub(crate) fn set_body(&self, name: &str, value: Option<&str>) {
        // Both fail on malformed names only.
        _ = match value {
            Some(value) => self.body.set_attribute(name, value),
            None => self.body.remove_attribute(name),
        };
    }

    /// What has the focus.
    pub(crate) fn focused(&self) -> Option<HtmlElement> {
        self.document.active_element()?.dyn_into().ok()
    }

    /// Whether the focus is in a field for text.
    pub(crate) fn is_writing(&self) -> bool {
        self.document.active_element().is_some_and(|element| element.tag_name() == "INPUT")
    }

    /// Puts the focus on the page's heading.
    pub(crate) fn focus_heading(&self) {
        let heading = self.document.query_selector("h1").ok().flatten();
        if let Some(heading) = heading.and_then(|heading| heading.dyn_into::<HtmlElement>().ok()) {
            // Fails for elements that cannot have it only.
            _ = heading.focus();
        }
    }

    /// This page's origin.
    pub(crate) fn origin(&self) -> String {
        self.window.location().origin().unwrap_or_default()
    }

    /// This page's path.
    pub(crate) fn path(&self) -> String {
        self.window.location().pathname().unwrap_or_default()
    }

    /// This page's query, without the question mark.
    pub(crate) fn query(&self) -> String {
        let search = self.window.location().search().unwrap_or_default();
        search.strip_prefix('?').unwrap_or(&search).to_owned()
    }

    /// Makes the address `/`, without loading anything, so that no code or `state` stays in it.
    pub(crate) fn clear_address(&self) {
        if let Ok(history) = self.window.history() {
            _ = history.replace_state_with_url(&JsValue::NULL, "", Some("/"));
        }
    }

    /// Leaves for another page; `replace` keeps this one out of the history. False if the browser refuses.
    pub(crate) fn leave(&self, url: &str, replace: bool) -> bool {
        let location = self.window.location();
        if replace { location.replace(url) } else { location.assign(url) }.is_ok()
    }

    /// Loads this page anew.
    pub(crate) fn reload(&self) {
        _ = self.window.location().reload();
    }
}

/// Puts text on the clipboard, if the browser lets us.
pub(crate) fn copy_text(text: String) {
    wasm_bindgen_futures::spawn_local(async move {
        let Some(window) = web_sys::window() else { return };
        let clipboard = window.navigator().clipboard();
        // Absent on origins that are neither https nor loopback, whatever the type says.
        if !clipboard.is_undefined() {
            _ = JsFuture::from(clipboard.write_text(&text)).await;
        }
    });
}
