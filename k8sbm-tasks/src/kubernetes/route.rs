//! The `route` module.

mod boot;
mod network;

use self::{boot::Boot, network::Network};
use k8sbm_core::{
    host::Command,
    task::{Diff, Error, Example, Plan, Probe, Result, Task},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;

/// Makes a static route, for now and for every boot.
///
/// For now, `ip route` does it. For the boot, it is written where the host's own means find it: as a setting beside the
/// device's file of systemd-networkd where that runs the device (so also under netplan), which otherwise would take a
/// route away that it does not know; else as a small unit of systemd's.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Route {
    /// The network that is reached, such as `10.200.1.0/24`; an address alone; or `default`, with a `gateway` that says
    /// of which family.
    #[serde(alias = "to")]
    #[schemars(with = "String", extend("aliases" = ["to"]))]
    destination: Network,
    /// The address of the host that knows the way.
    #[serde(alias = "via")]
    #[schemars(extend("aliases" = ["via"]))]
    gateway: Option<std::net::IpAddr>,
    /// The network card. Default: the one that reaches the gateway.
    #[serde(alias = "dev")]
    #[schemars(extend("aliases" = ["dev"]))]
    device: Option<String>,
    /// Of several routes to one network, the lowest counts.
    metric: Option<u32>,
    /// What is there after a boot.
    #[serde(default)]
    boot: Boot,
    /// Whether the route is there. `absent` needs no gateway.
    #[serde(default)]
    state: State,
}

/// Whether a route is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    /// It is.
    #[default]
    Present,
    /// It is not.
    Absent,
}

impl Task for Route {
    const NAME: &'static str = "route";

    fn validate(&self) -> Result<()> {
        if self.state == State::Present && self.gateway.is_none() && self.device.is_none() {
            return Err(Error::arguments("a route needs a `gateway` or a `device`"));
        }
        if self
            .gateway
            .is_some_and(|it| self.destination.family() != it.is_ipv6())
            && !self.destination.is_default()
        {
            let error = Error::arguments("the gateway is of another family than the destination");
            return Err(error.about(["gateway"]));
        }
        if self.destination.is_default() && self.gateway.is_none() {
            let error = Error::arguments("`default` does not say of which family");
            return Err(error.hint("name the gateway"));
        }
        let odd =
            |it: &&String| it.is_empty() || it.contains(|it: char| it.is_whitespace() || it == '/');
        if let Some(device) = self.device.as_ref().filter(odd) {
            let error = Error::arguments(format!("`{device}` names no network card"));
            return Err(error.about(["device"]));
        }
        Ok(())
    }

    async fn plan(&self, host: &Probe) -> Result<Plan> {
        let mut plan = Plan::default();
        let there = self.live(host).await?;
        match self.state {
            State::Present if !there.iter().any(|it| self.fits(it)) => {
                let before = there.iter().map(told).collect::<String>();
                let mut words = self.words("replace");
                words.extend(["proto".into(), "static".into()]);
                let after = format!("{}\n", self.words("").split_off(3).join(" "));
                let diff = Diff::text("routes", before, after);
                plan.run_command(Command::new(words), Some(diff));
            }
            State::Present => {}
            State::Absent => {
                for route in there.iter().filter(|it| self.is_meant(it)) {
                    let mut words = vec!["ip".to_owned(), self.flag().to_owned(), "route".into()];
                    words.extend(["del".into(), self.destination.to_string()]);
                    for (word, key) in [("via", "gateway"), ("dev", "dev"), ("metric", "metric")] {
                        if let Some(value) = text(route, key) {
                            words.extend([word.to_owned(), value]);
                        }
                    }
                    let diff = Diff::text("routes", told(route), "");
                    plan.run_command(Command::new(words), Some(diff));
                }
            }
        }
        self.plan_boot(&mut plan, host).await?;
        Ok(plan)
    }

    fn examples() -> &'static [Example] {
        &[
            Example {
                title: "The pods of another node",
                yaml: "route:\n  destination: 10.200.1.0/24\n  gateway: 192.168.1.12\n",
            },
            Example {
                title: "A network behind a card, of the other family",
                yaml: "route:\n  to: fd00:200:1::/64\n  dev: eth1\n  metric: 100\n",
            },
            Example {
                title: "A node that is gone takes its route with it",
                yaml: "route:\n  destination: 10.200.7.0/24\n  state: absent\n",
            },
        ]
    }
}

impl Route {
    /// Whether it is of IPv6.
    fn is_ipv6(&self) -> bool {
        match self.gateway {
            Some(gateway) => gateway.is_ipv6(),
            None => self.destination.family(),
        }
    }

