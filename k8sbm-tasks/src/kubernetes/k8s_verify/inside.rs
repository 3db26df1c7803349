//! What pods are asked: T10 to T12 and T18. Each pod is asked all of it at once, and all pods are asked at once.

use super::{
    row::Row,
    workload::{Pod, bracketed, fetched, fetching},
};

/// A test that every pod makes.
pub(super) trait Inside: Send + Sync {
    /// What the pod runs.
    fn script(&self) -> String;
    /// What is to be said of what it printed, or complained of.
    fn row(&self, pod: &Pod, said: Result<String, String>) -> Row;
}

/// T10: the pod finds a name.
pub(super) struct Name {
    pub(super) name: String,
    /// What it must find; anything where nothing is said.
    pub(super) address: Option<String>,
}

impl Inside for Name {
    fn script(&self) -> String {
        format!("nslookup {}", self.name)
    }

    fn row(&self, pod: &Pod, said: Result<String, String>) -> Row {
        let name = &self.name;
        let said = match said {
            Ok(said) => said,
            Err(why) => return Row::failed("T10", &pod.node, format!("{name}: {why}")),
        };
        match &self.address {
            Some(wanted) if !said.contains(wanted.as_str()) => {
                let detail = format!("{name} is not {wanted}: {}", said.replace('\n', " "));
                Row::of("T10", &pod.node, false, detail)
            }
            _ => Row::of("T10", &pod.node, true, format!("{name} is found")),
        }
    }
}

/// T11: the pod reaches every pod, with small packets and large bodies.
pub(super) struct Pods(pub(super) Vec<Pod>);

impl Inside for Pods {
    fn script(&self) -> String {
        let targets: Vec<String> = self.0.iter().map(|to| bracketed(&to.address)).collect();
        format!(
            "for a in {}; do r=$(wget -q -T 4 -O - \"http://$a:8080/\" 2>&1); n=$(wget -q -T 4 -O - \"http://$a:8080/large\" 2>/dev/null | wc -c); echo \"$a $n $r\"; done",
            targets.join(" ")
        )
    }

    fn row(&self, pod: &Pod, said: Result<String, String>) -> Row {
        let said = match said {
            Ok(said) => said,
            Err(why) => return Row::failed("T11", &pod.node, why),
        };
        let mut wrong = Vec::new();
        for to in &self.0 {
            let line = said
                .lines()
                .find(|line| line.split(' ').next() == Some(&*bracketed(&to.address)));
            let mut words = line.unwrap_or_default().split(' ').skip(1);
            let length = words.next().unwrap_or_default();
            let name = words.collect::<Vec<_>>().join(" ");
            if name != to.node {
                wrong.push(format!("{} is not reached: {name}", to.node));
            } else if length != "65536" {
                wrong.push(format!(
                    "{} gave {length} of 65536 bytes: is the MTU right?",
                    to.node
                ));
            }
        }
        let count = self.0.len();
        let detail = match wrong.is_empty() {
            true => format!("reaches {count} of {count} nodes"),
            false => wrong.join("; "),
        };
        Row::of("T11", &pod.node, wrong.is_empty(), detail)
    }
}

/// T12: the service answers at its own address, and at its port on every node and further address.
pub(super) struct Services {
    pub(super) cluster_ip: String,
    pub(super) port: i64,
    /// Where the port must answer.
    pub(super) addresses: Vec<String>,
    /// The names that pods answer with.
    pub(super) nodes: Vec<String>,
}

impl Services {
    fn urls(&self) -> Vec<String> {
        let own = format!("http://{}:80/", bracketed(&self.cluster_ip));
        let port = self.port;
        let others = self.addresses.iter();
        let others = others.map(|it| format!("http://{}:{port}/", bracketed(it)));
        std::iter::once(own).chain(others).collect()
    }
}

impl Inside for Services {
    fn script(&self) -> String {
        fetching(&self.urls())
    }

    fn row(&self, pod: &Pod, said: Result<String, String>) -> Row {
        let found = match said {
            Ok(said) => fetched(&said),
            Err(why) => return Row::failed("T12", &pod.node, why),
        };
        let wrong: Vec<String> = found
            .iter()
            .filter(|it| !self.nodes.contains(&it.body))
            .map(|it| {
                format!("{} gives nothing {}", it.url, it.body)
                    .trim()
                    .to_owned()
            })
            .collect();
        let asked = self.addresses.len() + 1;
        let detail = match wrong.is_empty() {
            true if found.len() == asked => format!(
                "ClusterIP {}, port {} on {} addresses",
                self.cluster_ip,
                self.port,
                self.addresses.len()
            ),
            true => format!("only {} of {asked} addresses were asked", found.len()),
            false => wrong.join("; "),
        };
        let ok = wrong.is_empty() && found.len() == asked;
        Row::of("T12", &pod.node, ok, detail)
    }
}

