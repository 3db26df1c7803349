//! Networks in networks, and hosts by number.

use super::{address::Network, need, query};
use crate::template::call::{Call, fail, items, text_of};
use minijinja::{Error, Value};

pub(super) fn ipsubnet(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let Ok(given) = need(value) else {
        return Ok(Value::from(false));
    };
    let network = if given.size() == 1 {
        given
    } else {
        given.with(given.first(), given.prefix)
    };
    let query = call.text("query")?.unwrap_or_default();
    let index = call.whole("index")?;
    if query.is_empty() {
        return Ok(Value::from(network.network()));
    }
    let Ok(prefix) = query.parse::<u32>() else {
        return position(&network, &query);
    };
    if prefix > network.bits() {
        return Ok(Value::from(false));
    }
    if network.size() == 1 {
        // the networks around an address, the smallest last
        let around = prefix..network.bits();
        let index = index.unwrap_or(0);
        let lengths: Vec<u32> = around.collect();
        let at = if index < 0 {
            lengths
                .len()
                .checked_sub(usize::try_from(-index).unwrap_or(0))
        } else {
            usize::try_from(index).ok()
        };
        return Ok(match at.and_then(|at| lengths.get(at)) {
            Some(length) => Value::from(network.with(network.ip, *length).network()),
            None => Value::from(false),
        });
    }
    if prefix < network.prefix {
        return Ok(index.map_or_else(|| Value::from("0"), |_| Value::from(false)));
    }
    let count = 1_u128
        .checked_shl(prefix - network.prefix)
        .unwrap_or(u128::MAX);
    let Some(index) = index else {
        return Ok(Value::from(count.to_string()));
    };
    let size = network.with(network.ip, prefix).size();
    let distance = u128::from(index.unsigned_abs());
    let at = if index < 0 {
        count.checked_sub(distance)
    } else {
        Some(distance)
    };
    Ok(match at.filter(|at| *at < count) {
        Some(at) => Value::from(network.with(network.first() + at * size, prefix).network()),
        None => Value::from(false),
    })
}

/// Which of the networks of its size in `outer` this one is, counted from 1.
fn position(network: &Network, outer: &str) -> Result<Value, Error> {
    let outer = Network::read(outer, None)
        .ok_or_else(|| fail(format!("{outer:?} is neither an address nor a network")))?;
    if !outer.holds(network) || network.prefix < outer.prefix {
        return Err(fail(format!(
            "{} is not in the subnet {}",
            network.cidr(),
            outer.network()
        )));
    }
    let position = (network.first() - outer.first()) / network.size() + 1;
    Ok(Value::from(position.to_string()))
}

pub(super) fn ipmath(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let network = need(value)?;
    let amount = call
        .whole("amount")?
        .ok_or_else(|| fail("it needs a number to add"))?;
    let distance = u128::from(amount.unsigned_abs());
    let moved = if amount < 0 {
        network.ip.checked_sub(distance)
    } else {
        network.ip.checked_add(distance)
    };
    let fits = moved.filter(|ip| network.v6 || u32::try_from(*ip).is_ok());
    fits.map(|ip| Value::from(network.address(ip)))
        .ok_or_else(|| fail("there is no such address"))
}

pub(super) fn nthhost(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let (Ok(network), Some(index)) = (need(value), call.whole("query")?) else {
        return Ok(Value::from(false));
    };
    if index == 0 {
        return Ok(Value::from(false));
    }
    let ip = query::nth(&network, i128::from(index));
    Ok(ip.map_or_else(|| Value::from(false), |ip| Value::from(network.address(ip))))
}

/// The address some steps from this one that a host can have.
pub(super) fn usable(value: &Value, call: &Call<'_>, direction: i64) -> Result<Value, Error> {
    let network = need(value)?;
    let steps = call.whole("offset")?.unwrap_or(1) * direction;
    let distance = u128::from(steps.unsigned_abs());
    let ip = if steps < 0 {
        network.ip.checked_sub(distance)
    } else {
        network.ip.checked_add(distance)
    };
    let (first, last) = network.usable();
    let ip = ip.filter(|ip| network.size() > 1 && (first..=last).contains(ip));
    Ok(ip.map_or_else(|| Value::from(()), |ip| Value::from(network.address(ip))))
}

pub(super) fn network_in_network(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let (outer, inner) = (need(value)?, need(&call.need("test")?)?);
    Ok(Value::from(outer.holds(&inner)))
}

pub(super) fn network_in_usable(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let (outer, inner) = (need(value)?, need(&call.need("test")?)?);
    let (first, last) = outer.usable();
    Ok(Value::from(
        outer.v6 == inner.v6 && first <= inner.first() && inner.last() <= last,
    ))
}

pub(super) fn reduce_on_network(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let outer = need(&call.need("network")?)?;
    let mut inside = Vec::new();
    for item in items(value)? {
        if outer.holds(&need(&item)?) {
            inside.push(item);
        }
    }
    Ok(Value::from(inside))
}

pub(super) fn cidr_merge(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let mut all = items(value)?
        .iter()
        .map(need)
        .collect::<Result<Vec<_>, _>>()?;
    match call.text("action")?.as_deref().unwrap_or("merge") {
        "merge" => Ok(Value::from(
            merged(all)
                .iter()
                .map(|network| Value::from(network.network()))
                .collect::<Vec<_>>(),
        )),
        "span" => {
            all.sort_by_key(|network| (network.v6, network.first()));
            let (Some(first), Some(last)) = (all.first(), all.iter().map(Network::last).max())
            else {
                return Ok(Value::from(()));
            };
            let mut span = first.with(first.ip, first.bits());
            while span.last() < last {
                span = span.with(span.ip, span.prefix - 1);
            }
            Ok(Value::from(span.network()))
        }
        other => Err(fail(format!(
            "the action is \"merge\" or \"span\", not {other:?}"
        ))),
    }
}

/// As few networks as hold the same addresses.
fn merged(mut all: Vec<Network>) -> Vec<Network> {
    all.sort_by_key(|network| (network.v6, network.first(), network.prefix));
    let mut out: Vec<Network> = Vec::new();
    for network in all {
        if out.last().is_some_and(|last| last.holds(&network)) {
            continue;
        }
        out.push(network.with(network.first(), network.prefix));
        while let [.., left, right] = &out[..]
            && left.v6 == right.v6
            && left.prefix == right.prefix
            && left.prefix > 0
            && left.with(left.ip, left.prefix - 1).holds(right)
        {
            let both = left.with(left.ip, left.prefix - 1);
            out.truncate(out.len() - 2);
            out.push(both);
        }
    }
    out
}

pub(super) fn ip4_hex(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let delimiter = call.text("delimiter")?.unwrap_or_default();
    let address = text_of(value)?;
    let parts = address
        .split('.')
        .map(|part| part.parse::<u8>().map(|byte| format!("{byte:02x}")));
    let parts = parts
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| fail(format!("{address:?} is not an IPv4 address")))?;
    Ok(Value::from(parts.join(&delimiter)))
}
