//! The diagram as SVG: one tree of elements, painted into the page and written into a file.

use super::diagram::{Arrow, Diagram, GUTTER, HEAD, LANE, LINE, Lane, NOTE, lay_out_part, wrap};
use super::learned::last_refused_sentence;
use super::wire::{Kind, Outcome, Report, Run};
use super::words;

/// The part of the stylesheet that is about the diagram: the exported file brings it along.
const STYLESHEET: &str = include_str!("../../../style/lab.css");

/// An element.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shape {
    /// Its name.
    pub tag: &'static str,
    /// Its attributes.
    pub attributes: Vec<(&'static str, String)>,
    /// Its text, if it has no children.
    pub text: String,
    /// What is in it.
    pub children: Vec<Self>,
}

impl Shape {
    fn new(tag: &'static str, class: &str) -> Self {
        let attributes = if class.is_empty() { Vec::new() } else { vec![("class", class.to_owned())] };
        Self { tag, attributes, ..Self::default() }
    }

    fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.attributes.push((name, value.to_string()));
        self
    }

    fn saying(mut self, text: &str) -> Self {
        text.clone_into(&mut self.text);
        self
    }

    fn holding(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children.extend(children);
        self
    }

    /// The value of an attribute; empty if it has none of this name.
    #[must_use]
    pub fn value(&self, name: &str) -> &str {
        self.attributes.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }

    fn write(&self, out: &mut String) {
        out.push('<');
        out.push_str(self.tag);
        for (name, value) in &self.attributes {
            out.push_str(&format!(" {name}=\"{}\"", escape(value)));
        }
        if self.text.is_empty() && self.children.is_empty() {
            out.push_str("/>");
            return;
        }
        out.push('>');
        // The style is our own; its `>` and quotes may stand in this element of an XML file as they are.
        if self.tag == "style" {
            out.push_str(&self.text);
        } else {
            out.push_str(&escape(&self.text));
        }
        self.children.iter().for_each(|child| child.write(out));
        out.push_str(&format!("</{}>", self.tag));
    }
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            // Not allowed in XML.
            control if control.is_control() => {}
            other => escaped.push(other),
        }
    }
    escaped
}

/// A number of pixels, with no more digits than anybody sees.
fn px(value: f64) -> String {
    let rounded = (value * 10.0).round() / 10.0;
    format!("{rounded}")
}

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
    for text in [Some(about), last_refused_sentence(run)].into_iter().flatten() {
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
    let mut keys: Vec<(&'static str, Vec<Shape>, &'static str)> = Vec::new();
    for report in &drawn {
        let name = words::kind(report.kind);
        if keys.iter().all(|(_, _, known)| *known != name) {
            keys.push((words::kind_id(report.kind), vec![wire(0.0, 40.0, 0.0)], name));
        }
    }
    let is_drawn = |outcome: &Outcome| drawn.iter().any(|report| report.outcome == *outcome);
    for outcome in OUTCOMES.into_iter().filter(is_drawn) {
        // What nobody answers does not reach the lane.
        let end = if outcome == Outcome::Unreachable { 28.0 } else { 38.0 };
        let sample = vec![wire(0.0, end, 0.0), tip(outcome, end, 0.0, 1.0)];
        keys.push(("redirect", sample, words::outcome_explained(outcome)));
    }
    let columns = ((width - 2.0 * FILE_MARGIN) / KEY).floor().max(1.0) as usize;
    let lines = keys.len().div_ceil(columns);
    let shapes = keys.into_iter().enumerate().map(|(number, (kind, sample, name))| {
        let (x, y) = (FILE_MARGIN + (number % columns) as f64 * KEY, top + (number / columns + 1) as f64 * KEY_LINE);
        let outcome = OUTCOMES.into_iter().find(|outcome| words::outcome_explained(*outcome) == name);
        let class = format!("kind-{kind} outcome-{}", outcome.map_or("done", words::outcome));
        let text = Shape::new("text", "label").with("x", "52").with("y", "4").saying(name);
        Shape::new("g", &class)
            .with("transform", format!("translate({} {})", px(x), px(y)))
            .holding(sample)
            .holding([text])
    });
    (shapes.collect(), top + (lines + 1) as f64 * KEY_LINE)
}

/// All, in the order of the legend.
pub const OUTCOMES: [Outcome; 5] =
    [Outcome::Done, Outcome::Begun, Outcome::Unconfirmed, Outcome::Refused, Outcome::Unreachable];

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
fn style() -> &'static str {
    let after = STYLESHEET.split_once("/* diagram: begin */").map_or("", |(_, after)| after);
    after.split_once("/* diagram: end */").map_or("", |(style, _)| style)
}