/// T18: the API reaches the kubelet of the node: logs and exec.
pub(super) struct Kubelet {
    /// The logs of all pods, each line behind the name of its pod.
    pub(super) logs: String,
    /// Why there are none.
    pub(super) refused: String,
}

impl Inside for Kubelet {
    fn script(&self) -> String {
        "echo \"$NODE\"".to_owned()
    }

    fn row(&self, pod: &Pod, said: Result<String, String>) -> Row {
        let own = format!("[pod/{}/", pod.name);
        let mut lines = self.logs.lines().filter(|line| line.starts_with(&own));
        let logged = lines.any(|line| line.contains("ready on"));
        let executed = said.as_ref().is_ok_and(|said| said.trim() == pod.node);
        let detail = match (logged, executed) {
            (true, true) => "logs and exec work".to_owned(),
            (false, _) => format!("no logs: {}", self.refused.trim()),
            (_, false) => format!("no exec: {}", said.unwrap_or_else(|why| why).trim()),
        };
        Row::of("T18", &pod.node, logged && executed, detail)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::row::table, *};

    fn pod(node: &str, address: &str) -> Pod {
        Pod {
            name: format!("probe-{node}"),
            node: node.into(),
            address: address.into(),
            host: "192.0.2.1".into(),
        }
    }

    #[test]
    fn what_pods_say_is_judged() {
        let pods = [pod("w1", "10.0.0.1"), pod("w2", "fd00::2")];
        let name = Name {
            name: "kubernetes.default.svc.cluster.local.".into(),
            address: Some("10.96.0.1".into()),
        };
        let reach = Pods(pods.to_vec());
        let services = Services {
            cluster_ip: "10.96.3.4".into(),
            port: 30_080,
            addresses: vec!["192.0.2.1".into()],
            nodes: vec!["w1".into(), "w2".into()],
        };
        let kubelet = Kubelet {
            logs: "[pod/probe-w1/probe] ready on w1\n[pod/probe-w2/probe] starts\n".into(),
            refused: "the kubelet of w2 does not answer".into(),
        };
        let ok = |said: &str| Ok(said.to_owned());
        let [one, two] = &pods;
        let rows = [
            name.row(one, ok("Name: kubernetes\nAddress: 10.96.0.1\n")),
            name.row(two, ok("Name: kubernetes\nAddress: 10.96.9.9\n")),
            reach.row(one, ok("10.0.0.1 65536 w1\n[fd00::2] 65536 w2\n")),
            reach.row(two, ok("10.0.0.1 1400 w1\n[fd00::2] 0 wget: timed out\n")),
            services.row(
                one,
                ok("http://10.96.3.4:80/|w2\nhttp://192.0.2.1:30080/|w1\n"),
            ),
            services.row(
                two,
                ok("http://10.96.3.4:80/|w2\nhttp://192.0.2.1:30080/|\n"),
            ),
            services.row(two, ok("http://10.96.3.4:80/|w2\n")),
            kubelet.row(one, ok("w1\n")),
            kubelet.row(two, ok("w2\n")),
            kubelet.row(one, Err("it was killed".into())),
        ];
        insta::assert_snapshot!(table(&rows), @r"
        T10  ok      w1  kubernetes.default.svc.cluster.local. is found
        T10  FAILED  w2  kubernetes.default.svc.cluster.local. is not 10.96.0.1: Name: kubernetes Address: 10.96.9.9
        T11  ok      w1  reaches 2 of 2 nodes
        T11  FAILED  w2  w1 gave 1400 of 65536 bytes: is the MTU right?; w2 is not reached: wget: timed out
        T12  ok      w1  ClusterIP 10.96.3.4, port 30080 on 1 addresses
        T12  FAILED  w2  http://192.0.2.1:30080/ gives nothing
        T12  FAILED  w2  only 1 of 2 addresses were asked
        T18  ok      w1  logs and exec work
        T18  FAILED  w2  no logs: the kubelet of w2 does not answer
        T18  FAILED  w1  no exec: it was killed
        ");
    }
}
