//! The forms by which a value is recognised as one that varies.

use serde_json::{Number, Value};
use url::Url;

/// Unix seconds from 2001-09-09T01:46:40Z to the end of 2099.
const SECONDS: std::ops::Range<u64> = 1_000_000_000..4_102_444_800;

/// The years that parts of a date may name.
const YEARS: std::ops::Range<i64> = 2001..2100;

/// Length of a nanoid with the default settings of its library, in characters.
const NANOID_CHARS: usize = 21;

/// A form of which values differ from run to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Form {
    Uuid,
    Nanoid,
    Url,
    Time,
    UnixSeconds,
    UnixMilliseconds,
}

impl Form {
    /// As it stands in placeholders.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Uuid => "uuid",
            Self::Nanoid => "nanoid",
            Self::Url => "url",
            Self::Time => "time",
            Self::UnixSeconds => "unix seconds",
            Self::UnixMilliseconds => "unix milliseconds",
        }
    }

    pub(super) fn of_text(text: &str) -> Option<Self> {
        if is_uuid(text) {
            Some(Self::Uuid)
        } else if is_nanoid(text) {
            Some(Self::Nanoid)
        } else if is_time(text) {
            Some(Self::Time)
        } else if is_url(text) {
            Some(Self::Url)
        } else {
            None
        }
    }

    pub(super) fn of_number(number: &Number) -> Option<Self> {
        let number = number.as_u64()?;
        if SECONDS.contains(&number) {
            Some(Self::UnixSeconds)
        } else if SECONDS.contains(&(number / 1000)) {
            Some(Self::UnixMilliseconds)
        } else {
            None
        }
    }
}

/// Whether a text has a format of JSON Schema. What is not known here is no rule.
pub(crate) fn has_format(text: &str, format: &str) -> bool {
    match format {
        "uuid" => is_uuid(text),
        // RFC 3339 takes small letters too.
        "date-time" => is_time(&text.to_ascii_uppercase()),
        _ => true,
    }
}

/// Whether these are year, month, day, hour, minute, second and perhaps nanosecond.
pub(super) fn are_date_parts(items: &[Value]) -> bool {
    let parts: Option<Vec<i64>> = items.iter().map(Value::as_i64).collect();
    let Some([year, month, day, hour, minute, second, rest @ ..]) = parts.as_deref() else {
        return false;
    };
    let is_day = || {
        let (year, month, day) = (i16::try_from(*year), i8::try_from(*month), i8::try_from(*day));
        matches!((year, month, day), (Ok(y), Ok(m), Ok(d)) if jiff::civil::Date::new(y, m, d).is_ok())
    };
    let is_rest = match rest {
        [] => true,
        [nanosecond] => (0..1_000_000_000).contains(nanosecond),
        _ => false,
    };
    let is_clock = (0..24).contains(hour) && (0..60).contains(minute) && (0..60).contains(second);
    is_rest && is_clock && YEARS.contains(year) && is_day()
}

fn is_uuid(text: &str) -> bool {
    fits(text, "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh")
}

/// One in forty has no digit, so digits are not asked for; hardly any lacks letters of one case.
fn is_nanoid(text: &str) -> bool {
    text.len() == NANOID_CHARS
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        && text.bytes().any(|byte| byte.is_ascii_lowercase())
        && text.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// RFC 3339 to the letter: a parser of times takes more, and a change between what it takes must show.
fn is_time(text: &str) -> bool {
    let Some((seconds, rest)) = text.split_at_checked("2026-01-31T12:00:00".len()) else {
        return false;
    };
    let zone = match rest.strip_prefix('.') {
        Some(fraction) => fraction.trim_start_matches(|digit: char| digit.is_ascii_digit()),
        None => rest,
    };
    let is_zone = zone == "Z" || fits(zone, "+dd:dd") || fits(zone, "-dd:dd");
    let is_written = fits(seconds, "dddd-dd-ddTdd:dd:dd") && is_zone;
    is_written && text.parse::<jiff::Timestamp>().is_ok()
}

fn is_url(text: &str) -> bool {
    let is_web = text.starts_with("https://") || text.starts_with("http://");
    let is_plain = !text.contains(|character: char| character.is_whitespace() || character.is_control());
    is_web && is_plain && Url::parse(text).is_ok()
}

/// Whether a text has the pattern's length and characters, where `d` is a digit and `h` a hexadecimal one.
fn fits(text: &str, pattern: &str) -> bool {
    text.len() == pattern.len()
        && text.bytes().zip(pattern.bytes()).all(|(byte, wanted)| match wanted {
            b'd' => byte.is_ascii_digit(),
            b'h' => byte.is_ascii_hexdigit(),
            _ => byte == wanted,
        })
}
