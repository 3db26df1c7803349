//! From a batch of requests to the steps of a script.

use super::looks::Looks;
use super::step::{Asks, Step};
use super::{change, command};
use crate::connection::{Answer, Request};

/// The steps of a batch, and room for its answers, some of which may be known already.
///
/// Looks between two requests that act are free to change places, so that those of a kind meet.
pub(crate) fn compile(requests: Vec<Request>) -> (Vec<Step>, Vec<Option<Answer>>) {
    let mut answers = vec![None; requests.len()];
    let mut steps = Vec::new();
    let mut looks = Looks::default();
    for (place, request) in requests.into_iter().enumerate() {
        match request {
            Request::Look(look) => looks.add(look, place),
            Request::Change(change) => {
                std::mem::take(&mut looks).into_steps(&mut steps);
                match change::step(change, place) {
                    Ok(step) => steps.push(step),
                    Err(why) => answers[place] = Some(Answer::Changed(Err(why))),
                }
            }
            Request::Run(run) => {
                std::mem::take(&mut looks).into_steps(&mut steps);
                steps.push(command::step(run, Asks::Run(place)));
            }
        }
    }
    looks.into_steps(&mut steps);
    (steps, answers)
}
