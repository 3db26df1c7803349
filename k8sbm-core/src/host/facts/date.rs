//! The host's date and time.

use super::Facts;
use super::gathered::Gathered;
use jiff::{Timestamp, tz};
use serde_json::{Map, Value as Json};

pub(super) fn add(gathered: &Gathered, facts: &mut Facts) {
    if let Some(date) = gathered.record("date").and_then(date) {
        facts.insert("date_time".into(), date.into());
    }
}

/// From `SECONDS NANOSECONDS OFFSET ZONE`.
fn date(text: &str) -> Option<Map<String, Json>> {
    let mut words = text.split_whitespace();
    let seconds = words.next()?.parse().ok()?;
    // Not every date(1) knows nanoseconds.
    let nanoseconds = words.next()?.parse().unwrap_or(0);
    let offset = words.next()?;
    let zone = words.next().unwrap_or_default();
    let now = Timestamp::new(seconds, nanoseconds).ok()?;
    let local = now.to_zoned(tz::TimeZone::fixed(offset_of(offset)?));
    let mut date = Map::new();
    let formats = [
        ("year", "%Y"),
        ("month", "%m"),
        ("day", "%d"),
        ("hour", "%H"),
        ("minute", "%M"),
        ("second", "%S"),
        ("weekday", "%A"),
        ("weekday_number", "%w"),
        ("weeknumber", "%W"),
        ("date", "%Y-%m-%d"),
        ("time", "%H:%M:%S"),
        ("iso8601_basic_short", "%Y%m%dT%H%M%S"),
    ];
    for (name, format) in formats {
        date.insert(name.into(), local.strftime(format).to_string().into());
    }
    let micro = now.subsec_nanosecond() / 1000;
    let basic = format!("{}{micro:06}", local.strftime("%Y%m%dT%H%M%S"));
    date.insert("iso8601_basic".into(), basic.into());
    date.insert(
        "iso8601".into(),
        now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string().into(),
    );
    let exact = format!("{}.{micro:06}Z", now.strftime("%Y-%m-%dT%H:%M:%S"));
    date.insert("iso8601_micro".into(), exact.into());
    date.insert("epoch".into(), seconds.to_string().into());
    date.insert("epoch_int".into(), seconds.to_string().into());
    date.insert("tz".into(), zone.into());
    date.insert("tz_dst".into(), zone.into());
    date.insert("tz_offset".into(), offset.into());
    Some(date)
}

/// `+0130` as an offset.
fn offset_of(text: &str) -> Option<tz::Offset> {
    let number: i32 = text.parse().ok()?;
    let seconds = number / 100 * 3600 + number % 100 * 60;
    tz::Offset::from_seconds(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_have_ansibles_forms() {
        let date = date("1795213111 769342000 -0330 NST\n").unwrap();
        let text: Vec<_> = date
            .iter()
            .map(|(name, value)| format!("{name} {value}"))
            .collect();
        insta::assert_snapshot!(text.join("\n"), @r#"
        year "2026"
        month "11"
        day "20"
        hour "18"
        minute "48"
        second "31"
        weekday "Friday"
        weekday_number "5"
        weeknumber "46"
        date "2026-11-20"
        time "18:48:31"
        iso8601_basic_short "20261120T184831"
        iso8601_basic "20261120T184831769342"
        iso8601 "2026-11-20T22:18:31Z"
        iso8601_micro "2026-11-20T22:18:31.769342Z"
        epoch "1795213111"
        epoch_int "1795213111"
        tz "NST"
        tz_dst "NST"
        tz_offset "-0330"
        "#);
    }
}
