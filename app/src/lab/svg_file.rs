//! The picture of a run as a file of its own.

use super::diagram::wrap;
use super::learned::{last_refused_sentence, refusals_sentence};
use super::shapes::{OUTCOMES, Shape, picture, px, tip, wire};
use super::wire::{Kind, Outcome, Report, Run};
use super::words;

/// The part of the stylesheet that is about the diagram: the exported file brings it along.
const STYLESHEET: &str = include_str!("../../../style/lab.css");

/// What is left free beside the words of the file, and under them.
const FILE_MARGIN: f64 = 16.0;
/// Width of a key of the file's legend.
const KEY: f64 = 250.0;
/// Height of a line of it.
const KEY_LINE: f64 = 20.0;

/// The picture of a run, as a file of its own: with what it is, when it was, how the demo stood, and a legend. It is light,
/// and its colours are written out, so that it looks the same wherever it is opened.
#[must_use]
pub fn svg_file(run: &Run) -> String {
    let picture = picture(run);
    let size = |name: &str| picture.value(name).parse::<f64>().unwrap_or_default();
    let width = size("width").max(2.0 * KEY + 2.0 * FILE_MARGIN);
    let (head, top) = file_head(run, width);
    let legend_top = top + size("height") + 10.0;
    let (legend, height) = file_legend(run, width, legend_top);
    let file = Shape::new("svg", "diagram")
        .with("xmlns", "http://www.w3.org/2000/svg")
        .with("viewBox", format!("0 0 {} {}", px(width), px(height)))
        .with("width", px(width))
        .with("height", px(height))
        .with("role", "group")
        .with("aria-label", format!("Sequence diagram: {}", run.title))
        // Alone it says what it is; in the page, a title of the whole would hide those of the messages.
        .holding([
            Shape::new("title", "").saying(&format!("Curfew lab: {}", run.title)),
            Shape::new("desc", "").saying(&description(run)),
            Shape::new("style", "").saying(&written_out(style())),
            Shape::new("rect", "ground").with("width", px(width)).with("height", px(height)),
        ])
        .holding(head)
        .holding([Shape::new("g", "").with("transform", format!("translate(0 {})", px(top))).holding(picture.children)])
        .holding(legend);
    let mut text = String::new();
    file.write(&mut text);
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{text}\n")
}

/// What the file says over the picture, and where the picture begins.
fn file_head(run: &Run, width: f64) -> (Vec<Shape>, f64) {
    let line = |class: &str, y: f64, text: &str| {
        Shape::new("text", class).with("x", px(FILE_MARGIN)).with("y", px(y)).saying(text)
    };
    let mut head = vec![line("file-title", 28.0, &format!("Curfew lab: {}", run.title))];
    let about = format!("{}. The demo: {}.", words::date(run.started), words::setting(run));
    let mut y = 28.0;
    for text in [Some(about), last_refused_sentence(run), refusals_sentence(run)].into_iter().flatten() {
        for text in wrap(&text, width - 2.0 * FILE_MARGIN, 8) {
            y += 18.0;
            head.push(line("label", y, &text));
        }
    }
    (head, y + FILE_MARGIN)
}

/// What looks like what, of what is in the picture; and where it ends.
fn file_legend(run: &Run, width: f64, top: f64) -> (Vec<Shape>, f64) {
    let drawn: Vec<&Report> =
        run.reports.iter().filter(|report| report.at >= run.started && report.from != report.to).collect();
    let mut kinds: Vec<Kind> = Vec::new();
    for report in &drawn {
        if !kinds.contains(&report.kind) {
            kinds.push(report.kind);
        }
    }
    let channels = kinds.into_iter().map(|kind| {
        let class = format!("kind-{} outcome-done", words::kind_id(kind));
        Shape::new("g", &class).holding([wire(0.0, 40.0, 0.0), name(words::kind(kind))])
    });
    let is_drawn = |outcome: &Outcome| drawn.iter().any(|report| report.outcome == *outcome);
    let outcomes = OUTCOMES.into_iter().filter(is_drawn).map(|outcome| {
        // What nobody answers does not reach the lane.
        let end = if outcome == Outcome::Unreachable { 28.0 } else { 38.0 };
        let class = format!("kind-redirect outcome-{}", words::outcome(outcome));
        Shape::new("g", &class).holding([
            wire(0.0, end, 0.0),
            tip(outcome, end, 0.0, 1.0),
            name(words::outcome_explained(outcome)),
        ])
    });
    let columns = ((width - 2.0 * FILE_MARGIN) / KEY).floor().max(1.0) as usize;
    let placed = channels.chain(outcomes).enumerate().map(|(number, key)| {
        let (x, y) = (FILE_MARGIN + (number % columns) as f64 * KEY, top + (number / columns + 1) as f64 * KEY_LINE);
        key.with("transform", format!("translate({} {})", px(x), px(y)))
    });
    let keys: Vec<Shape> = placed.collect();
    let lines = keys.len().div_ceil(columns);
    (keys, top + (lines + 1) as f64 * KEY_LINE)
}