    fn flag(&self) -> &'static str {
        if self.is_ipv6() { "-6" } else { "-4" }
    }

    /// `ip -4 route VERB DESTINATION via GATEWAY dev DEVICE metric METRIC`.
    fn words(&self, verb: &str) -> Vec<String> {
        let mut words = vec!["ip".to_owned(), self.flag().to_owned(), "route".into()];
        words.extend((!verb.is_empty()).then(|| verb.to_owned()));
        words.push(self.destination.to_string());
        let gateway = self.gateway.map(|it| it.to_string());
        let metric = self.metric.map(|it| it.to_string());
        let all = [
            ("via", gateway),
            ("dev", self.device.clone()),
            ("metric", metric),
        ];
        for (word, value) in all {
            words.extend(value.into_iter().flat_map(|it| [word.to_owned(), it]));
        }
        words
    }

    /// The routes to the destination that the kernel has. All are asked for, so that many tasks ask once.
    async fn live(&self, host: &Probe) -> Result<Vec<Json>> {
        let argv = ["ip", "-json", self.flag(), "route", "show", "table", "main"];
        let output = host.query(argv).await?;
        if !output.success() {
            let error = Error::failed(format!(
                "the routes cannot be read: {}",
                output.error_text()
            ));
            return Err(error.hint("the host needs iproute2"));
        }
        let text = output.text();
        let text = if text.trim().is_empty() { "[]" } else { &text };
        let all: Vec<Json> = serde_json::from_str(text)
            .map_err(|error| Error::failed(format!("the routes cannot be read: {error}")))?;
        let meant = |route: &Json| {
            let destination = route["dst"].as_str().map(str::parse::<Network>);
            destination.is_some_and(|it| it.is_ok_and(|it| it == self.destination))
        };
        Ok(all.into_iter().filter(meant).collect())
    }

    /// Whether the kernel's route is as it shall be.
    fn fits(&self, route: &Json) -> bool {
        let gateway = route["gateway"].as_str().and_then(|it| it.parse().ok());
        self.gateway == gateway && self.is_meant(route)
    }

    /// Whether the kernel's route is one that the arguments speak of.
    fn is_meant(&self, route: &Json) -> bool {
        let device = self.device.as_deref();
        device.is_none_or(|it| route["dev"] == it)
            && self.metric.is_none_or(|it| route["metric"] == it)
            && (self.state == State::Present
                || self
                    .gateway
                    .is_none_or(|it| route["gateway"] == it.to_string()))
    }
}

fn text(route: &Json, key: &str) -> Option<String> {
    match &route[key] {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn told(route: &Json) -> String {
    let part = |(word, key)| text(route, key).map(|value| format!("{word}{value}"));
    let all = [
        ("", "dst"),
        ("via ", "gateway"),
        ("dev ", "dev"),
        ("metric ", "metric"),
    ];
    let all: Vec<String> = all.into_iter().filter_map(part).collect();
    format!("{}\n", all.join(" "))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Desk, probe, refusal, told};
    use k8sbm_core::connection::FakeHost;

    const YAML: &str = "{destination: 10.200.1.0/24, gateway: 10.0.0.2}";
    const SHOW: [&str; 7] = ["ip", "-json", "-4", "route", "show", "table", "main"];

    fn host(routes: &str) -> FakeHost {
        let networkd = "systemctl is-active --quiet systemd-networkd.service";
        FakeHost::new().query(SHOW, routes).queries(
            move |command| command.line().contains(networkd),
            |_, _| k8sbm_core::host::Output::default(),
        )
    }

    #[tokio::test]
    async fn a_route_is_for_now_and_for_every_boot() {
        let probe = probe(host("[]"), Desk::default());
        insta::assert_snapshot!(told(&probe, "route", YAML).await, @r"
        run ip -4 route replace 10.200.1.0/24 via 10.0.0.2 proto static
        + 10.200.1.0/24 via 10.0.0.2
        write /etc/systemd/system/k8sbm-route-10.200.1.0-24.service
        + # Written by k8sbm.
        + [Unit]
        + Description=Route to 10.200.1.0/24
        + Wants=network-online.target
        + After=network-online.target
        +
        + [Service]
        + Type=oneshot
        + RemainAfterExit=yes
        + Restart=on-failure
        + RestartSec=2
        + ExecStart=/sbin/ip -4 route replace 10.200.1.0/24 via 10.0.0.2 proto static
        +
        + [Install]
        + WantedBy=multi-user.target
        make directory /etc/systemd/system/multi-user.target.wants
        - state: absent
        + state: directory
        enable k8sbm-route-10.200.1.0-24.service
        - enabled: false
        + enabled: true
        run systemctl daemon-reload
        ");
    }

    #[tokio::test]
    async fn a_route_by_another_host_is_replaced() {
        let live = r#"[{"dst":"10.200.1.0/24","gateway":"10.0.0.9","dev":"eth0","flags":[]}]"#;
        let yaml = "{destination: 10.200.1.0/24, gateway: 10.0.0.2, boot: none}";
        insta::assert_snapshot!(told(&probe(host(live), Desk::default()), "route", yaml).await, @r"
        run ip -4 route replace 10.200.1.0/24 via 10.0.0.2 proto static
        - 10.200.1.0/24 via 10.0.0.9 dev eth0
        + 10.200.1.0/24 via 10.0.0.2
        ");
        let live = live.replace("10.0.0.9", "10.0.0.2");
        let probe = probe(host(&live), Desk::default());
        assert_eq!(told(&probe, "route", yaml).await, "");
        let gone = "{destination: 10.200.1.0/24, state: absent}";
        insta::assert_snapshot!(told(&probe, "route", gone).await, @r"
        run ip -4 route del 10.200.1.0/24 via 10.0.0.2 dev eth0
        - 10.200.1.0/24 via 10.0.0.2 dev eth0
        ");
    }

    #[test]
    fn half_a_route_is_refused() {
        let yaml = "{destination: 10.0.0.0/8}";
        assert!(refusal("route", yaml).message.contains("needs a `gateway`"));
        let yaml = "{destination: 10.0.0.0/8, gateway: 'fd00::1'}";
        assert!(refusal("route", yaml).message.contains("another family"));
        let yaml = "{destination: 10.0.0.1/8, gateway: 10.0.0.2}";
        assert!(refusal("route", yaml).message.contains("10.0.0.0/8"));
    }
}
