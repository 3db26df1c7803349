//! Waiting until objects are as they shall be.

use super::{Cluster, Condition, Key, Refusal, Why, missing, trouble::trouble};
use k8sbm_core::task::{Error, Result};
use serde_json::Value as Json;
use std::time::Duration;
use tokio::time::Instant;

/// How long to wait, and what for.
#[derive(Clone, Debug)]
pub(crate) struct Patience {
    /// In all.
    pub(crate) limit: Duration,
    /// Between two looks.
    pub(crate) pause: Duration,
    /// A condition to hold instead of what readiness means for the kind.
    pub(crate) condition: Option<Condition>,
}

impl Patience {
    /// Waits for what readiness means for each kind.
    pub(crate) fn seconds(limit: u64) -> Self {
        Self {
            limit: Duration::from_secs(limit),
            pause: Duration::from_secs(2),
            condition: None,
        }
    }

    /// What an object still waits for.
    pub(crate) fn missing(&self, object: &Json) -> Option<String> {
        match &self.condition {
            Some(condition) => condition.missing(object),
            None => missing(object),
        }
    }

    /// Waits until objects are ready, and returns them as they are then.
    ///
    /// # Errors
    /// When time is up: with the object, what it waits for, and what its pods say.
    pub(crate) async fn until_ready(
        &self,
        cluster: &Cluster,
        objects: &[Json],
    ) -> Result<Vec<Json>> {
        let end = Instant::now() + self.limit;
        loop {
            let (left, why) = match cluster.current(objects).await {
                Ok(current) => match self.first_missing(objects, &current) {
                    None => return Ok(current),
                    Some(found) => found,
                },
                Err(refusal) => (None, passing(refusal)?),
            };
            let rest = end.saturating_duration_since(Instant::now());
            if rest.is_zero() {
                return Err(self.given_up(cluster, left, why).await);
            }
            cluster.probe().wait(self.pause.min(rest)).await;
        }
    }

    /// The first object that is not ready, and why.
    fn first_missing(&self, wanted: &[Json], current: &[Json]) -> Option<(Option<Json>, String)> {
        wanted.iter().find_map(|wanted| {
            let key = Key::of(wanted);
            match current.iter().find(|it| Key::of(it).answers(&key)) {
                None => Some((None, format!("{key} is not there"))),
                Some(object) => {
                    let why = self.missing(object)?;
                    Some((Some(object.clone()), format!("{}: {why}", Key::of(object))))
                }
            }
        })
    }

    /// What to say when time is up.
    pub(crate) async fn given_up(
        &self,
        cluster: &Cluster,
        object: Option<Json>,
        why: String,
    ) -> Error {
        let mut message = format!("not ready within {} s: {why}", self.limit.as_secs());
        if let Some(object) = &object {
            let told = trouble(cluster, object).await;
            if !told.is_empty() {
                message.push('\n');
                message.push_str(&told);
            }
        }
        Error::failed(message)
    }
}

/// What may pass by itself is a reason to wait on; anything else is an error.
pub(crate) fn passing(refusal: Refusal) -> Result<String> {
    match refusal.why {
        Why::NotReachable | Why::NotFound | Why::NoKind | Why::WebhookNotReady => {
            Ok(refusal.error.message)
        }
        _ => Err(refusal.error),
    }
}