/// What is written beside a sample of the legend.
fn name(text: &str) -> Shape {
    Shape::new("text", "label").with("x", "52").with("y", "4").saying(text)
}

/// The stylesheet's part with a colour wherever it has a name for one, and for light grounds alone: not every program that
/// shows pictures knows names, or looks which scheme its user prefers.
fn written_out(style: &str) -> String {
    let rules = rules(style);
    let named = |body: &str| -> Vec<(String, String)> {
        let lines = body.split(';').filter_map(|line| line.trim().split_once(':'));
        let names = lines.filter(|(name, _)| name.starts_with("--"));
        names.map(|(name, value)| (format!("var({})", name.trim()), value.trim().to_owned())).collect()
    };
    // Those of a channel are of its own; all others hold everywhere.
    let (own, everywhere): (Vec<_>, Vec<_>) = rules
        .iter()
        .filter(|(_, body)| body.contains("--"))
        .partition(|(selectors, _)| selectors.starts_with(".kind-"));
    let written = |body: &str, values: &[(String, String)]| {
        values.iter().fold(body.to_owned(), |body, (name, value)| body.replace(name, value))
    };
    let everywhere: Vec<(String, String)> = everywhere.into_iter().flat_map(|(_, body)| named(body)).collect();
    let mut out = String::new();
    for (selectors, body) in rules.iter().filter(|(_, body)| !body.trim_start().starts_with("--")) {
        let body = written(body, &everywhere);
        if !body.contains("var(--kind)") {
            out.push_str(&format!("{selectors} {{{body}}}\n"));
            continue;
        }
        for (kinds, colour) in &own {
            for kind in kinds.split(',') {
                let selectors = selectors.replace(".diagram", kind.trim());
                out.push_str(&format!("{selectors} {{{}}}\n", written(&body, &named(colour))));
            }
        }
    }
    out
}

/// Selectors and declarations of a stylesheet, without what holds under a condition.
fn rules(style: &str) -> Vec<(&str, &str)> {
    let mut rules = Vec::new();
    let mut rest = style;
    while let Some((selectors, after)) = rest.split_once('{') {
        let selectors = selectors.trim();
        if selectors.starts_with('@') {
            // The rules in it end with braces, too; its own begins a line.
            rest = after.split_once("\n}").map_or("", |(_, left)| left);
        } else if let Some((body, left)) = after.split_once('}') {
            rules.push((selectors, body));
            rest = left;
        } else {
            break;
        }
    }
    rules
}

/// What the picture shows, for those who do not see it.
fn description(run: &Run) -> String {
    let messages = run.reports.iter().filter(|report| report.at >= run.started).count();
    let last = last_refused_sentence(run).map(|sentence| format!(" {sentence}")).unwrap_or_default();
    format!("A sequence diagram of {messages} messages, with time downwards; each says what it is.{last}")
}

/// What is between the two marks in the stylesheet.
pub(super) fn style() -> &'static str {
    let after = STYLESHEET.split_once("/* diagram: begin */").map_or("", |(_, after)| after);
    after.split_once("/* diagram: end */").map_or("", |(style, _)| style)
}

#[cfg(test)]
mod tests;
