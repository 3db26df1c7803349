//! The engine of k8sbm: idempotent tasks, a dependency graph across hosts, inventories, playbooks, SSH.
//!
//! A library first: it never prints, never reads the environment, never exits. What it needs is passed in;
//! what it has to say is an [`event`] or an error.
//!
//! - To run things: [`run::Runner`] over an [`inventory::Inventory`], with a [`task::Registry`] of modules.
//! - To write a task: [`task::Task`], [`task::Probe`], [`task::Plan`].
//! - To read what happens: [`event::Sink`].
//!
//! A whole program, with a host in memory and a task of its own:
//!
//! ```
//! use k8sbm_core::{
//!     connection::{Connection, FakeHost},
//!     inventory::Inventory,
//!     playbook::{Play, Playbook, TaskSpec},
//!     run::{Connector, Runner, Way},
//!     task::{Plan, Probe, Registry, Result, Task},
//! };
//! use std::sync::Arc;
//!
//! /// Sets the message that users see when they log in.
//! #[derive(serde::Deserialize, schemars::JsonSchema)]
//! struct Motd {
//!     /// The message.
//!     text: String,
//! }
//!
//! impl Task for Motd {
//!     const NAME: &'static str = "motd";
//!
//!     async fn plan(&self, host: &Probe) -> Result<Plan> {
//!         let mut plan = Plan::default();
//!         plan.file(host, "/etc/motd", self.text.as_str()).await?;
//!         Ok(plan)
//!     }
//! }
//!
//! /// Every host is the same one in memory.
//! struct InMemory(FakeHost);
//!
//! impl Connector for InMemory {
//!     fn connect(&self, _: &Way) -> Result<Arc<dyn Connection>, String> {
//!         Ok(Arc::new(self.0.clone()))
//!     }
//! }
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
//! # runtime.block_on(async {
//! let host = FakeHost::new();
//! let mut inventory = Inventory::new();
//! inventory.add_host("node-1", &[], Default::default());
//! let task = TaskSpec::module("motd", &serde_json::json!({ "text": "on {{ inventory_hostname }}" }));
//! let play = Arc::new(Play::of("all", [task]));
//! let run = Runner::new(inventory, Registry::default().with::<Motd>(), Arc::new(InMemory(host.clone())))
//!     .ready(None)
//!     .unwrap();
//! let report = run.run(&[("motd".into(), Playbook { plays: vec![play], ..Playbook::default() })]).await;
//! assert_eq!(report.recap["node-1"].changed, 1);
//! assert_eq!(host.content("/etc/motd").as_deref(), Some("on node-1"));
//! # });
//! ```

pub mod connection;
pub mod controller;
pub mod diagnostic;
pub mod event;
pub mod graph;
pub mod host;
pub mod inventory;
pub mod node;
pub mod playbook;
pub mod python_regex;
mod redact;
pub mod run;
pub mod task;
pub mod template;
pub mod value;
pub mod vars;
pub mod vault;

/// The guide for authors is compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../../docs/writing-a-task.md")]
struct WritingATask;
