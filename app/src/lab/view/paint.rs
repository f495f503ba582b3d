use leptos::prelude::document;
use leptos::wasm_bindgen::JsValue;
use leptos::web_sys::{Element, Node};

use crate::lab::shapes::Shape;

const SVG: &str = "http://www.w3.org/2000/svg";

/// Makes elements of a tree of shapes. Texts and values are set as such, so that nothing in them can be markup.
///
/// # Errors
///
/// What the browser says if it refuses, which it does for no name that `shapes` uses.
pub(super) fn paint(shape: &Shape) -> Result<Element, JsValue> {
    let element = document().create_element_ns(Some(SVG), shape.tag)?;
    for (name, value) in &shape.attributes {
        element.set_attribute(name, value)?;
    }
    if !shape.text.is_empty() {
        element.set_text_content(Some(&shape.text));
    }
    for child in &shape.children {
        let child: Node = paint(child)?.into();
        element.append_child(&child)?;
    }
    Ok(element)
}
