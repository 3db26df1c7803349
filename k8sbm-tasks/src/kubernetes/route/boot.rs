//! What makes a route be there after a boot.

use super::{Route, State, network::Network};
use k8sbm_core::{
    host::{Attributes, Command, FileChange, Mode},
    task::{Diff, Error, Plan, Probe, Result, WriteFile},
};
use schemars::JsonSchema;
use serde::Deserialize;

/// What makes a route be there after a boot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Boot {
    /// systemd-networkd where it runs the device, else a unit.
    #[default]
    Auto,
    /// systemd-networkd, or the task fails.
    Networkd,
    /// A unit of systemd's.
    Unit,
    /// Nothing: the route is gone after a boot.
    None,
}

const UNITS: &str = "/etc/systemd/system";

/// The devices that systemd-networkd runs, each with its file; nothing where it does not run.
const ASK_NETWORKD: &str = "systemctl is-active --quiet systemd-networkd.service || exit 0
for link in /sys/class/net/*; do
  file=$(networkctl --no-pager status -- \"${link##*/}\" 2>/dev/null | sed -n 's/^ *Network File: //p')
  echo \"${link##*/} $file\"
done";

impl Route {
    pub(super) async fn plan_boot(&self, plan: &mut Plan, host: &Probe) -> Result<()> {
        if self.state == State::Absent {
            return self.forget(plan, host).await;
        }
        if self.boot == Boot::None {
            return Ok(());
        }
        let file = match self.boot {
            Boot::Unit => None,
            _ => self.network_file(host).await?,
        };
        match file {
            Some(file) => self.write_setting(plan, host, &file).await,
            None if self.boot == Boot::Networkd => Err(Error::failed(
                "systemd-networkd runs no card that leads to the gateway",
            )
            .hint("`boot: unit` needs none")),
            None => self.write_unit(plan, host).await,
        }
    }

    fn unit(&self) -> String {
        format!("k8sbm-route-{}.service", self.name())
    }

    fn name(&self) -> String {
        match self.destination {
            Network::Default => format!("default{}", self.flag()),
            network => network.file_name(),
        }
    }

    async fn write_unit(&self, plan: &mut Plan, host: &Probe) -> Result<()> {
        let (unit, words) = (self.unit(), self.words("replace"));
        let content = format!(
            "# Written by k8sbm.
[Unit]
Description=Route to {}
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
RemainAfterExit=yes
Restart=on-failure
RestartSec=2
ExecStart=/sbin/{} proto static

[Install]
WantedBy=multi-user.target
",
            self.destination,
            words.join(" ")
        );
        let mut changed = self
            .write(plan, host, format!("{UNITS}/{unit}"), content)
            .await?;
        let wants = format!("{UNITS}/multi-user.target.wants");
        let link = format!("{wants}/{unit}");
        if host.stat(&link).await?.is_none_or(|it| !it.is_link()) {
            plan.directory(host, &wants, &Attributes::default()).await?;
            let change = FileChange::SymbolicLink {
                path: link.clone(),
                target: format!("{UNITS}/{unit}"),
            };
            let diff = Diff::text(&link, "enabled: false\n", "enabled: true\n");
            plan.change(format!("enable {unit}"), change, Some(diff));
            changed = true;
        }
        if changed {
            plan.run(["systemctl", "daemon-reload"]);
        }
        Ok(())
    }

    async fn write(
        &self,
        plan: &mut Plan,
        host: &Probe,
        path: String,
        content: String,
    ) -> Result<bool> {
        let file = WriteFile {
            path,
            content: content.into(),
            attributes: Attributes {
                mode: Some(Mode::octal(0o644)),
                ..Attributes::default()
            },
            ..WriteFile::default()
        };
        plan.write(host, file).await
    }

    /// The file by which systemd-networkd runs the device of the route.
    async fn network_file(&self, host: &Probe) -> Result<Option<String>> {
        let output = host.query_command(Command::shell(ASK_NETWORKD)).await?;
        let text = output.text();
        if text.trim().is_empty() {
            return Ok(None);
        }
        let device = match (&self.device, self.gateway) {
            (Some(device), _) => Some(device.clone()),
            (None, Some(gateway)) => {
                let gateway = gateway.to_string();
                let argv = ["ip", "-json", self.flag(), "route", "get", &gateway];
                let output = host.query(argv).await?;
                let routes = serde_json::from_slice::<serde_json::Value>(&output.stdout);
                let device = routes.ok().map(|it| it[0]["dev"].clone());
                device.and_then(|it| Some(it.as_str()?.to_owned()))
            }
            (None, None) => None,
        };
        let file = text.lines().find_map(|line| {
            let (name, file) = line.split_once(' ')?;
            (Some(name) == device.as_deref() && file.starts_with('/')).then(|| file.to_owned())
        });
        Ok(file)
    }

    /// Beside the file of the device, wherever that lies: what is in /etc goes before, and survives netplan.
    async fn write_setting(&self, plan: &mut Plan, host: &Probe, file: &str) -> Result<()> {
        let name = file.rsplit('/').next().unwrap_or(file);
        let directory = format!("/etc/systemd/network/{name}.d");
        let mut content = "# Written by k8sbm.\n[Route]\n".to_owned();
        let destination = match (self.destination, self.is_ipv6()) {
            (Network::Default, true) => "::/0".into(),
            (Network::Default, false) => "0.0.0.0/0".into(),
            (network, _) => network.to_string(),
        };
        content.push_str(&format!("Destination={destination}\n"));
        if let Some(gateway) = self.gateway {
            content.push_str(&format!("Gateway={gateway}\n"));
        }
        if let Some(metric) = self.metric {
            content.push_str(&format!("Metric={metric}\n"));
        }
        plan.directory(host, &directory, &Attributes::default())
            .await?;
        let path = format!("{directory}/k8sbm-route-{}.conf", self.name());
        if self.write(plan, host, path, content).await? {
            plan.run(["networkctl", "reload"]);
        }
        Ok(())
    }

    /// Takes away what makes the route be there after a boot, whichever it is.
    async fn forget(&self, plan: &mut Plan, host: &Probe) -> Result<()> {
        let unit = self.unit();
        let link = format!("{UNITS}/multi-user.target.wants/{unit}");
        let mut units = plan.absent(host, &link).await?;
        units |= plan.absent(host, &format!("{UNITS}/{unit}")).await?;
        if units {
            plan.run(["systemctl", "daemon-reload"]);
        }
        let networks = "/etc/systemd/network";
        let mut settings = false;
        for folder in host.list(networks).await?.iter().flat_map(|it| it.iter()) {
            if folder.ends_with(".network.d") {
                let name = self.name();
                let path = format!("{networks}/{folder}/k8sbm-route-{name}.conf");
                settings |= plan.absent(host, &path).await?;
            }
        }
        if settings {
            plan.run(["networkctl", "reload"]);
        }
        Ok(())
    }
}
