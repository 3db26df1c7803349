//! Where the time of a run goes.

use crate::{
    connection::{Answer, Connection, ConnectionError, Request, RunAs},
    event::Spent,
};
use async_trait::async_trait;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Adds up for how long hosts were busy, all of them together: what goes on side by side counts once.
#[derive(Debug)]
pub(super) struct Stopwatch(Mutex<Reading>);

#[derive(Debug)]
struct Reading {
    working: usize,
    looking: usize,
    since: Instant,
    spent: Spent,
}

/// How a host is busy.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Pursuit {
    Working,
    Looking,
}

impl Default for Stopwatch {
    fn default() -> Self {
        Self(Mutex::new(Reading {
            working: 0,
            looking: 0,
            since: Instant::now(),
            spent: Spent::default(),
        }))
    }
}

impl Reading {
    /// Adds what has gone by until `now`, before something begins or ends.
    fn advance(&mut self, now: Instant) {
        let gone = now.saturating_duration_since(self.since).as_secs_f64();
        if self.working > 0 {
            self.spent.working += gone;
        } else if self.looking > 0 {
            self.spent.looking += gone;
        }
        self.since = now;
    }

    fn count(&mut self, pursuit: Pursuit) -> &mut usize {
        match pursuit {
            Pursuit::Working => &mut self.working,
            Pursuit::Looking => &mut self.looking,
        }
    }
}

impl Stopwatch {
    fn reading(&self) -> MutexGuard<'_, Reading> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was spent until now.
    pub fn read(&self) -> Spent {
        let mut reading = self.reading();
        reading.advance(Instant::now());
        reading.spent
    }

    fn begin(self: &Arc<Self>, pursuit: Pursuit) -> Lap {
        let mut reading = self.reading();
        reading.advance(Instant::now());
        *reading.count(pursuit) += 1;
        Lap {
            stopwatch: self.clone(),
            pursuit,
        }
    }

    /// A connection whose requests are timed.
    pub fn timed(self: &Arc<Self>, connection: Arc<dyn Connection>) -> Arc<dyn Connection> {
        Arc::new(Timed {
            connection,
            stopwatch: self.clone(),
        })
    }
}

/// One host is busy until this is dropped, also where nobody waits for the end any more.
struct Lap {
    stopwatch: Arc<Stopwatch>,
    pursuit: Pursuit,
}

impl Drop for Lap {
    fn drop(&mut self) {
        let mut reading = self.stopwatch.reading();
        reading.advance(Instant::now());
        *reading.count(self.pursuit) -= 1;
    }
}

#[derive(Debug)]
struct Timed {
    connection: Arc<dyn Connection>,
    stopwatch: Arc<Stopwatch>,
}

#[async_trait]
impl Connection for Timed {
    async fn send(
        &self,
        user: &RunAs,
        requests: Vec<Request>,
    ) -> Result<Vec<Answer>, ConnectionError> {
        let looks = |request: &Request| matches!(request, Request::Look(_));
        let _lap = self.stopwatch.begin(if requests.iter().all(looks) {
            Pursuit::Looking
        } else {
            Pursuit::Working
        });
        self.connection.send(user, requests).await
    }

    async fn reset(&self) {
        self.connection.reset().await;
    }

    async fn close(&self) {
        self.connection.close().await;
    }

    async fn wait(&self, time: Duration) {
        let _lap = self.stopwatch.begin(Pursuit::Working);
        self.connection.wait(time).await;
    }

    fn is_local(&self) -> bool {
        self.connection.is_local()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_on_side_by_side_counts_once_and_work_before_looks() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut reading = Reading {
            working: 0,
            looking: 0,
            since: start,
            spent: Spent::default(),
        };
        // Nobody for 1 s, two look for 2 s, one of them works for 4 s while the other looks on, nobody for 8 s.
        reading.advance(at(1));
        reading.looking = 2;
        reading.advance(at(3));
        reading.looking = 1;
        reading.working = 1;
        reading.advance(at(7));
        reading.looking = 0;
        reading.working = 0;
        reading.advance(at(15));
        let spent = Spent {
            working: 4.0,
            looking: 2.0,
        };
        assert_eq!(reading.spent, spent);
    }

    #[test]
    fn what_was_given_up_does_not_count_on() {
        let stopwatch = Arc::new(Stopwatch::default());
        let lap = stopwatch.begin(Pursuit::Working);
        assert_eq!(stopwatch.reading().working, 1);
        drop(lap);
        assert_eq!(stopwatch.reading().working, 0);
        let spent = stopwatch.read();
        assert_eq!(stopwatch.read(), spent);
    }
}
