//! The diagram as SVG: one tree of elements, painted into the page and written into a file.

use super::diagram::{Arrow, Diagram, GUTTER, HEAD, LANE, Lane, ROW, lay_out};
use super::learned::last_refused_sentence;
use super::wire::{Kind, Outcome, Run};
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

/// The picture of a run, as a file of its own.
#[must_use]
pub fn svg_file(run: &Run) -> String {
    let mut picture = picture(run);
    picture.attributes.push(("xmlns", "http://www.w3.org/2000/svg".to_owned()));
    let mut text = String::new();
    // Alone it says what it is; in the page, a title of the whole would hide those of the messages.
    let about = [
        Shape::new("title", "").saying(&format!("Curfew lab: {}", run.title)),
        Shape::new("desc", "").saying(&description(run)),
        Shape::new("style", "").saying(style()),
    ];
    picture.children.splice(0..0, about);
    picture.write(&mut text);
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{text}\n")
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
    let diagram = lay_out(run);
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
        .with("y", px(arrow.y - ROW + 16.0))
        .with("width", px(diagram.width - 4.0))
        .with("height", px(ROW))
        .with("rx", "4");
    let time = Shape::new("text", "time")
        .with("x", px(GUTTER - 14.0))
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
    vec![mark, label(arrow, y + 4.0)]
}

/// What goes from one lane to another: a line, a head that says how it went, the label over it and the channel under it.
fn message(arrow: &Arrow) -> Vec<Shape> {
    let y = arrow.y;
    let direction = (arrow.to - arrow.from).signum();
    let start = arrow.from + direction * 6.0;
    let arrives = arrow.outcome != Outcome::Unreachable;
    // What nobody answers does not reach the lane.
    let end = if arrives { arrow.to - direction * 6.0 } else { arrow.to - direction * LANE * 0.3 };
    let line = Shape::new("line", "wire").with("x1", px(start)).with("x2", px(end)).with("y1", px(y)).with("y2", px(y));
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
    let cross = format!(
        "M{} {} L{} {} M{} {} L{} {}",
        px(end - 5.0),
        px(y - 5.0),
        px(end + 5.0),
        px(y + 5.0),
        px(end - 5.0),
        px(y + 5.0),
        px(end + 5.0),
        px(y - 5.0)
    );
    let tip = match arrow.outcome {
        Outcome::Begun => Shape::new("path", "tip open").with("d", head(8.0, 4.5)),
        Outcome::Done => Shape::new("path", "tip").with("d", format!("{} Z", head(9.0, 4.5))),
        Outcome::Unconfirmed => Shape::new("path", "tip hollow").with("d", format!("{} Z", head(9.0, 4.5))),
        Outcome::Refused | Outcome::Unreachable => Shape::new("path", "tip cross").with("d", cross),
    };
    let channel = match arrow.outcome {
        Outcome::Begun | Outcome::Done => words::kind(arrow.kind).to_owned(),
        other => format!("{}, {}", words::kind(arrow.kind), words::outcome(other)),
    };
    let under = Shape::new("text", "channel")
        .with("x", px(f64::midpoint(arrow.from, arrow.to)))
        .with("y", px(y + 12.5))
        .with("text-anchor", "middle")
        .saying(&channel);
    vec![line, tip, label(arrow, y - 6.0), under]
}

fn label(arrow: &Arrow, y: f64) -> Shape {
    Shape::new("text", "label")
        .with("x", px(arrow.label_x))
        .with("y", px(y))
        .with("text-anchor", arrow.anchor)
        .saying(&arrow.label)
}

#[cfg(test)]
#[path = "shapes_tests.rs"]
mod tests;
