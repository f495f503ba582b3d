//! The diagram as SVG: one tree of elements, painted into the page and written into a file.

use super::diagram::{Arrow, Diagram, GUTTER, HEAD, LANE, LINE, Lane, NOTE, lay_out_part};
use super::wire::{Kind, Outcome, Run};
use super::words;

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
    pub(super) fn new(tag: &'static str, class: &str) -> Self {
        let attributes = if class.is_empty() { Vec::new() } else { vec![("class", class.to_owned())] };
        Self { tag, attributes, ..Self::default() }
    }

    pub(super) fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.attributes.push((name, value.to_string()));
        self
    }

    pub(super) fn saying(mut self, text: &str) -> Self {
        text.clone_into(&mut self.text);
        self
    }

    pub(super) fn holding(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children.extend(children);
        self
    }

    /// The value of an attribute; empty if it has none of this name.
    #[must_use]
    pub fn value(&self, name: &str) -> &str {
        self.attributes.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }

    pub(super) fn write(&self, out: &mut String) {
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
pub(super) fn px(value: f64) -> String {
    let rounded = (value * 10.0).round() / 10.0;
    format!("{rounded}")
}

/// All, in the order of the legend.
pub const OUTCOMES: [Outcome; 5] =
    [Outcome::Done, Outcome::Begun, Outcome::Unconfirmed, Outcome::Refused, Outcome::Unreachable];

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
        .with("width", &width)
        .with("height", &height)
        .with("role", "group")
        .with("aria-label", format!("Sequence diagram: {}", run.title))
        .holding([Shape::new("rect", "ground").with("width", &width).with("height", &height)])
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
        .holding([times(&diagram), heads(&diagram)])
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
    Shape::new("g", &format!("arrow kind-{kind} outcome-{outcome}"))
        .with("data-testid", "arrow")
        .with("data-kind", kind)
        .with("data-outcome", outcome)
        .with("data-index", arrow.index)
        .with("role", "img")
        .with("tabindex", "-1")
        .with("aria-label", words::sentence(report, run))
        .holding([Shape::new("title", "").saying(&words::tooltip(report, run)), row])
        .holding(if (arrow.from - arrow.to).abs() < f64::EPSILON { inside(arrow) } else { message(arrow) })
}

/// When each happened, over everything that is drawn: where the picture is scrolled sideways, they stay in sight. A message
/// says its time itself.
fn times(diagram: &Diagram) -> Shape {
    let ground = Shape::new("rect", "time-ground").with("width", px(GUTTER - 2.0)).with("height", px(diagram.height));
    let times = diagram.arrows.iter().map(|arrow| {
        Shape::new("text", "time")
            .with("x", px(GUTTER - 8.0))
            .with("y", px(arrow.y + 4.0))
            .with("text-anchor", "end")
            .saying(&arrow.time)
    });
    Shape::new("g", "times").with("aria-hidden", "true").holding([ground]).holding(times)
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

pub(super) fn wire(from: f64, to: f64, y: f64) -> Shape {
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
mod tests;
