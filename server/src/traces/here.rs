//! The span at hand: that of the request whose task this is.

use std::sync::Arc;

use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use opentelemetry::{Context, KeyValue};

use super::traceparent::write;

/// The `traceparent` for what the request at hand asks of another party. `None` where nothing is traced.
pub(crate) fn traceparent() -> Option<String> {
    span_context().map(|context| write(&context))
}

/// The span at hand, if there is one.
pub(super) fn span_context() -> Option<SpanContext> {
    let context = Context::current().span().span_context().clone();
    context.is_valid().then_some(context)
}

/// A context in which this span is the parent.
pub(super) fn below(parent: Option<SpanContext>) -> Context {
    match parent {
        Some(parent) => Context::new().with_remote_span_context(parent),
        None => Context::new(),
    }
}

/// Notes something in the span at hand.
pub(super) fn note(name: &'static str, attributes: Vec<KeyValue>) {
    Context::current().span().add_event(name, attributes);
}

/// The span at hand, for another task.
pub(super) fn carry() -> Option<Arc<Here>> {
    let context = Context::current();
    context.has_active_span().then(|| Arc::new(Here(context)))
}

/// What is brought into another task.
pub(super) struct Here(Context);

impl Here {
    fn enter(&self, step: &mut dyn FnMut()) {
        let _entered = self.0.clone().attach();
        step();
    }
}

impl provider::observation::Carried for Here {
    fn run(&self, step: &mut dyn FnMut()) {
        self.enter(step);
    }
}

impl relying_party::observation::Carried for Here {
    fn run(&self, step: &mut dyn FnMut()) {
        self.enter(step);
    }
}
