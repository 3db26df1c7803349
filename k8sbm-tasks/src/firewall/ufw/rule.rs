//! A rule in ufw's words.

use super::{Direction, Ufw};

/// The words after `ufw`: `allow from any to any port 22 proto tcp`.
pub(super) fn words(task: &Ufw, verdict: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut add = |parts: &[&str]| words.extend(parts.iter().map(|it| (*it).to_owned()));
    if task.route {
        add(&["route"]);
    }
    match task.insert {
        _ if task.delete => add(&["delete"]),
        Some(place) if place > 0 => add(&["insert", &place.to_string()]),
        _ => {}
    }
    add(&[verdict]);
    if let Some(direction) = task.direction {
        add(&[Direction::word(direction)]);
    }
    let on = [
        (&["on"][..], &task.interface),
        (&["in", "on"], &task.interface_in),
        (&["out", "on"], &task.interface_out),
    ];
    for (before, interface) in on {
        if let Some(interface) = interface {
            add(before);
            add(&[interface]);
        }
    }
    if task.log {
        add(&["log"]);
    }
    let (from, to) = (Some(task.from_ip.clone()), Some(task.to_ip.clone()));
    let rest = [
        ("from", &from),
        ("port", &task.from_port),
        ("to", &to),
        ("port", &task.to_port),
        ("proto", &task.proto),
        ("app", &task.name),
        ("comment", &task.comment),
    ];
    for (word, value) in rest {
        if let Some(value) = value {
            add(&[word, value]);
        }
    }
    words
}
