//! Objects that shall be as a manifest says: compared by the server's dry run, applied on the server's side.

use super::{
    Access, Cluster, Difference, Key, Patience, Refusal, Why, differences,
    kubectl::no_cluster,
    manifest::{brings, comes_first},
};
use k8sbm_core::{
    host::Host,
    task::{Error, Plan, Probe, Result, Returns},
};
use serde_json::{Value as Json, json};
use std::time::Duration;
use tokio::time::Instant;

/// Objects that shall be as they are written here.
#[derive(Clone, Debug)]
pub(crate) struct Applying {
    /// The objects.
    pub(crate) objects: Vec<Json>,
    /// Whether fields that other managers own are taken over.
    pub(crate) force: bool,
    /// How long to try again while a webhook, or a kind that was just defined, does not answer.
    pub(crate) retry: Duration,
    /// Waits until they are ready.
    pub(crate) wait: Option<Patience>,
    /// Whether kinds that the API does not know come with an earlier step of the same plan.
    pub(crate) kinds_come: bool,
    /// How the API is reached from the host.
    pub(crate) access: Access,
}

impl Applying {
    /// Objects to be applied with the usual patience.
    pub(crate) fn of(objects: Vec<Json>, access: impl Into<Access>) -> Self {
        Self {
            objects,
            force: false,
            retry: Duration::from_secs(120),
            wait: None,
            kinds_come: false,
            access: access.into(),
        }
    }

    /// Says what applying them would change.
    pub(crate) async fn plan(self, host: &Probe, plan: &mut Plan) -> Result<()> {
        self.plan_unless(host, plan, |_| Ok(())).await
    }

    /// Says what applying them would change, unless something that is there forbids it.
    pub(crate) async fn plan_unless(
        self,
        host: &Probe,
        plan: &mut Plan,
        forbidden: impl FnOnce(&[Json]) -> Result<()> + Send,
    ) -> Result<()> {
        let Some(cluster) = Cluster::open(host, self.access.clone()).await? else {
            let new = |it: &Json| Difference::between(Key::of(it), None, Some(it));
            let all: Vec<Difference> = self.objects.iter().filter_map(new).collect();
            let (summary, diff) = differences(&all);
            plan.act_with(summary, diff, |host| self.carry_out(host, None));
            return Ok(());
        };
        let current = cluster.current(&self.objects).await?;
        forbidden(&current)?;
        let (open, known): (Vec<&Json>, Vec<&Json>) = self
            .objects
            .iter()
            .partition(|it| self.comes_later(it, &current));
        let known: Vec<Json> = known.into_iter().cloned().collect();
        let (wanted, mut unsure) = self.wanted(&cluster, &known, &current).await?;
        unsure.extend(open.into_iter().cloned());
        let (mut found, mut changing, mut after_all) = (Vec::new(), Vec::new(), Vec::new());
        for object in &self.objects {
            let key = Key::of(object);
            let before = current.iter().find(|it| Key::of(it).answers(&key));
            let waits = unsure.iter().any(|it| Key::of(it) == key);
            let tried = wanted.iter().find(|it| Key::of(it).answers(&key));
            // A new object is told as it is written: what the dry run gives it (times, addresses, ports) is not what
            // it will get.
            let after = if waits || before.is_none() {
                Some(object)
            } else {
                tried
            };
            let key = tried.map_or(key, Key::of);
            after_all.extend(after.cloned());
            if let Some(difference) = Difference::between(key, before, after) {
                found.push(difference);
                changing.push(object.clone());
            }
        }
        plan.returns("result", result(&after_all));
        if !found.is_empty() {
            let (summary, diff) = differences(&found);
            plan.act_with(summary, diff, |host| self.carry_out(host, Some(changing)));
        } else if let Some(patience) = self.wait.clone()
            && current.iter().any(|it| patience.missing(it).is_some())
        {
            plan.observe("wait until it is ready", move |host| async move {
                let cluster = Cluster::there(&host, self.access.clone()).await?;
                let ready = patience.until_ready(&cluster, &self.objects).await?;
                Ok(Returns::from_iter([("result".to_owned(), result(&ready))]))
            });
        }
        Ok(())
    }

    /// Whether an object can be nothing but new, since its namespace or kind comes with the same manifest.
    fn comes_later(&self, object: &Json, current: &[Json]) -> bool {
        let key = Key::of(object);
        let there = |wanted: &Json| {
            let wanted = Key::of(wanted);
            current.iter().any(|it| Key::of(it).answers(&wanted))
        };
        let missing = self
            .objects
            .iter()
            .filter(|it| comes_first(it) && !there(it));
        missing.into_iter().any(|it| match brings(it) {
            Some(brought) => brought == (key.group(), &*key.kind),
            None => it["metadata"]["name"].as_str() == key.namespace.as_deref(),
        })
    }

