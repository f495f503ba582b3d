//! The header `traceparent` ([W3C Trace Context section 3.2](https://www.w3.org/TR/trace-context/#traceparent-header)).

use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};

/// Its name, also of the parameter in the address of a sign-out.
pub(super) const NAME: &str = "traceparent";

/// `00-` trace `-` span `-` flags.
const LENGTH: usize = 55;

/// Version 00 and nothing else; `None` for whatever is not exactly that, which is then as if it were not there.
pub(super) fn parse(text: &str) -> Option<SpanContext> {
    if text.len() != LENGTH {
        return None;
    }
    let rest = text.strip_prefix("00-")?;
    let (trace, rest) = rest.split_once('-')?;
    let (span, flags) = rest.split_once('-')?;
    let is_hex = |part: &str, length: usize| {
        part.len() == length && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    if !(is_hex(trace, 32) && is_hex(span, 16) && is_hex(flags, 2)) {
        return None;
    }
    let flags = TraceFlags::new(u8::from_str_radix(flags, 16).ok()?) & TraceFlags::SAMPLED;
    let (trace, span) = (TraceId::from_hex(trace).ok()?, SpanId::from_hex(span).ok()?);
    let context = SpanContext::new(trace, span, flags, true, TraceState::NONE);
    // Not if either number is nothing.
    context.is_valid().then_some(context)
}

pub(super) fn write(context: &SpanContext) -> String {
    let flags = context.trace_flags() & TraceFlags::SAMPLED;
    format!("00-{}-{}-{:02x}", context.trace_id(), context.span_id(), flags.to_u8())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const SPAN: &str = "00f067aa0ba902b7";

    #[test]
    fn what_is_written_is_read_back() {
        for (flags, written) in [("01", "01"), ("00", "00"), ("03", "01"), ("fe", "00")] {
            let context = parse(&format!("00-{TRACE}-{SPAN}-{flags}")).unwrap();
            assert_eq!(
                (context.trace_id().to_string().as_str(), context.span_id().to_string().as_str()),
                (TRACE, SPAN)
            );
            assert!(context.is_remote());
            assert_eq!(context.is_sampled(), written == "01");
            assert_eq!(write(&context), format!("00-{TRACE}-{SPAN}-{written}"));
        }
    }

    #[test]
    fn anything_else_is_as_if_it_were_not_there() {
        let good = format!("00-{TRACE}-{SPAN}-01");
        let upper = good.to_uppercase();
        let (no_trace, no_span) = ("0".repeat(32), "0".repeat(16));
        let table = [
            String::new(),
            "00".to_owned(),
            upper,
            good[..54].to_owned(),
            format!("{good}0"),
            format!("{good}-extra"),
            format!(" {good}"),
            format!("{good} "),
            format!("01-{TRACE}-{SPAN}-01"),
            format!("ff-{TRACE}-{SPAN}-01"),
            format!("00-{no_trace}-{SPAN}-01"),
            format!("00-{TRACE}-{no_span}-01"),
            format!("00-{SPAN}-{TRACE}-01"),
            format!("00-{}g-{SPAN}-01", &TRACE[1..]),
            format!("00-{TRACE}-{}+-01", &SPAN[1..]),
            format!("00-{TRACE}-{SPAN}-+1"),
            format!("00-{TRACE}-{SPAN}-0x"),
            format!("00_{TRACE}_{SPAN}_01"),
            format!("00-{}é-{SPAN}-01", &TRACE[2..]),
            "0".repeat(LENGTH),
            "-".repeat(LENGTH),
            "00-".repeat(1_000_000),
        ];
        for text in table {
            assert!(parse(&text).is_none(), "{}", text.chars().take(80).collect::<String>());
        }
    }
}
