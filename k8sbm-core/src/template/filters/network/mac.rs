//! Hardware addresses.

use super::need;
use crate::template::call::{Call, fail, text_of};
use minijinja::{Error, Value};

fn bytes(text: &str) -> Option<[u8; 6]> {
    let digits: String = text
        .chars()
        .filter(|letter| !matches!(letter, ':' | '-' | '.'))
        .collect();
    let decoded = if digits.len() == 12 {
        hex::decode(digits).ok()?
    } else {
        return None;
    };
    decoded.try_into().ok()
}

pub(super) fn hwaddr(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let Some(mac) = bytes(&text_of(value)?) else {
        return Ok(Value::from(false));
    };
    let parts = |separator: &str, upper: bool| {
        let part = |byte: &u8| {
            if upper {
                format!("{byte:02X}")
            } else {
                format!("{byte:02x}")
            }
        };
        mac.iter().map(part).collect::<Vec<_>>().join(separator)
    };
    let query = call.text("query")?.unwrap_or_default();
    Ok(match query.as_str() {
        "" => Value::from(text_of(value)?),
        "bool" => Value::from(true),
        "linux" | "unix" => Value::from(parts(":", false)),
        "win" => Value::from(parts("-", true)),
        "bare" => Value::from(parts("", true)),
        "cisco" => {
            let bare = parts("", false);
            Value::from(format!("{}.{}.{}", &bare[..4], &bare[4..8], &bare[8..]))
        }
        "int" => Value::from(
            mac.iter()
                .fold(0_u64, |number, byte| number << 8 | u64::from(*byte)),
        ),
        _ => {
            return Err(fail(format!(
                "{query:?} is no query about hardware addresses"
            )));
        }
    })
}

/// The address that a host with a hardware address gives itself in a network.
pub(super) fn slaac(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let network = need(value)?;
    let Some([a, b, c, d, e, f]) = bytes(&call.need_text("query")?) else {
        return Ok(Value::from(false));
    };
    if !network.v6 {
        return Ok(Value::from(false));
    }
    let host = u64::from_be_bytes([a ^ 2, b, c, 0xff, 0xfe, d, e, f]);
    Ok(Value::from(
        network.address(network.first() | u128::from(host)),
    ))
}
