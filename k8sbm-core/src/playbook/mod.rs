//! Playbooks: from YAML to plays whose tasks have everything inherited resolved.

mod spec;

pub use spec::{
    Action, BecomeSpec, Block, Context, Handler, Include, IncludeKind, Loop, LoopControl, Meta,
    Need, NeedScope, Play, Playbook, Role, Section, Statement, Step, Strategy, Switch, TaskSpec,
    Until,
};
