//! Doing what a plan says.

use super::{Act, Plan, Result, Returns};
use crate::host::Host;

impl Plan {
    /// Does the steps in order, and returns what `register` shall see.
    ///
    /// # Errors
    /// At the first step that fails; what was done before stays done.
    pub async fn apply(self, host: &Host) -> Result<Returns> {
        let mut returns = self.returns;
        for step in self.steps {
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
