//! `server doctor`: what it says of providers, and how it bears what is no provider.

mod any_document;
mod embedded;
mod served;
mod shapes;