/// The picture of a run.
#[must_use]
pub fn picture(run: &Run) -> Shape {
    picture_of_part(run, run)
}

/// The picture of as much of a run as is told so far: its lanes are those of the whole.
#[must_use]
pub fn picture_of_part(run: &Run, whole: &Run) -> Shape {
    let diagram = lay_out_part(run, whole);
    let (width, height) = (px(diagram.width), px(diagram.height));
    Shape::new("svg", "diagram")
        .with("viewBox", format!("0 0 {width} {height}"))
        .with("width", width)
        .with("height", height)
        .with("role", "group")
        .with("aria-label", format!("Sequence diagram: {}", run.title))
        .holding([Shape::new("rect", "ground").with("width", px(diagram.width)).with("height", px(diagram.height))])
        .holding(diagram.lanes.iter().map(|lane| lane_shape(lane, &diagram)))
        .holding(diagram.gaps.iter().map(|gap| {
            let line = |y: f64| {
                Shape::new("line", "gap")
                    .with("x1", px(GUTTER))
                    .with("x2", px(diagram.width))
                    .with("y1", px(y))
                    .with("y2", px(y))
            };
            let text =
                Shape::new("text", "gap-text").with("x", px(GUTTER + 8.0)).with("y", px(gap.y + 3.5)).saying(&gap.text);
            Shape::new("g", "").holding([line(gap.y - 8.0), line(gap.y + 8.0), text])
        }))
        .holding(diagram.arrows.iter().map(|arrow| arrow_shape(arrow, &diagram, run)))
        .holding([heads(&diagram)])
}

/// The heads of the lanes, over everything else: where the picture is scrolled, they stay in sight.
fn heads(diagram: &Diagram) -> Shape {
    let ground = Shape::new("rect", "ground").with("width", px(diagram.width)).with("height", px(HEAD - 10.0));
    Shape::new("g", "heads").holding([ground]).holding(diagram.lanes.iter().map(head_shape))
}

fn head_shape(lane: &Lane) -> Shape {
    let x = lane.x;
    let head = Shape::new("rect", "head")
        .with("x", px(x - LANE / 2.0 + 6.0))
        .with("y", "8")
        .with("width", px(LANE - 12.0))
        .with("height", px(HEAD - 18.0))
        .with("rx", "6");
    let middle = 8.0 + (HEAD - 18.0) / 2.0;
    let two = lane.title.len() > 1;
    let titles = lane.title.iter().enumerate().map(|(line, title)| {
        let y = match (two, line) {
            (false, _) => middle + 4.5,
            (true, 0) => middle - 3.0,
            (true, _) => middle + 13.0,
        };
        Shape::new("text", if line == 0 { "head-text" } else { "head-text second" })
            .with("x", px(x))
            .with("y", px(y))
            .with("text-anchor", "middle")
            .saying(title)
    });
    Shape::new("g", &format!("role-{}", lane.role)).holding([head]).holding(titles)
}

fn lane_shape(lane: &Lane, diagram: &Diagram) -> Shape {
    let (x, bottom) = (lane.x, diagram.height - 8.0);
    let lifeline = Shape::new("line", "lifeline")
        .with("x1", px(x))
        .with("x2", px(x))
        .with("y1", px(HEAD - 10.0))
        .with("y2", px(bottom));
    let lives = lane.lives.iter().flat_map(|life| {
        let bar = Shape::new("rect", if life.has_ended { "life ended" } else { "life" })
            .with("x", px(x - 4.0))
            .with("y", px(life.top))
            .with("width", "8")
            .with("height", px((life.bottom - life.top).max(0.0)));
        let cap = Shape::new("line", "cap")
            .with("x1", px(x - 10.0))
            .with("x2", px(x + 10.0))
            .with("y1", px(life.bottom))
            .with("y2", px(life.bottom));
        [Some(bar), life.has_ended.then_some(cap)].into_iter().flatten()
    });
    Shape::new("g", "lane").holding([lifeline]).holding(lives)
}

