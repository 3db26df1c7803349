//! A cluster's API, through `kubectl` on a host: get, apply, compare, wait, drain.

mod applying;
mod difference;
#[cfg(test)]
mod fixture;
mod jsonpath;
mod kubectl;
mod manifest;
mod object;
mod ready;
mod refusal;
mod trouble;
mod waiting;

pub(crate) use applying::{Applying, plan_absent, result};
pub(crate) use difference::{Difference, differences};
#[cfg(test)]
pub(crate) use fixture::Api;
pub(crate) use jsonpath::jsonpath;
pub(crate) use kubectl::{Access, Cluster, admin_conf, no_cluster, read, resource};
pub(crate) use manifest::{defined, documents, into_namespace};
pub(crate) use object::{Key, yaml};
pub(crate) use ready::{Condition, condition, missing};
pub(crate) use refusal::{Refusal, Why};
pub(crate) use trouble::trouble_in;
pub(crate) use waiting::{Patience, passing};
