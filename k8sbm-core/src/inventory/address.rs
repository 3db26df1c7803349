//! A host as it is written in an inventory: `name`, `name:port`, `[2001:db8::1]:port`.

use super::range;
use crate::{
    diagnostic::Diagnostic,
    node::{Entry, Kind, Node, Span},
};
use std::{net::Ipv6Addr, sync::Arc};

/// The names meant, and the port if one is given.
pub(super) struct Address {
    pub(super) names: Vec<String>,
    pub(super) port: Option<u16>,
}

impl Address {
    pub(super) fn parse(text: &str, span: &Span) -> Result<Self, Diagnostic> {
        let (name, port) = split_port(text, span)?;
        let names = if name.parse::<Ipv6Addr>().is_ok() {
            vec![name.to_owned()]
        } else {
            range::expand(name, span)?
        };
        Ok(Self { names, port })
    }

    /// The port as the variable it sets.
    pub(super) fn port_var(&self, span: &Span) -> Option<(Arc<str>, Entry)> {
        let value = Node::at(Kind::Int(i64::from(self.port?)), span.clone());
        Some((
            "ansible_port".into(),
            Entry {
                key: span.clone(),
                value,
            },
        ))
    }
}

fn split_port<'a>(text: &'a str, span: &Span) -> Result<(&'a str, Option<u16>), Diagnostic> {
    if text.parse::<Ipv6Addr>().is_ok() {
        return Ok((text, None));
    }
    let Some((name, port)) = text.rsplit_once(':').filter(|(name, _)| balanced(name)) else {
        return Ok((text, None));
    };
    if port.is_empty() {
        return Err(
            Diagnostic::new(format!("`{text}` ends in `:` without a port")).label(span, ""),
        );
    }
    let inside = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'));
    let name = inside
        .filter(|name| name.parse::<Ipv6Addr>().is_ok())
        .unwrap_or(name);
    match port.parse() {
        Ok(port) => Ok((name, Some(port))),
        Err(_) => Err(Diagnostic::new(format!("`{port}` in `{text}` is no port"))
            .label(span, "")
            .help("a host is `name`, `name:port` or `[address]:port`")),
    }
}

/// Whether a colon after this stands outside brackets.
fn balanced(name: &str) -> bool {
    name.matches('[').count() == name.matches(']').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_ports() {
        let read = |text: &str| {
            let address = Address::parse(text, &Span::none()).map_err(|error| error.message)?;
            Ok::<_, String>((address.names.join(" "), address.port))
        };
        assert_eq!(read("web"), Ok(("web".into(), None)));
        assert_eq!(read("web[1:2]:22"), Ok(("web1 web2".into(), Some(22))));
        assert_eq!(
            read("192.0.2.[1:2]"),
            Ok(("192.0.2.1 192.0.2.2".into(), None))
        );
        assert_eq!(read("2001:db8::1"), Ok(("2001:db8::1".into(), None)));
        assert_eq!(
            read("[2001:db8::1]:2222"),
            Ok(("2001:db8::1".into(), Some(2222)))
        );
        insta::assert_snapshot!(read("web:").unwrap_err(), @"`web:` ends in `:` without a port");
        insta::assert_snapshot!(read("web:ssh").unwrap_err(), @"`ssh` in `web:ssh` is no port");
        insta::assert_snapshot!(read("web:70000").unwrap_err(), @"`70000` in `web:70000` is no port");
    }
}