fn arrow_shape(arrow: &Arrow, diagram: &Diagram, run: &Run) -> Shape {
    let (kind, outcome) = (words::kind_id(arrow.kind), words::outcome(arrow.outcome));
    let report = &run.reports[arrow.index];
    let row = Shape::new("rect", "row")
        .with("x", "2")
        .with("y", px(arrow.top))
        .with("width", px(diagram.width - 4.0))
        .with("height", px(arrow.height))
        .with("rx", "4");
    let time = Shape::new("text", "time")
        .with("x", px(GUTTER - 8.0))
        .with("y", px(arrow.y + 4.0))
        .with("text-anchor", "end")
        .saying(&arrow.time);
    Shape::new("g", &format!("arrow kind-{kind} outcome-{outcome}"))
        .with("data-testid", "arrow")
        .with("data-kind", kind)
        .with("data-outcome", outcome)
        .with("data-index", arrow.index)
        .with("role", "img")
        .with("tabindex", "-1")
        .with("aria-label", words::sentence(report, run))
        .holding([Shape::new("title", "").saying(&words::tooltip(report, run)), row, time])
        .holding(if (arrow.from - arrow.to).abs() < f64::EPSILON { inside(arrow) } else { message(arrow) })
}

/// What happens in one lane: a mark on it, and the label beside it.
fn inside(arrow: &Arrow) -> Vec<Shape> {
    let (x, y) = (arrow.to, arrow.y);
    let mark = match arrow.kind {
        Kind::Click => Shape::new("circle", "mark hollow").with("cx", px(x)).with("cy", px(y)).with("r", "6"),
        Kind::Ended | Kind::Locked => Shape::new("rect", "mark")
            .with("x", px(x - 5.0))
            .with("y", px(y - 5.0))
            .with("width", "10")
            .with("height", "10"),
        _ => Shape::new("circle", "mark").with("cx", px(x)).with("cy", px(y)).with("r", "5"),
    };
    let first = y + 4.0 - arrow.label.len().saturating_sub(1) as f64 * LINE / 2.0;
    std::iter::once(mark).chain(label(arrow, first)).collect()
}

/// What goes from one lane to another: a line, a head that says how it went, the label over it and the channel under it.
fn message(arrow: &Arrow) -> Vec<Shape> {
    let y = arrow.y;
    let direction = (arrow.to - arrow.from).signum();
    let start = arrow.from + direction * 6.0;
    let arrives = arrow.outcome != Outcome::Unreachable;
    // What nobody answers does not reach the lane.
    let end = if arrives { arrow.to - direction * 6.0 } else { arrow.to - direction * LANE * 0.3 };
    let first = y - 6.0 - arrow.label.len().saturating_sub(1) as f64 * LINE;
    let notes = arrow.notes.iter().enumerate().map(|(line, note)| {
        Shape::new("text", if line == 0 { "channel" } else { "channel how" })
            .with("x", px(arrow.label_x))
            .with("y", px(y + 12.5 + line as f64 * NOTE))
            .with("text-anchor", "middle")
            .saying(note)
    });
    [wire(start, end, y), tip(arrow.outcome, end, y, direction)]
        .into_iter()
        .chain(label(arrow, first))
        .chain(notes)
        .collect()
}

fn wire(from: f64, to: f64, y: f64) -> Shape {
    Shape::new("line", "wire").with("x1", px(from)).with("x2", px(to)).with("y1", px(y)).with("y2", px(y))
}

/// The end of an arrow that says how it went, at this place; direction is 1 to the right, -1 to the left.
#[must_use]
pub fn tip(outcome: Outcome, end: f64, y: f64, direction: f64) -> Shape {
    let head = |back: f64, half: f64| {
        format!(
            "M{} {} L{} {} L{} {}",
            px(end - direction * back),
            px(y - half),
            px(end),
            px(y),
            px(end - direction * back),
            px(y + half)
        )
    };
    let cross = || {
        format!(
            "M{} {} L{} {} M{} {} L{} {}",
            px(end - 5.0),
            px(y - 5.0),
            px(end + 5.0),
            px(y + 5.0),
            px(end - 5.0),
            px(y + 5.0),
            px(end + 5.0),
            px(y - 5.0)
        )
    };
    let (class, path) = match outcome {
        Outcome::Begun => ("tip open", head(8.0, 4.5)),
        Outcome::Done => ("tip", format!("{} Z", head(9.0, 4.5))),
        Outcome::Unconfirmed => ("tip hollow", format!("{} Z", head(9.0, 4.5))),
        Outcome::Refused | Outcome::Unreachable => ("tip cross", cross()),
    };
    Shape::new("path", class).with("d", path)
}

fn label(arrow: &Arrow, first: f64) -> impl Iterator<Item = Shape> {
    arrow.label.iter().enumerate().map(move |(line, text)| {
        Shape::new("text", "label")
            .with("x", px(arrow.label_x))
            .with("y", px(first + line as f64 * LINE))
            .with("text-anchor", arrow.anchor)
            .saying(text)
    })
}

#[cfg(test)]
#[path = "shapes_tests.rs"]
mod tests;
