//! What may stand on a page as the name of an app.

/// The most characters of a name: more fit on no page.
const LONGEST_NAME: usize = 100;

/// What is not seen, or makes other text look different from what it is: the Unicode categories Cc, Cf, Co, Zl and Zp, what
/// has the property `Default_Ignorable_Code_Point`, noncharacters, and the blank Braille pattern. From `UnicodeData.txt` and
/// `DerivedCoreProperties.txt` of [Unicode 16.0](https://www.unicode.org/Public/16.0.0/ucd/); of planes that nothing is
/// assigned in, all.
const INVISIBLE: &[(char, char)] = &[
    ('\0', '\u{1f}'),
    ('\u{7f}', '\u{9f}'),
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{600}', '\u{605}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{6dd}', '\u{6dd}'),
    ('\u{70f}', '\u{70f}'),
    ('\u{890}', '\u{891}'),
    ('\u{8e2}', '\u{8e2}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{2800}', '\u{2800}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{e000}', '\u{f8ff}'),
    ('\u{fdd0}', '\u{fdef}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{fffe}', '\u{ffff}'),
    ('\u{110bd}', '\u{110bd}'),
    ('\u{110cd}', '\u{110cd}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{1fffe}', '\u{1ffff}'),
    ('\u{2fffe}', '\u{2ffff}'),
    ('\u{3fffe}', '\u{10ffff}'),
];

/// Whether users could see this, and take it for nothing else.
pub(crate) fn is_name(name: &str) -> bool {
    !name.trim().is_empty() && name.chars().count() <= LONGEST_NAME && name.chars().all(is_visible)
}

/// As much of a text as a name can have.
pub(crate) fn shortened(text: &str) -> String {
    text.chars().take(LONGEST_NAME).collect()
}

/// Whether something is seen of this character, be it only the space between others.
pub(crate) fn is_visible(c: char) -> bool {
    !INVISIBLE.iter().any(|(first, last)| (*first..=*last).contains(&c))
}

/// What users make of a name: pages show a row of spaces, of whatever kind, as one, and people do not tell capitals apart.
pub(crate) fn as_seen(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_name() {
        for name in
            ["Notes", "覚え書き", "Café", "Cafe\u{301}", "ملاحظات", "नोट्स", "A & B <c>", "\u{1f600} Notes", " x "]
        {
            assert!(is_name(name), "{name}");
        }
        let longest = "ä".repeat(LONGEST_NAME);
        assert!(is_name(&longest) && !is_name(&format!("{longest}ä")));
        assert_eq!(shortened(&format!("{longest}x")), longest);
        for blank in ["", " ", "\t", "\u{a0}\u{2003}\u{3000}", "\u{2800}", "\u{3164}"] {
            assert!(!is_name(blank), "{blank:?}");
        }
    }

    /// One of each kind: controls, formats, private use, separators, fillers, selectors, tags, noncharacters.
    #[test]
    fn what_nobody_sees_is_in_no_name() {
        let invisible = [
            '\0',
            '\n',
            '\u{7f}',
            '\u{85}',
            '\u{ad}',
            '\u{34f}',
            '\u{61c}',
            '\u{115f}',
            '\u{180e}',
            '\u{200b}',
            '\u{200d}',
            '\u{200e}',
            '\u{200f}',
            '\u{2028}',
            '\u{2029}',
            '\u{202a}',
            '\u{202e}',
            '\u{2060}',
            '\u{2066}',
            '\u{2069}',
            '\u{206f}',
            '\u{2800}',
            '\u{3164}',
            '\u{e000}',
            '\u{f8ff}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{fff9}',
            '\u{ffff}',
            '\u{1343f}',
            '\u{e0001}',
            '\u{e0041}',
            '\u{e01ef}',
            '\u{f0000}',
            '\u{10fffd}',
        ];
        for c in invisible {
            assert!(!is_name(&format!("No{c}tes")), "{c:?}");
        }
        assert!(INVISIBLE.windows(2).all(|pair| pair[0].1 < pair[1].0), "in order, and none twice");
    }

    #[test]
    fn what_looks_the_same() {
        for name in ["App A", " app  a ", "APP\u{a0}A", "App\u{2003}\u{3000}A"] {
            assert_eq!(as_seen(name), "app a", "{name:?}");
        }
        assert_ne!(as_seen("AppA"), as_seen("App A"));
    }
}
