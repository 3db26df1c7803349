//! The kernel's table of TCP sockets, `/proc/net/tcp` and `/proc/net/tcp6`.

use k8sbm_core::task::{Probe, Result};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const LISTEN: u8 = 0x0a;

/// A socket.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Socket {
    local: IpAddr,
    port: u16,
    remote: IpAddr,
    state: u8,
}

/// The sockets of a host.
#[derive(Debug)]
pub(super) struct TcpTable(Vec<Socket>);

impl TcpTable {
    /// Looks at a host.
    pub(super) async fn look(host: &Probe) -> Result<Self> {
        let (four, six) = tokio::join!(
            host.read_text("/proc/net/tcp"),
            host.read_text("/proc/net/tcp6")
        );
        let text = [four?.unwrap_or_default(), six?.unwrap_or_default()].concat();
        Ok(Self(text.lines().filter_map(socket).collect()))
    }

    /// Whether somebody surely listens at a port of a loopback address.
    ///
    /// One who listens at all IPv6 addresses may take IPv4 as well or not: that is not sure.
    pub(super) fn listens(&self, host: &str, port: u16) -> bool {
        let addresses: Vec<IpAddr> = match host {
            "localhost" => vec![Ipv4Addr::LOCALHOST.into()],
            "0.0.0.0" => vec![Ipv4Addr::UNSPECIFIED.into()],
            text => text.parse().ok().into_iter().collect(),
        };
        self.0.iter().any(|socket| {
            let at = |address: &IpAddr| {
                let reachable = address.is_loopback() || address.is_unspecified();
                let same = socket.local == *address;
                let all =
                    socket.local.is_unspecified() && socket.local.is_ipv4() == address.is_ipv4();
                reachable && (same || all)
            };
            socket.state == LISTEN && socket.port == port && addresses.iter().any(at)
        })
    }

    /// How many connections in one of `states` there are at a port of one of `hosts`, those of `except` left out.
    pub(super) fn active(
        &self,
        hosts: &[IpAddr],
        port: u16,
        states: &[u8],
        except: &[IpAddr],
    ) -> usize {
        let counts = |socket: &&Socket| {
            let at = |host: &IpAddr| {
                *host == socket.local
                    || host.is_unspecified() && host.is_ipv4() == socket.local.is_ipv4()
            };
            socket.port == port
                && states.contains(&socket.state)
                && hosts.iter().any(at)
                && !except.contains(&socket.remote)
        };
        self.0.iter().filter(counts).count()
    }
}

fn socket(line: &str) -> Option<Socket> {
    let mut fields = line.split_whitespace().skip(1);
    let (local, port) = address(fields.next()?)?;
    let (remote, _) = address(fields.next()?)?;
    let state = u8::from_str_radix(fields.next()?, 16).ok()?;
    Some(Socket {
        local,
        port,
        remote,
        state,
    })
}

/// An address in words of four bytes, each in the host's order, and a port.
fn address(text: &str) -> Option<(IpAddr, u16)> {
    let (address, port) = text.split_once(':')?;
    let mut bytes = Vec::new();
    for word in address.as_bytes().chunks(8) {
        let word = u32::from_str_radix(std::str::from_utf8(word).ok()?, 16).ok()?;
        bytes.extend(word.to_le_bytes());
    }
    let address = match <[u8; 4]>::try_from(bytes.as_slice()) {
        Ok(four) => IpAddr::from(Ipv4Addr::from(four)),
        Err(_) => IpAddr::from(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?)),
    };
    Some((address.to_canonical(), u16::from_str_radix(port, 16).ok()?))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::testing::{Desk, probe};
    use k8sbm_core::connection::FakeHost;

    /// Listeners at 127.0.0.1:6443, 0.0.0.0:22 and [::]:80; a connection from 10.0.0.9 to 10.0.0.1:22.
    pub(in crate::net::wait_for) fn host() -> FakeHost {
        let four = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   0: 0100007F:192B 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1\n   1: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2 1\n   2: 0100000A:0016 0900000A:C350 01 00000000:00000000 02:000A0000 00000000     0        0 3 1\n";
        let six = "  sl  local_address                         remote_address                        st\n   0: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 0 0 0\n   1: 0000000000000000FFFF00000100000A:0050 0000000000000000FFFF00000800000A:C351 06 0 0 0\n";
        FakeHost::new()
            .file("/proc/net/tcp", four)
            .file("/proc/net/tcp6", six)
    }

    #[tokio::test]
    async fn listeners_are_known_where_that_is_sure() {
        let table = TcpTable::look(&probe(host(), Desk::default()))
            .await
            .unwrap();
        for (host, port) in [
            ("127.0.0.1", 6443),
            ("127.0.0.1", 22),
            ("localhost", 22),
            ("127.1.2.3", 22),
            ("::1", 80),
            ("0.0.0.0", 22),
        ] {
            assert!(table.listens(host, port), "{host}:{port}");
        }
        for (host, port) in [
            ("127.0.0.1", 80),
            ("10.0.0.1", 22),
            ("::1", 22),
            ("127.0.0.2", 6443),
            ("127.0.0.1", 50000),
            ("n1", 22),
        ] {
            assert!(!table.listens(host, port), "{host}:{port}");
        }
    }

    #[tokio::test]
    async fn connections_are_counted() {
        let table = TcpTable::look(&probe(host(), Desk::default()))
            .await
            .unwrap();
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let active =
            |host: &str, port, except: &[IpAddr]| table.active(&[ip(host)], port, &[1, 6], except);
        assert_eq!(active("10.0.0.1", 22, &[]), 1);
        assert_eq!(active("0.0.0.0", 22, &[]), 1);
        assert_eq!(
            active("10.0.0.1", 80, &[]),
            1,
            "an IPv4 address in an IPv6 socket"
        );
        assert_eq!(active("10.0.0.1", 22, &[ip("10.0.0.9")]), 0);
        assert_eq!(active("127.0.0.1", 22, &[]), 0);
    }
}
