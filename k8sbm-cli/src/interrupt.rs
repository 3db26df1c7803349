//! Ctrl-C: the first stops in order, the second gives up at once.

use k8sbm_core::{
    event::{Event, Sink},
    run::Stop,
};
use std::{pin::pin, sync::Arc};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Waits for `work`; nothing when it was given up.
pub async fn attend<T>(
    work: impl Future<Output = T>,
    stop: &Stop,
    sink: &Arc<dyn Sink>,
) -> Option<T> {
    let mut work = pin!(work);
    let mut interrupt = signal(SignalKind::interrupt()).ok();
    let mut terminate = signal(SignalKind::terminate()).ok();
    let mut stopping = false;
    loop {
        tokio::select! {
            biased;
            done = &mut work => return Some(done),
            () = received(&mut interrupt) => {}
            () = received(&mut terminate) => {}
        }
        if std::mem::replace(&mut stopping, true) {
            return None;
        }
        stop.stop();
        sink.event(&Event::Stopping);
    }
}

async fn received(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}
