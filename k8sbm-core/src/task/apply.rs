//! Doing what a plan says.

use super::{Act, Error, Plan, Result, Returns};
use crate::host::Host;
use std::sync::atomic::{AtomicBool, Ordering};

impl Plan {
    /// Does the steps in order, and returns what `register` shall see.
    ///
    /// # Errors
    /// At the first step that fails; what was done before stays done.
    pub async fn apply(self, host: &Host) -> Result<Returns> {
        self.apply_until(host, &AtomicBool::new(false)).await
    }

    /// As [`apply`](Self::apply), beginning no further step once `stop` is set.
    ///
    /// # Errors
    /// At the first step that fails, and when it was stopped with steps left.
    pub async fn apply_until(self, host: &Host, stop: &AtomicBool) -> Result<Returns> {
        let mut returns = self.returns;
        for step in self.steps {
            if stop.load(Ordering::Acquire) {
                return Err(Error::failed(format!(
                    "stopped before it could {}",
                    step.summary
                )));
            }
            match step.act {
                Act::File(change) => host.change(change).await?,
                Act::Run(command) => {
                    host.check(command).await?;
                }
                Act::Procedure(procedure) => {
                    let result = procedure(host.clone()).await;
                    // A procedure may act through other hosts, or wait: nothing seen before holds.
                    host.machine().forget();
                    returns.extend(result?);
                }
            }
        }
        Ok(returns)
    }
}