    /// What objects would become, and those that cannot be known yet since a webhook does not answer.
    async fn wanted(
        &self,
        cluster: &Cluster,
        known: &[Json],
        current: &[Json],
    ) -> Result<(Vec<Json>, Vec<Json>)> {
        let (mut wanted, mut unsure) = (Vec::new(), Vec::new());
        match cluster.would_apply(known, self.force).await {
            Ok(all) => wanted = all,
            Err(refusal) if matches!(refusal.why, Why::NotReachable | Why::Forbidden) => {
                return Err(refusal.into());
            }
            // `kubectl` prints nothing of any when one is refused.
            Err(_) => {
                for object in known {
                    match cluster
                        .would_apply(std::slice::from_ref(object), self.force)
                        .await
                    {
                        Ok(one) => wanted.extend(one),
                        Err(refusal)
                            if refusal.why == Why::WebhookNotReady
                                || self.kinds_come && refusal.why == Why::NoKind =>
                        {
                            unsure.push(object.clone());
                        }
                        Err(refusal) => return Err(refused(refusal, object, current)),
                    }
                }
            }
        }
        Ok((wanted, unsure))
    }

    /// Applies `changing`, or what differs when nobody could look before.
    async fn carry_out(self, host: Host, changing: Option<Vec<Json>>) -> Result<Returns> {
        let cluster = Cluster::there(&host, self.access.clone()).await?;
        let changing = changing.unwrap_or_else(|| self.objects.clone());
        let (first, rest): (Vec<Json>, Vec<Json>) = changing.into_iter().partition(comes_first);
        let mut applied = self.apply(&cluster, &first).await?;
        let kinds: Vec<Json> = first
            .into_iter()
            .filter(|it| brings(it).is_some())
            .collect();
        if !kinds.is_empty() {
            Patience::seconds(60).until_ready(&cluster, &kinds).await?;
        }
        applied.extend(self.apply(&cluster, &rest).await?);
        if let Some(patience) = &self.wait {
            applied = patience.until_ready(&cluster, &self.objects).await?;
        }
        Ok(Returns::from_iter([(
            "result".to_owned(),
            result(&applied),
        )]))
    }

    /// Applies objects, again while what they need is starting.
    async fn apply(&self, cluster: &Cluster, objects: &[Json]) -> Result<Vec<Json>> {
        if objects.is_empty() {
            return Ok(Vec::new());
        }
        let end = Instant::now() + self.retry;
        loop {
            let refusal = match cluster.apply(objects, self.force).await {
                Ok(applied) => return Ok(applied),
                Err(refusal) => refusal,
            };
            let passes = matches!(refusal.why, Why::WebhookNotReady | Why::NotReachable)
                || refusal.why == Why::NoKind
                    && (self.kinds_come || objects.iter().any(|it| self.defines(it)));
            if !passes || Instant::now() >= end {
                return Err(refusal.into());
            }
            cluster.probe().wait(Duration::from_secs(2)).await;
        }
    }

    /// Whether the manifest brings the kind of an object.
    fn defines(&self, object: &Json) -> bool {
        let key = Key::of(object);
        self.objects
            .iter()
            .any(|it| brings(it) == Some((key.group(), &*key.kind)))
    }
}

/// A refusal of one object, with its name and what may be missing.
fn refused(refusal: Refusal, object: &Json, current: &[Json]) -> Error {
    let key = Key::of(object);
    let there = current.iter().any(|it| Key::of(it).answers(&key));
    let mut error = refusal.error;
    if refusal.why == Why::NotFound
        && !there
        && let Some(namespace) = &key.namespace
    {
        error.hint = Some(format!(
            "the namespace `{namespace}` must be there first, or be part of the same manifest"
        ));
    }
    error.context(key)
}

/// What `register` sees of objects: one as it is, several as results. Secrets keep their values to themselves.
pub(crate) fn result(objects: &[Json]) -> Json {
    let shown = |object: &Json| {
        let mut shown = Some(object.clone());
        if object["kind"] == "Secret" {
            super::difference::hide(&mut shown, "(secret)");
        }
        shown.unwrap_or_default()
    };
    match objects {
        [one] => shown(one),
        many => {
            json!({"results": many.iter().map(|it| json!({"result": shown(it)})).collect::<Vec<_>>()})
        }
    }
}

/// Says what deleting objects would change.
pub(crate) async fn plan_absent(
    objects: Vec<Json>,
    access: impl Into<Access>,
    limit: Duration,
    host: &Probe,
    plan: &mut Plan,
) -> Result<()> {
    let access = access.into();
    let Some(cluster) = Cluster::open(host, access.clone()).await? else {
        return Err(no_cluster(&access.kubeconfig));
    };
    let mut current = cluster.current(&objects).await?;
    current.reverse();
    plan.returns("result", result(&current));
    let gone = current
        .iter()
        .filter_map(|it| Difference::between(Key::of(it), Some(it), None));
    let gone: Vec<Difference> = gone.collect();
    if gone.is_empty() {
        return Ok(());
    }
    let (summary, diff) = differences(&gone);
    plan.act_with(summary, diff, move |host| async move {
        let cluster = Cluster::there(&host, access).await?;
        cluster.delete(&current, limit).await?;
        Ok(Returns::new())
    });
    Ok(())
}
