use std::sync::Arc;

/// Answers what the user asks for.
///
/// Not Leptos' `Callback`: that one lends itself from the reactive arena while it runs, and what runs here may unmount
/// the view that it belongs to.
pub struct Handler<T = ()>(Arc<dyn Fn(T) + Send + Sync>);

impl<T> Handler<T> {
    /// A handler that does this.
    pub fn new(act: impl Fn(T) + Send + Sync + 'static) -> Self {
        Self(Arc::new(act))
    }

    /// Does it.
    pub fn run(&self, input: T) {
        (self.0)(input);
    }
}

impl<T> Clone for Handler<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
