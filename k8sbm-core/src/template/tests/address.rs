//! Addresses and networks: the tests of `ansible.utils`.

use crate::template::{
    call::{Call, Operation, items, text_of},
    filters::Network,
};
use minijinja::{Error, Value};

const UTILS: &[&str] = &["ansible.utils"];

pub(super) const TESTS: &[Operation] = &[
    Operation::new(&["ip"], &[], |value, _| asked(value, |_| true)).of(UTILS),
    Operation::new(&["ip_address"], &[], |value, _| {
        asked(value, |network| network.size() == 1)
    })
    .of(UTILS),
    Operation::new(&["ipv4"], &[], |value, _| {
        asked(value, |network| !network.v6)
    })
    .of(UTILS),
    Operation::new(&["ipv4_address"], &[], |value, _| {
        asked(value, |network| !network.v6 && network.size() == 1)
    })
    .of(UTILS),
    Operation::new(&["ipv6"], &[], |value, _| {
        asked(value, |network| network.v6)
    })
    .of(UTILS),
    Operation::new(&["ipv6_address"], &[], |value, _| {
        asked(value, |network| network.v6 && network.size() == 1)
    })
    .of(UTILS),
    Operation::new(&["loopback"], &[], |value, _| {
        asked(value, |network| network.is_in(&["127.0.0.0/8", "::1/128"]))
    })
    .of(UTILS),
    Operation::new(&["multicast"], &[], |value, _| {
        asked(value, |network| network.is_in(&["224.0.0.0/4", "ff00::/8"]))
    })
    .of(UTILS),
    Operation::new(&["unspecified"], &[], |value, _| {
        asked(value, |network| network.ip == 0 && network.size() == 1)
    })
    .of(UTILS),
    Operation::new(&["private"], &[], |value, _| {
        asked(value, |network| !network.is_global())
    })
    .of(UTILS),
    Operation::new(&["public"], &[], |value, _| {
        asked(value, Network::is_global)
    })
    .of(UTILS),
    Operation::new(&["in_network", "subnet_of"], &["network"], |value, call| {
        within(value, &call.need("network")?).map(Value::from)
    })
    .of(UTILS),
    Operation::new(&["supernet_of"], &["network"], |value, call| {
        within(&call.need("network")?, value).map(Value::from)
    })
    .of(UTILS),
    Operation::new(&["in_any_network"], &["networks"], |value, call| {
        any(value, call)
    })
    .of(UTILS),
    Operation::new(&["mac"], &[], |value, _| {
        let text = text_of(value)?;
        let digits: String = text
            .chars()
            .filter(|letter| !":-.".contains(*letter))
            .collect();
        Ok(Value::from(
            digits.len() == 12 && digits.chars().all(|digit| digit.is_ascii_hexdigit()),
        ))
    })
    .of(UTILS),
];

fn asked(value: &Value, holds: impl Fn(&Network) -> bool) -> Result<Value, Error> {
    Ok(Value::from(
        Network::read(&text_of(value)?, None).is_some_and(|network| holds(&network)),
    ))
}

fn within(inner: &Value, outer: &Value) -> Result<bool, Error> {
    let (inner, outer) = (
        Network::read(&text_of(inner)?, None),
        Network::read(&text_of(outer)?, None),
    );
    Ok(inner
        .zip(outer)
        .is_some_and(|(inner, outer)| outer.holds(&inner)))
}

fn any(value: &Value, call: &Call<'_>) -> Result<Value, Error> {
    for network in items(&call.need("networks")?)? {
        if within(value, &network)? {
            return Ok(Value::from(true));
        }
    }
    Ok(Value::from(false))
}
