//! Addresses and networks: the filters of `ansible.utils` and `ansible.netcommon`.

mod address;
mod mac;
mod query;
mod subnet;

use crate::template::call::{Call, Operation, fail, is_list, items, text_of};
pub(in crate::template) use address::Network;
use minijinja::{Error, Value};

const COLLECTIONS: &[&str] = &["ansible.utils", "ansible.netcommon"];

pub(super) const FILTERS: &[Operation] = &[
    Operation::new(
        &["ipaddr"],
        &["query", "version", "alias"],
        |value, call| ipaddr(value, call, None),
    )
    .of(COLLECTIONS),
    Operation::new(&["ipv4"], &["query"], |value, call| {
        ipaddr(value, call, Some(4))
    })
    .of(COLLECTIONS),
    Operation::new(&["ipv6"], &["query"], |value, call| {
        ipaddr(value, call, Some(6))
    })
    .of(COLLECTIONS),
    Operation::new(&["ipwrap"], &["query"], ipwrap).of(COLLECTIONS),
    Operation::new(&["ipsubnet"], &["query", "index"], subnet::ipsubnet).of(COLLECTIONS),
    Operation::new(&["ipmath"], &["amount"], subnet::ipmath).of(COLLECTIONS),
    Operation::new(&["nthhost"], &["query"], subnet::nthhost).of(COLLECTIONS),
    Operation::new(&["next_nth_usable"], &["offset"], |value, call| {
        subnet::usable(value, call, 1)
    })
    .of(COLLECTIONS),
    Operation::new(&["previous_nth_usable"], &["offset"], |value, call| {
        subnet::usable(value, call, -1)
    })
    .of(COLLECTIONS),
    Operation::new(
        &["network_in_network"],
        &["test"],
        subnet::network_in_network,
    )
    .of(COLLECTIONS),
    Operation::new(&["network_in_usable"], &["test"], subnet::network_in_usable).of(COLLECTIONS),
    Operation::new(
        &["reduce_on_network"],
        &["network"],
        subnet::reduce_on_network,
    )
    .of(COLLECTIONS),
    Operation::new(&["cidr_merge"], &["action"], subnet::cidr_merge).of(COLLECTIONS),
    Operation::new(&["ip4_hex"], &["delimiter"], subnet::ip4_hex).of(COLLECTIONS),
    Operation::new(&["slaac"], &["query"], mac::slaac).of(COLLECTIONS),
    Operation::new(&["hwaddr", "macaddr"], &["query"], mac::hwaddr).of(COLLECTIONS),
];

fn ipaddr(value: &Value, call: &Call<'_>, version: Option<i64>) -> Result<Value, Error> {
    let query = call.text("query")?.unwrap_or_default();
    let version = match version {
        Some(version) => Some(version),
        None => match call.value("version")? {
            Some(version) if version.is_true() => version.as_i64(),
            _ => None,
        },
    };
    asked(value, &query, version)
}

/// The answer to a query about an address; of a list, the answers that are any.
fn asked(value: &Value, query: &str, version: Option<i64>) -> Result<Value, Error> {
    if is_list(value) {
        let answers = items(value)?
            .into_iter()
            .map(|item| asked(&item, query, version));
        let answers = answers.filter(|answer| answer.as_ref().map_or(true, Value::is_true));
        return answers.collect::<Result<Vec<_>, _>>().map(Value::from);
    }
    let Some(network) = read(value, version)? else {
        return Ok(Value::from(false));
    };
    query::answer(&network, query)
}

/// The address or network a value stands for, if it is of the version.
fn read(value: &Value, version: Option<i64>) -> Result<Option<Network>, Error> {
    if !value.is_true() || value.as_i64().is_none() && value.as_str().is_none() {
        return Ok(None);
    }
    let network = Network::read(&text_of(value)?, version);
    Ok(network
        .filter(|network| version.is_none_or(|version| i64::from(network.version()) == version)))
}

/// The address or network a value has to be.
fn need(value: &Value) -> Result<Network, Error> {
    let text = text_of(value)?;
    Network::read(&text, None)
        .ok_or_else(|| fail(format!("{text:?} is neither an address nor a network")))
}

fn ipwrap(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    let query = call.text("query")?.unwrap_or_default();
    let wrap = |item: &Value| {
        let answer = asked(item, &query, None)?;
        if answer.is_true() {
            asked(&answer, "wrap", None)
        } else {
            Ok(item.clone())
        }
    };
    if is_list(value) {
        return items(value)?
            .iter()
            .map(wrap)
            .collect::<Result<Vec<_>, _>>()
            .map(Value::from);
    }
    wrap(value)
}
