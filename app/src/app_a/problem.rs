use leptos::prelude::*;

use super::page::{Frame, render};

/// Something that App A could not do.
pub struct Problem {
    /// What happened.
    pub title: String,
    /// What it means, and what to do.
    pub text: String,
}

/// The page that says so.
#[must_use]
pub fn problem(problem: Problem) -> String {
    let main = view! {
        <section class="card stack" role="alert" aria-labelledby="title">
            <h1 id="title">{problem.title.clone()}</h1>
            <p class="notice error">{problem.text}</p>
            <p>
                <a class="button" href="/">
                    "Back to App A"
                </a>
            </p>
        </section>
    };
    render(Frame { title: problem.title, is_stateless: true, ..Frame::default() }, main, None::<()>)
}
