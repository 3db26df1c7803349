//! Points in time, as Python's `datetime`.

use super::{
    call::{Call, Operation, fail, text_of},
    lookups,
};
use crate::value::Value;
use jiff::{Timestamp, Zoned, civil::DateTime, fmt::strtime, tz::TimeZone};
use minijinja::{
    Error, State,
    value::{DynObject, Object, ObjectRepr},
};
use std::{cmp::Ordering, fmt, sync::Arc};

/// The filters about time.
pub(super) const FILTERS: &[Operation] = &[
    Operation::new(&["to_datetime"], &["format"], to_datetime),
    Operation::stateful(&["strftime"], &["second", "utc"], strftime),
];

/// A date and a time of day.
#[derive(Debug)]
struct Moment {
    time: DateTime,
    zone: TimeZone,
}

impl Moment {
    fn zoned(&self) -> Result<Zoned, Error> {
        self.time
            .to_zoned(self.zone.clone())
            .map_err(|error| fail(format!("the time does not exist: {error}")))
    }

    fn formatted(&self, format: &str) -> Result<String, Error> {
        strtime::format(format, &self.zoned()?)
            .map_err(|error| fail(format!("{format:?} does not format a time: {error}")))
    }

    fn iso(&self, between: char) -> String {
        let (date, time) = (self.time.date(), self.time.time());
        let whole = format!(
            "{date}{between}{:02}:{:02}:{:02}",
            time.hour(),
            time.minute(),
            time.second()
        );
        match time.subsec_nanosecond() / 1000 {
            0 => whole,
            micros => format!("{whole}.{micros:06}"),
        }
    }
}

impl Object for Moment {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(match key.as_str()? {
            "year" => Value::from(self.time.year()),
            "month" => Value::from(self.time.month()),
            "day" => Value::from(self.time.day()),
            "hour" => Value::from(self.time.hour()),
            "minute" => Value::from(self.time.minute()),
            "second" => Value::from(self.time.second()),
            "microsecond" => Value::from(self.time.subsec_nanosecond() / 1000),
            _ => return None,
        })
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        name: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match (name, args) {
            ("strftime", [format]) => self.formatted(&text_of(format)?).map(Value::from),
            ("isoformat", []) => Ok(Value::from(self.iso('T'))),
            ("date", []) => Ok(Value::from(self.time.date().to_string())),
            ("timestamp", []) => {
                // Python gives seconds as a float too
                let seconds = self.zoned()?.timestamp().as_microsecond() as f64 / 1e6;
                Ok(Value::from(seconds))
            }
            ("weekday", []) => Ok(Value::from(self.time.weekday().to_monday_zero_offset())),
            ("isoweekday", []) => Ok(Value::from(self.time.weekday().to_monday_one_offset())),
            _ => Err(fail(format!(
                "a time has no method {name}() with {} arguments",
                args.len()
            ))),
        }
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        Some(self.time.cmp(&other.downcast_ref::<Self>()?.time))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iso(' '))
    }
}

/// A point in time as templates see it.
pub(super) fn value(zoned: &Zoned) -> Value {
    Value::from_object(Moment {
        time: zoned.datetime(),
        zone: zoned.time_zone().clone(),
    })
}

/// `now(utc, fmt)`: the controller's time.
pub(super) fn now(state: &State<'_, '_>, given: &[Value]) -> Result<Value, Error> {
    let call = Call::new(&["utc", "fmt"], given);
    call.check()?;
    let mut zoned = lookups::engine(state)?.controller.now();
    if call.flag("utc")? {
        zoned = zoned.with_time_zone(TimeZone::UTC);
    }
    let moment = Moment {
        time: zoned.datetime(),
        zone: zoned.time_zone().clone(),
    };
    match call.text("fmt")? {
        Some(format) if !format.is_empty() => moment.formatted(&format).map(Value::from),
        _ => Ok(Value::from_object(moment)),
    }
}

fn to_datetime(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let text = text_of(value)?;
    let format = call
        .text("format")?
        .unwrap_or_else(|| "%Y-%m-%d %H:%M:%S".to_owned());
    let parsed = strtime::parse(&format, &text)
        .map_err(|error| fail(format!("{text:?} is not as {format:?}: {error}")))?;
    let date = parsed
        .to_date()
        .map_err(|error| fail(format!("{text:?} has no date: {error}")))?;
    let time = parsed.to_time().unwrap_or_default();
    Ok(Value::from_object(Moment {
        time: date.to_datetime(time),
        zone: TimeZone::UTC,
    }))
}

fn strftime(value: &Value, call: &Call<'_>, state: &mut State<'_, '_>) -> Result<Value, Error> {
    let now = lookups::engine(state)?.controller.now();
    let timestamp = match call.value("second")?.filter(|second| !second.is_none()) {
        Some(second) => {
            let seconds: f64 = text_of(&second)?
                .parse()
                .map_err(|_| fail(format!("{second} is not a number of seconds")))?;
            // whole seconds are formatted
            Timestamp::from_second(seconds.floor() as i64)
                .map_err(|error| fail(error.to_string()))?
        }
        None => now.timestamp(),
    };
    let zone = if call.flag("utc")? {
        TimeZone::UTC
    } else {
        now.time_zone().clone()
    };
    let moment = Moment {
        time: timestamp.to_zoned(zone.clone()).datetime(),
        zone,
    };
    moment.formatted(&text_of(value)?).map(Value::from)
}
