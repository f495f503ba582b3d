//! The lab: every sign-out of the demo as it happens, and switches that change the demo.
//!
//! What parties and windows tell ([`wire`]) becomes, on one clock ([`clock`]), an account of a run ([`recording`]), from which the
//! diagram ([`diagram`], [`shapes`]), the table ([`learned`]) and the verdicts are made. [`scenario`] is the list of
//! what can be tried. All of this is plain code; the views follow signals and hand what the user wants to one
//! handler.

pub mod wire;

#[cfg(feature = "lab")]
pub mod beginnings;
#[cfg(feature = "lab")]
pub mod clock;
#[cfg(feature = "lab")]
mod compose;
#[cfg(feature = "lab")]
pub mod diagram;
#[cfg(feature = "lab")]
pub mod learned;
#[cfg(feature = "lab")]
pub mod recording;
#[cfg(feature = "lab")]
pub mod replay;
#[cfg(feature = "lab")]
pub mod scenario;
#[cfg(feature = "lab")]
pub mod sessions;
#[cfg(feature = "lab")]
pub mod shapes;
#[cfg(feature = "lab")]
pub mod stage;
#[cfg(feature = "lab")]
pub mod svg_file;
#[cfg(feature = "lab")]
pub mod view;
#[cfg(feature = "lab")]
pub mod words;

#[cfg(all(test, feature = "lab"))]
mod sample;
