//! The language, run: small playbooks on hosts in memory, and what happened in which order.

mod flow;
mod magic;
mod playing;
mod secrets;
mod taking_part;
