use std::fmt::{self, Display, Write};

use url::Url;

/// Markup that is safe to send. It comes out of [`html!`] only, which escapes whatever else is put into it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Html(String);

impl Html {
    /// For [`html!`] only.
    pub(in crate::pages) fn from_template(template: fmt::Arguments<'_>) -> Self {
        Self(template.to_string())
    }

    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

impl FromIterator<Html> for Html {
    fn from_iter<I: IntoIterator<Item = Html>>(parts: I) -> Self {
        Self(parts.into_iter().map(Html::into_string).collect())
    }
}

/// What may stand in a template: text, which is escaped for element content and for quoted attributes alike, and
/// markup, which is not.
pub(in crate::pages) trait Render {
    fn render(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

impl Render for str {
    fn render(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}

impl Render for String {
    fn render(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().render(f)
    }
}

/// Only URLs that were registered, or that we made, are ever turned into a [`Url`] here: never `javascript:`.
impl Render for Url {
    fn render(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().render(f)
    }
}

impl Render for Html {
    fn render(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<T: Render> Render for Option<T> {
    fn render(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_ref().map_or(Ok(()), |value| value.render(f))
    }
}

impl<T: Render + ?Sized> Render for &T {
    fn render(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (*self).render(f)
    }
}

/// For [`html!`] only: a value on its way into a template.
pub(in crate::pages) struct Rendered<'a, T: ?Sized>(pub(in crate::pages) &'a T);

impl<T: Render + ?Sized> Display for Rendered<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.render(f)
    }
}

/// Fills a template: `html!("<p>{greeting}</p>", greeting = text)`. Every value is given by name and rendered by
/// [`Render`]; a variable cannot slip in by its name alone, because `concat!` turns implicit captures off.
macro_rules! html {
    ($template:literal $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::pages::html::Html::from_template(
            format_args!(concat!($template), $($name = $crate::pages::html::Rendered(&$value)),*)
        )
    };
}
pub(in crate::pages) use html;

#[cfg(test)]
mod tests {
    #[test]
    fn text_is_escaped_and_markup_is_not() {
        let text = r#"<script>alert("x" + 'y')</script> &amp;"#;
        let page = html!("<p title=\"{text}\">{text}{markup}</p>", text = text, markup = html!("<br>"));
        let escaped = "&lt;script&gt;alert(&quot;x&quot; + &#39;y&#39;)&lt;/script&gt; &amp;amp;";
        assert_eq!(page.into_string(), format!("<p title=\"{escaped}\">{escaped}<br></p>"));
    }

    #[test]
    fn nothing_renders_as_nothing() {
        assert_eq!(html!("<p>{a}{b}</p>", a = None::<String>, b = Some("x")).into_string(), "<p>x</p>");
    }
}
